import { describe, expect, it } from 'vitest'
import { FAULTS, type FaultName } from '../../src/target/faults.ts'
import { CALL_PROOFS } from './call-proofs.ts'
import { message, post, startChat, tokenOf, WORLD } from './chat.ts'
import { EVENT_PROOFS } from './event-proofs.ts'
import { bodyOf } from './peer.ts'
import {
  about,
  altered,
  contentOf,
  contents,
  named,
  published,
  receipt,
  refused,
  say,
  subscribeFrame,
  take,
  tokenAccepted,
  type Proof,
} from './proof.ts'
import { PROOFS as GATE_PROOFS } from '../../src/conform/proofs.ts'
import { STOMP_PROOFS } from './stomp-proofs.ts'

const PROOFS: Partial<Record<FaultName, Proof>> = {
  ...CALL_PROOFS,
  ...EVENT_PROOFS,
  ...STOMP_PROOFS,

  loss: {
    every: 3,
    async show(chat) {
      const peer = await chat.listener('room.1')
      const ids = await say(chat, 1, 1, ['1', '2', '3', '4', '5', '6', '7'])
      expect(await contents(peer, 5)).toEqual(['1', '2', '4', '5', '7'])
      return { count: 2, details: [about(ids[2]), about(ids[5])] }
    },
  },
  'lose-first': {
    every: 1,
    async show(chat) {
      const peer = await chat.listener('room.1', 'room.2')
      await say(chat, 1, 1, ['a1', 'a2'])
      await say(chat, 3, 1, ['b1', 'b2'])
      await say(chat, 3, 2, ['c1', 'c2'])
      expect(await contents(peer, 3)).toEqual(['a2', 'b2', 'c2'])
      return { count: 3 }
    },
  },
  'lose-tail': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      await say(chat, 1, 1, ['a1', 'a2', 'a3', 'a4'])
      await say(chat, 2, 1, ['b1'])
      expect(await contents(peer, 3)).toEqual(['a1', 'a2', 'b1'])
      return { count: 2 }
    },
  },
  duplicate: {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      await say(chat, 1, 1, ['1', '2', '3', '4'])
      const frames = await take(peer, 6)
      expect(frames.map(contentOf)).toEqual(['1', '2', '2', '3', '4', '4'])
      expect(bodyOf(frames[1] ?? '')).toBe(bodyOf(frames[2] ?? ''))
      return { count: 2 }
    },
  },
  swap: {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      const ids = await say(chat, 1, 1, ['1', '2'])
      await say(chat, 2, 1, ['other sender'])
      await say(chat, 1, 1, ['3'])
      expect(await contents(peer, 4)).toEqual(['1', 'other sender', '3', '2'])
      return { count: 1, details: [{ ...about(ids[1]), afterMessageId: ids[1]! + 2 }] }
    },
  },
  leak: {
    every: 2,
    async show(chat) {
      const [own, next] = [await chat.listener('room.1'), await chat.listener('room.2')]
      const ids = await say(chat, 1, 1, ['1', '2', '3'])
      await say(chat, 4, 2, ['4'])
      expect(await contents(own, 3)).toEqual(['1', '2', '3'])
      // The fourth is due as well and leaks from room 2 into room 3, where nobody listens.
      expect(await contents(next, 2)).toEqual(['2', '4'])
      return {
        count: 2,
        details: [
          { ...about(ids[1]), leakedToRoomId: 2 },
          { messageId: ids[2]! + 1, roomId: 2, senderId: 4, leakedToRoomId: 3 },
        ],
      }
    },
  },
  'typing-end-lost': {
    every: 1,
    async show(chat) {
      const peer = await chat.listener('room.1')
      for (const user of [1, 2]) {
        await chat.call(user, '/chat-ws/typing-start', { roomId: 1 })
        await chat.call(user, '/chat-ws/typing-end', { roomId: 1 })
      }
      const events = (await take(peer, 2)).map((frame) => JSON.parse(bodyOf(frame)) as object)
      expect(events).toMatchObject([
        { userId: 1, isTyping: true },
        { userId: 2, isTyping: true },
      ])
      return {
        count: 2,
        details: [
          { roomId: 1, userId: 1 },
          { roomId: 1, userId: 2 },
        ],
      }
    },
  },
  'offline-lost': {
    every: 1,
    async show(chat) {
      const peer = await chat.listener('room.1')
      await chat.call(1, '/chat-ws/connect')
      await chat.call(1, '/chat-ws/disconnect')
      await say(chat, 1, 1, ['fence'])
      expect((await take(peer, 2)).map((frame) => /"status":"online"|fence/.exec(frame)?.[0])).toEqual([
        '"status":"online"',
        'fence',
      ])
      return { count: 1, details: [{ userId: 1 }] }
    },
  },
  'loss-one-subscriber': {
    every: 2,
    async show(chat) {
      const all = [await named(chat, 'room.1'), await named(chat, 'room.1'), await named(chat, 'room.1')]
      const [, lostId] = await say(chat, 1, 1, ['1', '2', '3'])
      const heard = await Promise.all(all.map(async ({ peer }) => [await contents(peer, 2)]))
      const deprived = all.filter((_peer, index) => heard[index]?.[0]?.[1] === '3')
      expect(deprived).toHaveLength(1)
      return {
        count: 1,
        details: [
          { session: deprived[0]!.session, subscription: 'room.1', key: 'room.1', messageId: lostId! },
        ],
      }
    },
  },
  'duplicate-one-subscriber': {
    every: 2,
    async show(chat) {
      const all = [await named(chat, 'room.1'), await named(chat, 'room.1')]
      const [, twiceId] = await say(chat, 1, 1, ['1', '2', '3'])
      const heard = await Promise.all(all.map(({ peer }) => contents(peer, 3)))
      expect(heard.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual([
        ['1', '2', '2'],
        ['1', '2', '3'],
      ])
      const favoured = all[heard.findIndex((own) => own[2] === '2')]
      return {
        count: 1,
        details: [{ session: favoured!.session, subscription: 'room.1', key: 'room.1', messageId: twiceId! }],
      }
    },
  },

  malformed: altered('hello', ({ id: _id, ...rest }) => rest),
  'null-field': altered('hello', (inner) => ({ ...inner, content: null })),
  'wrong-type': altered('hello', (inner) => ({ ...inner, id: String(inner.id) })),
  'extra-field': altered('hello', (inner) => ({ ...inner, debug: true })),
  'wrong-sender': altered('hello', (inner) => ({ ...inner, sender_id: 2 })),
  'duplicate-id': altered('hello', (inner) => ({ ...inner, id: inner.id - 1 }), 1),
  'truncated-content': altered('12345', (inner) => ({ ...inner, content: '12' })),
  'escaped-content': altered('<b>&"', (inner) => ({ ...inner, content: '&lt;b&gt;&amp;&quot;' })),
  mojibake: altered('é', (inner) => ({ ...inner, content: 'Ã©' })),
  'unknown-type': published((body) => expect(JSON.parse(body)).toMatchObject({ type: 'message_created' })),
  'bad-timestamp': published((body) =>
    expect(body).toMatch(/"timestamp":"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"}$/),
  ),
  'clock-off': published((body) => {
    const event = JSON.parse(body) as { message: { created_at: string }; timestamp: string }
    for (const time of [event.timestamp, event.message.created_at]) {
      expect(Math.abs(Date.parse(time) - Date.now() - 3_600_000)).toBeLessThan(2_000)
    }
  }),
  'not-json': published((body) => {
    expect(() => JSON.parse(body) as unknown).toThrow('JSON')
    expect(JSON.parse(`${body}}`)).toMatchObject({ type: 'new_message' })
  }),

  'http-500': refused(async (chat) => {
    const answer = await chat.call(1, '/chat-ws/send-message', message(1, 'unsaid'))
    expect([answer.status, answer.json]).toEqual([500, { statusCode: 500, message: 'Internal server error' }])
  }),
  'http-html': refused(async (chat) => {
    const answer = await chat.call(1, '/chat-ws/send-message', message(1, 'unsaid'))
    expect([answer.status, answer.headers.get('content-type')]).toEqual([502, 'text/html'])
    expect(answer.text).toContain('<h1>502 Bad Gateway</h1>')
  }),
  'http-hang': refused(async (chat) => {
    const answer = post(chat.target, '/chat-ws/send-message', {
      authorization: `Bearer ${await tokenOf(1)}`,
      body: JSON.stringify(message(1, 'unsaid')),
      signal: AbortSignal.timeout(300),
    })
    await expect(answer).rejects.toThrow('aborted due to timeout')
  }),
  'http-reset': refused(async (chat) => {
    const answer = chat.call(1, '/chat-ws/send-message', message(1, 'unsaid'))
    await expect(answer).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } })
  }),
  'http-slow': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      await say(chat, 1, 1, ['1'])
      const startMs = performance.now()
      const answered = say(chat, 1, 1, ['2'])
      expect(await contents(peer, 2)).toEqual(['1', '2'])
      const deliveredMs = performance.now() - startMs
      await answered
      expect(deliveredMs).toBeLessThan(1_000)
      expect(performance.now() - startMs).toBeGreaterThan(1_990)
      return { count: 1, details: [{ path: '/chat-ws/send-message' }] }
    },
  },
  'reject-late': {
    every: 1,
    async show(chat) {
      const peer = await chat.listener('room.1')
      const answer = await chat.call(1, '/chat-ws/send-message', message(1, 'refused and said'))
      expect(answer.status).toBe(403)
      expect(await contents(peer, 1)).toEqual(['refused and said'])
      return { count: 1 }
    },
  },
  'json-500': {
    every: 1,
    async show(chat) {
      const answer = await post(chat.target, '/chat-ws/send-message', {
        authorization: `Bearer ${await tokenOf(1)}`,
        body: '{',
      })
      expect(answer.status).toBe(500)
      return { count: 1 }
    },
  },
  'accept-bad-body': {
    every: 1,
    async show(chat) {
      const peer = await chat.listener('room.1')
      const body = { roomId: '1', message: { content: 5 } }
      expect((await chat.call(1, '/chat-ws/send-message', body)).status).toBe(201)
      expect(await contents(peer, 1)).toEqual([''])
      return { count: 1, details: [{ call: 'send-message', userId: 1 }] }
    },
  },
  'accept-non-member': {
    every: 1,
    async show(chat) {
      const peer = await chat.listener('room.3')
      await say(chat, 1, 3, ['I do not belong here'])
      expect(await contents(peer, 1)).toEqual(['I do not belong here'])
      return { count: 1, details: [{ roomId: 3, userId: 1 }] }
    },
  },
  'accept-expired-jwt': tokenAccepted(() => tokenOf(2, { exp: 1 })),
  'accept-alg-none': tokenAccepted(() => {
    const [header, claims] = [{ alg: 'none' }, { sub: '2' }].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    )
    return Promise.resolve(`${header}.${claims}.`)
  }),
  'accept-bad-signature': tokenAccepted(async () => (await tokenOf(2)).replace(/.{8}$/, 'AAAAAAAA')),

  'no-receipt': {
    every: 2,
    async show(chat) {
      const peer = await chat.peer()
      for (const id of ['1', '2', '3']) peer.send(subscribeFrame(id, 'room.1'))
      expect(await take(peer, 2)).toEqual([receipt('1'), receipt('3')])
      await say(chat, 1, 1, ['x'])
      expect(await contents(peer, 3)).toEqual(['x', 'x', 'x'])
      return { count: 1, details: [{ session: expect.any(String) as string, receiptId: '2' }] }
    },
  },
  'wrong-receipt': {
    every: 1,
    async show(chat) {
      const peer = await chat.peer()
      peer.send(subscribeFrame('1', 'room.1'))
      expect(await peer.next()).toBe(receipt('not-the-receipt-id'))
      return { count: 1 }
    },
  },
  'receipt-before-binding': {
    every: 1,
    async show(chat) {
      const peer = await chat.peer()
      peer.send(subscribeFrame('1', 'room.1'))
      expect(await peer.next()).toBe(receipt('1'))
      await say(chat, 1, 1, ['too early'])
      await new Promise((resolve) => setTimeout(resolve, 400))
      await say(chat, 1, 1, ['late enough'])
      expect(await contents(peer, 1)).toEqual(['late enough'])
      return { count: 1 }
    },
  },
  'unsubscribe-ignored': {
    every: 1,
    async show(chat) {
      const peer = await chat.listener('room.1')
      peer.send('UNSUBSCRIBE\nid:room.1\nreceipt:u\n\n\0')
      expect(await peer.next()).toBe(receipt('u'))
      await say(chat, 1, 1, ['still here'])
      expect(await contents(peer, 1)).toEqual(['still here'])
      peer.socket.close()
      await peer.ended
      return { count: 1, details: [{ session: expect.any(String) as string, key: 'room.1' }] }
    },
  },
  'error-without-close': {
    every: 1,
    async show(chat) {
      const peer = await chat.peer()
      peer.send('BOGUS\n\n\0')
      expect(await peer.next()).toMatch(/^ERROR\nmessage:Bad command\n/)
      await peer.subscribe('1', 'room.1')
      return { count: 1, details: [{ message: 'Bad command' }] }
    },
  },
  'close-without-error': {
    every: 1,
    async show(chat) {
      const peer = await chat.peer()
      peer.send('BOGUS\n\n\0')
      expect(await peer.ended).toEqual({ code: 1000, reason: 'STOMP died' })
      expect(peer.heard).toHaveLength(1)
      return { count: 1, details: [{ message: 'Bad command' }] }
    },
  },
  'no-heartbeat': {
    every: 2,
    async show(chat) {
      const beating = await chat.peer('0,1000')
      const silent = await chat.peer('0,1000')
      await take(beating, 2)
      expect(silent.heard).toEqual([expect.stringContaining('\nheart-beat:1000,0\n')])
      return { count: 1 }
    },
  },
  'keeps-silent-client': {
    every: 2,
    async show(chat) {
      const cut = await chat.peer('1000,0')
      const kept = await chat.peer('1000,0')
      await cut.ended
      await new Promise((resolve) => setTimeout(resolve, 600))
      await kept.subscribe('1', 'room.1')
      return { count: 1 }
    },
  },
  'escape-broken': {
    every: 1,
    async show(chat) {
      const peer = await chat.peer()
      peer.send('SUBSCRIBE\nid:1\ndestination:/exchange/chat.direct/a\nreceipt:plain\n\n\0')
      peer.send('SUBSCRIBE\nid:2\ndestination:/exchange/chat.direct/a\nreceipt:a\\cb\\\\c\n\n\0')
      expect(await take(peer, 2)).toEqual([receipt('plain'), receipt('a:b\\c')])
      return { count: 1, details: [{ session: expect.any(String) as string, receiptId: 'a:b\\c' }] }
    },
  },
  'content-length-off': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      await say(chat, 1, 1, ['1', '2'])
      const offsets = (await take(peer, 2)).map(
        (frame) => Number(/\ncontent-length:(\d+)\n/.exec(frame)?.[1]) - Buffer.byteLength(bodyOf(frame)),
      )
      expect(offsets).toEqual([0, 1])
      return { count: 1 }
    },
  },
  'missing-subscription': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      await say(chat, 1, 1, ['1', '2'])
      const frames = await take(peer, 2)
      expect(frames.map((frame) => frame.includes('\nsubscription:'))).toEqual([true, false])
      expect(frames.map(contentOf)).toEqual(['1', '2'])
      return { count: 1 }
    },
  },
  'garbage-frame': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      await say(chat, 1, 1, ['1', '2'])
      expect((await take(peer, 3)).at(-1)).toBe('GARBAGE\nthis line has no colon\n\n\0\n')
      return { count: 1 }
    },
  },
}

