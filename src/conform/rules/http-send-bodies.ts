import { fence, fenceOf } from '../fence.ts'
import { isOk, wordsOf } from '../http.ts'
import { fail, info, nonStrict, pass, shownBy, type ActiveRule, type Outcome } from '../rule.ts'
import type { CallAnswer, CallChanges } from '../actor.ts'
import type { Stage } from '../stage.ts'
import { requireAnswer } from './answers.ts'
import { unaskedFrom } from './unasked.ts'

const COMMON = { section: 'http-rooms', cost: 'quick', since: '0.2.0' } as const

const BODY = {
  document: 'guide',
  section: '3. 채팅 기능 사용 / 메시지 전송 (HTTP API)',
  quote:
    "body: JSON.stringify({\n      roomId: roomId,\n      message: {\n        message_type: 'text',\n        content: content\n      }\n    })",
} as const

/** What POST /send-message makes of its body. */
export const httpSendBodyRules: readonly ActiveRule[] = [
  {
    ...COMMON,
    id: 'HTTP-SEND-02',
    level: 'MUST',
    title: 'A message with a documented field missing is refused',
    basis: BODY,
    sends:
      'POST /send-message without roomId, message, content, message_type, each in turn, while B listens.',
    expected: ['4XX to each, and nothing reaches the room'],
    isNegative: true,
    check: (stage) =>
      refusedBodies(stage, (roomId, content) => [
        ['no roomId', { message: { message_type: 'text', content } }],
        ['no message', { roomId }],
        ['no content', { roomId, message: { message_type: 'text' } }],
        ['no message_type', { roomId, message: { content } }],
      ]),
  },
  {
    ...COMMON,
    id: 'HTTP-SEND-03',
    level: 'MUST',
    title: 'A message with a field of the wrong type is refused',
    basis: BODY,
    sends:
      'POST /send-message with roomId "x", -1, 1.5, null and [1], with content 5 and {}, while B listens.',
    expected: ['4XX to each, and nothing reaches the room'],
    isNegative: true,
    check: (stage) =>
      refusedBodies(stage, (roomId, content) => [
        ...[`${roomId}x`, -1, 1.5, null, [roomId]].map((wrong): [string, unknown] => [
          `roomId ${JSON.stringify(wrong)}`,
          { roomId: wrong, message: { message_type: 'text', content } },
        ]),
        ...[5, {}].map((wrong): [string, unknown] => [
          `content ${JSON.stringify(wrong)}`,
          { roomId, message: { message_type: 'text', content: wrong } },
        ]),
      ]),
  },
  {
    ...COMMON,
    id: 'HTTP-SEND-04',
    level: 'MUST',
    title: 'A body that is no JSON is answered with 400',
    basis: {
      document: 'RFC 9110',
      section: '15.5.1 400 Bad Request',
      quote:
        'The 400 (Bad Request) status code indicates that the server cannot or will not process the request due to something that is perceived to be a client error',
    },
    sends: 'POST /send-message with half an object, and with an empty body, while B listens.',
    expected: ['400 to each, and nothing reaches the room', 'another 4XX'],
    isNegative: true,
    check: (stage) =>
      refusedBodies(
        stage,
        (roomId) => [
          ['half an object', `{"roomId":${roomId},"message":{`],
          ['an empty body', ''],
        ],
        { strict: 400, changes: { headers: { 'content-type': 'application/json' } } },
      ),
  },
  {
    ...COMMON,
    id: 'HTTP-SEND-05',
    level: 'SHOULD',
    title: 'A body that says it is text is refused',
    basis: {
      document: 'RFC 9110',
      section: '15.5.16 415 Unsupported Media Type',
      quote:
        'The 415 (Unsupported Media Type) status code indicates that the origin server is refusing to service the request because the content is in a format not supported by this method on the target resource.',
    },
    sends: 'POST /send-message with a good JSON body under Content-Type: text/plain.',
    expected: ['415', '400'],
    async check(stage) {
      const { a, rooms } = await stage.cast()
      const content = a.compose(rooms.shared, ' as text')
      const body = JSON.stringify({ roomId: rooms.shared, message: { message_type: 'text', content } })
      const answer = requireAnswer(
        await a.call('send-message', body, { headers: { 'content-type': 'text/plain' } }),
      )
      if (answer.status === 415) return pass('415')
      if (answer.status === 400) return nonStrict('400')
      return fail(`POST /send-message gave ${wordsOf(answer)}`)
    },
  },
  {
    ...COMMON,
    id: 'HTTP-SEND-06',
    level: 'SHOULD',
    title: 'Another method is answered with 405',
    basis: {
      document: 'RFC 9110',
      section: '9.1 Overview',
      quote:
        'An origin server that receives a request method that is recognized and implemented, but not allowed for the target resource, SHOULD respond with the 405 (Method Not Allowed) status code.',
    },
    sends: 'GET /send-message.',
    expected: ['405 with Allow: POST', '404'],
    async check(stage) {
      const { a } = await stage.cast()
      const answer = requireAnswer(await a.call('send-message', undefined, { method: 'GET' }))
      const allow = answer.headers['allow']
      if (answer.status === 405)
        return /\bPOST\b/.test(allow ?? '') ? pass(`405, Allow: ${allow}`) : nonStrict('405 without Allow')
      return answer.status === 404 ? nonStrict('404') : fail(`GET /send-message gave ${wordsOf(answer)}`)
    },
  },
  {
    ...COMMON,
    id: 'HTTP-SEND-09',
    level: 'INFO',
    title: 'Which lengths of content are taken',
    basis: BODY,
    sends: 'POST /send-message with content of 0, 1, 1 Ki, 16 Ki, 256 Ki and 1 Mi characters.',
    expected: ['recorded; a refusal is 4XX'],
    async check(stage) {
      const { a, rooms } = await stage.cast()
      const told: string[] = []
      for (const length of [0, 1, 1_024, 16_384, 262_144, 1_048_576]) {
        const message = { message_type: 'text', content: 'x'.repeat(length) }
        const answer = await a.call('send-message', { roomId: rooms.shared, message })
        told.push(`${length}: ${answer.failure ?? answer.status}`)
        if (answer.status >= 500) return fail(`a content of ${length} characters gave ${wordsOf(answer)}`)
        if (!isOk(answer) && length > 1) break
      }
      return info(told.join(', '))
    },
  },
  {
    ...COMMON,
    id: 'HTTP-SEND-10',
    level: 'INFO',
    title: 'What becomes of an unknown message_type and of unknown fields',
    basis: BODY,
    sends: 'POST /send-message with message_type "hologram", and with a field the guide does not know.',
    expected: ['recorded'],
    async check(stage) {
      const { a, rooms } = await stage.cast()
      const send = async (message: Record<string, unknown>): Promise<string> => {
        const content = a.compose(rooms.shared, ' odd')
        return wordsOf(
          await a.call('send-message', { roomId: rooms.shared, message: { content, ...message } }),
        )
      }
      const type = await send({ message_type: 'hologram' })
      const field = await send({ message_type: 'text', mood: 'good' })
      return info(`message_type "hologram": ${type}; an unknown field: ${field}`)
    },
  },
  {
    ...COMMON,
    id: 'HTTP-SEND-11',
    level: 'INFO',
    title: 'Whether a request that is repeated makes a second message',
    basis: {
      document: 'guide',
      section: '에러 처리',
      quote: 'const sendMessageWithRetry = async (roomId, content, retries = 3) => {',
    },
    sends: 'The same POST /send-message twice, as the documented retry does, while B listens.',
    expected: ['recorded'],
    async check(stage) {
      const { a, b, rooms } = await stage.cast()
      await b.connect()
      const listening = await b.listen(rooms.shared)
      const content = a.compose(rooms.shared, ' again')
      const body = { roomId: rooms.shared, message: { message_type: 'text', content } }
      const answers = [await a.call('send-message', body), await a.call('send-message', body)]
      await listening.message({ content })
      await fence(stage, { by: a, roomId: rooms.shared, at: [listening] })
      const copies = listening.copiesOf({ content }).length
      return info(`answered ${answers.map(({ status }) => status).join(' and ')}; ${copies} messages reach B`)
    },
  },
  {
    ...COMMON,
    id: 'HTTP-SEND-12',
    level: 'MUST',
    title: 'No body whatever is a server error',
    basis: {
      document: 'RFC 9110',
      section: '15.6 Server Error 5xx',
      quote:
        'The 5xx (Server Error) class of status code indicates that the server is aware that it has erred or is incapable of performing the requested method.',
    },
    sends: '200 bodies made from the seed: wrong types, missing and odd fields, deep and empty structures.',
    expected: ['no 5XX, and none of those that are wrong and were refused reaches the room'],
    isNegative: true,
    async check(stage) {
      const { a, b, rooms } = await stage.cast()
      await b.connect()
      const listening = await b.listen(rooms.shared)
      const sent = await fenceOf(stage, { by: a, roomId: rooms.shared, at: [listening] })
      const before = listening.messages().length
      const answers: CallAnswer[] = []
      const accepted: string[] = []
      const elsewhere: string[] = []
      let refused = 0
      for (let i = 0; i < BODIES; i++) {
        const content = a.compose(rooms.shared, ` body ${i}`)
        const body = oddBody(stage, rooms.shared, content)
        // What becomes of a good body is for SEM-DEL-03 and SEM-DEL-04 to say.
        const isOdd = stage.contract.checkRequest('send-message', body).length > 0
        const answer = requireAnswer(await a.call('send-message', body))
        if (answer.status >= 500 && isOdd) return shownBy(fail(`body ${i} gave ${wordsOf(answer)}`), answer)
        answers.push(answer)
        if (isOk(answer)) accepted.push(content, textIn(body))
        else if (isOdd) refused++
        else elsewhere.push(content, textIn(body))
      }
      sent.push(...(await fenceOf(stage, { by: a, roomId: rooms.shared, at: [listening] })))
      const leaked = unaskedFrom(a.userId, listening.messages().slice(before), {
        contents: [...accepted, ...sent.map(({ content }) => content)],
        answers: [...answers, ...sent.map(({ answer }) => answer)],
        elsewhere,
      })
      return leaked === undefined
        ? pass(`${BODIES} bodies, ${refused} refused, no 5XX`)
        : fail('a body was refused, yet delivered', { path: '', found: leaked.body })
    },
  },
]

