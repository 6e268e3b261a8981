import type { ComparedMetric, ComparisonResult, ComparisonVerdict } from '../measure/comparison.ts'
import { numbered } from './format.ts'
import { changeText } from './metric-value.ts'

/** A comparison's verdict, and a metric's, as a person reads it. */
export const COMPARISON_WORD: Record<ComparisonVerdict, string> = {
  worse: 'Worse',
  better: 'Better',
  same: 'Same',
  unknown: 'Unknown',
}

/** How it stands, for the signs of each report. */
export const SIGN_OF_COMPARISON = { worse: 'bad', better: 'good', same: 'good', unknown: 'unsure' } as const

/** Whether it is unknown for nothing but gated metrics whose intervals are too wide: not for too few runs, advice, or what ended it. */
export function isScatter({ verdict, metrics }: Pick<ComparisonResult, 'verdict' | 'metrics'>): boolean {
  const wide = metrics.filter((each) => each.isGated && each.verdict === 'unknown' && each.change !== null)
  return (
    verdict.status === 'unknown' &&
    verdict.reasons.length > 0 &&
    // A reason may go on with what would help.
    verdict.reasons.every((reason) => wide.some(({ says }) => reason.startsWith(says)))
  )
}

/** The metrics that can fail a build, those that did first. */
export function gatedFirst(metrics: readonly ComparedMetric[]): ComparedMetric[] {
  return metrics.toSorted(
    (a, b) => Number(b.isGated) - Number(a.isGated) || RANK[a.verdict] - RANK[b.verdict],
  )
}

/** How it was compared, in words: `12 pairs`, `a self-check of 8 pairs`, `stored results: 5 runs against 6`. */
export function methodWords({ method, sides }: Pick<ComparisonResult, 'method' | 'sides'>): string {
  const { a, b } = sides
  if (method === 'stored') return `stored results: ${numbered(a.runs, 'run')} against ${b.runs}`
  const pairs = numbered(Math.min(a.runs, b.runs), 'pair')
  return method === 'self-check' ? `a self-check of ${pairs}` : pairs
}

/** The figures most people come for, in words: how it was compared, and the gated changes that say most. */
export function comparisonFigures(
  result: Pick<ComparisonResult, 'method' | 'sides' | 'metrics' | 'advisory'>,
): string[] {
  const changes = gatedFirst(result.metrics)
    .filter(({ isGated, change }) => isGated && change !== null)
    .slice(0, 2)
    .map((metric) => `${metric.name} ${changeText(asItIs(metric, metric.change?.estimate ?? 0))}`)
  return [methodWords(result), ...changes, ...(result.advisory.length > 0 ? ['advice only'] : [])]
}

/** A change of which more than 0 is worse as B over A really is: what is worse when it falls reads `−9 %`. */
export function asItIs(
  { isWorseWhenHigher }: Pick<ComparedMetric, 'isWorseWhenHigher'>,
  change: number,
): number {
  return isWorseWhenHigher ? change : 1 / (1 + change) - 1
}

/** A metric's interval as B over A really is: `+3.1 to +11 %`; a dash where there is none. */
export function intervalText(metric: Pick<ComparedMetric, 'isWorseWhenHigher' | 'change'>): string {
  if (metric.change === null) return '–'
  const [lo, hi] = [asItIs(metric, metric.change.lo), asItIs(metric, metric.change.hi)].toSorted(
    (x, y) => x - y,
  )
  return `${changeText(lo as number).replace(' %', '')} to ${changeText(hi as number)}`
}

/** The headline without the verdict's word, which stands above it. */
export function sentenceOf({ headline }: Pick<ComparisonResult, 'headline'>): string {
  const rest = headline.replace(/^(?:Worse|Better|Same|Unknown)[:,] /, '')
  // `p99` is a name and stays as it is.
  return /^p\d/.test(rest) ? rest : rest.charAt(0).toUpperCase() + rest.slice(1)
}

/** The verdict's reasons that are no more than a metric's line, which reports have elsewhere, left out. */
export function furtherReasons({
  verdict,
  metrics,
  advisory,
}: Pick<ComparisonResult, 'verdict' | 'metrics' | 'advisory'>): string[] {
  const told = new Set([...metrics.map(({ says }) => says), ...advisory])
  return verdict.reasons.filter((reason) => !told.has(reason))
}

// --- internal ---

const RANK: Record<ComparisonVerdict, number> = { worse: 0, unknown: 1, better: 2, same: 3 }
