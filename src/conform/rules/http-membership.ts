import { roomDestination, type SentMessage } from '../actor.ts'
import { fence } from '../fence.ts'
import { isOk, wordsOf } from '../http.ts'
import { eventOf } from '../received.ts'
import { fail, inconclusive, nonStrict, pass, shownBy, type ActiveRule } from '../rule.ts'
import { listedIn, notJoined, requireAnswer, requireOk, requireOutsider, violationOf } from './answers.ts'
import { servedBeside } from './copies.ts'

const COMMON = { section: 'http-rooms', cost: 'quick', since: '0.2.0' } as const

const TYPING = '3. 채팅 기능 사용 / 타이핑 상태 전송'
const MEMBERSHIP = '3. 채팅 기능 사용 / 방 참여/나가기'

/** Rooms that are not there, typing, joining and leaving. */
export const httpMembershipRules: readonly ActiveRule[] = [
  {
    ...COMMON,
    id: 'HTTP-SEND-08',
    level: 'MUST',
    title: 'A message into a room that does not exist is refused',
    basis: {
      document: 'derived',
      section: 'membership',
      quote: 'Nobody is a member of a room that does not exist, so nobody sends into it.',
    },
    sends: 'POST /send-message as A into a room that does not exist.',
    expected: ['404', '403'],
    async check(stage) {
      const { a, rooms } = await stage.cast()
      const { answer } = await a.send(rooms.absent, ' into nothing')
      const { status } = requireAnswer(answer)
      if (status === 404) return pass('404')
      return status === 403 ? nonStrict('403') : fail(`POST /send-message gave ${wordsOf(answer)}`)
    },
  },
  {
    ...COMMON,
    id: 'HTTP-TYP-01',
    level: 'MUST',
    title: 'Typing is taken from a member',
    basis: {
      document: 'guide',
      section: TYPING,
      quote: "await fetch('http://localhost:5700/chat-ws/typing-start', {",
    },
    sends: 'POST /typing-start and POST /typing-end {roomId} as A.',
    expected: ['2XX to both'],
    async check(stage) {
      const { a, rooms } = await stage.cast()
      for (const isTyping of [true, false]) {
        const answer = requireAnswer(await a.typing(rooms.shared, isTyping))
        if (!isOk(answer)) return fail(`POST /${answer.call} gave ${wordsOf(answer)}`)
      }
      return pass('2XX to both')
    },
  },
  {
    ...COMMON,
    id: 'HTTP-TYP-02',
    level: 'MUST',
    title: 'Typing without a room, or in a room one is not in, is refused and seen by nobody',
    basis: {
      document: 'derived',
      section: 'membership',
      quote: 'Only members of a room type in it.',
    },
    sends:
      'POST /typing-start and /typing-end without roomId, with roomId "x", and by C into a room of A and B while B listens; then a message of A as the fence.',
    expected: ['4XX to each, and no user_typing of C reaches the room'],
    severity: 'medium',
    remedy: 'Check in both typing calls that the token’s user is a member of roomId.',
    isNegative: true,
    async check(stage) {
      const { a, b, c, rooms } = await stage.cast()
      await requireOutsider(c, rooms.shared)
      await b.connect()
      const listening = await b.listen(rooms.shared)
      for (const call of ['typing-start', 'typing-end'] as const) {
        for (const [actor, body] of [
          [a, {}],
          [a, { roomId: 'x' }],
          [c, { roomId: rooms.shared }],
        ] as const) {
          const answer = requireAnswer(await actor.call(call, body))
          if (answer.status < 400 || answer.status >= 500)
            return shownBy(
              fail(`POST /${call} ${JSON.stringify(body)} of ${actor.name} gave ${wordsOf(answer)}`),
              answer,
            )
        }
      }
      await fence(stage, { by: a, roomId: rooms.shared, at: [listening] })
      const seen = listening.messages().some((frame) => eventOf(frame)?.['userId'] === c.userId)
      return seen ? fail('refused, yet B saw C typing') : pass('4XX to each, and nobody saw it')
    },
  },
  {
    ...COMMON,
    id: 'HTTP-JOIN-01',
    level: 'MUST',
    title: 'A join is answered with status "joined" and where to subscribe',
    basis: {
      document: 'guide',
      section: MEMBERSHIP,
      quote:
        "if (result.status === 'joined') {\n    stompClient.subscribe(result.subscription, (message) => {",
    },
    sends: 'POST /join-room {roomId} as C into a room of A and B.',
    expected: ['2XX, status "joined", subscription /exchange/chat.direct/room.<roomId>'],
    async check(stage) {
      const { c, rooms } = await stage.cast()
      const answer = requireAnswer(await c.join(rooms.shared))
      if (answer.status === 403) return notJoined(stage, answer)
      if (!isOk(answer)) return fail(`POST /join-room gave ${wordsOf(answer)}`)
      const { status, subscription } = (answer.json ?? {}) as Record<string, unknown>
      const wanted = roomDestination(rooms.shared)
      if (status !== 'joined')
        return fail(`status is ${JSON.stringify(status)}`, {
          path: '/status',
          found: JSON.stringify(status ?? null),
        })
      if (subscription !== wanted)
        return fail(`subscription is ${JSON.stringify(subscription)} instead of ${wanted}`, {
          path: '/subscription',
          found: JSON.stringify(subscription ?? null),
        })
      return violationOf(answer) ?? pass(`joined, ${wanted}`)
    },
  },
  {
    ...COMMON,
    id: 'HTTP-JOIN-02',
    level: 'SHOULD',
    title: 'Joining twice changes nothing',
    basis: {
      document: 'derived',
      section: 'membership',
      quote: 'A member who joins again stays one member: the same subscription, one copy of each message.',
    },
    sends: 'POST /join-room twice as C, who then subscribes once; A sends while B, a member, listens too.',
    expected: ['no 5XX, the same subscription, as many copies as B receives'],
    async check(stage) {
      const { a, b, c, rooms } = await stage.cast()
      await Promise.all([b.connect(), c.connect()])
      const witness = await b.listen(rooms.shared)
      const [first, second] = [
        requireAnswer(await c.join(rooms.shared)),
        requireAnswer(await c.join(rooms.shared)),
      ]
      if (!isOk(first)) return notJoined(stage, first)
      if (second.status >= 500) return fail(`the second join gave ${wordsOf(second)}`)
      const at = await c.listen(rooms.shared)
      const copies = (sent: SentMessage): number => at.copiesOf(sent).length
      const { how, words } = await servedBeside(stage, { by: a, roomId: rooms.shared, at, copies, witness })
      if (how !== 'alike') return fail(words)
      const destinations = [first, second].map(
        ({ json }) => (json as Record<string, unknown> | undefined)?.['subscription'],
      )
      if (!isOk(second)) return nonStrict(`the second join is refused: ${wordsOf(second)}`)
      return destinations[0] === destinations[1]
        ? pass('the same subscription, no copy more than B')
        : fail('another subscription')
    },
  },
  {
    ...COMMON,
    id: 'HTTP-JOIN-03',
    level: 'MUST',
    title: 'A join that cannot be is refused and gives no destination away',
    basis: {
      document: 'derived',
      section: 'membership',
      quote: 'A refused join tells nothing about where the room’s messages are.',
    },
    sends: 'POST /join-room as A with a room that does not exist, with roomId "x" and without roomId.',
    expected: ['4XX without a subscription in the body'],
    severity: 'medium',
    remedy: 'Look the room up before answering; answer errors without a subscription.',
    async check(stage) {
      const { a, rooms } = await stage.cast()
      for (const body of [{ roomId: rooms.absent }, { roomId: 'x' }, {}]) {
        const answer = requireAnswer(await a.call('join-room', body))
        if (answer.status < 400 || answer.status >= 500)
          return shownBy(fail(`POST /join-room ${JSON.stringify(body)} gave ${wordsOf(answer)}`), answer)
        if (answer.text.includes('/exchange/'))
          return shownBy(
            fail(`${answer.status} with a destination in it`, { path: '', found: answer.text }),
            answer,
          )
      }
      return pass('4XX to each, without a destination')
    },
  },
  {
    ...COMMON,
    id: 'HTTP-LEAVE-01',
    level: 'MUST',
    title: 'A member may leave',
    basis: {
      document: 'guide',
      section: MEMBERSHIP,
      quote: 'await fetch(`http://localhost:5700/chat-ws/leave-room/${roomId}`, {',
    },
    sends: 'POST /leave-room/<roomId> as B.',
    expected: ['2XX'],
    async check(stage) {
      const { b, rooms } = await stage.cast()
      if (!listedIn(requireOk(await b.call('connect'))).has(rooms.shared))
        return inconclusive('B is no member any more, by what POST /connect lists')
      const answer = requireAnswer(await b.leave(rooms.shared))
      return isOk(answer) ? pass(wordsOf(answer)) : fail(`POST /leave-room gave ${wordsOf(answer)}`)
    },
  },
  {
    ...COMMON,
    id: 'HTTP-LEAVE-02',
    level: 'SHOULD',
    title: 'Leaving where one is not, or nowhere, is no server error',
    basis: {
      document: 'RFC 9110',
      section: '15.6 Server Error 5xx',
      quote:
        'The 5xx (Server Error) class of status code indicates that the server is aware that it has erred or is incapable of performing the requested method.',
    },
    sends: 'POST /leave-room of C for a room of A and B; then /leave-room/abc.',
    expected: ['no 5XX'],
    async check(stage) {
      const { c, rooms } = await stage.cast()
      await requireOutsider(c, rooms.shared)
      const answers = [
        await c.leave(rooms.shared),
        await c.call('leave-room', undefined, {
          path: stage.contract.calls['leave-room'].path(0).replace(/0$/, 'abc'),
        }),
      ].map(requireAnswer)
      const failed = answers.find(({ status }) => status >= 500)
      return failed === undefined
        ? pass(answers.map(({ status }) => status).join(', '))
        : fail(`POST /leave-room gave ${wordsOf(failed)}`)
    },
  },
]
