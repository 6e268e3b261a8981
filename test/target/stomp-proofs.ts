import { once } from 'node:events'
import { expect } from 'vitest'
import type { FaultName } from '../../src/target/faults.ts'
import type { Chat } from './chat.ts'
import { bodyOf, openPeer, type Peer } from './peer.ts'
import { contentOf, contents, receipt, say, subscribeFrame, take, type Proof } from './proof.ts'

/** Every second CONNECT with these headers is answered so; the others with the ERROR. */
function letIn(headers: string, error: RegExp, connected = /\nversion:1\.2\n/): Proof {
  return {
    every: 2,
    async show({ target }) {
      const answers: string[] = []
      for (let i = 0; i < 3; i++) {
        const peer = await openPeer(target.address.stompUrl)
        peer.send(`CONNECT\n${headers}\n\n\0`)
        answers.push(await peer.next())
        peer.socket.terminate()
      }
      expect(answers[0]).toMatch(error)
      expect(answers[1]).toMatch(/^CONNECTED\n/)
      expect(answers[1]).toMatch(connected)
      expect(answers[2]).toMatch(error)
      return { count: 1 }
    },
  }
}

/** The second of two like frames has its RECEIPT as if nothing were wrong, and no effect; the first its ERROR. */
function overlooked(frame: string, error: string): Proof {
  return {
    every: 2,
    async show(chat) {
      const [refused, accepted] = [await chat.listener('room.1'), await chat.listener('room.1')]
      refused.send(frame)
      expect(await refused.next()).toMatch(new RegExp(`^ERROR\nmessage:${error}\n`))
      accepted.send(frame)
      expect(await accepted.next()).toBe(receipt('r'))
      await say(chat, 1, 1, ['once'])
      expect(await contents(accepted, 1)).toEqual(['once'])
      return { count: 1 }
    },
  }
}

/** The second of two MESSAGEs of one connection has headers like these; the first is as it should be. */
function marked(check: (frame: string, good: string) => void): Proof {
  return {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      await say(chat, 1, 1, ['1', '2'])
      const [good = '', bad = ''] = await take(peer, 2)
      expect([good, bad].map(contentOf)).toEqual(['1', '2'])
      check(bad, good)
      expect(() => check(good, good)).toThrow()
      return { count: 1 }
    },
  }
}

async function heartBeatOf(chat: Chat, wish: string): Promise<string | undefined> {
  const peer = await openPeer(chat.target.address.stompUrl)
  const connected = await peer.connect(wish)
  peer.socket.terminate()
  return /\nheart-beat:(.*)\n/.exec(connected)?.[1]
}

/** Every second session that asks for heart-beats is promised these. */
function promised(instead: string): Proof {
  return {
    every: 2,
    async show(chat) {
      const wishes = ['4000,4000', '4000,4000', '0,0', '4000,4000']
      const promises: unknown[] = []
      for (const wish of wishes) promises.push(await heartBeatOf(chat, wish))
      expect(promises).toEqual(['4000,4000', instead, '0,0', '4000,4000'])
      return { count: 1 }
    },
  }
}

async function unsubscribe(peer: Peer, id: string): Promise<void> {
  peer.send(`UNSUBSCRIBE\nid:${id}\nreceipt:left-${id}\n\n\0`)
  expect(await peer.next()).toBe(receipt(`left-${id}`))
}

