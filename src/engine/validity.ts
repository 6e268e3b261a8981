import type { Histogram } from '../measure/histogram.ts'
import type { Counters } from '../measure/metrics.ts'
import type { RunResult, ValidityCheck } from '../measure/result.ts'
import type { Scenario } from '../scenario/scenario.ts'

/** What the checks look at. */
export interface ValidityEvidence {
  scenario: Scenario
  counters: Counters
  labelled: Readonly<Record<string, number>>
  trends: Readonly<Record<string, Histogram>>
  generator: RunResult['generator']
  isDrained: boolean
}

/**
 * Whether the run may say anything at all: was the generator on time, was something exercised, do the books balance.
 * Limits and their reasons: docs/metrics.md, "Validity".
 */
export function judgeValidity(evidence: ValidityEvidence): RunResult['validity'] {
  const { counters, labelled, trends, generator } = evidence
  const { validity: limits } = evidence.scenario
  const lateness = trends['generator_lateness']
  const refused = Object.values(trends).reduce((sum, trend) => sum + trend.refused, 0)
  const busy = labelled['dropped_iterations{reason:busy}'] ?? 0
  const attempts = counters.iterations + counters.dropped_iterations
  const settled = counters.deliveries_received + counters.deliveries_late + counters.deliveries_lost
  const checks: ValidityCheck[] = [
    limit(
      'lateness',
      'work began when it was planned (p99)',
      (lateness?.valueAt(99) ?? 0) / 1e3,
      limits.latenessMs,
      'ms',
    ),
    limit(
      'loop-delay',
      'the generator’s event loop kept up (p99 of its busiest worker)',
      Math.max(0, ...generator.map((g) => g.loopDelayP99Us)) / 1e3,
      limits.loopDelayMs,
      'ms',
    ),
    limit(
      'cpu',
      'the generator had processor time to spare (busiest worker)',
      Math.max(0, ...generator.map((g) => g.cpuShare)),
      limits.cpuShare,
      'share',
    ),
    {
      ...limit(
        'dropped',
        'no planned start found its user still busy',
        attempts === 0 ? 0 : busy / attempts,
        0.001,
        'share',
      ),
      ...(busy > 0 && busy / attempts <= 0.001 ? { status: 'suspect' as const } : {}),
    },
    limit(
      'conservation',
      'expected = received + late + lost, to the delivery',
      Math.abs(counters.deliveries_expected - settled),
      0,
      'count',
    ),
    limit(
      'resources',
      'the generator had ports and file descriptors enough',
      labelled['generator_exhausted'] ?? 0,
      0,
      'count',
    ),
    limit('clock', 'no latency was negative', refused, 0, 'count'),
    limit('drained', 'nothing was still on its way at the end', evidence.isDrained ? 0 : 1, 0, 'count'),
  ]
  const worst = checks.some(({ status }) => status === 'invalid')
    ? 'invalid'
    : checks.some(({ status }) => status === 'suspect')
      ? 'suspect'
      : 'valid'
  return { status: worst, checks }
}

// --- internal ---

function limit(
  id: string,
  says: string,
  value: number,
  at: number,
  unit: ValidityCheck['unit'],
): ValidityCheck {
  return {
    id,
    says,
    value: Math.round(value * 1e4) / 1e4,
    limit: at,
    unit,
    status: value <= at ? 'ok' : 'invalid',
  }
}
