import type { FlavourName } from '../stomp/client.ts'
import { durationMs, type Duration } from './duration.ts'
import type {
  ActivityInput,
  ClosedInput,
  OpenInput,
  Scenario,
  ScenarioActivity,
  ScenarioInput,
  StageInput,
  Threshold,
} from './scenario.ts'
import { measuredFromMs } from './span.ts'
import { parseThreshold } from './thresholds.ts'
import type { Activity } from './user.ts'
import {
  type ClosedWorkload,
  endOf,
  type OpenWorkload,
  peakVus,
  type Stage,
  type Workload,
} from './workload.ts'

/** What the command line changes in a scenario. */
export interface Overrides {
  env: Readonly<Record<string, string>>
  /** Scales every number of users so that the peak is this one. */
  users?: number
  /** Stretches or shrinks the whole timeline to this length. */
  durationMs?: number
  /** Replaces the users' stages. */
  stages?: Stage[]
  seed?: number
  tags?: Readonly<Record<string, string>>
  flavour?: FlavourName
  /** Replaces the thresholds: those of a search or a gate, which its own limits of validity then follow. */
  thresholds?: readonly { metric: string; expression: string }[]
  /** Multiplies the rates of all open activities. */
  rateFactor?: number
  /** Replaces the course of all open activities, in shares of their highest rate, from where each of them starts. */
  rateCourse?: readonly Stage[]
  /** Replaces the warm-up, where the scenario has none. */
  settleMs?: number
  /** Longest that users take to leave at the end. */
  mostLeavingMs?: number
  /** Users connect, listen and leave, and do nothing. */
  isIdle?: boolean
}

/** Activities every scenario may name in `exec`. */
export const BUILT_INS = ['say', 'type', 'hop', 'reconnect', 'lurk'] as const

/**
 * Fills in a scenario that has the right shape: defaults, units, overrides.
 * Returns the scenario, or every problem that only shows when its parts are seen together.
 */
export function completeScenario(
  input: ScenarioInput,
  name: string,
  source: string,
  overrides: Overrides,
): Scenario | string[] {
  const problems: string[] = []
  const planned = overrides.stages === undefined ? closedOf(input.users) : rampOf(overrides.stages)
  const peak = peakVus(planned)
  if (peak < 1) problems.push('users: no stage has a target above 0')
  const userFactor = overrides.users === undefined || peak < 1 ? 1 : overrides.users / peak
  const userCount = Math.max(1, Math.round(peak * userFactor))
  const lengthMs = endOf(planned)
  if (lengthMs <= 0) problems.push('users: the scenario has no duration')
  const timeFactor = overrides.durationMs === undefined || lengthMs <= 0 ? 1 : overrides.durationMs / lengthMs
  const scale = (workload: ClosedWorkload): ClosedWorkload => scaled(workload, userFactor, timeFactor)

  const functions: Record<string, Activity> = { ...input.functions }
  const inputs = Object.entries(overrides.isIdle === true ? {} : (input.activities ?? {}))
  for (const [activityName, { exec }] of inputs)
    if (typeof exec === 'function') functions[activityName] = exec
  const activities = inputs.map(([activityName, activity]): ScenarioActivity => {
    const exec = execOf(activityName, activity, functions, problems)
    const thinkTimeS = ('thinkTime' in activity ? activity.thinkTime : undefined) ?? 0
    const rest = { name: activityName, exec, thinkTimeS, followsUsers: followsUsers(activity) }
    if (isClosed(activity)) return { ...rest, workload: scale(closedOf(activity)) }
    const workload = paced(openOf(activityName, activity, userCount, problems), overrides)
    // A course that is given has its own lengths.
    if (overrides.rateCourse !== undefined) return { ...rest, workload }
    return { ...rest, workload: { ...workload, ...stretched(workload, timeFactor) } }
  })
  const zipf = typeof input.rooms?.size === 'object' ? input.rooms.size.zipf : undefined
  if (zipf !== undefined && zipf.min > zipf.max)
    problems.push(`rooms.size.zipf: min ${zipf.min} is above max ${zipf.max}`)
  const thresholds = thresholdsOf(overrides.thresholds?.map(asInput) ?? inputsOf(input), problems)
  const users = scale(planned)
  const scenarioMs = endOf(users)
  const ownWarmUpMs = overrides.isIdle === true ? 0 : ms(input.warmUp, 0) * timeFactor
  const warmUpMs = ownWarmUpMs > 0 || activities.length === 0 ? ownWarmUpMs : (overrides.settleMs ?? 0)
  problems.push(...warmUpProblems(activities, warmUpMs, scenarioMs))
  if (problems.length > 0) return problems

  const typing = input.message?.typing
  return {
    name: input.name ?? name,
    description: input.description ?? '',
    source,
    seed: overrides.seed ?? input.seed ?? 1,
    users,
    userCount,
    rooms: {
      perUser: input.rooms?.perUser ?? 3,
      size: input.rooms?.size ?? 10,
      placement: input.rooms?.placement ?? 'spread',
      from: input.rooms?.from ?? 'target',
    },
    activities,
    warmUpMs,
    functions,
    message: {
      length: input.message?.length ?? { lognormal: { median: 80, sigma: 0.5, max: 1000 } },
      typing:
        typing === false
          ? false
          : { charactersPerSecond: typing?.charactersPerSecond ?? 40, maxMs: ms(typing?.max, 5_000) },
    },
    reconnect: {
      awayMs: ms(input.reconnect?.away, 2_000),
      backoffMs: ms(input.reconnect?.backoff, 1_000),
      maxBackoffMs: ms(input.reconnect?.maxBackoff, 30_000),
    },
    delivery: {
      timeoutMs: ms(input.delivery?.timeout, 10_000),
      echo: input.delivery?.echo,
      drainMs: ms(input.delivery?.drain, 1_000),
    },
    thresholds,
    target: { url: input.target?.url, allow: input.target?.allow ?? [] },
    stomp:
      input.stomp === undefined
        ? undefined
        : {
            url: input.stomp.url,
            login: input.stomp.login ?? 'guest',
            passcode: input.stomp.passcode ?? 'guest',
            vhost: input.stomp.vhost ?? '/',
          },
    validity: {
      latenessMs: ms(input.validity?.lateness, defaultLatenessMs(thresholds)),
      loopDelayMs: ms(input.validity?.loopDelay, 10),
      cpuShare: input.validity?.cpuShare ?? 0.8,
    },
    flavour: overrides.flavour ?? input.flavour ?? 'web',
    timeoutMs: ms(input.timeout, 10_000),
    tags: { ...input.tags, ...overrides.tags },
    durationMs: scenarioMs,
    mostLeavingMs: overrides.mostLeavingMs ?? MOST_LEAVING_MS,
  }
}

