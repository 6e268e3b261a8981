import { measuredFromMs } from '../scenario/span.ts'
import type { ScenarioActivity } from '../scenario/scenario.ts'
import type { ValidityEvidence } from './validity.ts'

/** What the generator carried while it was measured, and what of it the command line can change. */
export interface Load {
  users: number
  workers: number
  /** Cores that workers may have: one is left to the target when it runs on this machine. */
  coresForWorkers: number
  isTargetHere: boolean
  /** MESSAGE frames a second, all workers together. */
  framesPerSecond: number
  /** Processor time a frame costs, everything that workers do included, µs; 0 when none came. */
  costUs: number
  /** Share of a core that the busiest worker used. */
  cpuShare: number
  /** Deliveries that a message is owed to, on average. */
  audience: number
  /** Whether the load follows the number of users: by their own pace, and by the size of rooms. */
  followsUsers: { byPace: boolean; byRoom: boolean }
  /** Open activities whose rate `-u` leaves as it is, with their highest planned rate. */
  fixedRates: { name: string; perSecond: number }[]
}

/** Reads the load off the run's seconds. */
export function loadOf({
  scenario,
  environment,
  counters,
  generator,
  seconds,
}: Pick<ValidityEvidence, 'scenario' | 'environment' | 'counters' | 'generator' | 'seconds'>): Load {
  const fromMs = measuredFromMs(scenario)
  const before = seconds.findLast(({ second }) => second * 1e3 <= fromMs)
  const last = seconds.findLast(({ second }) => second * 1e3 <= scenario.durationMs)
  const spanS = (last?.second ?? 0) - (before?.second ?? 0)
  const frames = (last?.counters.ws_msgs_received ?? 0) - (before?.counters.ws_msgs_received ?? 0)
  const framesPerSecond = spanS > 0 ? frames / spanS : 0
  const cpuShares = generator.map((worker) => worker.cpuShare)
  const fixed = scenario.activities.filter(({ followsUsers }) => !followsUsers)
  return {
    users: scenario.userCount,
    workers: environment.workers,
    coresForWorkers: Math.max(1, environment.cores - (environment.target.isOwn ? 1 : 0)),
    isTargetHere: environment.target.isOwn,
    framesPerSecond,
    costUs:
      framesPerSecond > 0 ? (cpuShares.reduce((sum, share) => sum + share, 0) * 1e6) / framesPerSecond : 0,
    cpuShare: Math.max(0, ...cpuShares),
    audience: counters.messages_sent > 0 ? counters.deliveries_expected / counters.messages_sent : 0,
    followsUsers: {
      byPace: fixed.length < scenario.activities.length,
      byRoom: scenario.rooms.size === 'all' && scenario.rooms.perUser > 0,
    },
    fixedRates: fixed.map(({ name, workload }) => ({ name, perSecond: peakRate(workload) })),
  }
}

/** The highest rate an open workload plans, starts a second; 0 for closed ones. */
export function peakRate(workload: ScenarioActivity['workload']): number {
  if (!('startRate' in workload)) return 0
  return Math.max(workload.startRate, ...workload.stages.map(({ target }) => target))
}
