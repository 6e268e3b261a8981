import { fail, inconclusive, pass, seenAt, type Outcome, type PassiveRule } from '../rule.ts'
import { settle, type Example, type Settlement } from '../settlement.ts'
import type { History } from '../history.ts'

const COMMON = { level: 'MUST', cost: 'quick', since: '0.2.0' } as const
const SENDS = 'Nothing: settles every message of all cases, as the ledger of a load run does.'

/** What became of messages, judged over the whole gate. */
export const passiveDeliveryRules: readonly PassiveRule[] = [
  {
    ...COMMON,
    id: 'SEM-DEL-01',
    section: 'delivery',
    title: 'Every accepted message reaches every member',
    basis: {
      document: 'derived',
      section: 'delivery',
      quote: 'What the API accepted is delivered to each member that was subscribed when it was sent.',
    },
    sends: SENDS,
    expected: ['no owed delivery is lost: not at the head, not in the middle, not at the tail'],
    judge: (history) =>
      judgeWith(history, (settlement) => {
        const { lost, owed, delivered } = settlement
        if (lost.total === 0) return pass(`${delivered} of ${owed} delivered`)
        const { head, middle, tail } = lost
        const places = `head ${head}, middle ${middle}, tail ${tail}`
        return failed(`${lost.total} of ${owed} lost: ${places}`, settlement.examples('lost'))
      }),
  },
  {
    ...COMMON,
    id: 'SEM-DEL-02',
    section: 'delivery',
    title: 'No message reaches a subscription twice',
    basis: {
      document: 'derived',
      section: 'delivery',
      quote: 'A subscription receives each message once.',
    },
    sends: SENDS,
    expected: ['no second copy on any subscription'],
    judge: (history) =>
      judgeWith(history, (settlement) =>
        settlement.duplicated === 0
          ? pass(`none of ${settlement.delivered} deliveries came twice`)
          : failed(`${settlement.duplicated} copies too many`, settlement.examples('duplicated')),
      ),
  },
  {
    ...COMMON,
    id: 'SEM-DEL-03',
    section: 'delivery',
    title: 'A message that the API refused reaches nobody',
    basis: {
      document: 'derived',
      section: 'delivery',
      quote: 'What was answered with 4XX was not carried out.',
    },
    sends: SENDS,
    expected: ['no delivery of a message whose call was answered with 4XX'],
    judge: (history) =>
      judgeWith(history, ({ refusedYetDelivered, refusedAtMs }) =>
        refusedYetDelivered === 0
          ? pass('nothing that was refused was delivered')
          : seenAt(fail(`${refusedYetDelivered} deliveries of messages that were refused`), refusedAtMs),
      ),
  },
  {
    ...COMMON,
    id: 'SEM-DEL-05',
    section: 'delivery',
    title: 'What is delivered was sent, and is what was sent',
    basis: {
      document: 'derived',
      section: 'delivery',
      quote: 'A subscriber receives what somebody sent, unchanged, and nothing else.',
    },
    sends: SENDS,
    expected: ['every content was sent in this gate, character for character'],
    judge: (history) =>
      judgeWith(history, ({ phantoms, corrupted, delivered }) => {
        if (phantoms.length > 0) return failed(`${phantoms.length} contents were never sent`, phantoms)
        if (corrupted.length > 0) return failed(`${corrupted.length} contents were changed`, corrupted)
        return pass(`${delivered} contents are what was sent`)
      }),
  },
  {
    ...COMMON,
    id: 'SEM-ORD-01',
    section: 'delivery',
    title: 'A sender’s messages arrive in the order in which they were sent',
    basis: {
      document: 'derived',
      section: 'order',
      quote:
        'Of two messages of one sender in one room, the second sent after the first was answered, the first arrives first.',
    },
    sends: SENDS,
    expected: ['no delivery is overtaken by a later message of the same sender'],
    judge: (history) =>
      judgeWith(history, (settlement) =>
        settlement.reordered === 0
          ? pass(`${settlement.delivered} deliveries in order`)
          : failed(`${settlement.reordered} deliveries out of order`, settlement.examples('reordered')),
      ),
  },
]

/** Who saw what, judged over the whole gate. */
export const passiveIsolationRules: readonly PassiveRule[] = [
  {
    ...COMMON,
    id: 'SEC-ISO-03',
    section: 'isolation',
    title: 'No message reaches a room it was not sent to',
    basis: {
      document: 'derived',
      section: 'isolation',
      quote: 'A message reaches the members of its own room alone.',
    },
    sends: SENDS,
    expected: [
      'no delivery outside the room of the message, while somebody listened in another room and heard what belongs there',
    ],
    severity: 'critical',
    remedy: 'Build the routing key from the room of the stored message, in one place.',
    judge: (history) =>
      judgeWith(history, ({ strays, delivered, watched }) => {
        if (strays.length > 0) return failed(`${strays.length} deliveries in another room`, strays)
        return watched > 0
          ? pass(
              `${delivered} deliveries, each in its own room; ${watched} subscriptions to others were silent`,
            )
          : inconclusive(
              'nobody was heard of who listened in another room meanwhile: nothing could have been seen',
            )
      }),
  },
]

// --- internal ---

function judgeWith(history: History, judge: (settlement: Settlement) => Outcome): Outcome {
  const settlement = settle(history)
  if (settlement.owed === 0) return inconclusive('no delivery was owed, so there is nothing to judge')
  return judge(settlement)
}

function failed(words: string, [example]: readonly Example[]): Outcome {
  return example === undefined ? fail(words) : seenAt(fail(`${words}, e.g. ${example.words}`), example.atMs)
}
