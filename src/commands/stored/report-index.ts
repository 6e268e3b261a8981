import { existsSync } from 'node:fs'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { reasonOf } from '../../errors.ts'
import { CAPACITY_SCHEMA_NAME, CAPACITY_SCHEMA_VERSION } from '../../measure/capacity.ts'
import { COMPARISON_SCHEMA_NAME, COMPARISON_SCHEMA_VERSION } from '../../measure/comparison.ts'
import { CONFORMANCE_SCHEMA_NAME, CONFORMANCE_SCHEMA_VERSION } from '../../measure/conformance.ts'
import { SCHEMA_NAME, SCHEMA_VERSION } from '../../measure/result.ts'
import { writeWhole } from '../../report/files/whole-file.ts'
import { indexPage } from '../../report/page/index-page.ts'
import {
  capacityEntry,
  type CapacityHead,
  comparisonEntry,
  type ComparisonHead,
  gateEntry,
  type GateHead,
  type IndexEntry,
  openEntry,
  runEntry,
  type RunHead,
} from '../../report/run-index.ts'
import { EVENT_FILE } from './event-file.ts'

/** What is listed: older runs are counted, not read. */
export const MOST_LISTED = 200

/** What lies under a directory for reports, the newest first. */
export interface RunIndex {
  entries: IndexEntry[]
  /** Directories that are older than those listed. */
  older: number
}

/**
 * Reads the newest results, of whatever kind. Names of directories begin with their time, so the newest are found without opening any;
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

type Parts = Readonly<Record<string, unknown>>

/** Each kind of result: what the list needs of it, and how it is shown. */
const KINDS: Record<
  string,
  {
    version: string
    parts: readonly string[]
    entry: (directory: string, head: Parts, page: string | null) => IndexEntry
  }
> = {
  [SCHEMA_NAME]: {
    version: SCHEMA_VERSION,
    parts: ['run', 'plan', 'validity', 'verdict', 'counters', 'trends'],
    entry: (name, head, page) => runEntry(name, head as unknown as RunHead, page),
  },
  [CONFORMANCE_SCHEMA_NAME]: {
    version: CONFORMANCE_SCHEMA_VERSION,
    parts: ['run', 'environment', 'selection', 'verdict', 'counts'],
    entry: (name, head, page) => gateEntry(name, head as unknown as GateHead, page),
  },
  [CAPACITY_SCHEMA_NAME]: {
    version: CAPACITY_SCHEMA_VERSION,
    parts: ['run', 'plan', 'bracket', 'limit', 'headroom', 'verdict'],
    entry: (name, head, page) => capacityEntry(name, head as unknown as CapacityHead, page),
  },
  [COMPARISON_SCHEMA_NAME]: {
    version: COMPARISON_SCHEMA_VERSION,
    parts: ['run', 'method', 'plan', 'sides', 'metrics', 'advisory', 'verdict'],
    entry: (name, head, page) => comparisonEntry(name, head as unknown as ComparisonHead, page),
  },
}

/** Parts that may be null or a word in a result that is whole. */
const NO_OBJECTS: readonly string[] = ['headroom', 'limit', 'method']

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
    const kind = kindOf(schema)
    if (kind !== undefined && isSameMajor(schemaVersion, kind.version))
      return kind.entry(name, needed(parts, kind.parts), page)
    return openEntry(name, 'unreadable', 'its result is of another version', page)
  } catch (error) {
    return openEntry(name, 'unreadable', reasonOf(error), page)
  }
}

function kindOf(schema: unknown): (typeof KINDS)[string] | undefined {
  return typeof schema === 'string' && Object.hasOwn(KINDS, schema) ? KINDS[schema] : undefined
}

function isSameMajor(version: unknown, ours: string): boolean {
  return typeof version === 'string' && version.split('.')[0] === ours.split('.')[0]
}

function needed(parts: Parts, names: readonly string[]): Parts {
  const missing = names.filter((name) =>
    NO_OBJECTS.includes(name)
      ? parts[name] === undefined
      : typeof parts[name] !== 'object' || parts[name] === null,
  )
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
    const wanted = new Set(['schema', 'schemaVersion', ...Object.values(KINDS).flatMap(({ parts }) => parts)])
    const found: Record<string, unknown> = {}
    for await (const line of linesOf(file)) {
      const match = /^"(\w+)": (.*?),?$/s.exec(line)
      if (match === null) {
        if (line === '{') continue
        break
      }
      const [, name = '', json = ''] = match
      if (wanted.has(name)) found[name] = JSON.parse(json)
      // What follows is large.
      const needs = kindOf(found['schema'])?.parts
      if (needs?.every((need) => found[need] !== undefined) === true) return found
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
