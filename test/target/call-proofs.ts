import { expect } from 'vitest'
import type { FaultName } from '../../src/target/faults.ts'
import { message, post, tokenOf, type Answer, type Chat } from './chat.ts'
import { bodyOf } from './peer.ts'
import { say, take, tokenAccepted, type Proof } from './proof.ts'

/** The second of two like calls is answered so; the first as it should be. */
function answered(
  call: (chat: Chat, attempt: number) => Promise<Answer>,
  check: (bad: Answer, good: Answer) => void,
): Proof {
  return {
    every: 2,
    async show(chat) {
      const good = await call(chat, 0)
      check(await call(chat, 1), good)
      expect(() => check(good, good)).toThrow()
      return { count: 1 }
    },
  }
}

/** POST /connect of user 3, who is in rooms 1 and 2, with this made of its answer. */
function connected(alter: (good: Connected) => object): Proof {
  return answered(
    (chat) => chat.call(3, '/chat-ws/connect'),
    (bad, good) => {
      expect(bad.status).toBe(201)
      expect(bad.json).toEqual(alter(good.json as Connected))
    },
  )
}

interface Connected {
  connectionInfo: Record<string, string>
  subscriptions: { destination: string; roomId: number; roomName: string }[]
  userInfo: Record<string, unknown>
}

/** A request with this Authorization is carried out as user 1, every second time. */
function asUserOne(authorization: string | undefined): Proof {
  return {
    every: 2,
    async show({ target }) {
      const request = authorization === undefined ? {} : { authorization }
      const statuses: unknown[] = []
      for (let i = 0; i < 4; i++) {
        const { status, json } = await post(target, '/chat-ws/connect', request)
        statuses.push(status, (json as { userInfo?: { userId: number } }).userInfo?.userId)
      }
      expect(statuses).toEqual([401, undefined, 201, 1, 401, undefined, 201, 1])
      return { count: 2, details: [{ userId: 1 }, { userId: 1 }] }
    },
  }
}

/** User 1, of room 1 alone, leaves and joins it, or fails to. */
const MEMBER = { leave: '/chat-ws/leave-room/1', join: '/chat-ws/join-room' } as const

async function roomsOf(chat: Chat, userId: number): Promise<number[]> {
  const { json } = await chat.call(userId, '/chat-ws/connect')
  return (json as Connected).subscriptions.map(({ roomId }) => roomId)
}

