import type { CapacityResult } from '../measure/capacity.ts'
import { capacityAnnotations } from './files/capacity-github.ts'
import { capacityJunit } from './files/capacity-junit.ts'
import { capacityMarkdown } from './files/capacity-markdown.ts'
import { tellGitHub } from './files/github.ts'
import { resultText } from './files/result-text.ts'
import { writeWhole } from './files/whole-file.ts'
import { capacityPage } from './page/capacity-page.ts'
import type { Surroundings } from './surroundings.ts'

export { readCapacity } from './read-result.ts'

/** Writes one report of a capacity search and returns the paths of what it wrote, if anything. */
export type CapacityReporter = (
  result: CapacityResult,
  directory: string,
  surroundings?: Surroundings,
) => Promise<string[]>

/**
 * Every report of a capacity search by the name `--out` knows it by; all are pure functions of the result. `github` appends to
 * the step's summary where GITHUB_STEP_SUMMARY names one, and prints annotations.
 */
export const CAPACITY_REPORTERS = {
  json: async (result, directory) => [await writeWhole(directory, 'result.json', resultText(result))],
  html: async (result, directory) => [await writeWhole(directory, 'report.html', capacityPage(result))],
  markdown: async (result, directory) => [
    await writeWhole(directory, 'summary.md', capacityMarkdown(result)),
  ],
  junit: async (result, directory) => [await writeWhole(directory, 'junit.xml', capacityJunit(result))],
  github: (result, _directory, surroundings = process) =>
    tellGitHub(capacityAnnotations(result), capacityMarkdown(result), surroundings),
} as const satisfies Record<string, CapacityReporter>

export type CapacityReportName = keyof typeof CAPACITY_REPORTERS

/** Writes the wanted reports of a stored search, each once; returns their paths. */
export async function renderCapacity(
  result: CapacityResult,
  directory: string,
  wanted: readonly CapacityReportName[],
): Promise<string[]> {
  const written: string[] = []
  for (const name of new Set(wanted)) written.push(...(await CAPACITY_REPORTERS[name](result, directory)))
  return written
}

/** Writes what every search leaves behind, however it ended: result.json first, then the wanted reports. Returns the paths. */
export function writeCapacity(
  result: CapacityResult,
  directory: string,
  wanted: readonly CapacityReportName[],
): Promise<string[]> {
  return renderCapacity(result, directory, ['json', ...wanted])
}
