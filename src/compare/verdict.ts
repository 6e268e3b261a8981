import { EXIT } from '../errors.ts'
import type {
  ComparedMetric,
  ComparisonResult,
  ComparisonVerdict,
  MachineNoise,
} from '../measure/comparison.ts'
import { type AbsoluteCheck, absoluteSays } from './absolute.ts'
import { tooTight } from './noise.ts'
import { percent } from './says.ts'

/** What the verdict of a comparison follows from. */
export interface VerdictEvidence {
  method: ComparisonResult['method']
  metrics: readonly ComparedMetric[]
  absolute: readonly AbsoluteCheck[]
  /** `8 pairs`, or `5 runs against 6`. */
  basis: string
  noise: MachineNoise | null
  /** Why nothing can be told whatever the figures: too many runs thrown away, a side that did not start. */
  obstacles: readonly string[]
  /** Why the verdict is advice. Not empty: it is `unknown`. */
  advisory: readonly string[]
  /** `--unknown pass`, where what gates was measured: it is for what scatters. */
  isUnknownPassed: boolean
}

/**
 * The verdict of a comparison: worse where a metric that gates is worse or an absolute fault is new; unknown where one of them
 * is unknown; better where one is better, or a fault of A is gone that was certainly no accident; else the same. A self-check says neither worse nor better: what differs
 * there is the machine, and that is unknown.
 */
export function verdictOf(evidence: VerdictEvidence): ComparisonResult['verdict'] {
  const { metrics, absolute, method, obstacles, advisory } = evidence
  const gated = metrics.filter(({ isGated }) => isGated)
  const called = (verdict: ComparisonVerdict): ComparedMetric[] =>
    gated.filter((metric) => metric.verdict === verdict)
  const faults = (status: AbsoluteCheck['status']): string[] =>
    absolute.filter((check) => check.status === status).map(absoluteSays)
  const judged = (status: ComparisonVerdict, reasons: string[]): ComparisonResult['verdict'] => ({
    status,
    // That nothing was found out is no pass, whoever wants to let scatter through.
    exitCode: exitCodeOf(status, evidence.isUnknownPassed && obstacles.length === 0 && gated.length > 0),
    reasons,
  })
  const unknown =
    gated.length === 0
      ? [NOTHING_GATES]
      : called('unknown').map((metric) => `${metric.says}${adviceOf(metric, evidence.noise)}`)
  const worse = [...faults('worse'), ...called('worse').map(({ says }) => says)]
  const better = [...faults('better'), ...called('better').map(({ says }) => says)]

  if (advisory.length > 0) return judged('unknown', [...advisory, ...worse, ...better])
  if (method === 'self-check') {
    const differs = [...worse, ...better].map((says) => `the same against itself differs: ${says}`)
    const reasons = [...obstacles, ...differs, ...unknown]
    return judged(reasons.length > 0 ? 'unknown' : 'same', reasons)
  }
  // A new fault stands whatever else could not be told.
  if (faults('worse').length > 0) return judged('worse', [...worse, ...obstacles])
  if (obstacles.length > 0) return judged('unknown', [...obstacles, ...worse, ...better])
  if (worse.length > 0) return judged('worse', worse)
  if (unknown.length > 0) return judged('unknown', unknown)
  return better.length > 0 ? judged('better', better) : judged('same', [])
}

/** The comparison in one sentence. */
export function headlineOf(
  { method, metrics, absolute, basis, obstacles, advisory }: VerdictEvidence,
  { status }: ComparisonResult['verdict'],
  noise: MachineNoise | null,
): string {
  const gated = metrics.filter(({ isGated }) => isGated)
  if (method === 'self-check') return selfCheckHeadline(gated, basis, noise, status)
  const named = (verdict: ComparisonVerdict): string[] =>
    gated.filter((metric) => metric.verdict === verdict).map(changeSays)
  const faults = (wanted: AbsoluteCheck['status']): string[] =>
    absolute.filter((check) => check.status === wanted).map(absoluteSays)
  const [advice] = advisory
  if (advice !== undefined) return `Unknown, this is advice only (${advice}): ${leanings(gated)} (${basis}).`
  if (status === 'worse') return `Worse: ${[...faults('worse'), ...named('worse')].join('; ')} (${basis}).`
  if (status === 'better')
    return `Better: ${[...faults('better'), ...named('better')].join('; ')} (${basis}).`
  if (status === 'same')
    return `The same within ${gated.map(({ name, margin }) => `${percent(margin)} of ${name}`).join(', ')} (${basis}).`
  const [obstacle] = obstacles
  if (obstacle !== undefined) return `Unknown: ${obstacle} (${basis}).`
  return `Unknown: ${named('unknown').join('; ') || NOTHING_GATES} (${basis}).`
}

// --- internal ---

const NOTHING_GATES = 'no metric gates: every margin is off, or what it is for could not be seen'

function exitCodeOf(status: ComparisonVerdict, isUnknownPassed: boolean): number {
  if (status === 'worse') return EXIT.regression
  return status === 'unknown' && !isUnknownPassed ? EXIT.inconclusive : EXIT.pass
}

/** What would help where a metric is unknown. */
function adviceOf(metric: ComparedMetric, noise: MachineNoise | null): string {
  const least = tooTight(metric, noise)
  return least === null
    ? ''
    : `; margin tighter than this machine allows: 20 pairs hold ${percent(least)} (--margin)`
}

/** `p99 send → last +12.1 %`: what the line says at length. */
function changeSays({ name, says }: ComparedMetric): string {
  const missing = /[AB] measured none in \d+ of \d+ \w+/.exec(says)?.[0]
  if (missing !== undefined) return `${name}: ${missing}`
  const change = /, ([+−][\d.,]+ %(?: \([^)]*\))?)/.exec(says)?.[1]
  return change === undefined ? `${name} was not measured` : `${name} ${change}`
}

function leanings(gated: readonly ComparedMetric[]): string {
  return gated.map((metric) => `${changeSays(metric)} ${metric.verdict}`).join('; ')
}

function selfCheckHeadline(
  gated: readonly ComparedMetric[],
  basis: string,
  noise: MachineNoise | null,
  status: ComparisonVerdict,
): string {
  const held = gated.flatMap(({ id, name }) => {
    const least = noise?.metrics[id]?.leastMargin
    return least === undefined ? [] : [`${least < 0.001 ? 'less than 0.1 %' : percent(least)} of ${name}`]
  })
  if (held.length === 0) return `This machine's noise could not be measured (${basis}).`
  const unsure = status === 'same' ? '' : ' Not all of the margins asked for could be confirmed.'
  return `With 20 pairs this machine can hold margins of ${held.join(', ')} (${basis} of the same against itself).${unsure}`
}
