import type { ConformanceResult } from '../measure/conformance.ts'
import { writeEvidence } from './files/conformance-evidence.ts'
import { annotationLines } from './files/conformance-github.ts'
import { junitText } from './files/conformance-junit.ts'
import { tellGitHub } from './files/github.ts'
import { markdownText } from './files/conformance-markdown.ts'
import { conformancePage } from './page/conformance-page.ts'
import { resultText } from './files/result-text.ts'
import { writeWhole } from './files/whole-file.ts'
import type { Surroundings } from './surroundings.ts'

export { isConformance, readConformance, readStored } from './read-result.ts'

/** Writes one report of a gate and returns the paths of what it wrote, if anything. */
export type ConformanceReporter = (
  result: ConformanceResult,
  directory: string,
  surroundings?: Surroundings,
) => Promise<string[]>

/**
 * Every report of a gate by the name `--out` knows it by; all are pure functions of the result. `github` writes no file of
 * its own: it appends to the step's summary where GITHUB_STEP_SUMMARY names one, and prints annotations.
 */
export const CONFORMANCE_REPORTERS = {
  json: async (result, directory) => [await writeWhole(directory, 'result.json', resultText(result))],
  html: async (result, directory) => [await writeWhole(directory, 'report.html', conformancePage(result))],
  junit: async (result, directory) => [await writeWhole(directory, 'junit.xml', junitText(result))],
  markdown: async (result, directory) => [await writeWhole(directory, 'summary.md', markdownText(result))],
  github: (result, _directory, surroundings = process) =>
    tellGitHub(annotationLines(result), markdownText(result), surroundings),
} as const satisfies Record<string, ConformanceReporter>

export type ConformanceReportName = keyof typeof CONFORMANCE_REPORTERS

/** Writes the wanted reports of a stored gate; returns their paths. */
export async function renderConformance(
  result: ConformanceResult,
  directory: string,
  wanted: readonly ConformanceReportName[],
): Promise<string[]> {
  const written: string[] = []
  for (const name of new Set(wanted)) written.push(...(await CONFORMANCE_REPORTERS[name](result, directory)))
  return written
}

/**
 * Writes what every gate leaves behind, however it ended: result.json, the evidence of each case that has any, and the
 * wanted reports. Returns the paths, result.json first.
 */
export async function writeConformance(
  result: ConformanceResult,
  directory: string,
  wanted: readonly ConformanceReportName[],
): Promise<string[]> {
  const json = await CONFORMANCE_REPORTERS.json(result, directory)
  const evidence = await writeEvidence(result, directory)
  const reports = wanted.filter((name) => name !== 'json')
  return [...json, ...(await renderConformance(result, directory, reports)), ...evidence]
}
