import type { ValidityCheck } from '../measure/result.ts'
import { measuredFromMs, steadyStretch } from '../scenario/span.ts'
import { atMost, notJudged } from './check.ts'
import { loadOf } from './load.ts'
import { count, figure, lessLoad, SPARE } from './proposal.ts'
import type { Second } from './timeline.ts'
import type { ValidityEvidence } from './validity.ts'

type Evidence = Pick<ValidityEvidence, 'scenario' | 'environment' | 'counters' | 'generator' | 'seconds'>

/**
 * Whether work piled up while the plan's load stayed the same: deliveries on their way, each second, per delivery that
 * was asked for in it, in the last third of the longest steady stretch against the first third. That is the time a
 * delivery stays on its way, told by counting alone.
 * The limit is +10 %, or what is no backlog: growth of less than 5 ms, or of less than four standard errors of the slope.
 */
export function judgeStationarity(evidence: Evidence): ValidityCheck {
  const blank = { id: ID, says: SAYS, limit: LEAST_LIMIT, unit: 'share' } as const
  const slices = slicesOf(evidence)
  if (typeof slices === 'string') return notJudged(blank, slices)
  const third = Math.floor(slices.length / 3)
  const first = sumOf(slices.slice(0, third))
  const last = sumOf(slices.slice(-third))
  if (slices.some(({ asked, sent }) => asked <= 0 && sent > 0)) {
    return notJudged(
      blank,
      'so many users left or lost their connections that more was withdrawn than became owed',
    )
  }
  if (Math.min(first.sent, last.sent) < LEAST_SENT || slices.some(({ asked }) => asked <= 0)) {
    return notJudged(blank, `fewer than ${LEAST_SENT} messages in a third of the steady load`)
  }
  const firstUs = Math.max(first.areaUs / first.asked, LEAST_STAY_US)
  const growthUs = last.areaUs / last.asked - firstUs
  const noiseUs =
    SLOPE_ERRORS * slopeError(slices.map(({ areaUs, asked }) => areaUs / asked)) * (slices.length - third)
  const limit = Math.max(LEAST_LIMIT, LEAST_GROWTH_US / firstUs, noiseUs / firstUs)
  const check = atMost(ID, SAYS, Math.max(0, growthUs / firstUs), limit, 'share', 'suspect')
  return check.status === 'ok'
    ? check
    : {
        ...check,
        note: `${figure(first.areaUs / 1e6 / first.seconds)} deliveries were on their way in the first third, ${figure(last.areaUs / 1e6 / last.seconds)} in the last: latencies measure a backlog`,
        proposal: proposalOf(evidence, last),
      }
}

// --- internal ---

const ID = 'stationarity'
const SAYS = 'no work piled up under steady load (last third against the first)'
const LEAST_LIMIT = 0.1
const LEAST_GROWTH_US = 5_000
const SLOPE_ERRORS = 4
const LEAST_SENT = 20
/** What is on its way for less is as good as nothing. */
const LEAST_STAY_US = 100
const LEAST_SECONDS = 6
const MOST_SLICES = 12

/** A few seconds of the steady stretch. */
interface Slice {
  seconds: number
  areaUs: number
  /** Deliveries that became owed. */
  asked: number
  settled: number
  sent: number
}

/** The steady stretch, as far as it was measured, in equal slices; or why there are none. */
function slicesOf({ scenario, seconds }: Evidence): Slice[] | string {
  const stretch = steadyStretch(scenario)
  if (stretch === undefined) return 'the plan never keeps its load'
  const fromMs = Math.max(stretch.fromMs, measuredFromMs(scenario))
  const parts = seconds.flatMap((second, i) => {
    const isInside = (second.second - 1) * 1e3 >= fromMs && second.second * 1e3 <= stretch.toMs
    return isInside ? [sliceOf(second, seconds[i - 1])] : []
  })
  if (parts.length < LEAST_SECONDS) return `the load is steady for less than ${LEAST_SECONDS} s`
  const size = Math.ceil(parts.length / MOST_SLICES)
  const slices: Slice[] = []
  for (let from = parts.length % size; from < parts.length; from += size) {
    slices.push(sumOf(parts.slice(from, from + size)))
  }
  return slices
}

function sliceOf({ counters, inFlight }: Second, before: Second | undefined): Slice {
  const since = (name: keyof typeof counters): number => counters[name] - (before?.counters[name] ?? 0)
  return {
    seconds: 1,
    areaUs: inFlight.areaUs,
    asked: since('deliveries_expected'),
    settled: since('deliveries_received') + since('deliveries_late'),
    sent: since('messages_sent'),
  }
}

function sumOf(slices: readonly Slice[]): Slice {
  const total = (figureOf: (slice: Slice) => number): number =>
    slices.reduce((sum, slice) => sum + figureOf(slice), 0)
  return {
    seconds: total(({ seconds }) => seconds),
    areaUs: total(({ areaUs }) => areaUs),
    asked: total(({ asked }) => asked),
    settled: total(({ settled }) => settled),
    sent: total(({ sent }) => sent),
  }
}

/** The standard error of the slope of a least-squares line through values at 0, 1, 2, …. */
function slopeError(values: readonly number[]): number {
  const n = values.length
  const meanX = (n - 1) / 2
  const meanY = values.reduce((sum, value) => sum + value, 0) / n
  const spread = (n * (n * n - 1)) / 12
  const slope = values.reduce((sum, value, x) => sum + (x - meanX) * (value - meanY), 0) / spread
  const residual = values.reduce((sum, value, x) => sum + (value - meanY - slope * (x - meanX)) ** 2, 0)
  return Math.sqrt(residual / (n - 2) / spread)
}

/** What the target carried is what it delivered; the rest of what was asked of it piled up. */
function proposalOf(evidence: Evidence, last: Slice): string {
  const carried = `the target delivered ${count(last.settled / last.seconds)} of ${count(last.asked / last.seconds)} deliveries a second`
  const less = lessLoad(loadOf(evidence), (SPARE * Math.min(last.settled, last.asked)) / last.asked)
  return less === undefined ? `${carried}: it holds no load of this kind` : `${carried}: use ${less}`
}
