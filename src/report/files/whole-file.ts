import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Writes a file into a directory, which is made if it is not there, and returns its path. Under its final name a file is
 * whole: it is written beside it and renamed.
 */
export async function writeWhole(
  directory: string,
  name: string,
  content: string | Uint8Array,
): Promise<string> {
  await mkdir(directory, { recursive: true })
  const path = join(directory, name)
  // Two processes may write the same file, such as the list of runs: each whole, the last one stays.
  const part = `${path}.${process.pid}.part`
  try {
    await writeFile(part, content)
    await rename(part, path)
  } catch (error) {
    // What a full disk took of it is of no use to anybody.
    await rm(part, { force: true }).catch(() => undefined)
    throw error
  }
  return path
}