// --- internal ---

/** A ramp of an hour need not end in another one. */
const MOST_LEAVING_MS = 120_000

/** 5 % of the tightest latency threshold but at least a timer tick (1 ms); 10 ms where no threshold is set. */
function defaultLatenessMs(thresholds: readonly Threshold[]): number {
  const limits = thresholds
    .filter(({ metric, aggregation, operator }) => {
      return /^message_.*delivery/.test(metric) && aggregation !== 'count' && operator.startsWith('<')
    })
    .map(({ limit }) => limit)
  return limits.length === 0 ? 10 : Math.max(1, 0.05 * Math.min(...limits))
}

/** The shape check has already refused what is not a duration. */
function ms(duration: Duration | undefined, otherwise: number): number {
  return duration === undefined ? otherwise : (durationMs(duration) ?? otherwise)
}

function stagesOf(stages: readonly StageInput[]): Stage[] {
  return stages.map(({ duration, target }) => ({ durationMs: ms(duration, 0), target }))
}

function isClosed(activity: ActivityInput): activity is ActivityInput & ClosedInput {
  return activity.executor === 'constant-vus' || activity.executor === 'ramping-vus'
}

/** Whether `-u` changes its pace: closed ones scale, open ones where their rate is per user. */
function followsUsers(activity: ActivityInput): boolean {
  if (isClosed(activity)) return true
  return activity.executor === 'constant-arrival-rate'
    ? activity.ratePerUser !== undefined
    : activity.perUser === true
}

function warmUpProblems(
  activities: readonly ScenarioActivity[],
  warmUpMs: number,
  scenarioMs: number,
): string[] {
  if (warmUpMs === 0) return []
  const ends = activities.map(({ workload }) => Math.min(endOf(workload), scenarioMs))
  if (measuredFromMs({ activities, warmUpMs }) < Math.max(0, ...ends)) return []
  return [`warmUp: of ${warmUpMs / 1e3} s leaves nothing of what the activities do`]
}

function closedOf(input: ClosedInput): ClosedWorkload {
  const startMs = ms(input.startTime, 0)
  if (input.executor === 'constant-vus') {
    const stages = [{ durationMs: ms(input.duration, 0), target: input.vus }]
    return { executor: input.executor, startMs, startVus: input.vus, stages }
  }
  return { executor: input.executor, startMs, startVus: input.startVUs ?? 0, stages: stagesOf(input.stages) }
}

function rampOf(stages: Stage[]): ClosedWorkload {
  return { executor: 'ramping-vus', startMs: 0, startVus: 0, stages }
}

