import { chatMessageOf, frameWords, type Received } from '../received.ts'
import { fail, inconclusive, pass, type ActiveRule, type Rule } from '../rule.ts'
import { sendAccepted } from './answers.ts'
import { passiveEventRules } from './passive-events.ts'

const activeEventRules: readonly ActiveRule[] = [
  {
    id: 'EVT-MSG-01',
    section: 'events',
    level: 'MUST',
    cost: 'quick',
    since: '0.2.0',
    title: 'A message reaches the other members as it was sent and by who sent it',
    basis: { document: 'guide', section: '수신 메시지 타입 / 채팅 메시지', quote: '"type": "new_message"' },
    sends: 'POST /send-message as A while B, a member, listens; again where it does not arrive.',
    expected: ['B receives one new_message with the content and message_type sent and sender_id A'],
    async check(stage) {
      const { a, b, rooms } = await stage.cast()
      await b.connect()
      const listening = await b.listen(rooms.shared)
      let frame: Received | undefined
      // One that is lost is for SEM-DEL-01 to count.
      for (let attempt = 0; attempt < ATTEMPTS && frame === undefined; attempt++)
        frame = await listening.message(await sendAccepted(a, rooms.shared, ' unchanged'))
      if (frame === undefined) {
        const came = listening.messages().map(frameWords)
        return inconclusive(`none of ${ATTEMPTS} messages reached B; what came: ${came.join('; ')}`)
      }
      const message = chatMessageOf(frame)
      if (message === undefined)
        return fail('it came as an event of another type', { path: '/type', found: frame.body })
      for (const [field, wanted] of [
        ['message_type', 'text'],
        ['sender_id', a.userId],
      ] as const) {
        const found = JSON.stringify(message?.[field]) ?? 'nothing'
        if (message?.[field] !== wanted)
          return fail(`${field} is ${found}, not ${JSON.stringify(wanted)}`, {
            path: `/message/${field}`,
            found,
          })
      }
      return pass('received, unchanged')
    },
  },
]

/** What subscribers receive. */
export const eventRules: readonly Rule[] = [...activeEventRules, ...passiveEventRules]

// --- internal ---

const ATTEMPTS = 3
