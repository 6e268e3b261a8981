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
  try {
    await writeFile(`${path}.part`, content)
    await rename(`${path}.part`, path)
  } catch (error) {
    // What a full disk took of it is of no use to anybody.
    await rm(`${path}.part`, { force: true }).catch(() => undefined)
    throw error
  }
  return path
}
