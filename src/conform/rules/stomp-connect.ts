import { connectHeaders } from '../login.ts'
import { frameWords } from '../received.ts'
import { deviation, fail, inconclusive, nonStrict, pass, type ActiveRule } from '../rule.ts'
import { answerWords, isAnswer, openedWire } from './opened-wire.ts'

const COMMON = { section: 'stomp', cost: 'quick', since: '0.2.0' } as const

/** Opening a STOMP session. */
export const stompConnectRules: readonly ActiveRule[] = [
  {
    ...COMMON,
    id: 'STOMP-CONNECT-01',
    level: 'MUST',
    title: 'CONNECT is answered with CONNECTED in the highest common version',
    basis: {
      document: 'STOMP 1.2',
      section: 'Protocol Negotiation',
      quote:
        'The protocol that will be used for the rest of the session will be the highest protocol version that both the client and server have in common.',
    },
    sends: 'CONNECT with accept-version:1.2,1.1,1.0 and the credentials of POST /connect.',
    expected: ['CONNECTED with version:1.2'],
    async check(stage) {
      const wire = await openedWire(stage, 'broker')
      wire.frame('CONNECT', connectHeaders(stage.broker))
      const answer = await wire.next(isAnswer)
      if (answer?.command !== 'CONNECTED') return fail(`no CONNECTED but ${answerWords(wire, answer)}`)
      const version = answer.header('version')
      if (version === '1.2') return pass('CONNECTED version:1.2')
      return fail(`CONNECTED with version ${version ?? 'missing'}`)
    },
  },
  {
    ...COMMON,
    id: 'STOMP-CONNECT-02',
    level: 'MUST',
    title: 'A wrong passcode is refused',
    basis: {
      document: 'guide',
      section: '연결 정보',
      quote: '**인증**: RabbitMQ 기본 인증 (guest/guest)',
    },
    sends:
      'CONNECT with the login of POST /connect and a passcode that nobody has; then a good one on another connection.',
    expected: ['ERROR with a message header, and no CONNECTED', 'closed without an ERROR, and no CONNECTED'],
    severity: 'critical',
    remedy: 'Give the broker real credentials and leave no authentication backend that accepts any passcode.',
    isNegative: true,
    async check(stage) {
      const wire = await openedWire(stage, 'intruder')
      wire.frame('CONNECT', connectHeaders(stage.broker, { passcode: 'nobody-has-this-passcode' }))
      const answer = await wire.next(isAnswer)
      await stage.stomp('honest')
      stage.control('the right passcode is CONNECTED', true)
      if (wire.frames.some(({ command }) => command === 'CONNECTED'))
        return fail('CONNECTED with a wrong passcode')
      if (answer?.command === 'ERROR') {
        const message = answer.header('message')
        return message === undefined ? fail('ERROR without a message header') : pass(frameWords(answer))
      }
      if (wire.end !== undefined) return nonStrict(answerWords(wire, answer))
      return fail('neither ERROR nor a close')
    },
  },
  {
    ...COMMON,
    id: 'STOMP-CONNECT-05',
    level: 'MUST',
    title: 'After ERROR the connection is closed',
    basis: {
      document: 'STOMP 1.2',
      section: 'ERROR',
      quote:
        'The server MAY send ERROR frames if something goes wrong. In this case, it MUST then close the connection just after sending the ERROR frame.',
    },
    sends: 'CONNECT with a wrong passcode; after the ERROR a good CONNECT on the same connection.',
    expected: ['closed within 2 s of the ERROR'],
    async check(stage) {
      const wire = await openedWire(stage, 'broker')
      wire.frame('CONNECT', connectHeaders(stage.broker, { passcode: 'nobody-has-this-passcode' }))
      const error = await wire.next(isAnswer)
      if (error?.command !== 'ERROR') return inconclusive(`no ERROR came but ${answerWords(wire, error)}`)
      wire.frame('CONNECT', connectHeaders(stage.broker))
      const revived = wire.next(({ command }) => command === 'CONNECTED', { timeoutMs: CLOSE_MS })
      const end = await Promise.race([wire.ended(CLOSE_MS), revived.then(() => wire.end)])
      if (end !== undefined)
        return pass(`closed with ${end.code} ${Math.round(end.atMs - error.atMs)} ms after the ERROR`)
      const isAlive = (await revived) !== undefined
      const words = isAlive ? 'a second CONNECT on the same connection was CONNECTED' : 'still open after 2 s'
      return deviation('error-without-close', words)
    },
  },
]

// --- internal ---

const CLOSE_MS = 2_000
