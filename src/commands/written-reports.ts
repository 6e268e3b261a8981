import { access, constants, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { reasonOf, StompedeError } from '../errors.ts'
import type { RunResult } from '../measure/result.ts'
import { REPORTERS } from '../report/reporters.ts'

type ReportName = keyof typeof REPORTERS

/** What `--out` may name. */
export const REPORT_NAMES: readonly string[] = Object.keys(REPORTERS)

/** Makes sure that reports can be written, before a run whose result would otherwise be lost. Throws REPORT_UNWRITABLE. */
export async function prepareReports(reports: string): Promise<void> {
  try {
    await mkdir(reports, { recursive: true })
    await access(reports, constants.W_OK)
  } catch (error) {
    throw unwritable(reports, error)
  }
}

/**
 * Writes result.json and the wanted reports into `<reports>/<run id>`; returns the paths, result.json first. A directory
 * that another run of the same second has taken is left to it: the run's id gets a number. Throws REPORT_UNWRITABLE.
 */
export async function writeReports(
  result: RunResult,
  reports: string,
  wanted: readonly string[],
): Promise<string[]> {
  try {
    result.run.id = await claimDirectory(reports, result.run.id)
    const directory = join(reports, result.run.id)
    const written: string[] = []
    for (const name of new Set<ReportName>(['json', ...(wanted as ReportName[])])) {
      written.push(await REPORTERS[name](result, directory))
    }
    return written
  } catch (error) {
    throw unwritable(reports, error)
  }
}

// --- internal ---

async function claimDirectory(reports: string, id: string): Promise<string> {
  await mkdir(reports, { recursive: true })
  for (let n = 1; ; n++) {
    const name = n === 1 ? id : `${id}-${n}`
    try {
      await mkdir(join(reports, name))
      return name
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

function unwritable(reports: string, error: unknown): StompedeError {
  return new StompedeError(
    'REPORT_UNWRITABLE',
    `reports cannot be written to ${reports} (${reasonOf(error)})`,
    { cause: error },
  )
}
