import type { RunResult } from '../../measure/result.ts'
import { exposition } from '../exposition.ts'
import {
  counterFamilies,
  type Family,
  type Point,
  gauge,
  info,
  summaryFamilies,
  thresholdFamily,
} from '../families.ts'

/**
 * The run's figures in OpenMetrics 1.0, without time stamps, as GitLab's metrics reports and a Prometheus read them. The names
 * are those of the live export; latencies are summaries, since the run is over.
 */
export function openMetricsText(result: RunResult): string {
  return exposition(resultFamilies(result), 'openmetrics')
}

// --- internal ---

function resultFamilies(result: RunResult): Family[] {
  const { run, plan, environment, verdict, validity, generator, timeline } = result
  const byWorker = (figure: (worker: RunResult['generator'][number]) => number): Point[] =>
    generator.map((worker) => ({ labels: { worker: String(worker.shard) }, value: figure(worker) }))
  return [
    info('run', 'What was run', {
      id: run.id,
      scenario: plan.scenario,
      version: environment.stompede,
      target: environment.target.apiUrl ?? environment.target.stompUrl ?? '',
      broker: environment.target.broker,
    }),
    gauge('run_duration', 'seconds', 'From the start of the run to the end of its plan', run.durationSeconds),
    gauge(
      'verdict',
      '',
      'What the run says of the target: 1 for what holds',
      oneOf(VERDICTS, verdict.status),
    ),
    gauge(
      'validity',
      '',
      'Whether the run may say anything: 1 for what holds',
      oneOf(VALIDITIES, validity.status),
    ),
    gauge('exit_code', '', 'The exit code of the run', verdict.exitCode),
    thresholdFamily(result.thresholds),
    gauge('users_planned', '', 'Users of the plan', plan.users),
    gauge(
      'users_connected_most',
      '',
      'Users connected at once, at most',
      Math.max(0, ...(timeline.columns['users_connected'] ?? [])),
    ),
    ...counterFamilies(result.counters, result.labelled),
    ...summaryFamilies(result.trends),
    gauge(
      'generator_cpu',
      'ratio',
      'Processor time of a worker as a share of a core',
      byWorker(({ cpuShare }) => cpuShare),
    ),
    gauge(
      'generator_loop_delay_p99',
      'seconds',
      'p99 of a worker’s event-loop delay',
      byWorker(({ loopDelayP99Us }) => loopDelayP99Us / 1e6),
    ),
    gauge(
      'generator_heap',
      'bytes',
      'Heap of a worker',
      byWorker(({ heapBytes }) => heapBytes),
    ),
  ]
}

const VERDICTS: readonly RunResult['verdict']['status'][] = ['pass', 'fail', 'inconclusive']
const VALIDITIES: readonly RunResult['validity']['status'][] = ['valid', 'suspect', 'invalid']

function oneOf<Status extends string>(all: readonly Status[], status: Status): Point[] {
  return all.map((each) => ({ labels: { status: each }, value: each === status ? 1 : 0 }))
}
