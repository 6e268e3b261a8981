import type { CallName, Contract } from '../chat/contract.ts'
import { withAnswerFaults } from './answer-faults.ts'
import { EXCHANGE, type Broker } from './broker.ts'
import type { FaultPlan } from './faults.ts'
import type { Journal } from './journal.ts'
import { nestError, type NestError, type RefusalStatus } from './nest-error.ts'
import type { Publisher } from './publisher.ts'
import type { Service } from './service.ts'
import type { Room, World, WorldUser } from './world.ts'

/** An answer of the API before it is HTTP. */
export interface Reply {
  status: 201 | RefusalStatus
  body: object
}

/** The parts of a request a call looks at. `body` is parsed JSON; undefined for the calls that have none. */
export interface CallRequest {
  user: WorldUser
  body: unknown
  /** The last part of `/leave-room/:roomId`. */
  roomIdText: string
  /** When the request was read, on the one clock. */
  arrivedUs: number
  /** Calls back when the answer was written, with its status; undefined when the client was gone. */
  onAnswered: (hear: (status: number | undefined) => void) => void
}

/** One call of the API. Rejects with BrokerDown when its event was not confirmed. */
export type Call = (request: CallRequest) => Promise<Reply>

export interface CallParts {
  world: World
  contract: Contract
  broker: Broker
  publisher: Publisher
  plan: FaultPlan
  /** How long a send-message takes before it is published; no time at all when undefined. */
  service: Service | undefined
  journal: Journal | undefined
}

/** The guide's seven calls. What the guide leaves open is decided as the contract's `reference-choice` parts say. */
export function createCalls(parts: CallParts): Record<CallName, Call> {
  const { world, contract, broker, publisher, plan, service, journal } = parts
  const {
    'accept-bad-body': acceptBadBody,
    'accept-non-member': acceptNonMember,
    'reject-late': rejectLate,
  } = plan.switches

  /** Runs `action` for a body that fits the contract and names a room. */
  function withRoom(
    call: CallName,
    action: (room: Room, user: WorldUser, body: RoomBody, request: CallRequest) => Promise<Reply>,
  ): Call {
    return async (request) => {
      const { user, body } = request
      const issues = contract.checkRequest(call, body)
      if (issues.length > 0) {
        if (acceptBadBody?.isDue() !== true) return refuse(400, issues.map(nestWords))
        acceptBadBody.planted({ call, userId: user.id })
      }
      const named = asRoomBody(body)
      const room = world.room(Number(named.roomId))
      return room === undefined ? noSuchRoom(named.roomId) : action(room, user, named, request)
    }
  }

  /** Runs `action` when the user is a member of the room. */
  async function asMember(room: Room, user: WorldUser, action: () => Promise<Reply>): Promise<Reply> {
    if (room.members.has(user.id)) return action()
    if (acceptNonMember?.isDue() !== true) return refuse(403, `not a member of room ${room.id}`)
    acceptNonMember.planted({ roomId: room.id, userId: user.id })
    return action()
  }

  function typing(call: 'typing-start' | 'typing-end'): Call {
    return withRoom(call, (room, user) =>
      asMember(room, user, async () => {
        await publisher.userTyping(room, user.id, call === 'typing-start')
        return done({ status: 'success' })
      }),
    )
  }

  async function announce(user: WorldUser, status: 'online' | 'offline'): Promise<readonly Room[]> {
    const rooms = world.roomsOf(user.id)
    await Promise.all(rooms.map((room) => publisher.release(room)))
    await publisher.userStatus(user.id, status)
    return rooms
  }

  const calls: Record<CallName, Call> = {
    async connect({ user }) {
      const rooms = await announce(user, 'online')
      const { username, password, vhost } = broker.credentialsOf(user.id)
      return done({
        status: 'success',
        connectionInfo: { stompUrl: broker.stompUrl, username, password, vhost },
        subscriptions: rooms.map((room) => ({
          destination: destinationOf(room.id),
          roomId: room.id,
          roomName: room.name,
        })),
        userInfo: { userId: user.id, email: user.email, userType: user.userType },
      })
    },
    'send-message': withRoom('send-message', (room, user, body, { arrivedUs, onAnswered }) =>
      asMember(room, user, async () => {
        const { content, message_type: messageType } = asMessage(body.message)
        const entry = journal?.send({ arrivedUs, room: room.id, sender: user.id, content })
        if (entry !== undefined) onAnswered((status) => entry.answered(status))
        await service?.()
        const messageId = await publisher.newMessage(room, user.id, content, messageType, entry)
        if (rejectLate?.isDue() !== true) return done({ status: 'sent', messageId })
        rejectLate.planted({ messageId, roomId: room.id, senderId: user.id })
        return refuse(403, `not a member of room ${room.id}`)
      }),
    ),
    'typing-start': typing('typing-start'),
    'typing-end': typing('typing-end'),
    'join-room': withRoom('join-room', async (room, user) => {
      await publisher.release(room)
      world.join(user.id, room.id)
      const read = world.readLast(room.id, user.id)
      if (read !== undefined) await publisher.messageRead(read.senderId, read.messageId, user.id)
      return done({ status: 'joined', subscription: destinationOf(room.id) })
    }),
    async 'leave-room'({ user, roomIdText }) {
      if (!ROOM_ID.test(roomIdText)) return refuse(400, 'Validation failed (numeric string is expected)')
      const room = world.room(Number(roomIdText))
      if (room === undefined) return noSuchRoom(roomIdText)
      return asMember(room, user, async () => {
        await publisher.release(room)
        world.leave(user.id, room.id)
        return done({ status: 'left' })
      })
    },
    async disconnect({ user }) {
      await announce(user, 'offline')
      return done({ status: 'disconnected' })
    },
  }
  return withAnswerFaults(calls, { world, publisher, plan, destinationOf })
}

/** A refusal as the API words it. */
export function refuse(status: RefusalStatus, message: string | string[]): Reply & { body: NestError } {
  return { status, body: nestError(status, message) }
}

// --- internal ---

interface RoomBody {
  roomId?: unknown
  message?: unknown
}

const ROOM_ID = /^[1-9][0-9]{0,15}$/

function done(body: object): Reply {
  return { status: 201, body }
}

function noSuchRoom(roomId: unknown): Reply {
  return refuse(404, `no such room: ${String(roomId)}`)
}

function destinationOf(roomId: number): string {
  return `/exchange/${EXCHANGE}/room.${roomId}`
}

/** As class-validator words it: the field, then the rule. */
function nestWords({ path, rule, detail }: { path: string; rule: string; detail: string }): string {
  const field = path === '' ? 'body' : path.slice(1).replaceAll('/', '.')
  return `${field} ${detail.slice(rule.length + 2)}`
}

/** The body has passed the contract, or a planted fault let it through: then anything may be missing. */
function asRoomBody(body: unknown): RoomBody {
  return typeof body === 'object' && body !== null ? body : {}
}

function asMessage(message: unknown): { content: string; message_type: string } {
  const { content, message_type: messageType } = (message ?? {}) as Record<string, unknown>
  return { content: textOr('', content), message_type: textOr('text', messageType) }
}

function textOr(otherwise: string, value: unknown): string {
  return typeof value === 'string' ? value : otherwise
}
