import type { ChildProcess } from 'node:child_process'
import type { RunResult } from '../../src/measure/result.ts'
import { truthCase, type TruthCase } from './case.ts'
import { observe, type LabRun, type Observed } from './lab.ts'
import { same, type Finding } from './row.ts'

/** A generator that is starved on purpose says so, every time: by exit code 13, and by the name of the check that tells. */
export const starvedCases: TruthCase[] = [
  starvedCase('a busy loop of 60 ms, five times a second', {
    short: 'counts',
    env: { BURN: 60, RATE: 5 },
    tells: ['loop-delay', 'lateness'],
  }),
  starvedCase('stopped for 60 ms of every 120 ms', {
    short: 'counts',
    onChild: stopAndGo,
    tells: ['loop-delay', 'lateness'],
  }),
  starvedCase('more work than one worker can do', {
    env: { BURN: 4, RATE: 300 },
    // Alone on its core: what others take of it would hide how much it wants.
    isPreferred: true,
    tells: ['cpu', 'lateness'],
  }),
  // The other side of it: what is told apart is starvation, not work.
  truthCase<Observed>({
    name: 'not starved: a third of what one worker can do',
    forms: { isLong: true },
    isTimed: true,
    measure: () => observe({ scenario: SCENARIO, env: { BURN: 3, RATE: 100 }, flags: ['--workers', '1'] }),
    judge: ({ result, exitCode }) => [
      same('exit code', 0, exitCode),
      same('checks that do not hold', 'none', namesOf(result)),
    ],
    mistakes: [{ name: 'the run is called invalid', plant: (observed) => ({ ...observed, exitCode: 13 }) }],
  }),
]

// --- internal ---

const SCENARIO = 'test/scenarios/truth-starved.ts'

interface StarvedSpec extends Pick<LabRun, 'env' | 'onChild' | 'isPreferred'> {
  short?: 'counts'
  /** The checks that must not hold. */
  tells: readonly string[]
}

function starvedCase(name: string, { short, tells, ...run }: StarvedSpec): TruthCase {
  return truthCase<Observed>({
    name: `starved: ${name}`,
    isTimed: false,
    forms: { isLong: true, ...(short === undefined ? {} : { short }) },
    // What is starved must not be put before everything else.
    measure: () => observe({ scenario: SCENARIO, flags: ['--workers', '1'], isPreferred: false, ...run }),
    judge: (observed) => judge(observed, tells),
    mistakes: [
      { name: 'the run is called valid', plant: calledValid },
      { name: 'another check is named', plant: (observed) => namedElse(observed, tells) },
    ],
  })
}

function judge({ result, exitCode, journal }: Observed, tells: readonly string[]): Finding[] {
  return [
    same('something was exercised', 'yes', journal.sends.length > 0 ? 'yes' : 'no'),
    same('exit code', 13, exitCode),
    same('verdict', 'inconclusive', result.verdict.status),
    same('validity', 'invalid', result.validity.status),
    ...tells.map((id) =>
      same(`${id} is named`, 'yes', namesOf(result).split(', ').includes(id) ? 'yes' : 'no'),
    ),
    same('a reason in words', 'yes', tells.some((id) => isSaid(result, id)) ? 'yes' : 'no'),
  ]
}

/** The checks that do not hold. */
function namesOf({ validity }: RunResult): string {
  const ids = validity.checks.filter(({ status }) => status === 'invalid').map(({ id }) => id)
  return ids.length === 0 ? 'none' : ids.join(', ')
}

function isSaid({ verdict }: RunResult, id: string): boolean {
  return verdict.reasons.some((reason) => reason.startsWith(id))
}

function calledValid(observed: Observed): Observed {
  const { result } = observed
  const checks = result.validity.checks.map((check) => ({ ...check, status: 'ok' as const }))
  return {
    ...observed,
    exitCode: 0,
    result: {
      ...result,
      validity: { status: 'valid', checks },
      verdict: { status: 'pass', exitCode: 0, reasons: [] },
    },
  }
}

function namedElse(observed: Observed, tells: readonly string[]): Observed {
  const { result } = observed
  const checks = result.validity.checks.map((check) => ({
    ...check,
    status: tells.includes(check.id) ? ('ok' as const) : ('invalid' as const),
  }))
  return { ...observed, result: { ...result, validity: { ...result.validity, checks } } }
}

/** Takes the processor away from every thread of the generator for half of the time, as cpulimit does. */
function stopAndGo(child: ChildProcess): void {
  let isStopped = false
  const timer = setInterval(() => {
    isStopped = !isStopped
    child.kill(isStopped ? 'SIGSTOP' : 'SIGCONT')
  }, 60)
  child.once('exit', () => clearInterval(timer))
}
