import { openChatApi } from '../chat/api.ts'
import { type ConnectResponse, type Contract } from '../chat/contract.ts'
import type { Tokens } from '../chat/tokens.ts'
import { reasonOf } from '../errors.ts'
import type { DriverName, FlavourName, StompClient, StompMessage, TlsOptions } from '../stomp/client.ts'
import { createStompClient } from '../stomp/driver.ts'
import { FLAVOURS } from '../stomp/flavour.ts'

/** One thing a deployment must be able to do before load makes sense. */
export interface ProbeStep {
  name: 'api' | 'token' | 'broker' | 'subscription' | 'message'
  isOk: boolean
  /** What was found, or why it failed; one line without secrets. */
  detail: string
}

export interface ProbeRequest {
  apiUrl: string | undefined
  /** Where to when there is no API. */
  stomp: { url: string; login: string; passcode: string; vhost: string } | undefined
  contract: Contract
  tokens: Tokens
  tls: TlsOptions
  driver: DriverName
  flavour: FlavourName
  timeoutMs: number
  /** Whether a host may be contacted at all. */
  isAllowed: (url: string) => boolean
  /** Also send one message through a room and wait for it. It is seen by the room's members. */
  withMessage: boolean
}

/**
 * Walks the way of one user, step by step, and stops at the first that fails: API, token, broker, subscription and,
 * if wanted, one message through. Never throws for what the target does.
 */
export async function probe(request: ProbeRequest): Promise<ProbeStep[]> {
  const steps: ProbeStep[] = []
  const { userId, token } = await request.tokens.identityOf(0)
  const api =
    request.apiUrl === undefined
      ? undefined
      : openChatApi({
          baseUrl: request.apiUrl,
          contract: request.contract,
          timeoutMs: request.timeoutMs,
          tls: request.tls,
          onIssue: () => {},
        })
  try {
    let broker = request.stomp
    let room: { destination: string; roomId: number } | undefined
    if (api !== undefined) {
      const answer = await api.call('connect', token)
      if (answer.kind === 'failed') {
        steps.push({
          name: 'api',
          isOk: false,
          detail: `${request.apiUrl} does not answer${answer.class === 'timeout' ? ` within ${request.timeoutMs} ms` : `: ${answer.reason}`}`,
        })
        return steps
      }
      steps.push({ name: 'api', isOk: true, detail: `${request.apiUrl} answers` })
      if (!answer.isOk) {
        const isToken = answer.status === 401 || answer.status === 403
        const detail = `POST /connect at ${request.apiUrl} answered ${answer.status} for user ${userId}`
        steps.push({
          name: 'token',
          isOk: false,
          detail: isToken ? `${detail}: the token is not accepted` : detail,
        })
        return steps
      }
      steps.push({ name: 'token', isOk: true, detail: `user ${userId} is accepted` })
      const body = answer.body as Partial<ConnectResponse> | undefined
      const info = body?.connectionInfo
      if (info === undefined || typeof info.stompUrl !== 'string') {
        steps.push({
          name: 'broker',
          isOk: false,
          detail: `POST /connect at ${request.apiUrl} does not say where the broker is: is that the chat API?`,
        })
        return steps
      }
      broker = { url: info.stompUrl, login: info.username, passcode: info.password, vhost: info.vhost }
      room = body?.subscriptions?.[0]
    }
    if (broker === undefined) return steps
    if (!request.isAllowed(broker.url)) {
      const detail = `${new URL(broker.url).host} is not a loopback address; name its host with --allow-target`
      steps.push({ name: 'broker', isOk: false, detail })
      return steps
    }
    const arrived = Promise.withResolvers<StompMessage>()
    const client = createStompClient(
      request.driver,
      {
        ...broker,
        heartbeat: FLAVOURS[request.flavour].heartbeat,
        flavour: request.flavour,
        timeoutMs: request.timeoutMs,
        tls: request.tls,
      },
      {
        onMessage: (message) => {
          if (message.body.includes(PROBE_TEXT)) arrived.resolve(message)
        },
        onErrorFrame: () => {},
        onMalformed: () => {},
        onClose: () => {},
      },
    )
    const connected = await attempt(steps, 'broker', async () => {
      const { server, version } = await client.connect()
      return `${new URL(broker.url).host} speaks STOMP ${version} (${server ?? 'no server header'})`
    })
    if (connected)
      await useConnection(request, steps, client, room, arrived.promise, (roomId) =>
        (api as NonNullable<typeof api>).call('send-message', token, {
          roomId,
          message: { message_type: 'text', content: PROBE_TEXT },
        }),
      )
    if (api !== undefined) await api.call('disconnect', token)
    if (connected) await client.disconnect()
    return steps
  } finally {
    await api?.close()
  }
}

// --- internal ---

const PROBE_TEXT = 'Stompede asks whether messages get through'

async function useConnection(
  request: ProbeRequest,
  steps: ProbeStep[],
  client: StompClient,
  room: { destination: string; roomId: number } | undefined,
  arrived: Promise<StompMessage>,
  send: (roomId: number) => Promise<{ kind: string }>,
): Promise<void> {
  if (room === undefined) return
  const subscribed = await attempt(steps, 'subscription', async () => {
    await client.subscribe('probe', room.destination)
    return `${room.destination} gives a RECEIPT`
  })
  if (!subscribed || !request.withMessage) return
  await attempt(steps, 'message', async () => {
    const sentMs = performance.now()
    await send(room.roomId)
    await Promise.race([arrived, expire(request.timeoutMs)])
    return `one message came through room ${room.roomId} in ${Math.round(performance.now() - sentMs)} ms`
  })
}

async function attempt(
  steps: ProbeStep[],
  name: ProbeStep['name'],
  act: () => Promise<string>,
): Promise<boolean> {
  try {
    steps.push({ name, isOk: true, detail: await act() })
    return true
  } catch (error) {
    steps.push({ name, isOk: false, detail: reasonOf(error) })
    return false
  }
}

function expire(timeoutMs: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`nothing arrived within ${timeoutMs} ms`)), timeoutMs).unref()
  })
}
