import { appendFile } from 'node:fs/promises'
import type { Surroundings } from '../surroundings.ts'
import { cut, visible } from '../visible.ts'

/** GitHub shows ten annotations of a kind and drops the others without a word: nine, and one that counts the rest. */
export const MOST_ANNOTATIONS = 9

/** A workflow command that puts a note on the page of a GitHub run, as one line. */
export function annotation(kind: 'error' | 'warning', title: string, message: string): string {
  const heading = escaped(cut(title, 120)).replaceAll(':', '%3A').replaceAll(',', '%2C')
  return `::${kind} title=${heading}::${escaped(cut(message, MOST_CHARACTERS))}`
}

/**
 * Tells GitHub of a result: annotations on standard output, and the Markdown appended to the step's summary where
 * GITHUB_STEP_SUMMARY names one. Returns the path of what it appended to, if any.
 */
export async function tellGitHub(
  annotations: readonly string[],
  markdown: string,
  { env, stdout }: Surroundings,
): Promise<string[]> {
  for (const line of annotations) stdout.write(`${line}\n`)
  const summary = env['GITHUB_STEP_SUMMARY']
  if (summary === undefined || summary === '') return []
  await appendFile(summary, `\n${markdown}`)
  return [summary]
}

// --- internal ---

const MOST_CHARACTERS = 1_000

/** As GitHub's runner decodes it; a line break of the text cannot begin a command of its own. */
function escaped(text: string): string {
  return visible(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}
