import type { CallName } from '../chat/contract.ts'
import type { Call, CallRequest, Reply } from './calls.ts'
import { hits, type FaultName, type FaultPlan, type FaultSwitch } from './faults.ts'
import { nestError } from './nest-error.ts'
import type { Publisher } from './publisher.ts'
import type { Room, World } from './world.ts'

/** What the faults of calls look at. */
export interface AnswerFaultParts {
  world: World
  publisher: Publisher
  plan: FaultPlan
  destinationOf: (roomId: number) => string
}

/** The calls, or calls that commit the planted faults of what they answer and of what they carry out. */
export function withAnswerFaults(
  calls: Record<CallName, Call>,
  parts: AnswerFaultParts,
): Record<CallName, Call> {
  const { switches, isEmpty } = parts.plan
  if (isEmpty) return calls
  const instead = activeOf(INSTEAD, switches)
  const altering = activeOf(ALTER, switches)
  const online = new Set<number>()

  const faulty = (call: CallName): Call => {
    const carryOut = calls[call]
    return async (request) => {
      const asked: Asked = { ...parts, ...askedOf(call, request, parts.world), online }
      const { detail, userId } = asked
      const stopped = instead.find(({ fits, own }) => fits(asked) && hits(own, detail))
      if (stopped !== undefined) return stopped.reply(asked)
      const sender = senderInBody(asked)
      const isForged = sender !== userId && hits(switches['sender-from-body'], detail)
      const user = isForged ? { ...request.user, id: sender } : request.user
      let carried: Carried = { ...asked, reply: await carryOut({ ...request, user }) }
      if (call === 'connect') online.add(userId)
      if (call === 'disconnect') online.delete(userId)
      for (const { fits, own, reply } of altering) {
        if (fits(carried) && hits(own, detail)) carried = { ...carried, reply: await reply(carried) }
      }
      return carried.reply
    }
  }
  const names = Object.keys(calls) as CallName[]
  return Object.fromEntries(names.map((call) => [call, faulty(call)])) as Record<CallName, Call>
}

// --- internal ---

interface Asked extends AnswerFaultParts {
  call: CallName
  request: CallRequest
  userId: number
  /** The room the call is about, where there is such a room. */
  room: Room | undefined
  isMember: boolean
  /** Who has connected and not said goodbye. */
  online: ReadonlySet<number>
  detail: { call: CallName; userId: number }
}

/** A call that was carried out, and what is about to be answered. */
type Carried = Asked & { reply: Reply }

interface AnswerFault<A> {
  fits: (asked: A) => boolean
  reply: (asked: A) => Reply | Promise<Reply>
}

function fault<A>(fits: AnswerFault<A>['fits'], reply: AnswerFault<A>['reply']): AnswerFault<A> {
  return { fits, reply }
}

function activeOf<A>(
  table: Readonly<Partial<Record<FaultName, AnswerFault<A>>>>,
  switches: FaultPlan['switches'],
): (AnswerFault<A> & { own: FaultSwitch })[] {
  return (Object.entries(table) as [FaultName, AnswerFault<A>][]).flatMap(([name, each]) => {
    const own = switches[name]
    return own === undefined ? [] : [{ ...each, own }]
  })
}

/** Calls that are not carried out; they are answered with this. */
const INSTEAD = {
  'odd-body-500': fault<Asked>(
    ({ request }) =>
      request.body !== undefined &&
      (typeof request.body !== 'object' || request.body === null || Array.isArray(request.body)),
    broken,
  ),
  'join-twice-500': fault<Asked>(({ call, isMember }) => call === 'join-room' && isMember, broken),
  'join-ignored': fault<Asked>(
    ({ call, room, isMember }) => call === 'join-room' && room !== undefined && !isMember,
    ({ room, destinationOf }) => joined(destinationOf(room?.id ?? 0)),
  ),
  'leave-500': fault<Asked>(({ call, isMember }) => call === 'leave-room' && isMember, broken),
  'leave-stranger-500': fault<Asked>(({ call, isMember }) => call === 'leave-room' && !isMember, broken),
  'leave-ignored': fault<Asked>(
    ({ call, isMember }) => call === 'leave-room' && isMember,
    () => ({ status: 201, body: { status: 'left' } }),
  ),
  'disconnect-twice-500': fault<Asked>(
    ({ call, online, userId }) => call === 'disconnect' && !online.has(userId),
    broken,
  ),
} satisfies Partial<Record<FaultName, AnswerFault<Asked>>>

