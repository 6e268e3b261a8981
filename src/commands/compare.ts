import type { CommandModule } from 'yargs'
import { judgePairs } from '../compare/comparison.ts'
import { tooTight } from '../compare/noise.ts'
import { percent } from '../compare/says.ts'
import { planHash } from '../engine/plan.ts'
import { EXIT, StompedeError } from '../errors.ts'
import type { ComparisonResult, MachineNoise } from '../measure/comparison.ts'
import type { RunResult } from '../measure/result.ts'
import { visibleLine } from '../report/visible.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { readScenario } from '../scenario/read.ts'
import { type CompareFlags, type CompareLimits, compareOptions, limitsOf } from './compare/flags.ts'
import { noiseKeyOf, readNoise, writeNoise } from './compare/noise.ts'
import { openComparison, type ComparisonHead } from './compare/output.ts'
import { type PairsOutcome, type PairsSoFar, runPairs } from './compare/pairs.ts'
import { pairProgress } from './compare/progress.ts'
import { requireSide, runSide } from './compare/side-run.ts'
import { unchangedScenario } from './compare/scenario.ts'
import { readSide, type Side } from './compare/side.ts'
import { compareStored } from './compare/stored.ts'
import { type NamedDeployment, namedBy } from './run/deployment.ts'
import { interruption } from './run/interruption.ts'
import { overridesOf, workersOf } from './run/overrides.ts'
import { planRun } from './run/request.ts'
import { parseSourceAddresses } from './run/source-addresses.ts'

/** `stompede compare`: did it get slower? By pairs of runs made for it, or by stored results. */
export function compareCommand(onExit: (code: number) => void): CommandModule<object, CompareFlags> {
  return {
    command: 'compare [what..]',
    describe: 'Say whether B is worse than A, by pairs of runs or by stored results',
    builder: (yargs) =>
      compareOptions(yargs)
        .example(
          '$0 compare --ab --a ./start-base.sh --b ./start-new.sh scenarios/steady.ts --target http://127.0.0.1:8080',
          'two builds',
        )
        .example('$0 compare --self-check scenarios/steady.ts', 'what this machine can tell apart')
        .example('$0 compare --with reports/20260102-*', 'newer results against the baseline in use')
        .example('$0 compare reports/20260101-* --with reports/20260102-*', 'results against results'),
    handler: async (flags) => onExit(await compare(flags)),
  }
}

// --- internal ---

async function compare(flags: CompareFlags): Promise<number> {
  const limits = limitsOf(flags)
  const warn = (line: string): void => void process.stderr.write(`stompede: ${visibleLine(line)}\n`)
  const method = methodOf(flags)
  if (method !== 'stored') return comparePairs(flags, limits, method, warn)
  const { tags = {} } = overridesOf(flags)
  const startedAt = new Date()
  const judged = await compareStored(flags, limits, warn)
  const output = await openComparison(flags, { startedAt, tags }, warn)
  return output.finish({ ...judged, stoppedBy: 'plan' })
}

function methodOf(flags: CompareFlags): ComparisonResult['method'] {
  const { a, b, ab, what, baseline } = flags
  const refuse = (why: string): never => {
    throw new StompedeError('USAGE', why)
  }
  // The parser takes `-a./start.sh` for a part of something named a.
  if ([a, b].some((side) => typeof side === 'object')) refuse('write a side after a blank: -a ./start.sh')
  const isStored = flags.with.length > 0 || baseline !== undefined
  const isPaired = ab || a !== undefined || b !== undefined
  if (isStored) {
    if (isPaired || flags['self-check'])
      refuse('--with and --baseline are for stored results, which nothing is run for')
    if (flags.with.length === 0) refuse('--with names the results to judge')
    return 'stored'
  }
  if (flags['self-check']) {
    if (b !== undefined || ab) refuse('--self-check runs --a against itself: leave out --ab and --b')
  } else if (a === undefined || b === undefined) {
    refuse(
      'compare wants --a and --b and a scenario, or --self-check and a scenario, or stored results and --with',
    )
  }
  if (what.length !== 1) refuse(`pairs are of one scenario (there are ${what.length})`)
  return flags['self-check'] ? 'self-check' : 'pairs'
}

function sidesOf(
  flags: CompareFlags,
  method: ComparisonResult['method'],
  named: NamedDeployment,
): { a: Side; b: Side } {
  const a = readSide('A', flags.a, flags, named)
  return { a, b: method === 'self-check' ? { ...a, name: 'A again' } : readSide('B', flags.b, flags, named) }
}

