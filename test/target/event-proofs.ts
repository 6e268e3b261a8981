import { expect } from 'vitest'
import type { FaultName } from '../../src/target/faults.ts'
import { message, type Chat } from './chat.ts'
import { bodyOf, type Peer } from './peer.ts'
import { altered, contentOf, contents, named, published, say, take, type Proof } from './proof.ts'

async function type(chat: Chat, userId: number, ...ends: boolean[]): Promise<void> {
  for (const isEnd of ends)
    await chat.call(userId, `/chat-ws/typing-${isEnd ? 'end' : 'start'}`, { roomId: 1 })
}

/** The next events, without the time. */
async function events(peer: Peer, count: number): Promise<unknown[]> {
  return (await take(peer, count)).map((frame) => {
    const {
      timestamp: _timestamp,
      readAt: _readAt,
      ...event
    } = JSON.parse(bodyOf(frame)) as Record<string, unknown>
    return event
  })
}

function typing(userId: number, isTyping: boolean): object {
  return { type: 'user_typing', userId, isTyping }
}

/** User 2 reads a message of user 1 and another one, by coming back. */
async function readTwice(chat: Chat): Promise<{ peer: Peer; ids: number[] }> {
  const peer = await chat.listener('user.1')
  const ids: number[] = []
  for (const text of ['a', 'b']) {
    ids.push(...(await say(chat, 1, 1, [text])))
    await chat.call(2, '/chat-ws/join-room', { roomId: 1 })
  }
  return { peer, ids }
}

/** The second of two messages of user 1 is read in this way. */
function read(alter: (messageId: number) => object[]): Proof {
  return {
    every: 2,
    async show(chat) {
      const { peer, ids } = await readTwice(chat)
      const [first = 0, second = 0] = ids
      const wanted = [{ type: 'message_read', messageId: first, readerId: 2 }, ...alter(second)]
      expect(await events(peer, wanted.length)).toEqual(wanted)
      return { count: 1, details: [{ messageId: second, readerId: 2 }] }
    },
  }
}

