import type { ValidityCheck } from '../measure/result.ts'
import { atMost, notJudged } from './check.ts'
import { addInFlight } from './in-flight.ts'
import { figure } from './proposal.ts'
import type { ValidityEvidence } from './validity.ts'

/**
 * Little's law: over a run that begins and ends empty, the area under the number of deliveries on their way is the sum
 * of their service times. The area is sampled without any time stamp (in-flight.ts), the sum is the histograms'. When
 * they differ, deliveries are missing from the histograms or were timed wrongly.
 * The limit is 5 %, or what sampling cannot tell: three standard errors of chance, and on top of them the half tick of each
 * service time by which all samples may be off together, since they are taken when timers fire, as sends are.
 */
export function judgeLittle({
  seconds,
  counters,
  isDrained,
}: Pick<ValidityEvidence, 'seconds' | 'counters' | 'isDrained'>): ValidityCheck {
  const blank = { id: ID, says: SAYS, limit: LEAST_LIMIT, unit: 'share' } as const
  const sampled = addInFlight(seconds.map(({ inFlight }) => inFlight))
  let samples = 0
  let sumUs = 0
  for (const { histograms } of seconds) {
    const service = histograms['message_delivery{basis:service}']
    samples += service?.count ?? 0
    sumUs += service?.sumUs ?? 0
  }
  if (!isDrained) return notJudged(blank, 'the run did not end empty')
  if (samples === 0 || sampled.areaUs <= 0) return notJudged(blank, 'no delivery was on its way')
  const unclear = counters.messages_rejected + counters.messages_unknown
  if (unclear > MOST_UNCLEAR * counters.messages_sent) {
    return notJudged(
      blank,
      'calls failed: what their messages were owed was on its way, and is in no histogram',
    )
  }
  // Copies that need not have come are timed as well, but were not counted.
  const timedUs = Math.max(0, sumUs - sampled.optionalUs)
  const standardError = Math.sqrt(sampled.varianceUs2) / sampled.areaUs
  const limit = Math.max(LEAST_LIMIT, 3 * standardError + HALF_TICK_US / (sumUs / samples))
  if (limit > MOST_LIMIT) {
    return notJudged(blank, `too little was on its way to be sampled (known to ${percent(limit)})`)
  }
  const check = atMost(
    ID,
    SAYS,
    Math.abs(sampled.areaUs - timedUs) / sampled.areaUs,
    limit,
    'share',
    'suspect',
  )
  const note = `sampled ${figure(sampled.areaUs / 1e6)} delivery-seconds, by service times ${figure(timedUs / 1e6)}`
  return { ...check, note, status: check.value > 2 * check.limit ? 'invalid' : check.status }
}

// --- internal ---

const ID = 'little'
const SAYS = 'what was on its way = throughput × service time (Little’s law)'
const LEAST_LIMIT = 0.05
/** Beyond it the law would hold for anything. */
const MOST_LIMIT = 0.5
const HALF_TICK_US = 500
const MOST_UNCLEAR = 0.01

function percent(share: number): string {
  return `± ${Math.round(share * 100)} %`
}