/** Calls that are carried out and answered otherwise. */
const ALTER = {
  'connect-incomplete': connect(
    () => true,
    ({ userInfo: { email: _email, ...rest }, ...body }) => ({
      ...body,
      userInfo: rest,
    }),
  ),
  'connect-bad-url': connect(
    () => true,
    (body) => info(body, { stompUrl: 'ws://127.0.0.1:1/ws' }),
  ),
  'connect-wrong-passcode': connect(
    () => true,
    (body) => info(body, { password: 'not-the-passcode' }),
  ),
  'connect-wrong-destination': connect(hasRooms, (body, { destinationOf }) => {
    const [first, ...rest] = body.subscriptions as [Subscription]
    return rooms(body, [{ ...first, destination: destinationOf(first.roomId + 1) }, ...rest])
  }),
  'connect-duplicate-room': connect(hasRooms, (body) =>
    rooms(body, [...body.subscriptions, ...body.subscriptions.slice(0, 1)]),
  ),
  'connect-missing-room': connect(hasRooms, (body) => rooms(body, body.subscriptions.slice(0, -1))),
  'connect-foreign-room': connect(
    (asked) => foreignRoom(asked) !== undefined,
    (body, asked) => {
      const { id = 0, name: roomName = '' } = foreignRoom(asked) ?? {}
      const own = { destination: asked.destinationOf(id), roomId: id, roomName }
      return rooms(body, [...body.subscriptions, own])
    },
  ),
  'connect-wrong-user': connect(
    () => true,
    ({ userInfo, ...body }) => ({
      ...body,
      userInfo: { ...userInfo, userId: userInfo.userId + 1 },
    }),
  ),
  'disconnect-500': fault<Carried>(({ call, reply }) => call === 'disconnect' && isDone(reply), broken),
  'accept-absent-room': fault<Carried>(
    ({ call, reply }) => call === 'send-message' && reply.status === 404,
    () => ({ status: 201, body: { status: 'sent', messageId: 1 } }),
  ),
  'refused-yet-sent': fault<Carried>(
    ({ call, reply, request, isMember }) =>
      call === 'send-message' && reply.status === 400 && isMember && contentOf(request) === undefined,
    async ({ room, userId, publisher, reply }) => {
      if (room !== undefined) await publisher.newMessage(room, userId, '', 'text')
      return reply
    },
  ),
  'typing-500': fault<Carried>(({ call, reply }) => isTyping(call) && isDone(reply), broken),
  'typing-non-member': fault<Carried>(
    ({ call, reply }) => isTyping(call) && reply.status === 403,
    async ({ call, room, userId, publisher }) => {
      if (room !== undefined) await publisher.userTyping(room, userId, call === 'typing-start')
      return { status: 201, body: { status: 'success' } }
    },
  ),
  'join-incomplete': fault<Carried>(isJoined, ({ reply }) => ({
    ...reply,
    body: { subscription: (reply.body as { subscription: string }).subscription },
  })),
  'join-wrong-destination': fault<Carried>(isJoined, ({ room, destinationOf }) =>
    joined(destinationOf((room?.id ?? 0) + 1)),
  ),
  'join-absent-room': fault<Carried>(
    ({ call, reply }) => call === 'join-room' && reply.status === 404,
    ({ request, destinationOf }) => joined(destinationOf((request.body as { roomId: number }).roomId)),
  ),
  'refusal-forms': fault<Carried>(
    ({ reply }) => reply.status === 403,
    ({ reply }) => ({ ...reply, body: { reason: 'forbidden' } }),
  ),
  'stack-trace': fault<Carried>(
    ({ reply }) => !isDone(reply),
    ({ reply }) => {
      const { message, ...rest } = reply.body as { message?: unknown }
      const trace = `${String(message)}\n    at handle (src/chat/chat.controller.ts:12:34)`
      return { ...reply, body: { ...rest, message: trace } }
    },
  ),
} satisfies Partial<Record<FaultName, AnswerFault<Carried>>>

interface Subscription {
  destination: string
  roomId: number
  roomName: string
}

interface Connected {
  connectionInfo: Record<string, string>
  subscriptions: Subscription[]
  userInfo: { userId: number; email?: string; userType: string }
}

function connect(
  fits: (asked: Carried) => boolean,
  alter: (body: Connected, asked: Carried) => object,
): AnswerFault<Carried> {
  return fault(
    (asked) => asked.call === 'connect' && isDone(asked.reply) && fits(asked),
    (asked) => ({ ...asked.reply, body: alter(asked.reply.body as Connected, asked) }),
  )
}

function info(body: Connected, changes: Record<string, string>): object {
  return { ...body, connectionInfo: { ...body.connectionInfo, ...changes } }
}

function rooms(body: Connected, subscriptions: Subscription[]): object {
  return { ...body, subscriptions }
}

function hasRooms({ reply }: Carried): boolean {
  return (reply.body as Connected).subscriptions.length > 0
}

/** The first room of the world, in order of id after one of the user's own, that the user is not in. */
function foreignRoom({ world, userId }: Asked): Room | undefined {
  const [own] = world.roomsOf(userId)
  if (own === undefined) return undefined
  let room = world.roomAfter(own.id)
  while (room !== undefined && room.id !== own.id && room.members.has(userId)) room = world.roomAfter(room.id)
  return room === undefined || room.members.has(userId) ? undefined : room
}

function broken(): Reply {
  return { status: 500, body: nestError(500, 'Internal server error') }
}

function joined(subscription: string): Reply {
  return { status: 201, body: { status: 'joined', subscription } }
}

function isDone({ status }: Reply): boolean {
  return status === 201
}

function isJoined({ call, reply }: Carried): boolean {
  return call === 'join-room' && isDone(reply)
}

function isTyping(call: CallName): boolean {
  return call === 'typing-start' || call === 'typing-end'
}

function askedOf(
  call: CallName,
  request: CallRequest,
  world: World,
): Pick<Asked, 'call' | 'request' | 'userId' | 'room' | 'isMember' | 'detail'> {
  const { id: userId } = request.user
  const roomId =
    call === 'leave-room' ? request.roomIdText : (request.body as { roomId?: unknown } | null)?.roomId
  const room = world.room(Number(roomId))
  return {
    call,
    request,
    userId,
    room,
    isMember: room?.members.has(userId) === true,
    detail: { call, userId },
  }
}

function contentOf({ body }: CallRequest): string | undefined {
  const { message } = (body ?? {}) as { message?: { content?: unknown } | null }
  return typeof message?.content === 'string' ? message.content : undefined
}

/** Who a message says that it is from, where it says so; otherwise who sends it. */
function senderInBody({ call, request, userId }: Asked): number {
  const { message } = (call === 'send-message' ? (request.body ?? {}) : {}) as {
    message?: { sender_id?: unknown } | null
  }
  return typeof message?.sender_id === 'number' ? message.sender_id : userId
}
