import { type EncodedHistogram, Histogram } from '../measure/histogram.ts'
import type { ValidityCheck } from '../measure/result.ts'
import { activeFromMs, measuredFromMs } from '../scenario/span.ts'
import { atMost, notJudged } from './check.ts'
import type { ValidityEvidence } from './validity.ts'

/**
 * Whether the start was slower than what followed and shows in the figures of the whole: p99 of `message_delivery` in the
 * first tenth of the measured seconds, at least one, against the p99 of their second half, which a long start spares.
 * The limit is twice that and 5 ms above it. A slow start that moves the run's p99 by less than a tenth is let pass.
 */
export function judgeSlowStart({
  scenario,
  seconds,
}: Pick<ValidityEvidence, 'scenario' | 'seconds'>): ValidityCheck {
  const blank = { id: ID, says: SAYS, limit: LEAST_ABOVE_MS, unit: 'ms' } as const
  const measured = seconds.flatMap(({ second, histograms, counters }) => {
    const delivery = histograms['message_delivery']
    const isMeasured = (second - 1) * 1e3 >= measuredFromMs(scenario) && second * 1e3 <= scenario.durationMs
    return isMeasured && delivery !== undefined ? [{ second, delivery, sent: counters.messages_sent }] : []
  })
  const startCount = Math.max(1, Math.ceil(measured.length * START_SHARE))
  const start = merged(measured.slice(0, startCount))
  const settled = merged(measured.slice(Math.max(startCount, Math.ceil(measured.length / 2))))
  const sentBefore = seconds.findLast(({ second }) => second < (measured[0]?.second ?? 0))?.counters
    .messages_sent
  const sentInStart = (measured[startCount - 1]?.sent ?? 0) - (sentBefore ?? 0)
  if (
    start === undefined ||
    settled === undefined ||
    Math.min(start.count, settled.count) < LEAST_SAMPLES ||
    sentInStart < LEAST_SENT
  ) {
    return notJudged(
      blank,
      `fewer than ${LEAST_SENT} messages or ${LEAST_SAMPLES} deliveries in the first tenth or the second half`,
    )
  }
  const settledMs = settled.valueAt(99) / 1e3
  const limit = Math.max(2 * settledMs, settledMs + LEAST_ABOVE_MS)
  const check = atMost(ID, SAYS, start.valueAt(99) / 1e3, limit, 'ms', 'suspect')
  if (check.status === 'ok') return check
  if ((merged(measured)?.valueAt(99) ?? 0) / 1e3 <= settledMs * MOVED) {
    return { ...check, status: 'ok', note: 'above it, but the p99 of the run is not moved by it' }
  }
  const fastAgain = measured.findIndex(
    ({ delivery }, i) => i >= startCount && Histogram.decode(delivery).valueAt(99) / 1e3 <= limit,
  )
  const slowUntilS = measured.at(fastAgain - 1)?.second ?? 0
  return { ...check, proposal: `use warmUp: '${Math.ceil(slowUntilS - activeFromMs(scenario) / 1e3)}s'` }
}

// --- internal ---

const ID = 'warm-up'
const SAYS = 'the start was no slower than what followed (p99 of the first tenth)'
const START_SHARE = 0.1
const LEAST_ABOVE_MS = 5
/** A p99 of fewer is a maximum. */
const LEAST_SAMPLES = 100
/** The deliveries of one message are late together. */
const LEAST_SENT = 10
const MOVED = 1.1

function merged(parts: readonly { delivery: EncodedHistogram }[]): Histogram | undefined {
  let whole: Histogram | undefined
  for (const { delivery } of parts) {
    const part = Histogram.decode(delivery)
    if (whole === undefined) whole = part
    else whole.merge(part)
  }
  return whole
}
