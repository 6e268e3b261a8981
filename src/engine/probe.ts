import { type ChatApi, openChatApi } from '../chat/api.ts'
import type { Contract } from '../chat/contract.ts'
import type { Tokens } from '../chat/tokens.ts'
import { reasonOf } from '../errors.ts'
import { bareAddress } from '../measure/address.ts'
import type { DriverName, FlavourName, StompClient, TlsOptions } from '../stomp/client.ts'
import { createStompClient } from '../stomp/driver.ts'
import { FLAVOURS } from '../stomp/flavour.ts'
import { brokerOf, roomsOf } from './admission.ts'
import type { Broker } from './parts.ts'

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
  stomp: Broker | undefined
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
  if (request.apiUrl === undefined) {
    if (request.stomp !== undefined) await tryBroker(request, steps, request.stomp, undefined, undefined)
    return steps
  }
  const api = openChatApi({
    baseUrl: request.apiUrl,
    contract: request.contract,
    timeoutMs: request.timeoutMs,
    tls: request.tls,
    onIssue: () => {},
  })
  try {
    const found = await tryApi(request, steps, api, userId, token)
    if (found !== undefined) {
      const send = (roomId: number): Promise<unknown> =>
        api.call('send-message', token, {
          roomId,
          message: { message_type: 'text', content: PROBE_TEXT },
        })
      await tryBroker(request, steps, found.broker, found.room, send)
      await api.call('disconnect', token)
    }
    return steps
  } finally {
    await api.close()
  }
}

// --- internal ---

const PROBE_TEXT = 'Stompede asks whether messages get through'

type Room = ReturnType<typeof roomsOf>[number]

/** POST /connect: is the API there, is the token good, and where is the broker? Undefined when a step failed. */
async function tryApi(
  request: ProbeRequest,
  steps: ProbeStep[],
  api: ChatApi,
  userId: number,
  token: string,
): Promise<{ broker: Broker; room: Room | undefined } | undefined> {
  const at = bareAddress(request.apiUrl ?? '')
  const step = (name: ProbeStep['name'], isOk: boolean, detail: string): undefined => {
    steps.push({ name, isOk, detail })
  }
  const answer = await api.call('connect', token)
  if (answer.kind === 'failed') {
    const why =
      answer.class === 'timeout' ? ` within ${request.timeoutMs} ms` : `: ${withAdvice(answer.reason)}`
    return step('api', false, `${at} does not answer${why}`)
  }
  step('api', true, `${at} answers`)
  if (!answer.isOk) {
    const isToken = answer.status === 401 || answer.status === 403
    const detail = `POST /connect at ${at} answered ${answer.status} for user ${userId}`
    return step('token', false, isToken ? `${detail}: the token is not accepted` : detail)
  }
  step('token', true, `user ${userId} is accepted`)
  const broker = brokerOf(answer.body)
  if (broker === undefined)
    return step(
      'broker',
      false,
      `POST /connect at ${at} does not say where the broker is: is that the chat API?`,
    )
  return { broker, room: roomsOf(answer.body)[0] }
}

/** WebSocket, CONNECT, SUBSCRIBE, and a message where one is wanted. */
async function tryBroker(
  request: ProbeRequest,
  steps: ProbeStep[],
  broker: Broker,
  room: Room | undefined,
  send: ((roomId: number) => Promise<unknown>) | undefined,
): Promise<void> {
  const url = URL.canParse(broker.url) ? new URL(broker.url) : undefined
  if (url === undefined || !request.isAllowed(broker.url)) {
    const detail =
      url === undefined
        ? `POST /connect names a broker whose address is no URL: ${JSON.stringify(broker.url.slice(0, 100))}`
        : `${url.host} is not a loopback address; name its host with --allow-target`
    steps.push({ name: 'broker', isOk: false, detail })
    return
  }
  const arrived = Promise.withResolvers<void>()
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
        if (message.body.includes(PROBE_TEXT)) arrived.resolve()
      },
      onErrorFrame: () => {},
      onMalformed: () => {},
      onClose: () => {},
    },
  )
  const isConnected = await attempt(
    steps,
    'broker',
    `${url.protocol}//${url.host}${url.pathname}: `,
    async () => {
      const { server, version } = await client.connect()
      return `${url.host} speaks STOMP ${version} (${server ?? 'no server header'})`
    },
  )
  if (!isConnected) return
  if (room !== undefined) await useConnection(request, steps, client, room, arrived.promise, send)
  await client.disconnect()
}

async function useConnection(
  request: ProbeRequest,
  steps: ProbeStep[],
  client: StompClient,
  room: Room,
  arrived: Promise<void>,
  send: ((roomId: number) => Promise<unknown>) | undefined,
): Promise<void> {
  const isSubscribed = await attempt(steps, 'subscription', '', async () => {
    await client.subscribe('probe', room.destination)
    return `${room.destination} gives a RECEIPT`
  })
  if (!isSubscribed || !request.withMessage || send === undefined) return
  await attempt(steps, 'message', '', async () => {
    const sentMs = performance.now()
    await send(room.roomId)
    await Promise.race([arrived, expire(request.timeoutMs)])
    return `one message came through room ${room.roomId} in ${Math.round(performance.now() - sentMs)} ms`
  })
}

/** Notes how a step went; `where` precedes what went wrong. */
async function attempt(
  steps: ProbeStep[],
  name: ProbeStep['name'],
  where: string,
  act: () => Promise<string>,
): Promise<boolean> {
  try {
    steps.push({ name, isOk: true, detail: await act() })
    return true
  } catch (error) {
    steps.push({ name, isOk: false, detail: where + withAdvice(reasonOf(error)) })
    return false
  }
}

/** A reason, and for certificates what can be done about it. */
function withAdvice(told: string): string {
  // Node's own advice would mean another way of starting Stompede.
  const reason = told.replace(/; if the root CA is installed locally.*$/, '')
  if (/self.signed|unable to (?:get|verify)|UNABLE_TO/i.test(reason))
    return `${reason}; trust its authority with --ca FILE, or any certificate with --insecure`
  if (/certificate|\bCERT_/i.test(reason)) return `${reason}; --insecure accepts any certificate`
  return reason
}

function expire(timeoutMs: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`nothing arrived within ${timeoutMs} ms`)), timeoutMs).unref()
  })
}
