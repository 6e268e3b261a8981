import { counterFamilies, type Family, gauge, histogramFamilies, info, thresholdFamily } from '../families.ts'
import type { RunIdentity, Snapshot } from './snapshot.ts'

/** Everything that is known of a run while it goes; `docs/metrics.md` lists the names. */
export interface LiveState {
  identity?: RunIdentity
  snapshot?: Snapshot
  exitCode?: number
}

/** A running run as metrics. Before its first second it has no figures, after its end it has an exit code. */
export function liveFamilies({ identity, snapshot, exitCode }: LiveState): Family[] {
  const { id = '', scenario = '', version = '', target = '', broker = '' } = identity ?? {}
  return [
    ...(identity === undefined
      ? []
      : [info('run', 'What is run', { id, scenario, version, target, broker })]),
    ...(exitCode === undefined ? [] : [gauge('exit_code', '', 'The exit code of the run', exitCode)]),
    ...(snapshot === undefined ? [] : snapshotFamilies(snapshot)),
  ]
}

// --- internal ---

function snapshotFamilies(snapshot: Snapshot): Family[] {
  const { workers } = snapshot
  const byWorker = (figure: (worker: (typeof workers)[number]) => number) =>
    workers.map((worker, i) => ({ labels: { worker: String(i) }, value: figure(worker) }))
  return [
    gauge('run_elapsed', 'seconds', 'Since the start of the run', snapshot.second),
    gauge('users_wanted', '', 'Users that the plan wants now', snapshot.usersWanted),
    gauge('users_connected', '', 'Users connected with all subscriptions', snapshot.users),
    gauge('deliveries_pending', '', 'Deliveries neither met nor given up', snapshot.pending),
    gauge('deliveries_in_flight', '', 'Deliveries on their way, mean of the second', snapshot.inFlight),
    thresholdFamily(snapshot.thresholds),
    gauge(
      'generator_cpu',
      'ratio',
      'Processor time of a worker as a share of a core, of the second',
      byWorker(({ cpuShare }) => cpuShare),
    ),
    gauge(
      'generator_loop_delay_p99',
      'seconds',
      'p99 of a worker’s event-loop delay, of the second',
      byWorker(({ loopDelayP99Us }) => loopDelayP99Us / 1e6),
    ),
    gauge(
      'generator_heap',
      'bytes',
      'Heap of a worker',
      byWorker(({ heapBytes }) => heapBytes),
    ),
    ...counterFamilies(snapshot.counters, snapshot.labelled),
    ...histogramFamilies(snapshot.latencies),
  ]
}