describe.concurrent('a planted fault', () => {
  for (const [name, { every, show }] of Object.entries(PROOFS)) {
    it(`${name}:1/${every} shows, and is logged as often`, async () => {
      const chat = await startChat({ faults: [`${name}:1/${every}`] })
      try {
        const { count, details } = await show(chat)
        const log = chat.target.faultLog()
        expect(Object.keys(log)).toEqual([name])
        expect(log[name]?.count).toBe(count)
        if (details !== undefined) expect(log[name]?.details).toEqual(details)
        expect(chat.unexpected).toEqual([])
      } finally {
        await chat.close()
      }
    })
  }
})

describe('a swap', () => {
  it('is given up, in order and uncounted, before anyone enters or leaves the room', async () => {
    const chat = await startChat({ faults: ['swap'] })
    const peer = await chat.listener('room.1')
    for (const [path, body] of [
      ['/chat-ws/join-room', { roomId: 1 }],
      ['/chat-ws/leave-room/1', undefined],
      ['/chat-ws/connect', undefined],
      ['/chat-ws/disconnect', undefined],
    ] as const) {
      await say(chat, 1, 1, [`before ${path}`])
      await chat.call(path.endsWith('t') ? 2 : 4, path, body)
      expect(await contents(peer, 1)).toEqual([`before ${path}`])
      if (path.endsWith('t')) await peer.next()
    }
    expect(chat.target.faultLog()).toEqual({ swap: { count: 0, details: [] } })
    await chat.close()
  })
})

