import type { InferredOptionTypes } from 'yargs'
import { type Objective, parseObjective } from '../../capacity/objective.ts'
import { StompedeError } from '../../errors.ts'
import { CAPACITY_REPORTERS } from '../../report/capacity-reporters.ts'
import type { WatchedProcess } from '../../resources/watch.ts'
import { durationMs } from '../../scenario/duration.ts'
import type { DeploymentFlags } from '../run/deployment.ts'
import { LOAD_OPTIONS, RESULT_OPTIONS } from '../run/load-flags.ts'
import type { LoadFlags } from '../run/overrides.ts'

export const CAPACITY_OPTIONS = {
  slo: {
    type: 'string',
    array: true,
    describe: 'What has to hold, repeatable; the first is the headline’s: "message_delivery:p(99)<250"',
    group: 'Search:',
  },
  unit: {
    choices: ['users', 'rate'] as const,
    default: 'users' as const,
    describe: 'What is scaled: users, or the rates of open activities at a fixed number of users',
    group: 'Search:',
  },
  start: {
    type: 'number',
    describe: 'The load to begin with (default: the scenario’s own)',
    group: 'Search:',
  },
  most: { type: 'number', describe: 'The load never to go above', group: 'Search:' },
  step: {
    type: 'string',
    describe: 'Length of a step (default: the scenario’s own)',
    group: 'Search:',
  },
  budget: {
    type: 'string',
    describe: 'End after this long and say what was left open: 20m',
    group: 'Search:',
  },
  calibrate: {
    type: 'boolean',
    default: true,
    describe: 'Find out first how much the generator can do (--no-calibrate: do not)',
    group: 'Search:',
  },
  resume: {
    type: 'string',
    describe: 'Go on with the search in this directory; with the flags it was started with',
    group: 'Search:',
  },
  planned: {
    type: 'number',
    describe:
      'The load that is planned for: exit 0 when it is verified, 99 when it is refuted, 13 when nobody knows',
    group: 'Search:',
  },
  soak: {
    type: 'string',
    describe: 'Afterwards hold 0.8 of the verified load for this long',
    group: 'Afterwards:',
  },
  overload: {
    type: 'boolean',
    default: false,
    describe: 'Afterwards 1.3 of the refuted load for 60 s, then half of the verified one: time to recover',
    group: 'Afterwards:',
  },
  idle: {
    type: 'boolean',
    default: false,
    describe: 'Afterwards let the verified users only listen: what an idle user costs',
    group: 'Afterwards:',
  },
  management: {
    type: 'string',
    describe: 'RabbitMQ’s management, to see what runs out: http://user:pass@host:15672',
    group: 'Resources:',
  },
  watch: {
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'Processes of the target on this machine: --watch api=PID --watch broker=PID',
    group: 'Resources:',
  },
  ...LOAD_OPTIONS,
  ...RESULT_OPTIONS,
  users: { alias: 'u', type: 'number', describe: 'Users, with --unit rate', group: 'Load:' },
  seed: { type: 'number', describe: 'Seed of the first step; each has the next', group: 'Load:' },
  out: {
    alias: 'o',
    choices: Object.keys(CAPACITY_REPORTERS),
    array: true,
    default: ['html'] as string[],
    describe: 'Reports beside result.json',
    group: 'Report:',
  },
} as const

export type CapacityFlags = InferredOptionTypes<typeof CAPACITY_OPTIONS> &
  DeploymentFlags & { scenario: string }

/** What the flags of a search say, read and checked. */
export interface SearchOrder {
  objectives: Objective[]
  stepMs: number | undefined
  budgetS: number | null
  soakMs: number | undefined
  watched: WatchedProcess[]
}

/** Reads the flags of a search. Throws USAGE with all that is wrong with them. */
export function orderOf(flags: CapacityFlags): SearchOrder {
  const problems: string[] = []
  const span = (flag: string, text: string | undefined): number | undefined => {
    const ms = text === undefined ? undefined : durationMs(text)
    if (text !== undefined && (ms === undefined || ms === 0))
      problems.push(`${flag} wants a span such as 30s or 20m (is ${JSON.stringify(text)})`)
    return ms
  }
  const objectives = (flags.slo ?? []).flatMap((text) => {
    const parsed = parseObjective(text)
    if (typeof parsed !== 'string') return [parsed]
    problems.push(`--slo: ${parsed}`)
    return []
  })
  if ((flags.slo ?? []).length === 0)
    problems.push('--slo is missing: what has to hold, such as --slo "message_delivery:p(99)<250"')
  const watched = flags.watch.flatMap((text): WatchedProcess[] => {
    const [, name, pid] = /^([a-z][\w-]*)=([1-9]\d*)$/i.exec(text) ?? []
    if (name !== undefined && !OWN_NAMES.has(name)) return [{ name, pid: Number(pid) }]
    problems.push(`--watch wants NAME=PID such as broker=4711 (is ${JSON.stringify(text)})`)
    return []
  })
  for (const [flag, value] of [
    ['--start', flags.start],
    ['--most', flags.most],
    ['--planned', flags.planned],
  ] as const) {
    if (value !== undefined && !(value > 0)) problems.push(`${flag} wants a load above 0 (is ${value})`)
  }
  if (flags.users !== undefined && flags.unit === 'users')
    problems.push(
      '--users goes with --unit rate; where users are what is scaled, --start says how many to begin with',
    )
  if (flags.journal !== undefined)
    problems.push('--journal: every step has a target of its own, so there is no one journal')
  const order = {
    objectives,
    stepMs: span('--step', flags.step),
    budgetS: flags.budget === undefined ? null : (span('--budget', flags.budget) ?? 0) / 1e3,
    soakMs: span('--soak', flags.soak),
    watched,
  }
  if (problems.length > 0) throw new StompedeError('USAGE', 'the command line has faults', { problems })
  return order
}

/** The flags as those of a run: what does not depend on the step. */
export function loadFlagsOf(flags: CapacityFlags): LoadFlags {
  return {
    users: flags.users,
    duration: undefined,
    stage: undefined,
    seed: flags.seed,
    workers: flags.workers,
    env: flags.env,
    tag: flags.tag,
    flavour: flags.flavour,
    'first-user': flags['first-user'],
  }
}

// --- internal ---

/** Always watched, and not the target. */
const OWN_NAMES: ReadonlySet<string> = new Set(['generator', 'machine'])
