import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunResult } from '../measure/result.ts'
import { reportPage } from './html.ts'

export { readResult } from './read-result.ts'

/** Writes one report of a result into a directory and returns its path. */
export type Reporter = (result: RunResult, directory: string) => Promise<string>

/** Every report by the name `--out` knows it by. All are pure functions of the result. */
export const REPORTERS = {
  json: (result, directory) => write(directory, 'result.json', resultText(result)),
  html: (result, directory) => write(directory, 'report.html', reportPage(result)),
} as const satisfies Record<string, Reporter>

/** The result as JSON with each of its parts on a line of its own, so that a person and a diff find their way. */
export function resultText(result: RunResult): string {
  const parts = Object.entries(result).map(
    ([name, part]) => `${JSON.stringify(name)}: ${JSON.stringify(part)}`,
  )
  return `{\n${parts.join(',\n')}\n}\n`
}

// --- internal ---

/** Under its final name a file is whole: it is written beside it and renamed. */
async function write(directory: string, name: string, text: string): Promise<string> {
  await mkdir(directory, { recursive: true })
  const path = join(directory, name)
  await writeFile(`${path}.part`, text)
  await rename(`${path}.part`, path)
  return path
}