describe('several faults', () => {
  it('are committed side by side, each with its own count', async () => {
    const chat = await startChat({ faults: ['loss:1/2', 'extra-field:1/3', 'duplicate:1/3'] })
    const peer = await chat.listener('room.1')
    await say(chat, 1, 1, ['1', '2', '3', '4', '5', '6', '7'])
    // 2, 4 and 6 are lost; of those that are not, the third is doubled; 3 and 6 have the field.
    const frames = await take(peer, 5)
    expect(frames.map(contentOf)).toEqual(['1', '3', '5', '5', '7'])
    expect(frames.map((frame) => frame.includes('"debug":true'))).toEqual([false, true, false, false, false])
    const log = chat.target.faultLog()
    expect([log['loss']?.count, log['extra-field']?.count, log['duplicate']?.count]).toEqual([3, 2, 1])
    await chat.close()
  })

  it('leave a leak to a world with two rooms or more', async () => {
    const world = { ...WORLD, rooms: [[1]] }
    await expect(startChat({ faults: ['leak'], world })).rejects.toMatchObject({
      code: 'USAGE',
      message: 'the fault leak needs a world with two rooms or more',
    })
  })

  it('are named and proved without exception, here or by what they do to a gate', () => {
    const proved = new Set([...Object.keys(PROOFS), ...Object.keys(GATE_PROOFS)])
    expect([...proved].toSorted()).toEqual(Object.keys(FAULTS).toSorted())
  })
})
