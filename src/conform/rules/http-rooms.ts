import { fence } from '../fence.ts'
import { isOk, wordsOf } from '../http.ts'
import { fail, pass, shownBy, type ActiveRule } from '../rule.ts'
import { requireAnswer, requireOutsider, violationOf } from './answers.ts'

/** Sending, typing, joining and leaving. */
export const httpRoomRules: readonly ActiveRule[] = [
  {
    id: 'HTTP-SEND-01',
    section: 'http-rooms',
    level: 'MUST',
    cost: 'quick',
    since: '0.2.0',
    title: 'A member’s message is accepted and answered with JSON',
    basis: {
      document: 'guide',
      section: '3. 채팅 기능 사용 / 메시지 전송 (HTTP API)',
      quote: 'const result = await response.json();',
    },
    sends:
      'POST /send-message {roomId, message: {message_type: "text", content}} as A, a member of the room.',
    expected: ['2XX with a JSON body that keeps the contract'],
    async check(stage) {
      const { a, rooms } = await stage.cast()
      const { answer } = await a.send(rooms.shared, ' accepted?')
      if (!isOk(answer)) return fail(`POST /send-message gave ${wordsOf(answer)}`)
      if (answer.json === undefined) return fail(`the answer is no JSON: ${wordsOf(answer)}`)
      return violationOf(answer) ?? pass(wordsOf(answer))
    },
  },
  {
    id: 'HTTP-SEND-07',
    section: 'http-rooms',
    level: 'MUST',
    cost: 'quick',
    since: '0.2.0',
    title: 'Nobody sends into a room they are not in',
    basis: {
      document: 'derived',
      section: 'membership',
      quote: 'Only members of a room send into it: a message of anybody else is refused and reaches nobody.',
    },
    sends:
      'POST /send-message as C into a room of A and B while B listens; then a message of A as the fence.',
    expected: ['403 or 404, and the message reaches nobody'],
    severity: 'critical',
    remedy: 'Check in /send-message that the token’s user is a member of roomId, on the server’s own data.',
    isNegative: true,
    async check(stage) {
      const { a, b, c, rooms } = await stage.cast()
      await requireOutsider(c, rooms.shared)
      await b.connect()
      const listening = await b.listen(rooms.shared)
      const sent = await c.send(rooms.shared, ' from outside')
      await fence(stage, { by: a, roomId: rooms.shared, at: [listening] })
      const { status } = requireAnswer(sent.answer)
      if (listening.copiesOf(sent).length > 0)
        return shownBy(fail(`answered ${status}, and B received it`), sent.answer)
      if (status === 403 || status === 404) return pass(`refused with ${status}, and nobody received it`)
      return shownBy(fail(`nobody received it, but it was answered ${wordsOf(sent.answer)}`), sent.answer)
    },
  },
]
