import { truthCase, type TruthCase } from './case.ts'
import { observe, type Observed } from './lab.ts'
import { same, type Finding } from './row.ts'

/**
 * What was planned is what is sent: in all to the arrival, in every second to 1 %. Up to 2,000/s every start is a message
 * and the target's journal counts what reached it. Generator and target share two cores here and are late by more than
 * 1 % of a second with 5,000 messages: at that pace a start only counts.
 */
export const rateCases: TruthCase[] = [
  rateCase({ from: 50, to: 50, seconds: 10, does: 'say' }),
  rateCase({ from: 500, to: 500, seconds: 20, does: 'say', workers: 2 }),
  rateCase({ from: 2_000, to: 2_000, seconds: 10, does: 'say' }),
  rateCase({ from: 5_000, to: 5_000, seconds: 10, does: 'count' }),
  rateCase({ from: 5_000, to: 5_000, seconds: 10, does: 'count', workers: 3 }),
  rateCase({ from: 100, to: 500, seconds: 10, does: 'say' }),
  rateCase({ from: 100, to: 700, seconds: 4, does: 'say', workers: 2, short: 'rates' }),
  rateCase({ from: 1_000, to: 5_000, seconds: 10, does: 'count', workers: 2 }),
]

// --- internal ---

interface RateSpec {
  /** Starts a second at both ends and in the middle; straight lines between. */
  from: number
  to: number
  seconds: number
  does: 'say' | 'count'
  workers?: number
  short?: 'rates'
}

interface RateEvidence extends Observed {
  /** When each start was, s after the plan's first, in order; by the scenario's own notes. */
  sentS: number[]
  /** When each message was read by the target; empty when none was sent. */
  arrivedS: number[]
}

/**
 * Seconds are cut so far behind the whole one that a start that is planned for their edge, and is late by less than
 * this, counts in the second it is planned for.
 */
const EDGE_S = 0.01
const LIMIT = 0.01

function rateCase(spec: RateSpec): TruthCase {
  const { from, to, seconds, does, workers = 1, short } = spec
  const pace = from === to ? `${from}/s` : `${from} to ${to} to ${from}/s`
  return truthCase<RateEvidence>({
    name: `rate ${pace}, ${does === 'say' ? 'messages' : 'counted'}, ${workers} worker${workers === 1 ? '' : 's'}`,
    isTimed: true,
    forms: { isLong: true, ...(short === undefined ? {} : { short }) },
    async measure() {
      const observed = await observe({
        scenario: 'test/scenarios/truth-rates.ts',
        env: { DO: does, FROM: from, TO: to, SECONDS: seconds },
        flags: ['--workers', String(workers)],
        isNoted: true,
      })
      const sentUs = [...observed.sentLog.values()].flat()
      const arrivedUs = observed.journal.sends.map((send) => send.arrivedUs)
      return { ...observed, sentS: onThePlan(spec, sentUs), arrivedS: onThePlan(spec, arrivedUs) }
    },
    judge: (evidence) => judge(spec, evidence),
    mistakes: [
      {
        name: 'one start too few',
        plant: (evidence) => ({ ...evidence, sentS: evidence.sentS.slice(0, -1) }),
      },
      { name: 'one start twice', plant: (evidence) => ({ ...evidence, sentS: [0, ...evidence.sentS] }) },
      {
        name: '2 % of a second’s starts in the next',
        plant: (evidence) => ({ ...evidence, sentS: postponed(evidence.sentS, 0.02) }),
      },
    ],
  })
}

function judge(spec: RateSpec, { result, sentS, arrivedS }: RateEvidence): Finding[] {
  const planned = plannedBefore(spec, spec.seconds)
  const { counters, plan } = result
  return [
    same('starts in all', planned, sentS.length),
    same('planned, by the result', planned, plan.activities[0]?.planned ?? 0),
    same('ended or dropped, by the result', planned, counters.iterations + counters.dropped_iterations),
    same('dropped', 0, counters.dropped_iterations),
    worstSecond(spec, 'starts', sentS),
    ...(spec.does === 'count'
      ? []
      : [
          same('messages read by the target', planned, arrivedS.length),
          same('messages, by the ledger', arrivedS.length, result.ledger.messages.sent),
          worstSecond(spec, 'messages read by the target', arrivedS),
        ]),
  ]
}

/** The second whose count is furthest from the plan. */
function worstSecond(spec: RateSpec, what: string, momentsS: readonly number[]): Finding {
  const seconds = Array.from({ length: spec.seconds }, (_, second) => {
    const [from, to] = [edgeOf(spec, second), edgeOf(spec, second + 1)]
    const planned = plannedBefore(spec, to) - plannedBefore(spec, from)
    const counted = momentsS.filter((atS) => atS >= from && atS < to).length
    return { second, planned, counted, error: Math.abs(counted - planned) / planned }
  })
  const worst = seconds.toSorted((a, b) => b.error - a.error)[0]
  if (worst === undefined) throw new Error('a pace of less than a second has none')
  return {
    what: `${what} in second ${worst.second + 1} of ${spec.seconds}, the worst`,
    truth: worst.planned.toLocaleString('en-US'),
    reported: worst.counted.toLocaleString('en-US'),
    limit: '± 1 %',
    isOk: worst.error <= LIMIT,
  }
}

/** Where a second begins; the first has what came before it, the last what comes after. */
function edgeOf({ seconds }: RateSpec, second: number): number {
  if (second === 0) return -Infinity
  return second === seconds ? Infinity : second + EDGE_S
}

/** The integral of the pace up to a moment, s after its begin. */
function paceUpTo({ from, to, seconds }: RateSpec, atS: number): number {
  const half = seconds / 2
  const upS = Math.max(0, Math.min(atS, half))
  const downS = Math.max(0, Math.min(atS - half, half))
  const slope = (to - from) / half
  return from * upS + (slope * upS * upS) / 2 + to * downS - (slope * downS * downS) / 2
}

/** How many starts are due before a moment: the n-th, from 0 on, when the integral is n; none after the end. */
function plannedBefore(spec: RateSpec, atS: number): number {
  const all = Math.round(paceUpTo(spec, spec.seconds))
  return Math.max(0, Math.min(all, Math.ceil(paceUpTo(spec, atS) - 1e-6)))
}

/** When the n-th start is due: where the integral reaches n, found by halving. */
function plannedAt(spec: RateSpec, n: number): number {
  let [low, high] = [0, spec.seconds]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (paceUpTo(spec, middle) < n) low = middle
    else high = middle
  }
  return high
}

/** Moments in order and in s after the plan's begin: the latest moment before which none is early. */
function onThePlan(spec: RateSpec, momentsUs: readonly number[]): number[] {
  const sorted = momentsUs.toSorted((a, b) => a - b)
  const beginUs = sorted.reduce(
    (least, atUs, n) => Math.min(least, atUs - plannedAt(spec, n) * 1e6),
    Infinity,
  )
  return sorted.map((atUs) => (atUs - beginUs) / 1e6)
}

/** As if the last of the second second had been late. */
function postponed(sentS: readonly number[], share: number): number[] {
  const inSecond = sentS.filter((atS) => atS >= 1 + EDGE_S && atS < 2 + EDGE_S)
  const late = new Set(inSecond.slice(-Math.ceil(inSecond.length * share)))
  return sentS.map((atS) => (late.has(atS) ? 2.5 : atS))
}
