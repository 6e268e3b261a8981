import { availableParallelism } from 'node:os'
import { StompedeError } from '../../errors.ts'
import type { Overrides } from '../../scenario/complete.ts'
import { durationMs } from '../../scenario/duration.ts'
import type { Stage } from '../../scenario/workload.ts'
import type { DeploymentFlags } from './deployment.ts'

/** The flags that change what a scenario says. */
export interface LoadFlags extends Pick<DeploymentFlags, 'flavour' | 'first-user'> {
  users: number | undefined
  duration: string | undefined
  stage: string[] | undefined
  seed: number | undefined
  workers: number | undefined
  env: string[]
  tag: string[]
}

/** What the command line changes in a scenario. Throws USAGE with all that is wrong with it. */
export function overridesOf(flags: LoadFlags): Overrides {
  const problems: string[] = []
  const pairs = (flag: string, texts: readonly string[]): Record<string, string> =>
    Object.fromEntries(
      texts.map((text): [string, string] => {
        const at = text.indexOf('=')
        if (at < 1) problems.push(`${flag} wants NAME=value (is ${JSON.stringify(text)})`)
        return [text.slice(0, at), text.slice(at + 1)]
      }),
    )
  const stages = flags.stage?.map((text): Stage => {
    const [span = '', target = ''] = text.split(':')
    const lengthMs = durationMs(span)
    if (lengthMs === undefined || !/^\d+$/.test(target))
      problems.push(`--stage wants DURATION:USERS such as 30s:100 (is ${JSON.stringify(text)})`)
    return { durationMs: lengthMs ?? 0, target: Number(target) }
  })
  const lengthMs = flags.duration === undefined ? undefined : durationMs(flags.duration)
  if (flags.duration !== undefined && (lengthMs === undefined || lengthMs === 0)) {
    problems.push(`--duration wants a span such as 30s or 5m (is ${JSON.stringify(flags.duration)})`)
  }
  const whole = (
    flag: string,
    value: number | undefined,
    least: number,
    most = Number.MAX_SAFE_INTEGER,
  ): void => {
    if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most)) return
    const upTo = most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`
    problems.push(`${flag} wants a whole number from ${least}${upTo} (is ${value})`)
  }
  whole('--users', flags.users, 1, 1_000_000)
  whole('--seed', flags.seed, 0, 4_294_967_295)
  whole('--workers', flags.workers, 1, MOST_WORKERS)
  whole('--first-user', flags['first-user'], 0)
  const overrides = {
    env: pairs('--env', flags.env),
    tags: pairs('--tag', flags.tag),
    ...(flags.users === undefined ? {} : { users: flags.users }),
    ...(lengthMs === undefined ? {} : { durationMs: lengthMs }),
    ...(stages === undefined ? {} : { stages }),
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    ...(flags.flavour === undefined ? {} : { flavour: flags.flavour }),
  }
  if (problems.length > 0) throw new StompedeError('USAGE', 'the command line has faults', { problems })
  return overrides
}

/** How many threads generate load. */
export function workersOf({ workers }: Pick<LoadFlags, 'workers'>): number {
  return workers ?? Math.max(1, availableParallelism() - 1)
}

// --- internal ---

/** More threads than that only wait for each other. */
const MOST_WORKERS = 4 * availableParallelism()
