import { nowUs } from '../clock.ts'
import { reasonOf } from '../errors.ts'
import { recorderOf } from '../measure/warm-up.ts'
import { draw } from '../scenario/distribution.ts'
import type { ScenarioActivity } from '../scenario/scenario.ts'
import type { Activity } from '../scenario/user.ts'
import { activeIntervals, type ClosedWorkload } from '../scenario/workload.ts'
import { StompFailure } from '../stomp/client.ts'
import { ACTIVITIES } from './activities.ts'
import type { LiveUser } from './live-user.ts'
import { fail, type Parts } from './parts.ts'
import { arrivalOf, execOf, rankOf } from './plan.ts'

/** The running activities of a shard. */
export interface Activities {
  /**
   * Starts nothing more; resolves when what runs has ended, after the graceful stop (30 s), or soon (5 s) after
   * `hurried`. What runs then is named among the errors. At the plan's end, what was planned for later than the last
   * user stays is counted as dropped.
   */
  stop(isPlanEnd: boolean, hurried: Promise<void>): Promise<void>
  /** How many iterations ended in an exception that is the scenario's own. */
  exceptions(): number
}

/** Starts every activity of the scenario for this shard's users, each by its own executor. */
export function startActivities(
  slice: { index: number; shards: number },
  parts: Parts,
  users: ReadonlyMap<number, LiveUser>,
): Activities {
  const { scenario, agenda, startUs, metrics } = parts
  const { counters } = metrics
  let isStopped = false
  let exceptions = 0
  /** By the promise of its end, the name of its activity. */
  const running = new Map<Promise<void>, string>()
  /** The arrival each open activity waits for. */
  const nextArrival = new Map<number, number>()

  /** Runs one iteration; undefined when the user cannot start it now. */
  const iterate = (
    activity: ScenarioActivity,
    user: LiveUser,
    exec: string,
    plannedUs: number,
  ): Promise<void> | undefined => {
    if (user.isBusy || !user.session.isUp || !user.session.isWanted) {
      counters.dropped_iterations++
      metrics.count(`dropped_iterations{reason:${user.session.isUp ? 'busy' : 'offline'}}`)
      return undefined
    }
    user.isBusy = true
    user.begin(plannedUs)
    const iteration = functionOf(
      parts,
      exec,
    )(user)
      .catch((error: unknown) => {
        counters.iterations_failed++
        if (!(error instanceof StompFailure)) exceptions++
        fail(parts, `activity ${activity.name}`, reasonOf(error))
      })
      .finally(() => {
        user.isBusy = false
        counters.iterations++
        const duration = recorderOf(metrics.trend('iteration_duration'), plannedUs, parts.warmUp)
        duration.record(nowUs() - plannedUs)
        running.delete(iteration)
      })
    running.set(iteration, activity.name)
    return iteration
  }

  const driveOpen = (activity: ScenarioActivity, ordinal: number): void => {
    const next = (n: number): void => {
      let arrival = arrivalOf(scenario, activity, ordinal, n)
      while (arrival !== undefined && arrival.user % slice.shards !== slice.index) {
        arrival = arrivalOf(scenario, activity, ordinal, arrival.n + 1)
      }
      if (arrival === undefined) {
        nextArrival.delete(ordinal)
        return
      }
      const due = arrival
      const plannedUs = startUs + due.atMs * 1e3
      nextArrival.set(ordinal, due.n)
      agenda.at(plannedUs, () => {
        if (isStopped) return
        next(due.n + 1)
        recorderOf(parts.lateness, plannedUs, parts.warmUp).record(nowUs() - plannedUs)
        void iterate(activity, users.get(due.user) as LiveUser, due.exec, plannedUs)
      })
    }
    next(0)
  }

  const dropRest = (): void => {
    for (const [ordinal, first] of nextArrival) {
      const activity = scenario.activities[ordinal] as ScenarioActivity
      for (let n = first; ; n++) {
        const arrival = arrivalOf(scenario, activity, ordinal, n)
        if (arrival === undefined) break
        if (arrival.user % slice.shards !== slice.index) continue
        counters.dropped_iterations++
        metrics.count('dropped_iterations{reason:ended}')
      }
    }
  }

  const driveClosed = (activity: ScenarioActivity, ordinal: number): void => {
    for (const user of users.values()) {
      const rank = rankOf(scenario, ordinal, user.index)
      for (const [fromMs, toMs] of activeIntervals(activity.workload as ClosedWorkload, rank)) {
        agenda.at(
          startUs + fromMs * 1e3,
          () => void loop(activity, ordinal, user, rank, startUs + toMs * 1e3),
        )
      }
    }
  }

  /** One user's closed loop: iterate, think, iterate… A user that is down waits for its connection. */
  const loop = async (
    activity: ScenarioActivity,
    ordinal: number,
    user: LiveUser,
    rank: number,
    endUs: number,
  ): Promise<void> => {
    for (let i = 0; !isStopped && nowUs() < endUs; i++) {
      if (user.session.isUp && !user.isBusy) {
        const exec = execOf(scenario.seed, activity, ordinal, rank + i * scenario.userCount)
        await iterate(activity, user, exec, nowUs())
      }
      const thinkUs = draw(activity.thinkTimeS, user.random) * 1e6
      await agenda.until(nowUs() + Math.max(thinkUs, user.session.isUp ? 0 : OFFLINE_POLL_US))
    }
  }

  for (const [ordinal, activity] of scenario.activities.entries()) {
    if (activity.workload.executor.endsWith('arrival-rate')) driveOpen(activity, ordinal)
    else driveClosed(activity, ordinal)
  }
  return {
    stop: async (isPlanEnd, hurried) => {
      isStopped = true
      if (isPlanEnd) dropRest()
      await Promise.race([
        Promise.all(running.keys()),
        agenda.until(nowUs() + GRACEFUL_STOP_US),
        hurried.then(() => agenda.until(nowUs() + HURRIED_STOP_US)),
      ])
      for (const what of running.values())
        fail(parts, `activity ${what} cut off`, 'it had not ended when the run did')
    },
    exceptions: () => exceptions,
  }
}

// --- internal ---

const OFFLINE_POLL_US = 100_000
const GRACEFUL_STOP_US = 30_000_000
const HURRIED_STOP_US = 5_000_000

/** The scenario's own function wins over a built-in of the same name. An async wrapper turns a throw into a rejection. */
function functionOf(parts: Parts, exec: string): Activity {
  const run = parts.scenario.functions[exec] ?? ACTIVITIES[exec as keyof typeof ACTIVITIES]
  return async (user) => {
    await run(user)
  }
}
