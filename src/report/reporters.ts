import type { RunResult } from '../measure/result.ts'
import { reportPage } from './html.ts'
import { intervalLog } from './interval-log.ts'
import { resultText } from './result-text.ts'
import { writeWhole } from './whole-file.ts'

export { readResult } from './read-result.ts'
export { resultText }

/** Writes one report of a result into a directory and returns its path. */
export type Reporter = (result: RunResult, directory: string) => Promise<string>

/** Every report by the name `--out` knows it by. All are pure functions of the result. */
export const REPORTERS = {
  json: (result, directory) => writeWhole(directory, 'result.json', resultText(result)),
  html: (result, directory) => writeWhole(directory, 'report.html', reportPage(result)),
  hlog: (result, directory) => writeWhole(directory, 'intervals.hlog', intervalLog(result)),
} as const satisfies Record<string, Reporter>
