import { relative } from 'node:path'
import { judgeStored } from '../../compare/comparison.ts'
import { figuresOf } from '../../compare/figures.ts'
import { whyNoEvidence } from '../../compare/fitness.ts'
import { environmentDifferences, planDifferences } from '../../compare/likeness.ts'
import { StompedeError } from '../../errors.ts'
import type { ComparisonResult } from '../../measure/comparison.ts'
import { type RunResult, SCHEMA_NAME } from '../../measure/result.ts'
import { readStored, type StoredResult } from '../../report/read-result.ts'
import { baselineOf, baselinePaths, readBaselines } from '../stored/baseline-file.ts'
import type { CompareFlags, CompareLimits } from './flags.ts'
import { noiseKeyOf, readNoise } from './noise.ts'

/** What a comparison of stored results says; the run's own head is the caller's to add. */
export type StoredComparison = Pick<
  ComparisonResult,
  | 'method'
  | 'plan'
  | 'environment'
  | 'sides'
  | 'pairs'
  | 'metrics'
  | 'shift'
  | 'absolute'
  | 'noise'
  | 'advisory'
  | 'headline'
  | 'verdict'
>

/**
 * Holds stored results against each other. Runs that say nothing, and what is no run, are left out with a word. Throws USAGE for results of different
 * plans, with what differs, and where nothing is left of a side; RESULT_UNREADABLE for what is no result.
 */
export async function compareStored(
  flags: CompareFlags,
  { rules }: CompareLimits,
  warn: (line: string) => void,
): Promise<StoredComparison> {
  const base = await basePaths(flags)
  refuseTwice([...base, ...flags.with])
  const [ofA, ofB] = [await readSide('A', base, warn), await readSide('B', flags.with, warn)]
  refuseCopies([...ofA.read, ...ofB.read])
  const differences = planDifferences(
    ofA.results.map(({ plan }) => plan),
    ofB.results.map(({ plan }) => plan),
  )
  if (differences.length > 0) {
    throw new StompedeError(
      'USAGE',
      'these are runs of different plans: what differs between them says nothing',
      {
        problems: differences,
      },
    )
  }
  const [{ plan, environment }] = ofB.results as [RunResult]
  const [{ environment: ofBase }] = ofA.results as [RunResult]
  const key = noiseKeyOf(ofBase, plan.hash)
  const judged = judgeStored(
    ofA.results.map((result) => figuresOf(result, null)),
    ofB.results.map((result) => figuresOf(result, null)),
    environmentDifferences(
      ofA.results.map((result) => result.environment),
      ofB.results.map((result) => result.environment),
    ),
    {
      rules,
      noise: await readNoise(flags.reports, key, warn),
      obstacles: [],
      isUnknownPassed: flags.unknown === 'pass',
    },
  )
  const { scenario, description, source, seed, users, durationSeconds, hash } = plan
  return {
    method: 'stored',
    plan: { scenario, description, source, seed, users, durationSeconds, hash },
    environment,
    sides: { a: ofA.side, b: ofB.side },
    pairs: [],
    ...judged,
  }
}

// --- internal ---

async function basePaths({ what, baseline, reports }: CompareFlags): Promise<string[]> {
  if (what.length > 0 && baseline !== undefined)
    throw new StompedeError('USAGE', 'name the results to hold against, or a --baseline, not both')
  if (what.length > 0) return what
  const found = baselineOf(await readBaselines(reports), baseline)
  return baselinePaths(reports, found)
}

/** A run given twice would count as two. */
function refuseTwice(paths: readonly string[]): void {
  const names = paths.map((path) => relative('.', path.replace(/[/\\]result\.json$/, '')))
  const twice = names.filter((name, i) => names.indexOf(name) < i)
  if (twice.length > 0)
    throw new StompedeError('USAGE', 'a result is given more than once', { problems: [...new Set(twice)] })
}

/** A run as it was read from a path. */
interface ReadRun {
  path: string
  result: RunResult
}

/** Links and copies have other paths and hold the same run. */
function refuseCopies(runs: readonly ReadRun[]): void {
  const paths = new Map<string, string>()
  const problems: string[] = []
  for (const { path, result } of runs) {
    const run = `${result.run.id} ${result.run.startedAt}`
    const other = paths.get(run)
    if (other === undefined) paths.set(run, path)
    else problems.push(`${other} and ${path} are the same run, ${result.run.id}`)
  }
  if (problems.length > 0) throw new StompedeError('USAGE', 'a result is given more than once', { problems })
}

/** What a directory for reports holds beside runs: a pattern such as `20260102-*` names it too. */
const OTHER_KINDS: Record<Exclude<StoredResult['schema'], typeof SCHEMA_NAME>, string> = {
  'stompede.comparison': 'a comparison',
  'stompede.capacity': 'a capacity search',
  'stompede.conformance': 'a gate',
}

async function readSide(
  name: string,
  paths: readonly string[],
  warn: (line: string) => void,
): Promise<{ read: ReadRun[]; results: RunResult[]; side: ComparisonResult['sides']['a'] }> {
  const read: ReadRun[] = []
  const results: RunResult[] = []
  for (const path of paths) {
    const result = await readStored(path)
    if (result.schema !== SCHEMA_NAME) {
      warn(`${path} is left out of ${name}: it is ${OTHER_KINDS[result.schema]}, no run`)
      continue
    }
    read.push({ path, result })
    const why = whyNoEvidence(result)
    if (why === null) results.push(result)
    else warn(`${path} is left out of ${name}: it ${why}`)
  }
  if (results.length === 0)
    throw new StompedeError('USAGE', `no run of ${name} says anything: none is whole and valid`)
  const [
    {
      environment: { target },
    },
  ] = results as [RunResult]
  const source = read.map(({ path }) => path).join(' ')
  return {
    read,
    results,
    side: { name, source, runs: results.length, discarded: read.length - results.length, target },
  }
}