/** Faults of what is answered, of what calls let through, and of tokens. */
export const CALL_PROOFS = {
  cacheable: answered(
    (chat) => chat.call(1, '/chat-ws/connect'),
    (bad) => expect(bad.headers.get('cache-control')).toBe(null),
  ),
  'method-500': answered(
    async ({ target }) =>
      post(target, '/chat-ws/connect', { method: 'PUT', authorization: `Bearer ${await tokenOf(1)}` }),
    (bad, good) => {
      expect(good.headers.get('allow')).toBe('POST')
      expect(bad.status).toBe(500)
    },
  ),
  'accept-text': answered(
    async ({ target }) =>
      post(target, '/chat-ws/typing-start', {
        authorization: `Bearer ${await tokenOf(1)}`,
        type: 'text/plain',
        body: '{"roomId":1}',
      }),
    (bad, good) => expect([good.status, bad.status]).toEqual([415, 201]),
  ),
  'refusal-forms': answered(
    (chat) => chat.call(1, '/chat-ws/typing-start', { roomId: 2 }),
    (bad) => expect([bad.status, bad.json]).toEqual([403, { reason: 'forbidden' }]),
  ),
  'stack-trace': answered(
    (chat) => chat.call(1, '/chat-ws/typing-start', { roomId: 9 }),
    (bad) => {
      expect(bad.status).toBe(404)
      expect((bad.json as { message: string }).message).toMatch(/^no such room: 9\n {4}at .+\.ts:\d+:\d+\)$/)
    },
  ),
  'odd-body-500': answered(
    (chat) => chat.call(1, '/chat-ws/typing-start', [1]),
    (bad, good) => expect([good.status, bad.status]).toEqual([400, 500]),
  ),
  'accept-early-jwt': tokenAccepted(() => tokenOf(2, { nbf: Math.floor(Date.now() / 1e3) + 600 })),
  'accept-garbage-token': asUserOne('Bearer garbage'),
  'accept-anonymous': asUserOne(undefined),
  'no-challenge': answered(
    ({ target }) => post(target, '/chat-ws/connect'),
    (bad) => {
      expect(bad.status).toBe(401)
      expect(bad.headers.get('www-authenticate')).toBe(null)
    },
  ),

  'connect-incomplete': connected(({ userInfo: { email: _email, ...userInfo }, ...rest }) => ({
    ...rest,
    userInfo,
  })),
  'connect-bad-url': connected(({ connectionInfo, ...rest }) => ({
    ...rest,
    connectionInfo: { ...connectionInfo, stompUrl: 'ws://127.0.0.1:1/ws' },
  })),
  'connect-wrong-passcode': connected(({ connectionInfo, ...rest }) => ({
    ...rest,
    connectionInfo: { ...connectionInfo, password: 'not-the-passcode' },
  })),
  'connect-wrong-destination': connected(({ subscriptions: [first, ...others], ...rest }) => ({
    ...rest,
    subscriptions: [{ ...first, destination: '/exchange/chat.direct/room.2' }, ...others],
  })),
  'connect-duplicate-room': connected(({ subscriptions, ...rest }) => ({
    ...rest,
    subscriptions: [...subscriptions, subscriptions[0]],
  })),
  'connect-missing-room': connected(({ subscriptions, ...rest }) => ({
    ...rest,
    subscriptions: subscriptions.slice(0, 1),
  })),
  'connect-foreign-room': connected(({ subscriptions, ...rest }) => ({
    ...rest,
    subscriptions: [
      ...subscriptions,
      { destination: '/exchange/chat.direct/room.3', roomId: 3, roomName: '상담방 #3' },
    ],
  })),
  'connect-wrong-user': connected(({ userInfo, ...rest }) => ({
    ...rest,
    userInfo: { ...userInfo, userId: 4 },
  })),
  'disconnect-500': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      const statuses = [1, 2].map(async (user) => (await chat.call(user, '/chat-ws/disconnect')).status)
      expect((await Promise.all(statuses)).toSorted((x, y) => x - y)).toEqual([201, 500])
      expect((await take(peer, 2)).every((frame) => frame.includes('"offline"'))).toBe(true)
      return { count: 1 }
    },
  },
  'disconnect-twice-500': {
    every: 1,
    async show(chat) {
      const statuses: number[] = []
      for (const call of ['disconnect', 'connect', 'disconnect', 'disconnect'])
        statuses.push((await chat.call(1, `/chat-ws/${call}`)).status)
      expect(statuses).toEqual([500, 201, 201, 500])
      return { count: 2 }
    },
  },
  'send-as-text': answered(
    (chat) => chat.call(1, '/chat-ws/send-message', message(1, 'x')),
    (bad) =>
      expect([bad.status, bad.headers.get('content-type'), bad.text]).toEqual([201, 'text/plain', 'sent']),
  ),
  'accept-absent-room': answered(
    (chat) => chat.call(1, '/chat-ws/send-message', message(9, 'x')),
    (bad) => expect([bad.status, bad.json]).toEqual([201, { status: 'sent', messageId: 1 }]),
  ),
  'sender-from-body': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      const inner = { message_type: 'text', content: 'x', sender_id: 2 }
      for (let i = 0; i < 2; i++) await chat.call(1, '/chat-ws/send-message', { roomId: 1, message: inner })
      const senders = (await take(peer, 2)).map((frame) => /"sender_id":(\d+)/.exec(bodyOf(frame))?.[1])
      expect(senders).toEqual(['1', '2'])
      return { count: 1 }
    },
  },
  'typing-500': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      const statuses = [
        (await chat.call(1, '/chat-ws/typing-start', { roomId: 1 })).status,
        (await chat.call(1, '/chat-ws/typing-end', { roomId: 1 })).status,
      ]
      expect(statuses).toEqual([201, 500])
      expect((await take(peer, 2)).map((frame) => /"isTyping":(\w+)/.exec(frame)?.[1])).toEqual([
        'true',
        'false',
      ])
      return { count: 1 }
    },
  },
  'refused-yet-sent': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      const statuses: number[] = []
      for (const body of [{ roomId: 1 }, { roomId: 1, message: { message_type: 'text' } }])
        statuses.push((await chat.call(1, '/chat-ws/send-message', body)).status)
      expect(statuses).toEqual([400, 400])
      expect(bodyOf(await peer.next())).toContain('"content":"","message_type":"text","sender_id":1')
      return { count: 1 }
    },
  },
  'typing-non-member': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.2')
      const statuses: number[] = []
      for (let i = 0; i < 2; i++)
        statuses.push((await chat.call(1, '/chat-ws/typing-start', { roomId: 2 })).status)
      expect(statuses).toEqual([403, 201])
      expect(bodyOf(await peer.next())).toContain('"userId":1,"isTyping":true')
      return { count: 1 }
    },
  },
  'join-incomplete': answered(
    (chat) => chat.call(1, MEMBER.join, { roomId: 1 }),
    (bad) => expect(bad.json).toEqual({ subscription: '/exchange/chat.direct/room.1' }),
  ),
  'join-wrong-destination': answered(
    (chat) => chat.call(1, MEMBER.join, { roomId: 1 }),
    (bad) => expect(bad.json).toEqual({ status: 'joined', subscription: '/exchange/chat.direct/room.2' }),
  ),
  'join-twice-500': answered(
    (chat) => chat.call(1, MEMBER.join, { roomId: 1 }),
    (bad, good) => expect([good.status, bad.status]).toEqual([201, 500]),
  ),
  'join-absent-room': answered(
    (chat) => chat.call(1, MEMBER.join, { roomId: 9 }),
    (bad) => expect(bad.json).toEqual({ status: 'joined', subscription: '/exchange/chat.direct/room.9' }),
  ),
  'join-ignored': {
    every: 2,
    async show(chat) {
      for (const roomId of [2, 3]) {
        const { json } = await chat.call(1, MEMBER.join, { roomId })
        expect(json).toEqual({ status: 'joined', subscription: `/exchange/chat.direct/room.${roomId}` })
      }
      expect(await roomsOf(chat, 1)).toEqual([1, 2])
      return { count: 1, details: [{ call: 'join-room', userId: 1 }] }
    },
  },
  'leave-500': {
    every: 1,
    async show(chat) {
      expect((await chat.call(1, MEMBER.leave)).status).toBe(500)
      expect(await roomsOf(chat, 1)).toEqual([1])
      return { count: 1 }
    },
  },
  'leave-stranger-500': {
    every: 1,
    async show(chat) {
      expect((await chat.call(1, MEMBER.leave)).status).toBe(201)
      expect((await chat.call(1, MEMBER.leave)).status).toBe(500)
      return { count: 1 }
    },
  },
  'leave-ignored': {
    every: 2,
    async show(chat) {
      for (const user of [2, 1])
        expect((await chat.call(user, MEMBER.leave)).json).toEqual({ status: 'left' })
      expect([await roomsOf(chat, 1), await roomsOf(chat, 2)]).toEqual([[1], []])
      await say(chat, 1, 1, ['still here'])
      return { count: 1 }
    },
  },
} satisfies Partial<Record<FaultName, Proof>>
