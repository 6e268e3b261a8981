import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Argv, CommandModule } from 'yargs'
import { METRICS } from '../compare/metrics.ts'
import { reasonOf, StompedeError } from '../errors.ts'
import { FEWEST_OF_COMMIT } from '../measure/commit.ts'
import type { TrendMetric, TrendReport } from '../measure/trend.ts'
import { writeWhole } from '../report/files/whole-file.ts'
import { trendPage } from '../report/page/trend-page.ts'
import { VERIFIED } from '../trend/index-line.ts'
import { isAbout, type Note } from '../trend/note.ts'
import { seriesOf } from '../trend/series.ts'
import { nameWithin } from './stored/directory-name.ts'
import { addNote, readTrendFiles, type TrendFiles } from './trend/files.ts'
import { trendLines } from './trend/text.ts'

interface TrendFlags {
  reports: string
  reindex: boolean
  note: string | undefined
  at: string | undefined
  json: boolean
}

/** `stompede trend`: the gated metrics of stored runs over commits, and where they changed. Advice: it fails no build. */
export const trendCommand: CommandModule<object, TrendFlags> = {
  command: 'trend',
  describe: 'Show the gated metrics of stored runs over commits, and where they changed',
  builder: (yargs: Argv<object>) =>
    yargs
      .option('reports', { type: 'string', default: 'reports', describe: 'Directory of the runs' })
      .option('reindex', {
        type: 'boolean',
        default: false,
        describe: 'Read every result again, not only those that are not in index.ndjson',
      })
      .option('note', { type: 'string', describe: 'Write down what explains a change; needs --at' })
      .option('at', {
        type: 'string',
        describe: 'The commit, or the directory of the run, that the note is about',
      })
      .option('json', { type: 'boolean', default: false, describe: 'The series as JSON' })
      .example('$0 trend', 'what is stored under reports/, and reports/trend.html anew')
      .example("$0 trend --note 'batched fan-out' --at 3f2a9c1", 'acknowledge the change at a commit')
      .epilogue('Runs belong to a commit by their tag: stompede run … --tag commit=$(git rev-parse HEAD)'),
  handler: async ({ reports, reindex, note, at, json }) => {
    const files = await readTrendFiles(reports, reindex)
    if (note !== undefined || at !== undefined) files.notes.push(await noted(reports, files, note, at))
    const report = reportOf(reports, files)
    const page = await writePage(reports, report)
    if (json) process.stdout.write(`${JSON.stringify({ reports, ...report, page }, undefined, 2)}\n`)
    else process.stdout.write(`${trendLines(report, page).join('\n')}\n`)
  },
}

// --- internal ---

const METRICS_OVER_TIME: readonly TrendMetric[] = [
  ...METRICS.filter(({ isGated }) => isGated).map(({ id, name, unit, isWorseWhenHigher }) => ({
    id,
    name,
    unit,
    isWorseWhenHigher,
  })),
  { id: VERIFIED, name: 'verified load', unit: 'count', isWorseWhenHigher: false },
]

function reportOf(reports: string, { lines, notes, passedOver }: TrendFiles): TrendReport {
  const isThere = (directory: string): boolean => existsSync(join(reports, directory, 'result.json'))
  const pageOf = (directories: readonly string[]): string | null =>
    directories
      .map((directory) => `${directory}/report.html`)
      .find((path) => existsSync(join(reports, path))) ?? null
  const series = seriesOf(lines, notes, METRICS_OVER_TIME).map((each) => ({
    ...each,
    points: each.points.map((point) => ({
      ...point,
      directories: point.directories.filter(isThere),
      page: pageOf(point.directories),
    })),
  }))
  return { madeAt: new Date().toISOString(), series, passedOver }
}

/** Keeps a note about a commit or a run that is there. */
async function noted(
  reports: string,
  { lines }: TrendFiles,
  text: string | undefined,
  of: string | undefined,
): Promise<Note> {
  if (text === undefined || of === undefined)
    throw new StompedeError('USAGE', "a note needs both: --note 'what happened' --at COMMIT")
  const at = new Date().toISOString()
  // A run is named by its directory, or by the path to it.
  const note = [of, nameWithin(reports, of) ?? of]
    .map((each): Note => ({ v: 1, at, of: each, text }))
    .find((each) => lines.some(({ commit, directory }) => isAbout(each, commit, [directory])))
  if (note === undefined)
    throw new StompedeError(
      'USAGE',
      `no run in ${reports} is of commit ${JSON.stringify(of)} (${FEWEST_OF_COMMIT} characters of it at least) or lies in such a directory`,
    )
  await addNote(reports, note)
  return note
}

/** The path of the page; null where it cannot be written: the series were what was asked for. */
async function writePage(reports: string, report: TrendReport): Promise<string | null> {
  try {
    return await writeWhole(reports, 'trend.html', trendPage(report))
  } catch (error) {
    process.stderr.write(`stompede: the trend is not written as a page (${reasonOf(error)})\n`)
    return null
  }
}