function openOf(name: string, input: OpenInput, userCount: number, problems: string[]): OpenWorkload {
  const unitS = ms(input.timeUnit, 1_000) / 1e3
  if (unitS <= 0) problems.push(`activities.${name}.timeUnit: must be above 0`)
  const startMs = ms(input.startTime, 0)
  if (input.executor === 'constant-arrival-rate') {
    if ((input.rate === undefined) === (input.ratePerUser === undefined)) {
      problems.push(`activities.${name}: needs either rate or ratePerUser`)
    }
    const rate = (input.rate ?? (input.ratePerUser ?? 0) * userCount) / unitS
    return {
      executor: input.executor,
      startMs,
      startRate: rate,
      stages: [{ durationMs: ms(input.duration, 0), target: rate }],
    }
  }
  const factor = (input.perUser === true ? userCount : 1) / unitS
  return {
    executor: input.executor,
    startMs,
    startRate: (input.startRate ?? 0) * factor,
    stages: stagesOf(input.stages).map((stage) => ({ ...stage, target: stage.target * factor })),
  }
}

/** With the rates that the command line wants. */
function paced(workload: OpenWorkload, { rateFactor = 1, rateCourse }: Overrides): OpenWorkload {
  const { startRate, stages } = workload
  if (rateCourse === undefined) {
    return {
      ...workload,
      startRate: startRate * rateFactor,
      stages: stages.map((stage) => ({ ...stage, target: stage.target * rateFactor })),
    }
  }
  const peak = Math.max(startRate, ...stages.map(({ target }) => target)) * rateFactor
  return {
    executor: 'ramping-arrival-rate',
    startMs: workload.startMs,
    startRate: peak * (rateCourse[0]?.target ?? 0),
    stages: rateCourse.map((stage) => ({ ...stage, target: peak * stage.target })),
  }
}

function scaled(workload: ClosedWorkload, userFactor: number, timeFactor: number): ClosedWorkload {
  return {
    executor: workload.executor,
    startVus: scaledCount(workload.startVus, userFactor),
    startMs: workload.startMs * timeFactor,
    stages: workload.stages.map(({ durationMs: stageMs, target }) => ({
      durationMs: stageMs * timeFactor,
      target: scaledCount(target, userFactor),
    })),
  }
}

/** Some stay at least one: four talkers of a thousand users are one of a hundred, not none. */
function scaledCount(count: number, factor: number): number {
  return count > 0 ? Math.max(1, Math.round(count * factor)) : 0
}

function stretched(workload: Workload, timeFactor: number): Pick<Workload, 'startMs' | 'stages'> {
  return {
    startMs: workload.startMs * timeFactor,
    stages: workload.stages.map((stage) => ({ ...stage, durationMs: stage.durationMs * timeFactor })),
  }
}

function execOf(
  name: string,
  activity: ActivityInput,
  functions: Readonly<Record<string, Activity>>,
  problems: string[],
): ScenarioActivity['exec'] {
  const { exec = name } = activity
  if (typeof exec === 'function') return [{ name, share: 1 }]
  const weights = typeof exec === 'string' ? { [exec]: 1 } : exec
  if (weights === null || typeof weights !== 'object' || Array.isArray(weights)) {
    problems.push(`activities.${name}.exec: must be a name, names with weights, or a function`)
    return []
  }
  const known = [...BUILT_INS, ...Object.keys(functions)]
  for (const [target, weight] of Object.entries(weights)) {
    if (!known.includes(target)) {
      problems.push(`activities.${name}.exec: ${JSON.stringify(target)} is none of ${known.join(', ')}`)
    }
    if (typeof weight !== 'number' || !(weight >= 0)) {
      problems.push(
        `activities.${name}.exec.${target}: a weight must be a number from 0 (is ${JSON.stringify(weight)})`,
      )
    }
  }
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0)
  if (!(sum > 0)) problems.push(`activities.${name}.exec: no weight is above 0`)
  return Object.entries(weights).map(([target, weight]) => ({ name: target, share: weight / sum }))
}

interface WrittenThreshold {
  metric: string
  /** Where it stands, for what is wrong with it. */
  at: string
  text: string
  abortOnFail: boolean
  delayAbortEvalMs: number
}

function inputsOf({ thresholds = {} }: ScenarioInput): WrittenThreshold[] {
  return Object.entries(thresholds).flatMap(([metric, list]) =>
    list.map((item, i) => {
      const long = typeof item === 'string' ? { threshold: item } : item
      return {
        metric,
        at: `thresholds.${metric}.${i}`,
        text: long.threshold,
        abortOnFail: long.abortOnFail ?? false,
        delayAbortEvalMs: ms(long.delayAbortEval, 0),
      }
    }),
  )
}

function asInput({ metric, expression }: { metric: string; expression: string }): WrittenThreshold {
  return { metric, at: `objective ${metric}`, text: expression, abortOnFail: false, delayAbortEvalMs: 0 }
}

function thresholdsOf(written: readonly WrittenThreshold[], problems: string[]): Threshold[] {
  const thresholds: Threshold[] = []
  for (const { metric, at, text, abortOnFail, delayAbortEvalMs } of written) {
    const parsed = parseThreshold(metric, text, abortOnFail, delayAbortEvalMs)
    if (typeof parsed === 'string') problems.push(`${at}: ${parsed}`)
    else thresholds.push(parsed)
  }
  return thresholds
}
