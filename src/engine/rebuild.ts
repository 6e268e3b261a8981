import type { Histogram } from '../measure/histogram.ts'
import { emptyCounters } from '../measure/metrics.ts'
import type { RunResult } from '../measure/result.ts'
import { measuredFromMs } from '../scenario/span.ts'
import { judgeThreshold } from '../scenario/thresholds.ts'
import { accountOf, addFindings } from './account.ts'
import type { EventRecord } from './event-record.ts'
import type { NoteEvent } from './events.ts'
import type { Tick } from './protocol.ts'
import { resultOf, type RunEvidence } from './result.ts'
import type { Second } from './timeline.ts'
import { valuesOf } from './values.ts'

/**
 * The result of a run from its events. Counters and totals are those of the run, percentiles have 2 digits. A run that
 * ended keeps what was judged at its end. One that was killed is judged by what it told until its last whole second,
 * and is inconclusive.
 */
export function rebuild({ start, seconds, trends, notes, end }: EventRecord): RunResult {
  const { scenario } = start
  const told = toldBy(seconds, trends, deathsIn(notes))
  const last = seconds.at(-1)
  const toldSeconds = last?.second ?? 0
  const elapsedSeconds = Math.min(toldSeconds, scenario.durationMs / 1e3)
  const { counters, labelled } = told.metrics
  const values = valuesOf(counters, labelled, trends, elapsedSeconds)
  const workers = seconds[0]?.health.length ?? 0
  const result = resultOf({
    header: start,
    endedAt: new Date(Date.parse(start.startedAt) + toldSeconds * 1e3),
    elapsedSeconds,
    stoppedBy: 'killed',
    isDrained: end?.isDrained ?? last?.pending === 0,
    ...told,
    contractDrift: null,
    // How users stood can be said only of an end.
    users: { neverUp: 0, downAtEnd: 0 },
    generator: Array.from({ length: workers }, (_, shard) => ({
      shard,
      ...healthOf(seconds, shard, measuredFromMs(scenario), scenario.durationMs),
    })),
    seconds,
    thresholds: scenario.thresholds.map((threshold) => judgeThreshold(threshold, values)),
  })
  if (end === undefined) return result
  const { kind: _kind, isDrained: _isDrained, ...judged } = end
  return { ...result, ...judged }
}

/** A worker that died. */
export interface Death {
  reason: string
  /** ms after the run's start. */
  atMs: number
}

/** What the seconds of a run, with their merged histograms, tell of it as a whole. */
export function toldBy(
  seconds: readonly Second[],
  trends: Record<string, Histogram>,
  deaths: readonly Death[],
): Pick<RunEvidence, 'metrics' | 'account' | 'pendingMessages'> {
  const last = seconds.at(-1)
  const account = accountOf(seconds)
  const errors = deaths.map(({ reason, atMs }) => ({
    class: 'worker died',
    count: 1,
    firstAtMs: Math.round(atMs),
    example: reason,
  }))
  return {
    metrics: { counters: last?.counters ?? emptyCounters(), labelled: last?.labelled ?? {}, trends },
    account: { ...account, findings: addFindings([account.findings, { rules: [], errors }]) },
    pendingMessages: last?.pendingMessages ?? 0,
  }
}

/**
 * A worker's health by its seconds, from the first activity to the end of the plan: idle time after it would thin the figures. Of percentiles there is no mean: the loop delay is the
 * 99th percentile of the seconds' own, which is more than that of the whole.
 */
export function healthOf(
  seconds: readonly Second[],
  shard: number,
  fromMs: number,
  untilMs: number,
): Tick['health'] {
  const alive = seconds.flatMap(({ second, health }) => {
    const own = health[shard]
    return own === undefined || own.heapBytes === 0 || second * 1e3 <= fromMs || second * 1e3 > untilMs
      ? []
      : [own]
  })
  const delays = alive.map(({ loopDelayP99Us }) => loopDelayP99Us).toSorted((a, b) => a - b)
  const cpu = alive.reduce((sum, { cpuShare }) => sum + cpuShare, 0)
  return {
    loopDelayP99Us: delays[Math.ceil(delays.length * 0.99) - 1] ?? 0,
    cpuShare: alive.length === 0 ? 0 : Math.round((cpu / alive.length) * 1e3) / 1e3,
    heapBytes: alive.at(-1)?.heapBytes ?? 0,
  }
}

// --- internal ---

function deathsIn(notes: readonly NoteEvent[]): Death[] {
  return notes.filter(({ what }) => what === 'worker died').map(({ text, atMs }) => ({ reason: text, atMs }))
}
