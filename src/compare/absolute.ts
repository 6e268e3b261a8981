import type { ComparisonResult } from '../measure/comparison.ts'
import type { CounterName } from '../measure/metrics.ts'
import { rankSumP } from '../statistics/rank-sum.ts'
import { ALPHA_PER_LOOK } from '../statistics/verdict.ts'

/** Runs that one of the scenario's own thresholds ended. */
export const ABORTED = 'aborted_by_threshold'

/** A fault that is no matter of scatter. */
export interface AbsoluteRule {
  counter: CounterName | typeof ABORTED
  /** What a count of it is, for people. */
  says: string
  /** One of it is too many where the other side has none; otherwise only more than chance would bring. */
  isOneEnough: boolean
}

export const ABSOLUTES: readonly AbsoluteRule[] = [
  { counter: ABORTED, says: 'runs aborted by a threshold', isOneEnough: true },
  { counter: 'deliveries_lost', says: 'deliveries lost', isOneEnough: true },
  { counter: 'deliveries_late', says: 'deliveries after their timeout', isOneEnough: true },
  { counter: 'deliveries_duplicated', says: 'deliveries received twice', isOneEnough: true },
  { counter: 'deliveries_reordered', says: 'deliveries overtaken', isOneEnough: true },
  { counter: 'deliveries_leaked', says: 'deliveries to someone not entitled', isOneEnough: true },
  { counter: 'deliveries_corrupted', says: 'deliveries with changed content', isOneEnough: true },
  { counter: 'contract_violations', says: 'contract violations', isOneEnough: true },
  { counter: 'typing_duplicated', says: 'typing events received twice', isOneEnough: true },
  { counter: 'typing_leaked', says: 'typing events to someone not entitled', isOneEnough: true },
  // A network may reset a connection now and then, whoever is at its other end.
  { counter: 'connections_lost', says: 'connections lost', isOneEnough: false },
  { counter: 'sessions_failed', says: 'attempts to connect failed', isOneEnough: false },
  { counter: 'http_req_failed', says: 'API calls failed', isOneEnough: false },
  { counter: 'messages_rejected', says: 'messages refused', isOneEnough: false },
  { counter: 'stomp_errors', says: 'ERROR frames', isOneEnough: false },
  { counter: 'ws_malformed', says: 'malformed frames', isOneEnough: false },
  { counter: 'typing_lost', says: 'typing events lost', isOneEnough: false },
  // Somebody else may be using the deployment.
  { counter: 'deliveries_foreign', says: 'deliveries of foreign messages', isOneEnough: false },
]

export type AbsoluteCheck = ComparisonResult['absolute'][number]

/**
 * Holds the faults of all of A's runs against those of all of B's. One may be enough for B to be worse; that A had one is no proof
 * that B is better: that takes more than chance would bring, in counts and over the runs. A run is aborted or it is not, so what is aborted is
 * judged over the runs alone.
 */
export function absoluteChecks(
  a: readonly Readonly<Record<string, number>>[],
  b: readonly Readonly<Record<string, number>>[],
): AbsoluteCheck[] {
  return ABSOLUTES.map(({ counter, isOneEnough }) => {
    const [ofA, ofB] = [a, b].map((runs) => runs.map((counts) => counts[counter] ?? 0)) as [
      number[],
      number[],
    ]
    const [inA, inB] = [sumOf(ofA), sumOf(ofB)]
    const isFarMore = counter === ABORTED ? isInMoreRuns : isMore
    const isWorse = (isOneEnough && inA === 0 && inB > 0) || isFarMore(ofB, ofA)
    const isBetter = isFarMore(ofA, ofB) && isInMoreRuns(ofA, ofB)
    return { name: counter, a: inA, b: inB, status: isWorse ? 'worse' : isBetter ? 'better' : 'ok' }
  })
}

/** What a check found, in words: `7 deliveries received twice, none before`. */
export function absoluteSays({ name, a, b }: AbsoluteCheck): string {
  const { says } = ABSOLUTES.find(({ counter }) => counter === name) ?? { says: name }
  const count = (n: number): string => (n === 0 ? 'none' : n.toLocaleString('en-US'))
  return `${says}: ${count(a)} in A, ${count(b)} in B`
}

// --- internal ---

/** Standard errors by which two counts have to differ, and the least ratio, where both sides have some. */
const ERRORS = 4
const RATIO = 2

/** Of unequal numbers of runs, by their rates. */
function isMore(ofMore: readonly number[], ofLess: readonly number[]): boolean {
  const [more, less] = [sumOf(ofMore), sumOf(ofLess) * (ofMore.length / ofLess.length)]
  // Of two counts of rare events with one rate, the difference has a standard deviation of √(their sum).
  return more > RATIO * less && more - less > ERRORS * Math.sqrt(more + less)
}

/**
 * Whether the runs of one side have certainly more of it than those of the other, by the exact rank-sum test at the level of a
 * look: one bad run among good ones proves nothing, whatever it counted. Of what a run has once or not at all that is Fisher's exact test
 * of two proportions (Fisher 1935).
 */
function isInMoreRuns(ofMore: readonly number[], ofLess: readonly number[]): boolean {
  return (
    sumOf(ofMore) / ofMore.length > sumOf(ofLess) / ofLess.length &&
    rankSumP(ofMore, ofLess) <= ALPHA_PER_LOOK
  )
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
