import { existsSync } from 'node:fs'
import { appendFile, open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { figuresOf } from '../../compare/figures.ts'
import { whyNoEvidence } from '../../compare/fitness.ts'
import { METRICS } from '../../compare/metrics.ts'
import { reasonOf, StompedeError } from '../../errors.ts'
import { CAPACITY_SCHEMA_NAME } from '../../measure/capacity.ts'
import { type RunResult, SCHEMA_NAME } from '../../measure/result.ts'
import { writeWhole } from '../../report/files/whole-file.ts'
import { readStored } from '../../report/read-result.ts'
import {
  capacityLine,
  type IndexLine,
  indexText,
  otherLine,
  parseIndex,
  runLine,
} from '../../trend/index-line.ts'
import { type Note, parseNotes } from '../../trend/note.ts'
import { EVENT_FILE } from '../stored/event-file.ts'

/** What a trend is made of, and what could not be read, in words. */
export interface TrendFiles {
  lines: IndexLine[]
  notes: Note[]
  passedOver: string[]
}

/**
 * Reads the index of a directory for reports and adds the results that are not in it yet, and searches that went on since: with
 * `isAnew` all results are read again. Lines of results that are gone stay, as do lines that cannot be read. Throws
 * RESULT_UNREADABLE where there is no such directory; everything else is told in `passedOver`.
 */
export async function readTrendFiles(reports: string, isAnew: boolean): Promise<TrendFiles> {
  const directories = await directoriesOf(reports)
  const written = await textOf(join(reports, INDEX_FILE))
  const index = parseIndex(written)
  const { notes, problems } = parseNotes(await textOf(join(reports, NOTES_FILE)))
  const known = new Map(index.lines.map((line) => [line.directory, line]))
  const added: IndexLine[] = []
  const passedOver = [...index.problems, ...problems]
  for (const directory of directories) {
    const before = known.get(directory)
    if (!isAnew && before !== undefined && isFinal(before)) continue
    const line = await lineOf(reports, directory)
    if (typeof line === 'string') passedOver.push(`${directory}: ${line}`)
    else if (isAnew || before === undefined || indexText([line]) !== indexText([before])) added.push(line)
  }
  const lines = parseIndex(indexText([...index.lines, ...added])).lines
  try {
    if (isAnew) await writeWhole(reports, INDEX_FILE, `${unreadable(written)}${indexText(lines)}`)
    else await append(reports, INDEX_FILE, indexText(added))
  } catch (error) {
    passedOver.push(`${INDEX_FILE} is not up to date (${reasonOf(error)}): all is read again next time`)
  }
  for (const { directory, leftOut } of lines)
    if (leftOut !== null) passedOver.push(`${directory}: ${leftOut}`)
  return { lines, notes, passedOver }
}

/** Adds a note. Throws REPORT_UNWRITABLE. */
export async function addNote(reports: string, note: Note): Promise<void> {
  try {
    await append(reports, NOTES_FILE, `${JSON.stringify(note)}\n`)
  } catch (error) {
    throw new StompedeError(
      'REPORT_UNWRITABLE',
      `the note cannot be written to ${reports} (${reasonOf(error)})`,
      {
        cause: error,
      },
    )
  }
}

// --- internal ---

const INDEX_FILE = 'index.ndjson'
const NOTES_FILE = 'notes.ndjson'

/** Whether a result stays as it is. A search that has no answer yet may go on, and writes its result again. */
function isFinal({ kind, leftOut }: IndexLine): boolean {
  return kind !== 'capacity' || leftOut === null
}

/** The directories that hold a result, or what one can be made of, in the order of their names. */
async function directoriesOf(reports: string): Promise<string[]> {
  const entries = await readdir(reports, { withFileTypes: true }).catch((error: unknown) => {
    throw new StompedeError('RESULT_UNREADABLE', `there are no reports in ${reports}: ${reasonOf(error)}`)
  })
  return entries
    .filter((each) => each.isDirectory() && !each.name.startsWith('.'))
    .map(({ name }) => name)
    .filter((name) => ['result.json', EVENT_FILE].some((file) => existsSync(join(reports, name, file))))
    .toSorted()
}

/** The line of a directory's result, or why it has none. */
async function lineOf(reports: string, directory: string): Promise<IndexLine | string> {
  const path = join(reports, directory)
  if (!existsSync(join(path, 'result.json')))
    return `it has no result: it goes on, or stompede report ${path} makes one`
  try {
    const result = await readStored(path)
    if (result.schema === SCHEMA_NAME)
      return runLine(directory, result, {
        leftOut: leftOutOf(result),
        figures: figuresOf(result, null).values,
        atLeast: atLeastOf(result),
      })
    if (result.schema === CAPACITY_SCHEMA_NAME) return capacityLine(directory, result)
    return otherLine(directory, result.run.startedAt)
  } catch (error) {
    const problems = error instanceof StompedeError ? error.problems : []
    return [reasonOf(error), ...problems.slice(0, 1)].join(': ')
  }
}

/** By the rule of comparisons: a run that a slow target made too slow for its own checks is what a trend is for. */
function leftOutOf(result: RunResult): string | null {
  const why = whyNoEvidence(result)
  return why === null ? null : `it ${why}`
}

/** The metrics whose percentile lies among timeouts and losses. */
function atLeastOf({ trends }: RunResult): string[] {
  return METRICS.filter(
    ({ latency }) =>
      latency !== undefined && trends[latency.trend]?.atLeast.includes(String(latency.percentile)) === true,
  ).map(({ id }) => id)
}

/** A file's text; empty where there is none. */
async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw new StompedeError('RESULT_UNREADABLE', `cannot read ${path}: ${reasonOf(error)}`, { cause: error })
  }
}

/** The lines that this version cannot read: another one may. */
function unreadable(written: string): string {
  return written
    .split('\n')
    .filter((line) => parseIndex(line).problems.length > 0)
    .map((line) => `${line}\n`)
    .join('')
}

/** Appends lines. One that was torn before, by a full disk or a power cut, is ended first. */
async function append(directory: string, name: string, text: string): Promise<void> {
  if (text === '') return
  const path = join(directory, name)
  await appendFile(path, (await endsInLine(path)) ? text : `\n${text}`)
}

async function endsInLine(path: string): Promise<boolean> {
  if (!existsSync(path)) return true
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1))
    return size === 0 || buffer[0] === 10
  } finally {
    await file.close()
  }
}
