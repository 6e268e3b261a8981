import { existsSync } from 'node:fs'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { reasonOf } from '../errors.ts'
import { CONFORMANCE_SCHEMA_NAME, CONFORMANCE_SCHEMA_VERSION } from '../measure/conformance.ts'
import { SCHEMA_NAME, SCHEMA_VERSION } from '../measure/result.ts'
import { writeWhole } from '../report/files/whole-file.ts'
import { indexPage } from '../report/page/index-page.ts'
import {
  gateEntry,
  type GateHead,
  type IndexEntry,
  openEntry,
  runEntry,
  type RunHead,
} from '../report/run-index.ts'
import { EVENT_FILE } from './event-file.ts'

/** What is listed: older runs are counted, not read. */
export const MOST_LISTED = 200

/** The runs and gates under a directory for reports, the newest first. */
export interface RunIndex {
  entries: IndexEntry[]
  /** Directories that are older than those listed. */
  older: number
}

/**
 * Reads the newest runs and gates. Names of directories begin with their time, so the newest are found without opening any;
 * of each result only its head is read. What cannot be read is in the list, and says so. Throws where there is no such directory.
 */
export async function readIndex(reports: string): Promise<RunIndex> {
  const names = (await readdir(reports, { withFileTypes: true }))
    .filter((each) => each.isDirectory() && !each.name.startsWith('.'))
    .map(({ name }) => name)
    .filter((name) => RESULTS.some((file) => existsSync(join(reports, name, file))))
    .toSorted((a, b) => (a < b ? 1 : -1))
  const entries: IndexEntry[] = []
  for (const name of names.slice(0, MOST_LISTED)) entries.push(await entryOf(reports, name))
  entries.sort((a, b) => newest(b).localeCompare(newest(a)))
  return { entries, older: Math.max(0, names.length - MOST_LISTED) }
}

/** Writes `index.html` into a directory for reports. What goes wrong is told and costs nothing else. */
export async function updateIndex(reports: string, warn: (line: string) => void): Promise<void> {
  try {
    await writeIndex(reports, await readIndex(reports))
  } catch (error) {
    warn(`the list of runs in ${reports} is not up to date (${reasonOf(error)})`)
  }
}

/** Writes `index.html`; returns its path. */
export function writeIndex(reports: string, { entries, older }: RunIndex): Promise<string> {
  return writeWhole(reports, 'index.html', indexPage(entries, older))
}

// --- internal ---

const RESULT_FILE = 'result.json'
const RESULTS = [RESULT_FILE, EVENT_FILE] as const

const CHUNK_BYTES = 256 * 1024
/** A head larger than that is none of ours. */
const MOST_BYTES = 8 * 1024 * 1024

const RUN_PARTS = ['run', 'plan', 'validity', 'verdict', 'counters', 'trends'] as const
const GATE_PARTS = ['run', 'environment', 'selection', 'verdict', 'counts'] as const

/** To sort by. Directories of runs that were killed say their time by their name alone. */
function newest({ startedAt, directory }: IndexEntry): string {
  const told = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)/.exec(startedAt ?? '')
  const named = /^(\d{8})-(\d{6})/.exec(directory)
  return `${(told ?? named ?? []).slice(1).join('')}-${directory}`
}

async function entryOf(reports: string, name: string): Promise<IndexEntry> {
  const directory = join(reports, name)
  const page = existsSync(join(directory, 'report.html')) ? 'report.html' : null
  if (!existsSync(join(directory, RESULT_FILE)))
    return openEntry(name, 'unfinished', `it goes on, or was killed: stompede report ${directory}`, page)
  try {
    const parts = await headOf(join(directory, RESULT_FILE))
    const { schema, schemaVersion } = parts
    if (schema === SCHEMA_NAME && isSameMajor(schemaVersion, SCHEMA_VERSION))
      return runEntry(name, needed(parts, RUN_PARTS) as unknown as RunHead, page)
    if (schema === CONFORMANCE_SCHEMA_NAME && isSameMajor(schemaVersion, CONFORMANCE_SCHEMA_VERSION))
      return gateEntry(name, needed(parts, GATE_PARTS) as unknown as GateHead, page)
    return openEntry(name, 'unreadable', 'its result is of another version', page)
  } catch (error) {
    return openEntry(name, 'unreadable', reasonOf(error), page)
  }
}

function isSameMajor(version: unknown, ours: string): boolean {
  return typeof version === 'string' && version.split('.')[0] === ours.split('.')[0]
}

function needed(
  parts: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  const missing = names.filter((name) => typeof parts[name] !== 'object' || parts[name] === null)
  if (missing.length > 0) throw new Error(`its result has no ${missing.join(', ')}`)
  return parts
}

/**
 * The first parts of a result. Results are written with a part a line, the small ones first, so that most of a large file
 * is never read; one that somebody has written anew is read whole.
 */
async function headOf(path: string): Promise<Record<string, unknown>> {
  const file = await open(path)
  try {
    const wanted = new Set<string>(['schema', 'schemaVersion', ...RUN_PARTS, ...GATE_PARTS])
    const parts: Record<string, unknown> = {}
    for await (const line of linesOf(file)) {
      const match = /^"(\w+)": (.*?),?$/s.exec(line)
      if (match === null) {
        if (line === '{') continue
        break
      }
      const [, name = '', json = ''] = match
      if (wanted.has(name)) parts[name] = JSON.parse(json)
      // What follows is large.
      const needs = parts['schema'] === SCHEMA_NAME ? RUN_PARTS : GATE_PARTS
      if (needs.every((need) => parts[need] !== undefined)) return parts
    }
    const { size } = await file.stat()
    if (size > MOST_BYTES) throw new Error('its result is too large for the list')
    const whole = Buffer.alloc(size)
    await file.read(whole, 0, size, 0)
    return JSON.parse(whole.toString('utf8')) as Record<string, unknown>
  } finally {
    await file.close()
  }
}

/** The lines of a file, read piece by piece; ends without an error where a line is beyond all bounds. */
async function* linesOf(file: FileHandle): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for (let at = 0; at < MOST_BYTES;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, at)
    if (bytesRead === 0) return
    at += bytesRead
    rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield rest.toString('utf8', 0, end)
      rest = rest.subarray(end + 1)
    }
  }
}