// --- internal ---

const BODIES = 200

/** Sends each body as A while B listens; all must be refused, and B must see nothing but the fence. */
async function refusedBodies(
  stage: Stage,
  bodiesOf: (roomId: number, content: string) => readonly (readonly [what: string, body: unknown])[],
  { strict, changes = {} }: { strict?: number; changes?: CallChanges } = {},
): Promise<Outcome> {
  const { a, b, rooms } = await stage.cast()
  await b.connect()
  const listening = await b.listen(rooms.shared)
  const sent = await fenceOf(stage, { by: a, roomId: rooms.shared, at: [listening] })
  const before = listening.messages().length
  const content = a.compose(rooms.shared, ' not well-formed')
  const bodies = bodiesOf(rooms.shared, content)
  const answers: CallAnswer[] = []
  for (const [what, body] of bodies) {
    const answer = requireAnswer(await a.call('send-message', body, changes))
    if (answer.status < 400 || answer.status >= 500)
      return shownBy(fail(`${what} was answered ${wordsOf(answer)}`), answer)
    answers.push(answer)
  }
  sent.push(...(await fenceOf(stage, { by: a, roomId: rooms.shared, at: [listening] })))
  const leaked = unaskedFrom(a.userId, listening.messages().slice(before), {
    contents: sent.map((each) => each.content),
    answers: sent.map(({ answer }) => answer),
  })
  if (leaked !== undefined) return fail('refused, yet delivered', { path: '', found: leaked.body })
  const other = answers.find(({ status }) => strict !== undefined && status !== strict)
  return other === undefined
    ? pass(`refused with ${[...new Set(answers.map(({ status }) => status))].join(', ')}`)
    : nonStrict(`${wordsOf(other)} instead of ${strict}`)
}

