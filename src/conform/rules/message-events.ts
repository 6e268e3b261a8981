import { eventOf, chatMessageOf, contentOf, type Received } from '../received.ts'
import type { SentMessage } from '../actor.ts'
import { fence } from '../fence.ts'
import { fail, inconclusive, info, pass, type ActiveRule } from '../rule.ts'
import { sendAccepted } from './answers.ts'
import { idsOf, reportOf, unread } from './reading.ts'

const COMMON = { section: 'events', cost: 'quick', since: '0.2.0' } as const
const MESSAGE = '수신 메시지 타입 / 채팅 메시지'

/** Chat messages, one trait at a time. */
export const messageEventRules: readonly ActiveRule[] = [
  {
    ...COMMON,
    id: 'EVT-MSG-04',
    level: 'MUST',
    title: 'Content arrives as it was sent, character for character',
    basis: { document: 'guide', section: MESSAGE, quote: '"content": "안녕하세요",' },
    sends:
      'POST /send-message with emoji, right-to-left and combining text, line feeds, quotes, markup, and an escaped NUL, each in turn, while B listens.',
    expected: ['every content is equal to what was sent: not escaped, not trimmed, not normalised'],
    async check(stage) {
      const { a, b, rooms } = await stage.cast()
      await b.connect()
      const listening = await b.listen(rooms.shared)
      for (const [what, text] of DIFFICULT) {
        let found: string | undefined
        // One that is lost or spoilt by chance is for SEM-DEL-01 and SEM-DEL-05 to count.
        for (let attempt = 0; attempt < ATTEMPTS && found !== text; attempt++) {
          const sent = await sendAccepted(a, rooms.shared, text)
          const head = sent.content.slice(0, sent.content.length - text.length)
          const frame = await listening.message((each) => contentOf(each)?.startsWith(head) === true)
          found = (frame === undefined ? undefined : contentOf(frame)?.slice(head.length)) ?? found
        }
        if (found === undefined) return inconclusive(`${what} did not arrive`)
        if (found !== text)
          return fail(`${what} arrived changed`, { path: '/message/content', found: JSON.stringify(found) })
      }
      return pass(`${DIFFICULT.length} difficult texts, each unchanged`)
    },
  },
  {
    ...COMMON,
    id: 'EVT-MSG-05',
    level: 'INFO',
    title: 'Whether the sender receives its own message',
    basis: {
      document: 'reference choice',
      section: 'echo',
      quote: 'The sender receives its own message: it is subscribed to the room like everybody.',
    },
    sends: 'POST /send-message as A, who listens, while B listens.',
    expected: ['recorded'],
    async check(stage) {
      const { a, b, rooms } = await stage.cast()
      await Promise.all([a.connect(), b.connect()])
      const [own, other] = [await a.listen(rooms.shared), await b.listen(rooms.shared)]
      const sent = await a.send(rooms.shared, ' to myself?')
      await other.message(sent)
      const copy = await own.message(sent, stage.patienceMs / 4)
      return info(copy === undefined ? 'no copy for the sender' : 'the sender receives a copy')
    },
  },
  {
    ...COMMON,
    id: 'EVT-MSG-06',
    level: 'SHOULD',
    title: 'In a quiet system a message arrives within a second',
    basis: {
      document: 'guide',
      section: '개요',
      quote: 'ExpertLink 서버는 RabbitMQ STOMP WebSocket을 통한 실시간 채팅을 지원합니다.',
    },
    sends: 'Ten messages of A, one after the other, while B listens.',
    expected: ['each within 1 s of its POST'],
    async check(stage) {
      const { a, b, rooms } = await stage.cast()
      await b.connect()
      const listening = await b.listen(rooms.shared)
      const tookMs: number[] = []
      let lateMs = 0
      for (let i = 0; i < 10; i++) {
        const sent = await a.send(rooms.shared, ` quick ${i}`)
        const frame = await listening.message(sent)
        // A loss is for SEM-DEL-01 to say.
        if (frame !== undefined) tookMs.push(frame.atMs - sent.answer.sentMs)
        if ((tookMs.at(-1) ?? 0) <= LIMIT_MS) continue
        lateMs = stage.latenessSince(sent.answer.sentMs)
        break
      }
      if (tookMs.length === 0) return inconclusive('no message arrived')
      const slowestMs = Math.max(...tookMs)
      const words = `the slowest of ${tookMs.length} took ${Math.round(slowestMs)} ms`
      if (slowestMs <= LIMIT_MS) return pass(words)
      return slowestMs - lateMs > LIMIT_MS
        ? fail(words)
        : inconclusive(`${words}, of which ${Math.round(lateMs)} ms may be our own`)
    },
  },
  {
    ...COMMON,
    id: 'EVT-READ-01',
    level: 'MUST',
    title: 'message_read names a message there is and a member who read it, after it was written',
    basis: {
      document: 'guide',
      section: '수신 메시지 타입 / 메시지 읽음 상태',
      quote: '"type": "message_read",\n  "messageId": 123,\n  "readerId": 456,',
    },
    sends:
      'A sends; B leaves and joins the room, which by the reference choice reads it; A listens to its own destination.',
    expected: ['message_read with that message’s id, readerId B, readAt not before created_at'],
    async check(stage) {
      const { a, b, rooms } = await stage.cast()
      await Promise.all([a.connect(), b.connect()])
      const personal = await a.subscribe(`/exchange/chat.direct/user.${a.userId}`)
      if (personal.outcome !== 'receipt')
        return inconclusive(`A cannot hear its own destination: ${personal.words}`)
      const room = await b.listen(rooms.shared)
      let read: Received | undefined
      const sent: SentMessage[] = []
      const ids = new Set<unknown>()
      for (let attempt = 0; attempt < ATTEMPTS && read === undefined; attempt++) {
        sent.push(await fence(stage, { by: a, roomId: rooms.shared, at: [room] }))
        for (const id of idsOf(sent[attempt] as SentMessage, room)) ids.add(id)
        await b.leave(rooms.shared)
        await b.join(rooms.shared)
        read = await reportOf(personal, ids, b, stage.patienceMs)
      }
      const [copy] = sent.flatMap((message) => room.copiesOf(message))
      const message = copy === undefined ? undefined : chatMessageOf(copy)
      if (message === undefined) return inconclusive('B did not receive the message')
      if (read === undefined) return unread(stage, 'no message_read of B for that message came')
      const { messageId, readerId, readAt } = eventOf(read) ?? {}
      if (!ids.has(messageId))
        return fail(
          `messageId is ${String(messageId)}, the message has ${[...ids].map(String).join(' or ')}`,
          field('messageId', messageId),
        )
      if (readerId !== b.userId)
        return fail(`readerId is ${String(readerId)}, not B`, field('readerId', readerId))
      // A created_at after the event's own timestamp is for EVT-MSG-03 to say.
      const times = [message['created_at'], copy === undefined ? undefined : eventOf(copy)?.['timestamp']]
      const writtenMs = Math.min(...times.map((time) => Date.parse(String(time))).filter(Number.isFinite))
      if (Date.parse(String(readAt)) + 1_000 < writtenMs)
        return fail('read before it was written', field('readAt', readAt))
      return pass(`message ${String(messageId)} read by ${String(readerId)}`)
    },
  },
  {
    ...COMMON,
    id: 'EVT-READ-02',
    level: 'SHOULD',
    title: 'A message is reported read once for each reader',
    basis: {
      document: 'derived',
      section: 'reading',
      quote: 'A (message, reader) pair is reported at most once.',
    },
    sends:
      'A sends; B leaves and joins the room twice; A listens to its own destination; then C’s join as the fence.',
    expected: ['one message_read of B for that message'],
    isNegative: true,
    async check(stage) {
      const { a, b, c, rooms } = await stage.cast()
      await Promise.all([a.connect(), b.connect()])
      const personal = await a.subscribe(`/exchange/chat.direct/user.${a.userId}`)
      if (personal.outcome !== 'receipt')
        return inconclusive(`A cannot hear its own destination: ${personal.words}`)
      const room = await b.listen(rooms.shared)
      const ids = idsOf(await fence(stage, { by: a, roomId: rooms.shared, at: [room] }), room)
      for (let i = 0; i < 2; i++) {
        await b.leave(rooms.shared)
        await b.join(rooms.shared)
      }
      // Another reader of the same message: when it is heard, what B did is through.
      await c.join(rooms.shared)
      const last = await personal.event(
        (event) => event['readerId'] === c.userId && ids.has(event['messageId']),
      )
      if (last === undefined)
        return unread(
          stage,
          'no message_read of another reader for that message came, so nothing can be counted',
        )
      stage.control('C’s reading was reported', true)
      const reports = personal.messages().filter((frame) => isReport(frame, ids, b.userId)).length
      return reports === 1 ? pass('reported once') : fail(`reported ${reports} times`)
    },
  },
]

// --- internal ---

const ATTEMPTS = 2
const LIMIT_MS = 1_000

const DIFFICULT: readonly (readonly [what: string, text: string])[] = [
  ['emoji', ' 👩‍👩‍👧‍👦🏳️‍🌈🇰🇷'],
  ['right-to-left text', ' שלום ‮abc'],
  ['combining characters', ' e\u0301 a\u030a 각'],
  ['line feeds and tabs', ' one\ntwo\r\nthree\tfour '],
  ['quotes and backslashes', ` "'\\u0041\\n`],
  ['markup', ' <b>bold</b> &amp; <script>alert(1)</script>'],
  ['a NUL', ' a\u0000b'],
  ['Hangul', ' 안녕하세요'],
]

function field(name: string, found: unknown): { path: string; found: string } {
  return { path: `/${name}`, found: JSON.stringify(found ?? null) }
}

function isReport(frame: Received, ids: ReadonlySet<unknown>, readerId: number): boolean {
  const event = eventOf(frame)
  return event?.['type'] === 'message_read' && ids.has(event['messageId']) && event['readerId'] === readerId
}
