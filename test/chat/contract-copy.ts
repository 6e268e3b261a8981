import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The product's own contract. */
export const shipped = fileURLToPath(new URL('../../src/chat/contract/', import.meta.url))

/** Copies of the shipped contract to spoil; `remove` in an afterEach takes them away. */
export function contractCopies(): {
  copy: (edits: Readonly<Record<string, Edit>>, options?: { withExamples: boolean }) => string
  remove: () => void
} {
  const made: string[] = []
  return {
    copy(edits, { withExamples } = { withExamples: false }) {
      const directory = mkdtempSync(join(tmpdir(), 'contract-'))
      made.push(directory)
      cpSync(shipped, directory, {
        recursive: true,
        filter: (source) => withExamples || !/examples|\.ts$/.test(source.slice(shipped.length)),
      })
      for (const [file, edit] of Object.entries(edits)) {
        const path = join(directory, file)
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(path, typeof edit === 'string' ? edit : edit(readFileSync(path, 'utf8')))
      }
      return directory
    },
    remove: () => made.splice(0).forEach((directory) => rmSync(directory, { recursive: true })),
  }
}

type Edit = string | ((text: string) => string)

/** Replaces a text that must be there: an edit that changed nothing would prove nothing. */
export function replacing(from: string | RegExp, to: string): (text: string) => string {
  return (text) => {
    const changed = text.replace(from, to)
    if (changed === text) throw new Error(`nothing to replace: ${String(from)}`)
    return changed
  }
}
