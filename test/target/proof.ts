import { expect } from 'vitest'
import type { FaultDetail } from '../../src/target/faults.ts'
import { message, post, type Chat } from './chat.ts'
import { bodyOf, openPeer, type Peer } from './peer.ts'

/** A setting of each fault, and what shows that it was committed as often as the log says, and no oftener. */
export interface Proof {
  every: number
  /** Returns how often the fault must be in the log; its details are compared when given. */
  show: (chat: Chat) => Promise<{ count: number; details?: FaultDetail[] }>
}

export async function say(chat: Chat, userId: number, roomId: number, texts: string[]): Promise<number[]> {
  const ids: number[] = []
  for (const text of texts) {
    const { status, json } = await chat.call(userId, '/chat-ws/send-message', message(roomId, text))
    expect(status).toBe(201)
    ids.push((json as { messageId: number }).messageId)
  }
  return ids
}

export async function take(peer: Peer, count: number): Promise<string[]> {
  const frames: string[] = []
  while (frames.length < count) frames.push(await peer.next())
  return frames
}

export async function contents(peer: Peer, count: number): Promise<unknown[]> {
  return (await take(peer, count)).map(contentOf)
}

export function contentOf(frame: string): unknown {
  return (JSON.parse(bodyOf(frame)) as { message: { content: unknown } }).message.content
}

/** The detail of a message of user 1 in room 1. */
export function about(messageId: number | undefined): {
  messageId: number
  roomId: number
  senderId: number
} {
  return { messageId: messageId ?? 0, roomId: 1, senderId: 1 }
}

/** A listener that knows what the broker calls its session. */
export async function named(chat: Chat, key: string): Promise<{ peer: Peer; session: string }> {
  const peer = await openPeer(chat.target.address.stompUrl)
  const session = /^session:(.*)$/m.exec(await peer.connect())?.[1] ?? ''
  await peer.subscribe(key, key)
  return { peer, session }
}

export function subscribeFrame(id: string, key: string): string {
  return `SUBSCRIBE\nid:${id}\ndestination:/exchange/chat.direct/${key}\nreceipt:${id}\n\n\0`
}

export function receipt(id: string): string {
  return `RECEIPT\nreceipt-id:${id}\n\n\0\n`
}

/** One message without the fault, one with it. */
export function published(check: (body: string) => void, content = 'hello'): Proof {
  return {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      const ids = await say(chat, 1, 1, [content, content])
      const [good = '', bad = ''] = (await take(peer, 2)).map(bodyOf)
      expect(JSON.parse(good)).toMatchObject({ type: 'new_message', message: { id: ids[0], content } })
      expect(() => check(good)).toThrow()
      check(bad)
      return { count: 1, details: [about(ids[1])] }
    },
  }
}

interface Inner {
  id: number
  [field: string]: unknown
}

/** The second of two like messages has this instead of its `message`; else both are as they should be. */
export function altered(content: string, alter: (inner: Inner) => object, every = 2): Proof {
  return {
    every,
    async show(chat) {
      const peer = await chat.listener('room.1')
      const ids = await say(chat, 1, 1, [content, content])
      for (const [index, id] of ids.entries()) {
        const { message: inner, ...event } = JSON.parse(bodyOf(await peer.next())) as {
          message: { created_at: string }
          timestamp: string
        }
        const healthy = { id, content, message_type: 'text', sender_id: 1, created_at: inner.created_at }
        expect(inner).toEqual(index === 0 ? healthy : alter(healthy))
        expect(event).toEqual({ type: 'new_message', timestamp: event.timestamp })
      }
      return { count: 1, details: [about(ids[1])] }
    },
  }
}

/** The second of three requests is not carried out; how its answer looks is shown by `request`. */
export function refused(request: (chat: Chat) => Promise<void>): Proof {
  return {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      await say(chat, 1, 1, ['1'])
      await request(chat)
      await say(chat, 1, 1, ['3'])
      expect(await contents(peer, 2)).toEqual(['1', '3'])
      return { count: 1, details: [{ path: '/chat-ws/send-message' }] }
    },
  }
}

/** Every second such token is accepted. */
export function tokenAccepted(make: () => Promise<string>): Proof {
  return {
    every: 2,
    async show(chat) {
      const authorization = `Bearer ${await make()}`
      const statuses: number[] = []
      for (let i = 0; i < 4; i++) {
        statuses.push((await post(chat.target, '/chat-ws/connect', { authorization })).status)
      }
      expect(statuses).toEqual([401, 201, 401, 201])
      return { count: 2, details: [{ userId: 2 }, { userId: 2 }] }
    },
  }
}
