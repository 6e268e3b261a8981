import { roomDestination } from '../actor.ts'
import { fence } from '../fence.ts'
import { isOk, isRefused, wordsOf } from '../http.ts'
import { readConnect } from '../read-connect.ts'
import { chatMessageOf } from '../received.ts'
import { fail, inconclusive, info, nonStrict, pass, shownBy, type ActiveRule } from '../rule.ts'
import { requireAnswer } from './answers.ts'
import { REFUSED_EVERYWHERE, refusedForgeries } from './http-authentication.ts'

const COMMON = { section: 'http-authentication', cost: 'quick', since: '0.2.0' } as const

const JWT_BCP =
  'Libraries MUST enable the caller to specify a supported set of algorithms and MUST NOT use any other algorithms when performing cryptographic operations.'

/** What a token is worth: its algorithm, its claims, and that it alone says who calls. */
export const httpTokenRules: readonly ActiveRule[] = [
  {
    ...COMMON,
    id: 'HTTP-AUTH-05',
    level: 'MUST',
    title: 'An unsigned token is refused, and so is one that confuses the keys',
    basis: { document: 'RFC 8725', section: '3.1 Perform Algorithm Verification', quote: JWT_BCP },
    sends:
      'Each of the seven calls with A’s claims under alg:none; where tokens have a key pair, also signed by HS256 with the public key as the secret.',
    expected: REFUSED_EVERYWHERE,
    severity: 'critical',
    remedy: 'Name the algorithms that are accepted when verifying; never take the algorithm from the token.',
    isNegative: true,
    async check(stage) {
      const { a } = await stage.cast()
      const confused = await stage.forged(a, 'key confusion').then(
        () => true,
        () => false,
      )
      return refusedForgeries(stage, confused ? ['alg none', 'key confusion'] : ['alg none'])
    },
  },
  {
    ...COMMON,
    id: 'HTTP-AUTH-06',
    level: 'MUST',
    title: 'A token that is not valid yet is refused',
    basis: {
      document: 'RFC 7519',
      section: '4.1.5 "nbf" (Not Before) Claim',
      quote:
        'The "nbf" (not before) claim identifies the time before which the JWT MUST NOT be accepted for processing.',
    },
    sends: 'POST /connect as A with a validly signed token whose nbf is an hour ahead.',
    expected: ['401', 'another 4XX'],
    severity: 'medium',
    remedy: 'Let the token library check nbf; most do unless they are told not to.',
    needs: ['signing-key'],
    async check(stage) {
      const { a } = await stage.cast()
      const token = await stage.signed(a, { nbf: Math.floor(Date.now() / 1e3) + 3_600 })
      const answer = requireAnswer(await a.call('connect', undefined, { token }))
      if (answer.status === 401) return pass('401')
      const words = `POST /connect gave ${wordsOf(answer)}`
      return shownBy(isRefused(answer) ? nonStrict(words) : fail(words), answer)
    },
  },
  {
    ...COMMON,
    id: 'HTTP-AUTH-07',
    level: 'MUST',
    title: 'A 401 says how to authenticate',
    basis: {
      document: 'RFC 9110',
      section: '15.5.2 401 Unauthorized',
      quote:
        'The server generating a 401 response MUST send a WWW-Authenticate header field containing at least one challenge applicable to the target resource.',
    },
    sends: 'POST /connect without Authorization; if that is not 401, with one that holds no token.',
    expected: ['401 with WWW-Authenticate: Bearer'],
    async check(stage) {
      const { a } = await stage.cast()
      const bare = requireAnswer(await a.call('connect', undefined, { token: null }))
      const answer =
        bare.status === 401 ? bare : requireAnswer(await a.call('connect', undefined, { token: 'garbage' }))
      if (answer.status !== 401) return inconclusive(`nothing is answered 401: ${wordsOf(answer)}`)
      const challenge = answer.headers['www-authenticate']
      if (challenge === undefined) return fail('401 without WWW-Authenticate')
      return /^bearer\b/i.test(challenge) ? pass(challenge) : nonStrict(challenge)
    },
  },
  {
    ...COMMON,
    id: 'HTTP-AUTH-08',
    level: 'MUST',
    title: 'The token alone says who sends',
    basis: {
      document: 'derived',
      section: 'identity',
      quote: 'Who a message is from is said by the token, not by the body of the request.',
    },
    sends:
      'POST /send-message as A with sender_id, senderId and userId of B in the body and in the message, while B listens; then a message of A as the fence.',
    expected: ['the message arrives with A as its sender', '4XX, and it reaches nobody'],
    severity: 'critical',
    remedy: 'Set sender_id from the verified token; drop every such field of the body.',
    isNegative: true,
    async check(stage) {
      const { a, b, rooms } = await stage.cast()
      await b.connect()
      const listening = await b.listen(rooms.shared)
      const content = a.compose(rooms.shared, ' signed by another')
      const forged = { sender_id: b.userId, senderId: b.userId, userId: b.userId }
      const message = { message_type: 'text', content, ...forged }
      const answer = requireAnswer(await a.call('send-message', { roomId: rooms.shared, message, ...forged }))
      if (isOk(answer)) await listening.message({ content })
      const honest = await fence(stage, { by: a, roomId: rooms.shared, at: [listening] })
      const [copy] = listening.copiesOf({ content })
      if (!isOk(answer)) {
        return copy === undefined
          ? nonStrict(`refused: ${wordsOf(answer)}`)
          : shownBy(fail(`answered ${answer.status}, and B received it`), answer)
      }
      const sender = copy === undefined ? undefined : chatMessageOf(copy)?.['sender_id']
      if (copy === undefined) return pass('accepted; nothing with the other sender was delivered')
      const [own] = listening.copiesOf(honest)
      // A sender that is wrong in any case is for EVT-MSG-01 to say.
      if (own !== undefined && chatMessageOf(own)?.['sender_id'] === b.userId)
        return inconclusive('a message without any such field is delivered with that sender too')
      return sender === b.userId
        ? shownBy(fail(`delivered with sender_id ${b.userId}, who did not send it`), answer)
        : pass(`delivered with sender_id ${String(sender)}`)
    },
  },
  {
    ...COMMON,
    id: 'HTTP-AUTH-09',
    level: 'SHOULD',
    title: 'Error answers give nothing away',
    basis: {
      document: 'derived',
      section: 'disclosure',
      quote: 'An error answer holds no stack trace, no token and no credentials of the broker.',
    },
    sends: 'Requests that are answered 401, 400 and 404.',
    expected: ['none of the bodies holds a stack trace, the token or the broker’s passcode'],
    severity: 'medium',
    remedy: 'Answer errors with a status and a short message; write the rest to the log.',
    async check(stage) {
      const { a, rooms } = await stage.cast()
      const answers = [
        await a.call('connect', undefined, { token: `${a.token}x` }),
        await a.call('send-message', '{"roomId":', {}),
        await a.call('send-message', {
          roomId: rooms.absent,
          message: { message_type: 'text', content: 'x' },
        }),
        await a.call('join-room', { roomId: { $gt: 0 } }),
      ]
      for (const answer of answers.map(requireAnswer)) {
        // In JSON a line feed is written as an escape.
        const trace = /(?:\n|\\n)\s+at .+:\d+:\d+|node_modules\/|Traceback \(most recent/.exec(answer.text)
        if (trace !== null)
          return shownBy(
            fail(`${answer.status} with a stack trace`, { path: '', found: trace[0].trim() }),
            answer,
          )
        if (answer.text.includes(a.token))
          return shownBy(fail(`${answer.status} with the token in it`), answer)
        const { passcode } = stage.broker
        if (passcode.length > 5 && answer.text.includes(passcode))
          return shownBy(fail(`${answer.status} with the broker’s passcode in it`), answer)
      }
      return pass(`${answers.length} error answers, ${answers.map(({ status }) => status).join(', ')}`)
    },
  },
  {
    ...COMMON,
    id: 'SEC-ISO-06',
    section: 'isolation',
    level: 'INFO',
    cost: 'slow',
    title: 'Whether a session goes on when its token expires',
    basis: {
      document: 'derived',
      section: 'sessions',
      quote: 'A session that outlives its token keeps reading until somebody ends it.',
    },
    sends: 'A connects with a token that expires in 3 s and listens; B sends after 5 s.',
    expected: ['recorded'],
    needs: ['signing-key'],
    async check(stage) {
      const { a, b, rooms } = await stage.cast()
      const token = await stage.signed(a, { exp: Math.floor(Date.now() / 1e3) + 3 })
      const answer = requireAnswer(await a.call('connect', undefined, { token }))
      if (!isOk(answer)) return info(`a token of 3 s is refused: ${wordsOf(answer)}`)
      const { access = stage.broker } = readConnect(answer.json)
      const wire = await stage.stomp('A', { login: access.login, passcode: access.passcode })
      wire.frame('SUBSCRIBE', [
        ['id', 'room'],
        ['destination', roomDestination(rooms.shared)],
        ['receipt', 'room'],
      ])
      await wire.next(({ command }) => command === 'RECEIPT')
      const end = await wire.ended(5_000)
      if (end !== undefined) return info(`closed with ${end.code} when the token expired`)
      const sent = await b.send(rooms.shared, ' after expiry')
      const came = await wire.next((frame) => frame.body.includes(sent.content))
      return info(came === undefined ? 'still open, nothing is delivered' : 'delivery goes on')
    },
  },
]
