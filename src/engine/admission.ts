import type { ConnectResponse } from '../chat/contract.ts'
import type { Identity } from '../chat/tokens.ts'
import { StompFailure } from '../stomp/client.ts'
import { type Broker, call, type Parts } from './parts.ts'

/** What a user needs to begin: the broker, and the destinations it listens to, with their room where they are one. */
export interface Admission {
  broker: Broker
  places: { destination: string; roomId: number | undefined }[]
}

/**
 * POST /connect: where the broker is and which rooms the user is in; with `rooms.from: plan` also joins the planned
 * rooms that it does not list. Scenarios without the API go where they say. Throws StompFailure when there is no way in.
 */
export async function askAdmission(parts: Parts, user: number, identity: Identity): Promise<Admission> {
  const { scenario, api } = parts
  if (api === undefined) {
    if (scenario.stomp === undefined)
      throw new StompFailure('connect', 'there is neither an API nor a broker to go to')
    return { broker: { ...scenario.stomp }, places: [] }
  }
  const answer = await call(parts, api, 'connect', identity.token)
  if (answer.kind === 'failed') throw new StompFailure('connect', `POST /connect failed: ${answer.class}`)
  if (!answer.isOk) throw new StompFailure('connect', `POST /connect answered ${answer.status}`)
  const broker = brokerOf(answer.body)
  if (broker === undefined)
    throw new StompFailure('connect', 'POST /connect did not say where the broker is and how to log in')
  if (!parts.mayConnect(broker.url)) {
    throw new StompFailure('connect', 'POST /connect names a broker that is neither on loopback nor allowed')
  }
  const places = [
    ...roomsOf(answer.body),
    { destination: personalDestination(identity.userId), roomId: undefined },
  ]
  if (scenario.rooms.from !== 'plan') return { broker, places }
  for (const roomId of parts.plannedRooms(user)) {
    if (places.some((place) => place.roomId === roomId)) continue
    const joined = await call(parts, api, 'join-room', identity.token, { roomId })
    const destination = subscriptionOf(joined)
    if (destination !== undefined) places.push({ destination, roomId })
  }
  return { broker, places }
}

/** The subscription a join-room answer gives; undefined when the room was not joined. */
export function subscriptionOf(answer: Awaited<ReturnType<typeof call>>): string | undefined {
  if (answer.kind !== 'answered' || !answer.isOk) return undefined
  const body = answer.body as { status?: unknown; subscription?: unknown } | undefined
  return body?.status === 'joined' && typeof body.subscription === 'string' ? body.subscription : undefined
}

/**
 * Where the broker is by an answer of POST /connect; undefined when it cannot be used. What is wrong with it, the
 * contract check has told.
 */
export function brokerOf(answer: unknown): Broker | undefined {
  const body = answer as Partial<ConnectResponse> | undefined
  const { stompUrl, username, password, vhost } = (body?.connectionInfo ?? {}) as Record<string, unknown>
  if (typeof stompUrl !== 'string' || typeof username !== 'string' || typeof password !== 'string')
    return undefined
  return {
    url: stompUrl,
    login: username,
    passcode: password,
    vhost: typeof vhost === 'string' ? vhost : '/',
  }
}

/** The rooms that an answer of POST /connect lists, as far as they can be used. */
export function roomsOf(answer: unknown): { destination: string; roomId: number }[] {
  const listed: unknown = (answer as Partial<ConnectResponse> | undefined)?.subscriptions
  return (Array.isArray(listed) ? (listed as unknown[]) : []).flatMap((entry) => {
    const { destination, roomId } = (entry ?? {}) as { destination?: unknown; roomId?: unknown }
    return typeof destination === 'string' && typeof roomId === 'number' ? [{ destination, roomId }] : []
  })
}

// --- internal ---

/** The personal destination of a user, as the guide writes it. */
function personalDestination(userId: number): string {
  return `/exchange/chat.direct/user.${userId}`
}
