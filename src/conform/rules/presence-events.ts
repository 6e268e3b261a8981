import { userDestination } from '../actor.ts'
import { fence } from '../fence.ts'
import { eventOf } from '../received.ts'
import { fail, inconclusive, info, pass, type ActiveRule } from '../rule.ts'
import { endWords, type Subscription } from '../subscription.ts'

const COMMON = { section: 'events', since: '0.2.0' } as const
const TYPING = {
  document: 'guide',
  section: '수신 메시지 타입 / 타이핑 상태',
  quote: '"type": "user_typing",\n  "userId": 456,\n  "isTyping": true,',
} as const
const STATUS = {
  document: 'guide',
  section: '수신 메시지 타입 / 사용자 상태 변경',
  quote: '"type": "user_status_changed",\n  "userId": 456,\n  "status": "online",',
} as const

/** Who types, and who is there. */
export const presenceEventRules: readonly ActiveRule[] = [
  {
    ...COMMON,
    id: 'EVT-TYP-01',
    level: 'MUST',
    cost: 'quick',
    title: 'Typing is seen by the other members',
    basis: TYPING,
    sends: 'POST /typing-start as A while B listens.',
    expected: ['user_typing with userId A and isTyping true'],
    async check(stage) {
      const { a, b, rooms } = await stage.cast()
      await b.connect()
      const listening = await b.listen(rooms.shared)
      await fence(stage, { by: a, roomId: rooms.shared, at: [listening] })
      await a.typing(rooms.shared, true)
      const isTypingEvent = (event: Readonly<Record<string, unknown>>): boolean =>
        event['type'] === 'user_typing'
      // Others may type in the room too; only when A is never named is somebody else's event A's.
      const own = await listening.event((event) => isTypingEvent(event) && event['userId'] === a.userId)
      const seen = own ?? (await listening.event(isTypingEvent, 1))
      await a.typing(rooms.shared, false)
      if (seen === undefined) return fail('no user_typing came')
      const { userId, isTyping } = eventOf(seen) ?? {}
      if (userId !== a.userId)
        return fail(`userId is ${String(userId)}, not A`, {
          path: '/userId',
          found: JSON.stringify(userId ?? null),
        })
      return isTyping === true
        ? pass('user_typing, isTyping true')
        : fail(`isTyping is ${JSON.stringify(isTyping)}`, {
            path: '/isTyping',
            found: JSON.stringify(isTyping ?? null),
          })
    },
  },
  {
    ...COMMON,
    id: 'EVT-TYP-02',
    level: 'MUST',
    cost: 'quick',
    title: 'The end of typing is seen, after its beginning',
    basis: TYPING,
    sends: 'POST /typing-start, then /typing-end as A while B listens.',
    expected: ['user_typing with isTyping true, then one with false'],
    async check(stage) {
      const { a, b, rooms } = await stage.cast()
      await b.connect()
      const listening = await b.listen(rooms.shared)
      await fence(stage, { by: a, roomId: rooms.shared, at: [listening] })
      await a.typing(rooms.shared, true)
      await a.typing(rooms.shared, false)
      const end = await listening.event((event) => isTypingOf(a.userId, event, false))
      const begin = listening.messages().find((frame) => isTypingOf(a.userId, eventOf(frame) ?? {}, true))
      // That A is never named is for EVT-TYP-01 to say, and so is a beginning that never came.
      if (end === undefined && begin === undefined)
        return inconclusive('no user_typing of A came, neither with isTyping true nor with false')
      if (end === undefined) return fail('no user_typing of A with isTyping false came')
      if (begin === undefined || begin.index < end.index) return pass('isTyping true, then false')
      return fail('isTyping false came before true')
    },
  },
  {
    ...COMMON,
    id: 'EVT-TYP-03',
    level: 'INFO',
    cost: 'slow',
    title: 'Whether typing ends by itself',
    basis: {
      document: 'derived',
      section: 'presence',
      quote: 'Who closes the lid in the middle of a word types for ever, unless somebody ends it.',
    },
    sends: 'POST /typing-start as A, then 10 s of silence, while B listens.',
    expected: ['recorded'],
    async check(stage) {
      const { a, b, rooms } = await stage.cast()
      await b.connect()
      const listening = await b.listen(rooms.shared)
      await a.typing(rooms.shared, true)
      const end = await listening.event((event) => isTypingOf(a.userId, event, false), stage.scaled(10_000))
      await a.typing(rooms.shared, false)
      return info(end === undefined ? 'no end by itself within 10 s' : 'ended by itself')
    },
  },
  {
    ...COMMON,
    id: 'EVT-STAT-01',
    level: 'MUST',
    cost: 'quick',
    title: 'Coming online is seen by those who share a room',
    basis: STATUS,
    sends: 'POST /connect as A while B listens.',
    expected: ['user_status_changed with userId A'],
    async check(stage) {
      const { a, b, rooms } = await stage.cast()
      await b.connect()
      const listening = await b.listen(rooms.shared)
      await fence(stage, { by: a, roomId: rooms.shared, at: [listening] })
      await a.connect()
      const seen = await listening.event(
        (event) => event['type'] === 'user_status_changed' && event['userId'] === a.userId,
      )
      return seen === undefined
        ? fail('no user_status_changed of A came')
        : pass(`status ${JSON.stringify(eventOf(seen)?.['status'])}`)
    },
  },
  {
    ...COMMON,
    id: 'EVT-STAT-02',
    level: 'MUST',
    cost: 'quick',
    title: 'Going offline is seen once',
    basis: STATUS,
    sends: 'A connects and POSTs /disconnect while B listens; then a message of A as the fence.',
    expected: ['one user_status_changed with userId A and another status than before'],
    isNegative: true,
    async check(stage) {
      const { a, b, rooms } = await stage.cast()
      await b.connect()
      const listening = await b.listen(rooms.shared)
      await a.connect()
      await fence(stage, { by: a, roomId: rooms.shared, at: [listening] })
      const before = statusesOf(listening, a.userId)
      await a.disconnect()
      // It may be published after the answer, then behind the fence too: it is waited for, a second one is fenced off.
      await listening.event(() => statusesOf(listening, a.userId).length > before.length)
      await fence(stage, { by: a, roomId: rooms.shared, at: [listening] })
      const after = statusesOf(listening, a.userId).slice(before.length)
      if (after.length === 0) return fail('no user_status_changed of A came')
      if (after.length > 1) return fail(`it came ${after.length} times`)
      return before.at(-1) === after[0]
        ? fail(`status ${JSON.stringify(after[0])} as when A connected`)
        : pass(`status ${JSON.stringify(after[0])}`)
    },
  },
  {
    ...COMMON,
    id: 'EVT-STAT-03',
    level: 'INFO',
    cost: 'slow',
    title: 'Whether a cut connection is noticed as going offline',
    basis: {
      document: 'derived',
      section: 'presence',
      quote:
        'Phones go into tunnels without saying goodbye; the guide leaves open whether the others are told.',
    },
    sends: 'A’s connection is reset without POST /disconnect while B listens, for 15 s.',
    expected: ['recorded'],
    async check(stage) {
      const { a, b, rooms } = await stage.cast()
      const wire = await a.connect()
      await b.connect()
      const listening = await b.listen(rooms.shared)
      wire.drop()
      const seen = await listening.event(
        (event) => event['type'] === 'user_status_changed' && event['userId'] === a.userId,
        stage.scaled(15_000),
      )
      return info(seen === undefined ? 'not noticed within 15 s' : 'noticed')
    },
  },
  {
    ...COMMON,
    id: 'EVT-STAT-04',
    level: 'INFO',
    cost: 'quick',
    title: 'What is said when one of two devices leaves',
    basis: {
      document: 'derived',
      section: 'presence',
      quote: 'Who is online with two devices and leaves with one is still there.',
    },
    sends:
      'A connects with two devices; one of them POSTs /disconnect while B listens; then a message of A as the fence.',
    expected: ['recorded'],
    async check(stage) {
      const { a, b, rooms, device } = await stage.cast()
      await a.connect()
      const phone = device(a, 'phone')
      await phone.connect()
      await b.connect()
      const listening = await b.listen(rooms.shared)
      await phone.disconnect()
      await fence(stage, { by: a, roomId: rooms.shared, at: [listening] })
      const said = statusesOf(listening, a.userId)
      return info(said.length === 0 ? 'nothing' : said.join(', '))
    },
  },
  {
    ...COMMON,
    id: 'EVT-USER-01',
    level: 'MUST',
    cost: 'quick',
    title: 'A user may subscribe to its own personal destination',
    basis: {
      document: 'guide',
      section: 'JavaScript (웹 브라우저)',
      quote:
        "// 개인 메시지 구독\n  stompClient.subscribe('/exchange/chat.direct/user.123', function (message) {",
    },
    sends: 'SUBSCRIBE of A to /exchange/chat.direct/user.<A>.',
    expected: ['RECEIPT'],
    async check(stage) {
      const { a } = await stage.cast()
      await a.connect()
      const personal = await a.subscribe(userDestination(a.userId))
      if (personal.outcome === 'receipt') return pass(personal.words)
      // A RECEIPT that does not come although the subscription stands is for STOMP-SUB-01 to say.
      return personal.outcome === 'silent'
        ? inconclusive(endWords(a.wire))
        : fail(`the SUBSCRIBE was refused: ${personal.words}`)
    },
  },
]

// --- internal ---

function isTypingOf(userId: number, event: Readonly<Record<string, unknown>>, isTyping: boolean): boolean {
  return event['type'] === 'user_typing' && event['userId'] === userId && event['isTyping'] === isTyping
}

function statusesOf(listening: Subscription, userId: number): string[] {
  return listening.messages().flatMap((frame) => {
    const event = eventOf(frame)
    return event?.['type'] === 'user_status_changed' && event['userId'] === userId
      ? [String(event['status'])]
      : []
  })
}