/** The content of a body as far as it is text: as it would be delivered. */
function textIn(body: unknown): string {
  const message = (body as { message?: unknown } | null)?.message
  const content = (message as { content?: unknown } | null | undefined)?.content
  return typeof content === 'string' ? content : ''
}

/** A body in which something is off; now and then nothing is. */
function oddBody(stage: Stage, roomId: number, content: string): unknown {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(stage.random() * values.length)] as T
  const odd = (): unknown =>
    pick<unknown>([
      null,
      true,
      0,
      -1,
      1e308,
      '',
      'x',
      '\0',
      '\u202e',
      [],
      {},
      [[[[]]]],
      { a: { b: { c: {} } } },
      '__proto__',
      { __proto__: null, constructor: 1 },
      'x'.repeat(300),
      Number.MAX_SAFE_INTEGER + 2,
    ])
  const message = { message_type: 'text', content }
  return pick<() => unknown>([
    () => ({ roomId: odd(), message }),
    () => ({ roomId, message: odd() }),
    () => ({ roomId, message: { ...message, content: odd() } }),
    () => ({ roomId, message: { ...message, message_type: odd() } }),
    () => ({ roomId, message: { ...message, [pick(['id', 'sender_id', 'created_at', 'x'])]: odd() } }),
    () => ({ roomId, message, [pick(['userId', 'type', 'timestamp'])]: odd() }),
    () => [roomId, message],
    () => odd(),
  ])()
}
