import { roomDestination } from '../actor.ts'
import { fence } from '../fence.ts'
import { connectHeaders } from '../login.ts'
import { frameWords } from '../received.ts'
import { deviation, fail, info, nonStrict, pass, type ActiveRule } from '../rule.ts'
import { answerWords, isAnswer, openedWire } from './opened-wire.ts'

const COMMON = { section: 'stomp', since: '0.2.0' } as const

/** What may come of the first frame, and of frames before it. */
export const stompNegotiationRules: readonly ActiveRule[] = [
  {
    ...COMMON,
    id: 'STOMP-CONNECT-03',
    level: 'SHOULD',
    cost: 'quick',
    title: 'A virtual host that does not exist is refused',
    basis: {
      document: 'STOMP 1.2',
      section: 'CONNECT or STOMP Frame',
      quote:
        'If this header does not match a known virtual host, servers supporting virtual hosting MAY select a default virtual host or reject the connection.',
    },
    sends: 'CONNECT with good credentials and host:/no-such-virtual-host.',
    expected: ['ERROR, and no CONNECTED', 'CONNECTED to the default virtual host'],
    async check(stage) {
      const wire = await openedWire(stage, 'stranger')
      wire.frame('CONNECT', connectHeaders(stage.broker, { host: '/no-such-virtual-host' }))
      const answer = await wire.next(isAnswer)
      if (answer?.command === 'ERROR') return pass(frameWords(answer))
      if (answer?.command === 'CONNECTED') return nonStrict('CONNECTED: a default virtual host was chosen')
      if (wire.end !== undefined) return nonStrict(`refused: ${answerWords(wire, answer)}`)
      return fail('neither ERROR nor CONNECTED')
    },
  },
  {
    ...COMMON,
    id: 'STOMP-CONNECT-04',
    level: 'MUST',
    cost: 'quick',
    title: 'A client without a common version is refused with ERROR',
    basis: {
      document: 'STOMP 1.2',
      section: 'Protocol Negotiation',
      quote:
        'If the client and server do not share any common protocol versions, then the server MUST respond with an ERROR frame',
    },
    sends: 'CONNECT with good credentials and accept-version:9.9.',
    expected: ['ERROR, and no CONNECTED'],
    async check(stage) {
      const wire = await openedWire(stage, 'future')
      wire.frame('CONNECT', connectHeaders(stage.broker, { 'accept-version': '9.9' }))
      const answer = await wire.next(isAnswer)
      if (answer?.command === 'ERROR') return pass(frameWords(answer))
      if (answer?.command === 'CONNECTED')
        return fail(`CONNECTED version:${answer.header('version') ?? 'missing'}`)
      if (wire.end !== undefined) return deviation('close-without-error', answerWords(wire, answer))
      return fail('neither ERROR nor a close')
    },
  },
  {
    ...COMMON,
    id: 'STOMP-CONNECT-06',
    level: 'MUST',
    cost: 'quick',
    title: 'Nothing is carried out before CONNECT',
    basis: {
      document: 'STOMP 1.2',
      section: 'Connecting',
      quote:
        'A STOMP client initiates the stream or TCP connection to the server by sending the CONNECT frame',
    },
    sends:
      'SUBSCRIBE to a room and SEND into it on a connection without CONNECT, while B listens; then a message of A as the fence.',
    expected: [
      'ERROR, and B receives nothing of it',
      'closed without an ERROR, and B receives nothing of it',
    ],
    severity: 'critical',
    remedy: 'Let no frame but CONNECT and STOMP act on a connection that has not logged in.',
    isNegative: true,
    async check(stage) {
      const { a, b, rooms } = await stage.cast()
      await b.connect()
      const listening = await b.listen(rooms.shared)
      const destination = roomDestination(rooms.shared)
      const marker = `before-connect-${Math.floor(stage.random() * 1e9)}`
      const answers: string[] = []
      let isSilent = false
      for (const [command, headers, body] of [
        [
          'SUBSCRIBE',
          [
            ['id', 'early'],
            ['destination', destination],
          ],
          '',
        ],
        ['SEND', [['destination', destination]], JSON.stringify({ type: marker })],
      ] as const) {
        const wire = await openedWire(stage, `no login, ${command}`)
        wire.frame(command, headers, body)
        const answer = await wire.next(() => true)
        if (answer === undefined && wire.end === undefined) isSilent = true
        if (answer?.command === 'RECEIPT' || answer?.command === 'MESSAGE')
          return fail(`${command} before CONNECT was answered with ${frameWords(answer)}`)
        answers.push(`${command}: ${answerWords(wire, answer)}`)
        await fence(stage, { by: a, roomId: rooms.shared, at: [listening] })
        if (wire.frames.some((frame) => frame.command === 'MESSAGE'))
          return fail(`${command} before CONNECT brought a MESSAGE`)
      }
      if (listening.messages().some((frame) => frame.body.includes(marker)))
        return fail('B received what was sent before CONNECT')
      if (isSilent) return nonStrict(`not carried out and not answered; ${answers.join('; ')}`)
      return answers.every((answer) => answer.includes(': ERROR'))
        ? pass(answers.join('; '))
        : nonStrict(answers.join('; '))
    },
  },
  {
    ...COMMON,
    id: 'STOMP-CONNECT-07',
    level: 'MUST',
    cost: 'quick',
    title: 'STOMP is handled like CONNECT',
    basis: {
      document: 'STOMP 1.2',
      section: 'CONNECT or STOMP Frame',
      quote: 'STOMP servers MUST handle a STOMP frame in the same manner as a CONNECT frame.',
    },
    sends: 'The headers of a good CONNECT with the command STOMP.',
    expected: ['CONNECTED'],
    async check(stage) {
      const wire = await openedWire(stage, 'browser')
      wire.frame('STOMP', connectHeaders(stage.broker))
      const answer = await wire.next(isAnswer)
      return answer?.command === 'CONNECTED'
        ? pass(frameWords(answer))
        : fail(`no CONNECTED but ${answerWords(wire, answer)}`)
    },
  },
  {
    ...COMMON,
    id: 'STOMP-CONNECT-08',
    level: 'INFO',
    cost: 'slow',
    title: 'How long a connection lives that never sends CONNECT',
    basis: {
      document: 'derived',
      section: 'resources',
      quote: 'A connection that never logs in costs the broker a socket; how long is worth knowing.',
    },
    sends: 'Nothing, for 15 s.',
    expected: ['recorded'],
    async check(stage) {
      const wire = await openedWire(stage, 'mute')
      const waitMs = stage.scaled(15_000)
      const startedMs = stage.transcript.clock.nowMs()
      const end = await wire.ended(waitMs)
      if (end === undefined) return info(`still open after ${waitMs / 1e3} s`)
      return info(`closed with ${end.code} after ${((end.atMs - startedMs) / 1e3).toFixed(1)} s`)
    },
  },
]
