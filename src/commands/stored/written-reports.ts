import { access, constants, mkdir, mkdtemp, rmdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { reasonOf, StompedeError } from '../../errors.ts'
import type { RunResult } from '../../measure/result.ts'
import { type Reporter, REPORTERS } from '../../report/reporters.ts'

type ReportName = keyof typeof REPORTERS

/** What `--out` may name. */
export const REPORT_NAMES: readonly string[] = Object.keys(REPORTERS)

/**
 * Makes sure that reports can be written, before a run whose result would otherwise be lost. A disk that is full is let
 * pass: it may have room again by the end. Throws REPORT_UNWRITABLE.
 */
export async function prepareReports(reports: string): Promise<void> {
  try {
    await makeDirectory(resolve(reports))
    await access(reports, constants.W_OK)
    // Of some places, such as /proc, only the attempt tells.
    await rmdir(await mkdtemp(join(reports, '.stompede-')))
  } catch (error) {
    if (!isFull(error)) throw unwritable(reports, error)
  }
}

/**
 * Makes the directory of a run; returns its name: the run's id, with a number when a run of the same second has it.
 * Throws REPORT_UNWRITABLE.
 */
export async function claimDirectory(reports: string, id: string): Promise<string> {
  try {
    await makeDirectory(resolve(reports))
    for (let n = 1; ; n++) {
      const name = n === 1 ? id : `${id}-${n}`
      if (await isMade(join(reports, name))) return name
    }
  } catch (error) {
    throw unwritable(reports, error)
  }
}

/**
 * Where a run talks to people. Lines of JSON on standard output are for a program, which must find nothing else there: then
 * it is standard error.
 */
export function streamsFor(wanted: readonly string[]): { people: NodeJS.WriteStream } {
  return { people: wanted.includes('ndjson') ? process.stderr : process.stdout }
}

/** Writes the wanted reports of a run into its directory, each once; returns their paths. Throws REPORT_UNWRITABLE. */
export async function writeReports(
  result: RunResult,
  directory: string,
  wanted: readonly string[],
): Promise<string[]> {
  try {
    const written: string[] = []
    for (const name of new Set(wanted as ReportName[])) {
      const report: Reporter = REPORTERS[name]
      const stdout = name === 'ndjson' ? process.stdout : streamsFor(wanted).people
      written.push(...(await report(result, directory, { env: process.env, stdout })))
    }
    return written
  } catch (error) {
    throw unwritable(directory, error)
  }
}

// --- internal ---

/** `mkdir -p`. Node's own never returns where the kernel answers ENOENT for a parent that is there, as in /proc. */
async function makeDirectory(path: string): Promise<void> {
  if (await isDirectory(path)) return
  if (dirname(path) !== path) await makeDirectory(dirname(path))
  // Somebody else may have made it meanwhile.
  if (!(await isMade(path)) && !(await isDirectory(path))) throw new Error(`${path} is no directory`)
}

/** Whether the directory is ours: made now, and not there before. */
async function isMade(path: string): Promise<boolean> {
  try {
    await mkdir(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    // What is not there, or not for us to see, shows when it is made.
    return false
  }
}

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')
}

function unwritable(directory: string, error: unknown): StompedeError {
  return new StompedeError(
    'REPORT_UNWRITABLE',
    `reports cannot be written to ${directory} (${reasonOf(error)})`,
    { cause: error },
  )
}
