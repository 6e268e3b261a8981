import { resolve } from 'node:path'
import type { Argv, CommandModule } from 'yargs'
import { whyNoEvidence } from '../compare/fitness.ts'
import { StompedeError } from '../errors.ts'
import type { RunResult } from '../measure/result.ts'
import { padEnd, widthOf } from '../report/columns.ts'
import { numbered } from '../report/format.ts'
import { readResult } from '../report/read-result.ts'
import { commitText } from '../report/trend-words.ts'
import { visibleLine } from '../report/visible.ts'
import {
  type Baseline,
  baselineOf,
  type Baselines,
  changeBaselines,
  readBaselines,
} from './stored/baseline-file.ts'
import { nameWithin } from './stored/directory-name.ts'

interface BaselineFlags {
  reports: string
  json: boolean
}

/** `stompede baseline save`, `list` and `use`: names for stored runs that others are held against. */
export const baselineCommand: CommandModule<object, BaselineFlags> = {
  command: 'baseline',
  describe: 'Name stored runs, to hold others against them',
  builder: (yargs: Argv<object>) =>
    yargs
      .option('reports', {
        type: 'string',
        default: 'reports',
        describe: 'Directory of the runs; baselines.json lies there',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print all baselines as JSON' })
      .command({
        command: 'save <name> <runs...>',
        describe: 'Keep runs of one plan under a name; the first baseline is in use from then on',
        builder: (inner: Argv<BaselineFlags>) =>
          inner
            .positional('name', { type: 'string', demandOption: true, describe: 'Of the baseline' })
            .positional('runs', {
              type: 'string',
              array: true,
              demandOption: true,
              describe: 'Directories of runs',
            })
            .example('$0 baseline save v1.4 reports/20260101-*-steady', 'five runs or more make a good one'),
        handler: save,
      })
      .command({
        command: 'list',
        describe: 'List the baselines',
        builder: (inner: Argv<BaselineFlags>) => inner.example('$0 baseline list', 'which there are'),
        handler: async (flags) =>
          tell(flags, await readBaselines(flags.reports), (all) => linesOf(all, flags.reports)),
      })
      .command({
        command: 'use <name>',
        describe: 'Take this baseline where compare is told no other',
        builder: (inner: Argv<BaselineFlags>) =>
          inner
            .positional('name', { type: 'string', demandOption: true, describe: 'Of the baseline' })
            .example('$0 baseline use v1.4', 'for every later compare --with'),
        handler: use,
      })
      .demandCommand(1, 'Name what to do: save, list or use.')
      .example('$0 baseline save v1.4 reports/20260101-*-steady', 'five runs or more make a good one')
      .example('$0 baseline use v1.4', 'what compare takes where it is told no other'),
  handler: () => {},
}

// --- internal ---

async function save({
  reports,
  name,
  runs,
  ...flags
}: BaselineFlags & { name: string; runs: string[] }): Promise<void> {
  const baseline = await baselineFrom(reports, name, runs)
  const { before, all, path } = await changeBaselines(reports, ({ inUse, baselines }) => ({
    inUse: inUse ?? name,
    baselines: [...baselines.filter((each) => each.name !== name), baseline],
  }))
  const count = baseline.directories.length
  const word = before.baselines.some((each) => each.name === name) ? 'replaced' : 'saved'
  tell(flags, all, () => [
    `${word}: ${numbered(count, 'run')} of ${visibleLine(baseline.scenario)} as ${name} in ${path}`,
    ...(count < ENOUGH ? [`a comparison with fewer than ${ENOUGH} runs on a side is advice only`] : []),
  ])
}

async function use({ reports, name, ...flags }: BaselineFlags & { name: string }): Promise<void> {
  const { directories, scenario } = baselineOf(await readBaselines(reports), name)
  const { all } = await changeBaselines(reports, (before) => ({ ...before, inUse: name }))
  tell(flags, all, () => [
    `in use: ${name}, ${numbered(directories.length, 'run')} of ${visibleLine(scenario)}`,
  ])
}

function tell(
  { json }: Pick<BaselineFlags, 'json'>,
  all: Baselines,
  lines: (all: Baselines) => string[],
): void {
  process.stdout.write(json ? `${JSON.stringify(all, undefined, 2)}\n` : `${lines(all).join('\n')}\n`)
}

/** From so many runs on a side a stored comparison may be more than advice. */
const ENOUGH = 5

/** A name that is one word on every command line. */
const NAME = /^[A-Za-z0-9][\w.+-]{0,99}$/

async function baselineFrom(reports: string, name: string, runs: readonly string[]): Promise<Baseline> {
  if (!NAME.test(name))
    throw new StompedeError(
      'USAGE',
      `a baseline's name is letters, digits, points and dashes (is ${JSON.stringify(name)})`,
    )
  const read: { directory: string; result: RunResult }[] = []
  for (const run of new Set(runs.map((each) => resolve(each)))) {
    const directory = nameWithin(reports, run)
    if (directory === null)
      throw new StompedeError(
        'USAGE',
        `${run} does not lie in ${reports}: a baseline names runs of its own reports`,
      )
    read.push({ directory, result: await readResult(run) })
  }
  const [first] = read as [(typeof read)[number], ...typeof read]
  const problems = read.flatMap(({ directory, result }) => problemsOf(directory, result, first.result))
  if (problems.length > 0) throw new StompedeError('USAGE', 'these runs make no baseline', { problems })
  const commits = new Set(read.map(({ result }) => result.run.tags['commit'] ?? null))
  return {
    name,
    savedAt: new Date().toISOString(),
    scenario: first.result.plan.scenario,
    planHash: first.result.plan.hash,
    users: first.result.plan.users,
    commit: commits.size === 1 ? ([...commits][0] ?? null) : null,
    directories: read.map(({ directory }) => directory),
  }
}

/** Why a run cannot be in one baseline with the first. */
function problemsOf(directory: string, result: RunResult, first: RunResult): string[] {
  const { run, plan } = result
  // Of whole runs alone is a baseline made; of those it takes what a comparison takes.
  const why = run.isPartial ? 'is a part of a run' : whyNoEvidence(result)
  return [
    ...(plan.hash === first.plan.hash
      ? []
      : [
          `${directory} ran another plan: ${plan.scenario} (${plan.hash}), not ${first.plan.scenario} (${first.plan.hash})`,
        ]),
    ...(why === null ? [] : [`${directory} ${why}`]),
  ]
}

function linesOf({ inUse, baselines }: Baselines, reports: string): string[] {
  if (baselines.length === 0)
    return [`no baseline is saved in ${reports}: stompede baseline save NAME DIR...`]
  const rows = baselines.map(({ name, scenario, users, directories, savedAt, commit }) => [
    name === inUse ? '●' : ' ',
    visibleLine(name),
    visibleLine(scenario),
    numbered(users, 'user'),
    numbered(directories.length, 'run'),
    visibleLine(savedAt.slice(0, 10)),
    visibleLine(commit === null ? '' : commitText(commit)),
  ])
  const widths = (rows[0] as string[]).map((_, i) =>
    Math.max(...rows.map((row) => widthOf(row[i] as string))),
  )
  return [
    ...rows.map((row) =>
      row
        .map((cell, i) => padEnd(cell, widths[i] as number))
        .join('  ')
        .trimEnd(),
    ),
    ...(inUse === null ? ['none is in use: stompede baseline use NAME'] : ['', '● in use']),
  ]
}
