import { describe, expect, it } from 'vitest'
import { startChat, type Chat } from './chat.ts'
import { openPeer, type Peer } from './peer.ts'
import { contents, receipt, say, subscribeFrame } from './proof.ts'

/** A user's own session, as POST /connect told how. */
async function session(chat: Chat, userId: number): Promise<Peer> {
  const { json } = await chat.call(userId, '/chat-ws/connect')
  const { username, password } = (json as { connectionInfo: Record<string, string> }).connectionInfo
  const peer = await openPeer(chat.target.address.stompUrl)
  peer.send(`CONNECT\naccept-version:1.2\nhost:/\nlogin:${username}\npasscode:${password}\n\n\0`)
  expect(await peer.next()).toMatch(/^CONNECTED\n/)
  return peer
}

async function isolated(use: (chat: Chat) => Promise<void>): Promise<void> {
  const chat = await startChat({ isolated: true })
  try {
    await use(chat)
    expect(chat.unexpected).toEqual([])
  } finally {
    await chat.close()
  }
}

describe('a target that keeps users apart', () => {
  it('gives each user a login of its own, and knows no other', () =>
    isolated(async (chat) => {
      const logins = await Promise.all(
        [1, 1, 2].map(async (userId) => {
          const { json } = await chat.call(userId, '/chat-ws/connect')
          return (json as { connectionInfo: { username: string; password: string } }).connectionInfo
        }),
      )
      expect(logins.map(({ username }) => username)).toEqual(['user-1', 'user-1', 'user-2'])
      expect(logins[0]?.password).toBe(logins[1]?.password)
      expect(logins[0]?.password).not.toBe(logins[2]?.password)
      for (const [login, passcode] of [
        ['guest', 'guest'],
        ['user-1', logins[2]?.password],
        ['user-3', 'undefined'],
      ]) {
        const peer = await openPeer(chat.target.address.stompUrl)
        peer.send(`CONNECT\naccept-version:1.2\nhost:/\nlogin:${login}\npasscode:${passcode}\n\n\0`)
        expect(await peer.next()).toMatch(/^ERROR\nmessage:Bad CONNECT\n/)
      }
    }))

  it('lets a user read its rooms and its own destination, and write nothing', () =>
    isolated(async (chat) => {
      for (const [key, isOwn] of [
        ['room.1', true],
        ['user.1', true],
        ['room.2', false],
        ['user.2', false],
        ['room.01', false],
        ['anything', false],
      ] as const) {
        const peer = await session(chat, 1)
        peer.send(subscribeFrame('s', key))
        const answer = await peer.next()
        expect([key, answer === receipt('s')]).toEqual([key, isOwn])
        if (!isOwn) expect(answer).toMatch(/^ERROR\nmessage:access_refused\n/)
      }
      const writer = await session(chat, 1)
      writer.send('SEND\ndestination:/exchange/chat.direct/room.1\n\nforged\0')
      expect(await writer.next()).toMatch(/^ERROR\nmessage:access_refused\n/)
    }))

  it('delivers to members alone, from the join to the leave, whatever stays subscribed', () =>
    isolated(async (chat) => {
      const [leaves, stays] = [await session(chat, 2), await session(chat, 1)]
      for (const peer of [leaves, stays]) await peer.subscribe('s', 'room.1')
      await say(chat, 1, 1, ['both'])
      await chat.call(2, '/chat-ws/leave-room/1')
      await say(chat, 1, 1, ['one'])
      await chat.call(2, '/chat-ws/join-room', { roomId: 1 })
      await say(chat, 1, 1, ['both again'])
      const heard = async (peer: Peer, count: number): Promise<unknown[]> => {
        const texts: unknown[] = []
        while (texts.length < count) texts.push(...(await contents(peer, 1)))
        return texts
      }
      expect(await heard(stays, 1)).toEqual(['both'])
      expect(await heard(leaves, 2)).toEqual(['both', 'both again'])
    }))

  it('needs the embedded broker', async () => {
    await expect(startChat({ isolated: true, broker: 'rabbitmq' })).rejects.toMatchObject({
      code: 'USAGE',
      message: 'only the embedded broker can keep users apart (--isolated)',
    })
  })
})
