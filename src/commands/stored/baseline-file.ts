import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { reasonOf, StompedeError } from '../../errors.ts'
import { writeWhole } from '../../report/files/whole-file.ts'

/** Runs under a name, to hold others against: `stompede compare --baseline NAME --with DIR...`. */
export interface Baseline {
  name: string
  /** ISO 8601, UTC. */
  savedAt: string
  scenario: string
  planHash: string
  users: number
  /** From the runs' tag `commit`; null where they have none or several. */
  commit: string | null
  /** Of the runs, relative to the reports, with `/`. */
  directories: string[]
}

/** What `baselines.json` beside the runs' directories holds. */
export interface Baselines {
  /** The one that is meant where no name is given; null until one is chosen. */
  inUse: string | null
  /** By name, the oldest first. */
  baselines: Baseline[]
}

/** Reads the baselines of a directory for reports; none where there is no file. Throws RESULT_UNREADABLE for a damaged one. */
export async function readBaselines(reports: string): Promise<Baselines> {
  const path = join(reports, BASELINE_FILE)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { inUse: null, baselines: [] }
    throw new StompedeError('RESULT_UNREADABLE', `cannot read the baselines: ${reasonOf(error)}`, {
      cause: error,
    })
  }
  return parse(text, path)
}

/** The baseline of that name, or the one in use where none is given. Throws USAGE where there is no such one. */
export function baselineOf({ inUse, baselines }: Baselines, name: string | undefined): Baseline {
  const wanted = name ?? inUse
  const found = baselines.find((each) => each.name === wanted)
  if (found !== undefined) return found
  const known = baselines.map((each) => each.name).join(', ')
  throw new StompedeError(
    'USAGE',
    wanted === null
      ? 'no baseline is in use: stompede baseline use NAME'
      : `there is no baseline ${JSON.stringify(wanted)}: ${known === '' ? 'none is saved' : `there are ${known}`}`,
  )
}

/** The paths of a baseline's runs. */
export function baselinePaths(reports: string, { directories }: Baseline): string[] {
  return directories.map((directory) => join(reports, directory))
}

/**
 * Makes other baselines of those that there are, while nobody else does; returns both and the file's path. Throws what `change`
 * throws, RESULT_UNREADABLE for a damaged file, REPORT_UNWRITABLE where another one is at it for longer
 * than `patienceMs`.
 */
export async function changeBaselines(
  reports: string,
  change: (before: Baselines) => Baselines,
  patienceMs = 5_000,
): Promise<{ before: Baselines; all: Baselines; path: string }> {
  const lock = await lockOf(reports, patienceMs)
  try {
    const before = await readBaselines(reports)
    const all = change(before)
    return { before, all, path: await writeBaselines(reports, all) }
  } finally {
    await rm(lock, { force: true })
  }
}

// --- internal ---

/** Replaces the file, whole. */
async function writeBaselines(reports: string, { inUse, baselines }: Baselines): Promise<string> {
  try {
    const file: BaselineFile = { schema: SCHEMA, schemaVersion: VERSION, inUse, baselines }
    return await writeWhole(reports, BASELINE_FILE, `${JSON.stringify(file, undefined, 2)}\n`)
  } catch (error) {
    throw new StompedeError(
      'REPORT_UNWRITABLE',
      `the baselines cannot be written to ${reports} (${reasonOf(error)})`,
      {
        cause: error,
      },
    )
  }
}

/** Creates the file that says that somebody is at the baselines; returns its path. */
async function lockOf(reports: string, patienceMs: number): Promise<string> {
  const path = join(reports, `${BASELINE_FILE}.lock`)
  for (let waitedMs = 0; ; waitedMs += LOCK_PAUSE_MS) {
    try {
      await (await open(path, 'wx')).close()
      return path
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EEXIST'
      if (isTaken && waitedMs < patienceMs) await sleep(LOCK_PAUSE_MS)
      else
        throw new StompedeError(
          'REPORT_UNWRITABLE',
          isTaken
            ? `somebody else is changing the baselines of ${reports}; if nobody is, delete ${path}`
            : `the baselines cannot be written to ${reports} (${reasonOf(error)})`,
          { cause: error },
        )
    }
  }
}

const LOCK_PAUSE_MS = 25

const BASELINE_FILE = 'baselines.json'
const SCHEMA = 'stompede.baselines'
const VERSION = '1.0.0'

interface BaselineFile extends Baselines {
  schema: typeof SCHEMA
  schemaVersion: string
}

function parse(text: string, path: string): Baselines {
  const damaged = (why: string): StompedeError =>
    new StompedeError('RESULT_UNREADABLE', `${path} ${why}: the runs it names are untouched`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw damaged(`is not JSON (${reasonOf(error)})`)
  }
  const file = (value ?? {}) as Partial<BaselineFile>
  if (file.schema !== SCHEMA)
    throw damaged(`holds no baselines: its "schema" is ${JSON.stringify(file.schema)}`)
  const version = String(file.schemaVersion)
  if (version.split('.')[0] !== VERSION.split('.')[0])
    throw damaged(`has version ${version}, this is a reader of ${VERSION.split('.')[0]}.x`)
  const { inUse, baselines } = file
  if (
    !Array.isArray(baselines) ||
    !baselines.every(isBaseline) ||
    !(inUse === null || typeof inUse === 'string')
  )
    throw damaged('is damaged')
  return { inUse, baselines }
}

function isBaseline(value: unknown): value is Baseline {
  const { name, savedAt, scenario, planHash, users, commit, directories } = (value ?? {}) as Partial<Baseline>
  return (
    [name, savedAt, scenario, planHash].every((text) => typeof text === 'string') &&
    typeof users === 'number' &&
    (commit === null || typeof commit === 'string') &&
    Array.isArray(directories) &&
    directories.length > 0 &&
    directories.every((directory) => typeof directory === 'string')
  )
}
