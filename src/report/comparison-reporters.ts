import type { ComparisonResult } from '../measure/comparison.ts'
import { comparisonAnnotations } from './files/comparison-github.ts'
import { comparisonJunit } from './files/comparison-junit.ts'
import { comparisonMarkdown } from './files/comparison-markdown.ts'
import { tellGitHub } from './files/github.ts'
import { resultText } from './files/result-text.ts'
import { writeWhole } from './files/whole-file.ts'
import { comparisonPage } from './page/comparison-page.ts'
import type { Surroundings } from './surroundings.ts'

export { readComparison } from './read-result.ts'

/** Writes one report of a comparison and returns the paths of what it wrote, if anything. */
export type ComparisonReporter = (
  result: ComparisonResult,
  directory: string,
  surroundings?: Surroundings,
) => Promise<string[]>

/**
 * Every report of a comparison by the name `--out` knows it by; all are pure functions of the result. `github` appends to
 * the step's summary where GITHUB_STEP_SUMMARY names one, and prints annotations.
 */
export const COMPARISON_REPORTERS = {
  json: async (result, directory) => [await writeWhole(directory, 'result.json', resultText(result))],
  html: async (result, directory) => [await writeWhole(directory, 'report.html', comparisonPage(result))],
  markdown: async (result, directory) => [
    await writeWhole(directory, 'summary.md', comparisonMarkdown(result)),
  ],
  junit: async (result, directory) => [await writeWhole(directory, 'junit.xml', comparisonJunit(result))],
  github: (result, _directory, surroundings = process) =>
    tellGitHub(comparisonAnnotations(result), comparisonMarkdown(result), surroundings),
} as const satisfies Record<string, ComparisonReporter>

export type ComparisonReportName = keyof typeof COMPARISON_REPORTERS

/** Writes the wanted reports of a stored comparison, each once; returns their paths. */
export async function renderComparison(
  result: ComparisonResult,
  directory: string,
  wanted: readonly ComparisonReportName[],
): Promise<string[]> {
  const written: string[] = []
  for (const name of new Set(wanted)) written.push(...(await COMPARISON_REPORTERS[name](result, directory)))
  return written
}

/** Writes what every comparison leaves behind, however it ended: result.json first, then the wanted reports. Returns the paths. */
export function writeComparison(
  result: ComparisonResult,
  directory: string,
  wanted: readonly ComparisonReportName[],
): Promise<string[]> {
  return renderComparison(result, directory, ['json', ...wanted])
}