async function comparePairs(
  flags: CompareFlags,
  { rules, mostPairs, budgetMs, startTimeoutMs }: CompareLimits,
  method: 'pairs' | 'self-check',
  warn: (line: string) => void,
): Promise<number> {
  const [file = ''] = flags.what
  const overrides = overridesOf(flags)
  const requireUnchanged = await unchangedScenario(file)
  const scenario = await readScenario(file, overrides)
  const load = {
    workers: workersOf(flags),
    sourceAddresses: parseSourceAddresses(flags['source-addresses']),
  }
  const sides = sidesOf(flags, method, namedBy(scenario))
  for (const side of [sides.a, sides.b]) requireSide(side, planRun(scenario, overrides, load))
  const startedAt = new Date()
  const output = await openComparison(flags, { startedAt, tags: scenario.tags }, warn)
  const say = (line: string): void => {
    if (!flags.quiet) process.stderr.write(`${visibleLine(line)}\n`)
  }
  say(`${scenario.name}: ${scenario.userCount} users for ${scenario.durationMs / 1e3} s a run`)
  for (const [name, { source }] of [
    ['A', sides.a],
    ['B', sides.b],
  ] as const)
    say(`${name}: ${source}`)
  if (scenario.warmUpMs === 0) say('note: the scenario has no warmUp: cold starts are in its figures')

  let noise: MachineNoise | null | undefined
  /** What a noise was measured of is A, whichever ran first. */
  let ofA: RunResult['environment'] | undefined
  const noiseOf = async (): Promise<MachineNoise | null> => {
    if (ofA === undefined || method === 'self-check') return null
    if (noise === undefined) noise = await readNoise(flags.reports, noiseKeyOf(ofA, planHash(scenario)), warn)
    return noise
  }
  const onRun = pairProgress({ mostPairs, method, say })
  const { signal, release } = interruption(() =>
    say('stopping: the run that goes on is ended, what there is is written; again to leave at once'),
  )
  try {
    const outcome = await runPairs({
      sides,
      seed: scenario.seed,
      mostPairs,
      budgetMs,
      run: async (side, planned) => {
        await requireUnchanged()
        const run = await runSide(side, planned, { startTimeoutMs, signal, warn })
        if (side === sides.a) ofA ??= run?.result.environment
        return run
      },
      planned: async (seed) => {
        const own = { ...overrides, seed }
        return planRun(await readScenario(file, own), own, load)
      },
      judge: async (soFar, obstacles) => {
        const known = await noiseOf()
        const circumstances = { rules, noise: known, obstacles, isUnknownPassed: flags.unknown === 'pass' }
        return judgePairs(soFar.figures, method, circumstances, new Date().toISOString())
      },
      method,
      directory: output.directory,
      command: output.command,
      signal,
      onRun: (progress) => onRun(progress),
      onNote: warn,
      onPair: async (soFar, judged) => {
        if (soFar.pairs.length === 1) noteNoise(judged.metrics, await noiseOf(), say)
        await output.keep({ ...partsOf(soFar, scenario, sides, method), ...judged, stoppedBy: 'fault' })
      },
    })
    const { judged, stoppedBy, environment } = outcome
    if (environment === undefined) {
      await output.abandon()
      return EXIT.signal
    }
    if (method === 'self-check' && judged.noise !== null) {
      await writeNoise(flags.reports, noiseKeyOf(ofA ?? environment, planHash(scenario)), judged.noise, warn)
    }
    const verdict = { ...judged.verdict, exitCode: exitCodeOf(outcome) }
    return await output.finish({
      ...partsOf(outcome, scenario, sides, method),
      ...judged,
      verdict,
      stoppedBy,
    })
  } catch (error) {
    // Without a first run there is nothing to keep.
    await output.abandon()
    throw error
  } finally {
    release()
  }
}

/** What ended it early has an exit code of its own. */
function exitCodeOf({ stoppedBy, fault, judged }: PairsOutcome): number {
  if (stoppedBy === 'signal') return EXIT.signal
  return fault?.exitCode ?? judged.verdict.exitCode
}

function partsOf(
  { pairs, discarded, environment, targets }: PairsSoFar,
  scenario: Scenario,
  sides: { a: Side; b: Side },
  method: ComparisonResult['method'],
): Pick<ComparisonHead, 'method' | 'plan' | 'environment' | 'sides' | 'pairs'> {
  const { name, description, source, seed, userCount, durationMs } = scenario
  const side = (key: 'a' | 'b'): ComparisonResult['sides']['a'] => ({
    name: sides[key].name,
    source: sides[key].source,
    runs: pairs.length,
    discarded: discarded[key],
    target: targets[key],
  })
  return {
    method,
    plan: {
      scenario: name,
      description,
      source,
      seed,
      users: userCount,
      durationSeconds: durationMs / 1e3,
      hash: planHash(scenario),
    },
    environment: environment as ComparisonResult['environment'],
    sides: { a: side('a'), b: side('b') },
    pairs,
  }
}

/** What an earlier self-check says about this machine, before an hour goes into what it cannot tell. */
function noteNoise(
  metrics: ComparisonResult['metrics'],
  noise: MachineNoise | null,
  say: (line: string) => void,
): void {
  if (noise === null) return
  say(`this machine's noise is known from ${noise.pairs} pairs of ${noise.measuredAt.slice(0, 10)}`)
  for (const metric of metrics.filter(({ isGated }) => isGated)) {
    const least = tooTight({ ...metric, logRatios: [] }, noise)
    if (least !== null)
      say(
        `warning: ${metric.name}: margin ${percent(metric.margin)} is tighter than this machine allows (${percent(least)})`,
      )
  }
}