/** Faults of events and of who receives them. */
export const EVENT_PROOFS = {
  'typing-start-lost': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      await type(chat, 1, false, true, false, true)
      expect(await events(peer, 3)).toEqual([typing(1, true), typing(1, false), typing(1, false)])
      return { count: 1, details: [{ roomId: 1, userId: 1 }] }
    },
  },
  'typing-wrong-user': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      await type(chat, 1, false, true)
      expect(await events(peer, 2)).toEqual([typing(1, true), typing(2, false)])
      return { count: 1, details: [{ roomId: 1, userId: 1 }] }
    },
  },
  'typing-swap': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      await type(chat, 1, false, true, false, true)
      const [first, second, ...swapped] = await events(peer, 4)
      expect([first, second]).toEqual([typing(1, true), typing(1, false)])
      expect(swapped).toEqual([typing(1, false), typing(1, true)])
      return { count: 1, details: [{ roomId: 1, userId: 1 }] }
    },
  },
  'online-lost': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      for (const user of [1, 2, 3]) await chat.call(user, '/chat-ws/connect')
      const seen = (await take(peer, 2)).map((frame) => /"userId":(\d)/.exec(frame)?.[1])
      expect(seen).toEqual(['1', '3'])
      return { count: 1, details: [{ userId: 2 }] }
    },
  },
  'offline-twice': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      for (const user of [1, 2]) await chat.call(user, '/chat-ws/disconnect')
      const seen = (await take(peer, 3)).map((frame) => /"userId":(\d)/.exec(frame)?.[1])
      expect(seen).toEqual(['1', '2', '2'])
      return { count: 1, details: [{ userId: 2 }] }
    },
  },
  'read-lost': {
    every: 2,
    async show(chat) {
      const { peer, ids } = await readTwice(chat)
      const [third] = await say(chat, 1, 1, ['c'])
      await chat.call(2, '/chat-ws/join-room', { roomId: 1 })
      expect(await events(peer, 2)).toMatchObject([{ messageId: ids[0] }, { messageId: third }])
      return { count: 1 }
    },
  },
  'read-twice': read((messageId) => [
    { type: 'message_read', messageId, readerId: 2 },
    { type: 'message_read', messageId, readerId: 2 },
  ]),
  'read-wrong-reader': read((messageId) => [{ type: 'message_read', messageId, readerId: 1 }]),
  'read-wrong-message': read((messageId) => [
    { type: 'message_read', messageId: messageId + 1, readerId: 2 },
  ]),
  'slow-delivery': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      const startMs = performance.now()
      await say(chat, 1, 1, ['1', '2', '3'])
      expect(await contents(peer, 3)).toEqual(['1', '3', '2'])
      expect(performance.now() - startMs).toBeGreaterThan(1_190)
      return { count: 1 }
    },
  },
  'created-late': published((body) => {
    const { message: inner, timestamp } = JSON.parse(body) as {
      message: { created_at: string }
      timestamp: string
    }
    expect(Date.parse(inner.created_at) - Date.parse(timestamp)).toBe(3_000)
  }),
  // What cannot be read is U+FFFD here: one for each byte.
  'invalid-utf8': altered('hello', (inner) => ({ ...inner, content: 'hell\uFFFD\uFFFD' })),
  'id-differs': {
    every: 2,
    async show(chat) {
      const all = [await named(chat, 'room.1'), await named(chat, 'room.1')]
      const ids = await say(chat, 1, 1, ['1', '2'])
      const heard = await Promise.all(
        all.map(async ({ peer }) =>
          (await take(peer, 2)).map((frame) => Number(/"id":(\d+)/.exec(bodyOf(frame))?.[1])),
        ),
      )
      expect(heard.map(([first]) => first)).toEqual([ids[0], ids[0]])
      const seconds = heard.map(([, second]) => second ?? 0).toSorted((a, b) => a - b)
      expect(seconds).toEqual([ids[1], (ids[1] ?? 0) + 1_000_000])
      return { count: 1 }
    },
  },
  'reorder-one-subscriber': {
    every: 2,
    async show(chat) {
      const all = [await named(chat, 'room.1'), await named(chat, 'room.1')]
      await say(chat, 1, 1, ['1'])
      // Held for one subscriber until another sender's message is there.
      const pair = [
        chat.call(1, '/chat-ws/send-message', message(1, '2')),
        chat.call(2, '/chat-ws/send-message', message(1, '3')),
      ]
      await Promise.all(pair)
      const heard = await Promise.all(all.map(({ peer }) => take(peer, 3)))
      const orders = heard.map((frames) => frames.map(contentOf).join(''))
      expect(new Set(orders)).toEqual(new Set(orders[0]?.startsWith('12') ? ['123', '132'] : ['132', '123']))
      return { count: 1 }
    },
  },
  'half-published': {
    every: 2,
    async show(chat) {
      const all = [await named(chat, 'room.1'), await named(chat, 'room.1')]
      await say(chat, 1, 1, ['1'])
      expect((await chat.call(1, '/chat-ws/send-message', message(1, '2'))).status).toBe(503)
      await say(chat, 1, 1, ['3'])
      const heard = await Promise.all(all.map(async ({ peer }) => (await contents(peer, 2)).join('')))
      expect(heard.toSorted()).toEqual(['12', '13'])
      return { count: 1 }
    },
  },
  'frame-lost': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      await say(chat, 1, 1, ['1', '2', '3'])
      const frames = await take(peer, 2)
      expect(frames.map(contentOf)).toEqual(['1', '3'])
      expect(frames.map((frame) => /@@(\d+)\n/.exec(frame)?.[1])).toEqual(['1', '3'])
      return { count: 1 }
    },
  },
  'replays-last': {
    every: 1,
    async show(chat) {
      const [, last] = await say(chat, 1, 1, ['1', '2'])
      const peer = await chat.peer()
      peer.send('SUBSCRIBE\nid:1\ndestination:/exchange/chat.direct/room.1\nreceipt:r\n\n\0')
      const [replayed = '', receipt] = await take(peer, 2)
      expect(JSON.parse(bodyOf(replayed))).toMatchObject({ message: { id: last, content: '2' } })
      expect(receipt).toMatch(/^RECEIPT\n/)
      return { count: 1 }
    },
  },
} satisfies Partial<Record<FaultName, Proof>>