/** Faults of STOMP and of the WebSocket below it. */
export const STOMP_PROOFS = {
  'wrong-subprotocol': {
    every: 2,
    async show({ target }) {
      const { socket } = await openPeer(target.address.stompUrl)
      expect(socket.protocol).toBe('v12.stomp')
      socket.terminate()
      await expect(openPeer(target.address.stompUrl)).rejects.toThrow('subprotocol')
      return { count: 1, details: [{ agreed: 'v12.stomp' }] }
    },
  },
  'no-pong': {
    every: 2,
    async show(chat) {
      const { socket } = await chat.peer()
      const payloads: string[] = []
      socket.on('pong', (payload) => payloads.push(payload.toString()))
      for (const payload of ['1', '2', '3']) socket.ping(payload)
      while (payloads.length < 2) await once(socket, 'pong')
      expect(payloads).toEqual(['1', '3'])
      return { count: 1 }
    },
  },
  'split-frame-lost': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener()
      const frame = subscribeFrame('1', 'room.1')
      peer.send(frame.slice(0, 5))
      peer.send(frame.slice(5))
      expect(await peer.next()).toBe(receipt('1'))
      peer.send('\n')
      peer.send('SUB')
      peer.send(subscribeFrame('2', 'room.1'))
      expect(await peer.next()).toBe(receipt('2'))
      return { count: 1, details: [{ bytes: 3 }] }
    },
  },
  'second-frame-lost': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener()
      for (const ids of [['1', '2'], ['3', '4'], ['5']])
        peer.send(ids.map((id) => subscribeFrame(id, 'room.1')).join(''))
      expect(await take(peer, 4)).toEqual(['1', '2', '3', '5'].map(receipt))
      return { count: 1 }
    },
  },
  'stomp-command-refused': {
    every: 2,
    async show({ target }) {
      const answers: string[] = []
      for (let i = 0; i < 2; i++) {
        const peer = await openPeer(target.address.stompUrl)
        peer.send('STOMP\naccept-version:1.2\nhost:/\nlogin:guest\npasscode:guest\n\n\0')
        answers.push((await peer.next()).slice(0, 28))
        peer.socket.terminate()
      }
      expect(answers.map((answer) => answer.split('\n')[0])).toEqual(['CONNECTED', 'ERROR'])
      return { count: 1 }
    },
  },
  'low-version': {
    every: 2,
    async show({ target }) {
      const versions: unknown[] = []
      for (let i = 0; i < 2; i++) {
        const peer = await openPeer(target.address.stompUrl)
        versions.push(/\nversion:(.*)\n/.exec(await peer.connect())?.[1])
        peer.socket.terminate()
      }
      expect(versions).toEqual(['1.2', '1.1'])
      return { count: 1 }
    },
  },
  'accept-any-version': letIn(
    'accept-version:9.9\nhost:/\nlogin:guest\npasscode:guest',
    /^ERROR\nmessage:Version mismatch\n/,
  ),
  'accept-any-passcode': letIn(
    'accept-version:1.2\nhost:/\nlogin:guest\npasscode:wrong',
    /^ERROR\nmessage:Bad CONNECT\n/,
  ),
  'accept-no-credentials': letIn('accept-version:1.2\nhost:/', /^ERROR\nmessage:Bad CONNECT\n/),
  'act-before-connect': {
    every: 2,
    async show(chat) {
      const peers = [
        await openPeer(chat.target.address.stompUrl),
        await openPeer(chat.target.address.stompUrl),
      ]
      const answers: string[] = []
      for (const peer of peers) {
        peer.send(subscribeFrame('1', 'room.1'))
        answers.push(await peer.next())
      }
      expect(answers[0]).toMatch(/^ERROR\nmessage:Illegal command\n/)
      expect(answers[1]).toBe(receipt('1'))
      await say(chat, 1, 1, ['seen by a stranger'])
      expect(await contents(peers[1]!, 1)).toEqual(['seen by a stranger'])
      for (const { socket } of peers) socket.terminate()
      return { count: 1 }
    },
  },
  'heartbeat-refused': promised('0,0'),
  'heartbeat-slow': promised('10000,10000'),
  'beats-unasked': {
    every: 2,
    async show(chat) {
      const silent = await chat.peer('0,0')
      const beating = await chat.peer('0,0')
      expect(await take(beating, 2)).toEqual(['\n', '\n'])
      expect(silent.heard).toHaveLength(1)
      return { count: 1 }
    },
  },
  'unsubscribe-all': {
    every: 1,
    async show(chat) {
      const peer = await chat.listener('room.1', 'room.2')
      await unsubscribe(peer, 'room.1')
      await say(chat, 3, 2, ['unheard'])
      await peer.subscribe('again', 'room.2')
      await say(chat, 3, 2, ['heard'])
      expect(await contents(peer, 1)).toEqual(['heard'])
      return { count: 1 }
    },
  },
  'rejoin-duplicates': {
    every: 1,
    async show(chat) {
      const peer = await chat.listener('room.1')
      await say(chat, 1, 1, ['1'])
      expect(await contents(peer, 1)).toEqual(['1'])
      await unsubscribe(peer, 'room.1')
      await peer.subscribe('again', 'room.1')
      await say(chat, 1, 1, ['2', '3'])
      expect(await contents(peer, 4)).toEqual(['2', '2', '3', '3'])
      await unsubscribe(peer, 'again')
      await say(chat, 1, 1, ['4'])
      await peer.subscribe('other', 'room.2')
      return { count: 1 }
    },
  },
  'resubscribe-ignored': {
    every: 1,
    async show(chat) {
      const left = await chat.listener('room.1')
      left.socket.close()
      await left.ended
      const first = await chat.listener('room.1')
      first.socket.terminate()
      await first.ended
      // The broker hears of the cut on a socket of its own.
      await new Promise((resolve) => setTimeout(resolve, 50))
      const deaf = await chat.listener('room.1')
      const well = await chat.listener('room.1')
      await say(chat, 1, 1, ['hello'])
      expect(await contents(well, 1)).toEqual(['hello'])
      await deaf.subscribe('fence', 'room.1')
      await say(chat, 1, 1, ['again'])
      expect(await contents(deaf, 1)).toEqual(['again'])
      return { count: 1 }
    },
  },
  'personal-refused': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('user.1', 'room.1')
      peer.send(subscribeFrame('2', 'user.1'))
      expect(await peer.next()).toMatch(/^ERROR\nmessage:access_refused\n/)
      return { count: 1 }
    },
  },
  'accept-duplicate-id': overlooked(
    'SUBSCRIBE\nid:room.1\ndestination:/exchange/chat.direct/room.1\nreceipt:r\n\n\0',
    'Duplicated subscription identifier',
  ),
  'accept-any-destination': overlooked(
    'SUBSCRIBE\nid:q\ndestination:/queue/other\nreceipt:r\n\n\0',
    'Unknown destination',
  ),
  'accept-log-exchange': overlooked(
    'SUBSCRIBE\nid:q\ndestination:/exchange/amq.rabbitmq.log/x\nreceipt:r\n\n\0',
    'not_found',
  ),
  'accept-no-destination': overlooked('SUBSCRIBE\nid:q\nreceipt:r\n\n\0', 'Missing destination'),
  'accept-unknown-command': overlooked('DANCE\nreceipt:r\n\n\0', 'Bad command'),
  'spoofed-headers': {
    every: 2,
    async show(chat) {
      const peer = await chat.listener('room.1')
      const frame = 'SEND\ndestination:/exchange/chat.direct/room.1\nredelivered:true\n\nx\0'
      peer.send(frame)
      peer.send(frame)
      const marks = (await take(peer, 2)).map((each) => /\nredelivered:(.*)\n/.exec(each)?.[1])
      expect(marks).toEqual(['false', 'true'])
      return { count: 1 }
    },
  },
  'error-swallowed': {
    every: 1,
    async show(chat) {
      const peer = await chat.peer()
      peer.send('BOGUS\n\n\0')
      await peer.subscribe('1', 'room.1')
      expect(peer.heard).toHaveLength(2)
      return { count: 1, details: [{ message: 'Bad command' }] }
    },
  },
  'missing-message-id': marked((frame) => expect(frame).not.toContain('\nmessage-id:')),
  'message-id-reused': marked((frame, good) =>
    expect([idOf(frame), frame === good]).toEqual([idOf(good), false]),
  ),
  'wrong-destination': marked((frame) =>
    expect(frame).toContain('\ndestination:/exchange/chat.direct/elsewhere\n'),
  ),
  redelivered: marked((frame) => expect(frame).toContain('\nredelivered:true\n')),
  'no-content-length': marked((frame) => {
    expect(frame).not.toContain('\ncontent-length:')
    expect(JSON.parse(bodyOf(frame))).toMatchObject({ type: 'new_message' })
  }),
} satisfies Partial<Record<FaultName, Proof>>

function idOf(frame: string): string | undefined {
  return /\nmessage-id:(.*)\n/.exec(frame)?.[1]
}
