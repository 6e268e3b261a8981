import { isHash } from '../measure/commit.ts'

/** What somebody says about a commit or a run. */
export interface Note {
  v: 1
  /** When it was written. ISO 8601, UTC. */
  at: string
  /** A commit, or the first 7 characters or more of a hash; or the name of a run's directory. */
  of: string
  text: string
}

/** The notes of `notes.ndjson`, and what is wrong with the lines that cannot be read. */
export function parseNotes(text: string): { notes: Note[]; problems: string[] } {
  const notes: Note[] = []
  const problems: string[] = []
  text.split('\n').forEach((written, i) => {
    if (written.trim() === '') return
    const note = parseNote(written)
    if (note === null) problems.push(`notes.ndjson, line ${i + 1}: it is no note`)
    else notes.push(note)
  })
  return { notes, problems }
}

/** Whether a note is about this commit or one of these runs. */
export function isAbout({ of }: Note, commit: string | null, directories: readonly string[]): boolean {
  if (directories.includes(of)) return true
  if (commit === null || of === '') return false
  if (commit === of) return true
  const [short, long] = commit.length < of.length ? [commit, of] : [of, commit]
  return [short, long].every(isHash) && long.toLowerCase().startsWith(short.toLowerCase())
}

// --- internal ---

function parseNote(written: string): Note | null {
  try {
    const { v, at, of, text } = (JSON.parse(written) ?? {}) as Partial<Note>
    return v === 1 && [at, of, text].every((each) => typeof each === 'string')
      ? (JSON.parse(written) as Note)
      : null
  } catch {
    return null
  }
}
