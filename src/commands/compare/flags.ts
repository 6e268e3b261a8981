import type { Argv, InferredOptionTypes } from 'yargs'
import { MOST_PAIRS } from '../../compare/looks.ts'
import { type MetricRule, readMargins, withMargins } from '../../compare/metrics.ts'
import { StompedeError } from '../../errors.ts'
import { COMPARISON_REPORTERS } from '../../report/comparison-reporters.ts'
import { durationMs } from '../../scenario/duration.ts'
import { type DeploymentFlags, deploymentOptions } from '../run/deployment.ts'
import { LOAD_OPTIONS, RESULT_OPTIONS, TIMELINE_OPTIONS } from '../run/load-flags.ts'

const COMPARE_OPTIONS = {
  ab: {
    type: 'boolean',
    default: false,
    describe: 'Run pairs of A and B, one after the other, and judge them',
    group: 'Pairs:',
  },
  a: {
    type: 'string',
    describe:
      'What B is held against: a start command, a URL, or "target" with flags of the reference target',
    group: 'Pairs:',
  },
  b: { type: 'string', describe: 'What is judged, written as A is', group: 'Pairs:' },
  'self-check': {
    type: 'boolean',
    default: false,
    describe:
      'Run A against A, all its --pairs (20 take 40 runs): how far apart runs of the same thing are on this machine',
    group: 'Pairs:',
  },
  pairs: { type: 'number', describe: `Most pairs, up to ${MOST_PAIRS} (the default)`, group: 'Pairs:' },
  budget: { type: 'string', describe: 'Begin no pair that would end later than this: 30m', group: 'Pairs:' },
  'start-timeout': {
    type: 'string',
    default: '60s',
    describe: 'How long a start command may take until its API answers',
    group: 'Pairs:',
  },
  with: {
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'Stored results to judge: directories, or files result.json',
    group: 'Stored results:',
  },
  baseline: {
    type: 'string',
    describe: 'The saved baseline of this name as what they are held against',
    group: 'Stored results:',
  },
  margin: {
    type: 'string',
    array: true,
    default: [] as string[],
    describe:
      'Least change that is called worse: p50, p99, throughput, cpu, such as p99=10%; cpu=off: does not gate',
    group: 'Verdict:',
  },
  unknown: {
    choices: ['fail', 'pass'] as const,
    default: 'fail' as const,
    describe: 'Whether a comparison that cannot tell ends with 13 or with 0',
    group: 'Verdict:',
  },
  ...LOAD_OPTIONS,
  ...TIMELINE_OPTIONS,
  ...RESULT_OPTIONS,
  seed: { type: 'number', describe: 'Seed of the order and of every pair', group: 'Load:' },
  out: {
    alias: 'o',
    choices: Object.keys(COMPARISON_REPORTERS),
    array: true,
    default: ['html'] as string[],
    describe: 'Reports beside result.json',
    group: 'Report:',
  },
} as const

export type CompareFlags = InferredOptionTypes<typeof COMPARE_OPTIONS> & DeploymentFlags & { what: string[] }

export function compareOptions<T>(yargs: Argv<T>): Argv<T & CompareFlags> {
  return deploymentOptions(
    yargs
      .positional('what', {
        type: 'string',
        array: true,
        default: [] as string[],
        describe: 'The scenario of the pairs; or stored results that those of --with are held against',
      })
      .options(COMPARE_OPTIONS),
  ) as unknown as Argv<T & CompareFlags>
}

/** What the flags say about how to judge, checked. */
export interface CompareLimits {
  rules: MetricRule[]
  mostPairs: number
  budgetMs: number | undefined
  startTimeoutMs: number
}

/** Throws USAGE with all that is wrong. */
export function limitsOf(flags: CompareFlags): CompareLimits {
  const { margins, problems } = readMargins(flags.margin)
  const span = (flag: string, text: string): number => {
    const ms = durationMs(text)
    if (ms === undefined || ms === 0)
      problems.push(`--${flag} wants a span such as 30s or 30m (is ${JSON.stringify(text)})`)
    return ms ?? 0
  }
  const budgetMs = flags.budget === undefined ? undefined : span('budget', flags.budget)
  const startTimeoutMs = span('start-timeout', flags['start-timeout'])
  const mostPairs = flags.pairs ?? MOST_PAIRS
  if (!Number.isInteger(mostPairs) || mostPairs < 1 || mostPairs > MOST_PAIRS)
    problems.push(`--pairs wants a whole number from 1 to ${MOST_PAIRS} (is ${mostPairs})`)
  if (problems.length > 0) throw new StompedeError('USAGE', 'the command line has faults', { problems })
  return { rules: withMargins(margins), mostPairs, budgetMs, startTimeoutMs }
}
