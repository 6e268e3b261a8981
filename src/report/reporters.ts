import type { RunResult } from '../measure/result.ts'
import { tellGitHub } from './files/github.ts'
import { intervalLog } from './files/interval-log.ts'
import { k6SummaryText } from './files/k6-summary.ts'
import { resultText } from './files/result-text.ts'
import { stepsCsv, timelineCsv } from './files/run-csv.ts'
import { runAnnotations } from './files/run-github.ts'
import { runJunit } from './files/run-junit.ts'
import { runMarkdown } from './files/run-markdown.ts'
import { ndjsonText } from './files/run-ndjson.ts'
import { openMetricsText } from './files/run-openmetrics.ts'
import { writeWhole } from './files/whole-file.ts'
import { reportPage } from './page/report-page.ts'
import type { Surroundings } from './surroundings.ts'

export { readResult } from './read-result.ts'
export { resultText }

/** Writes one report of a result and returns the paths of what it wrote, if anything. */
export type Reporter = (
  result: RunResult,
  directory: string,
  surroundings?: Surroundings,
) => Promise<string[]>

/**
 * Every report by the name `--out` knows it by; all are pure functions of the result. `github` appends to the step's summary
 * where GITHUB_STEP_SUMMARY names one and prints annotations; `ndjson` goes to standard output.
 */
export const REPORTERS = {
  json: async (result, directory) => [await writeWhole(directory, 'result.json', resultText(result))],
  html: async (result, directory) => [await writeWhole(directory, 'report.html', reportPage(result))],
  markdown: async (result, directory) => [await writeWhole(directory, 'summary.md', runMarkdown(result))],
  github: (result, _directory, surroundings = process) =>
    tellGitHub(runAnnotations(result), runMarkdown(result), surroundings),
  junit: async (result, directory) => [await writeWhole(directory, 'junit.xml', runJunit(result))],
  csv: async (result, directory) => [
    await writeWhole(directory, 'timeline.csv', timelineCsv(result)),
    await writeWhole(directory, 'steps.csv', stepsCsv(result)),
  ],
  openmetrics: async (result, directory) => [
    await writeWhole(directory, 'metrics.txt', openMetricsText(result)),
  ],
  hlog: async (result, directory) => [await writeWhole(directory, 'intervals.hlog', intervalLog(result))],
  'k6-summary': async (result, directory) => [
    await writeWhole(directory, 'k6-summary.json', k6SummaryText(result)),
  ],
  ndjson: async (result, _directory, { stdout } = process) => {
    stdout.write(ndjsonText(result))
    return []
  },
} as const satisfies Record<string, Reporter>
