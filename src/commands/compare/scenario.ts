import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { StompedeError } from '../../errors.ts'

/**
 * Remembers what a scenario file holds now; what is returned throws SCENARIO_INVALID once it holds something else: every run reads it
 * anew, and runs of two scenarios say nothing of each other. What the file imports is not seen.
 */
export async function unchangedScenario(file: string): Promise<() => Promise<void>> {
  const before = await hashOf(file)
  return async () => {
    if ((await hashOf(file)) === before) return
    throw new StompedeError('SCENARIO_INVALID', `${file} was changed while the comparison ran`)
  }
}

// --- internal ---

/** Empty for a file that cannot be read; who reads it says why. */
async function hashOf(file: string): Promise<string> {
  const bytes = await readFile(file).catch(() => undefined)
  return bytes === undefined ? '' : createHash('sha256').update(bytes).digest('hex')
}
