import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunResult } from '../measure/result.ts'
import { REPORTERS } from '../report/reporters.ts'

type ReportName = keyof typeof REPORTERS

/** What `--out` may name. */
export const REPORT_NAMES: readonly string[] = Object.keys(REPORTERS)

/** Writes result.json and the wanted reports into `<reports>/<run id>`; returns the paths, result.json first. */
export async function writeReports(
  result: RunResult,
  reports: string,
  wanted: readonly string[],
): Promise<string[]> {
  const directory = join(reports, result.run.id)
  await mkdir(directory, { recursive: true })
  const written: string[] = []
  for (const name of new Set<ReportName>(['json', ...(wanted as ReportName[])])) {
    written.push(await REPORTERS[name](result, directory))
  }
  return written
}
