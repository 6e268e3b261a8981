import { fail, inconclusive, pass, type Outcome, type PassiveRule } from '../rule.ts'
import { settle, type Settlement } from '../settlement.ts'
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
        return fail(
          `${lost.total} of ${owed} lost: head ${head}, middle ${middle}, tail ${tail}${first(settlement, 'lost')}`,
        )
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
          : fail(`${settlement.duplicated} copies too many${first(settlement, 'duplicated')}`),
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
      judgeWith(history, ({ refusedYetDelivered }) =>
        refusedYetDelivered === 0
          ? pass('nothing that was refused was delivered')
          : fail(`${refusedYetDelivered} deliveries of messages that were refused`),
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
        if (phantoms.length > 0)
          return fail(`${phantoms.length} contents were never sent, e.g. ${phantoms[0]}`)
        if (corrupted.length > 0)
          return fail(`${corrupted.length} contents were changed, e.g. ${corrupted[0]}`)
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
          : fail(`${settlement.reordered} deliveries out of order${first(settlement, 'reordered')}`),
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
    expected: ['no delivery outside the room of the message'],
    severity: 'critical',
    remedy: 'Build the routing key from the room of the stored message, in one place.',
    judge: (history) =>
      judgeWith(history, ({ strays, delivered }) =>
        strays.length === 0
          ? pass(`${delivered} deliveries, each in its own room`)
          : fail(`${strays.length} deliveries in another room, e.g. ${strays[0]}`),
      ),
  },
]

// --- internal ---

function judgeWith(history: History, judge: (settlement: Settlement) => Outcome): Outcome {
  const settlement = settle(history)
  if (settlement.owed === 0) return inconclusive('no delivery was owed, so there is nothing to judge')
  return judge(settlement)
}

function first(settlement: Settlement, what: Parameters<Settlement['examples']>[0]): string {
  const [example] = settlement.examples(what)
  return example === undefined ? '' : `; e.g. ${example}`
}
