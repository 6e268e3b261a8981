import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { type EventRecord, newEventReader } from '../../engine/event-record.ts'
import { reasonOf, StompedeError } from '../../errors.ts'

/** A run's events, and whether its last line was torn and passed over. */
export interface StoredEvents {
  record: EventRecord
  isTorn: boolean
}

/** Reads a run's events. Throws EVENTS_UNREADABLE when they are damaged, and while the run is still going. */
export async function readEvents(file: string): Promise<StoredEvents> {
  const reader = newEventReader(file)
  let rest = ''
  try {
    for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
      const lines = (rest + (chunk as string)).split('\n')
      rest = lines.pop() as string
      for (const line of lines) reader.line(line)
      if (rest.length > MOST_CHARACTERS)
        throw new StompedeError('EVENTS_UNREADABLE', `${file} is no events of a run: a line has no end`)
    }
  } catch (error) {
    if (error instanceof StompedeError) throw error
    throw new StompedeError('EVENTS_UNREADABLE', `${file} cannot be read (${reasonOf(error)})`, {
      cause: error,
    })
  }
  const isTorn = reader.tail(rest)
  const record = reader.record()
  if (record.end === undefined && isAlive(record.start.pid) && (await ageMs(file)) < FRESH_MS) {
    throw new StompedeError(
      'EVENTS_UNREADABLE',
      `the run is still going (process ${record.start.pid}): its result comes when it ends`,
    )
  }
  return { record, isTorn }
}

// --- internal ---

/** The longest line has the first examples of every kind of finding that is kept: some MB. */
const MOST_CHARACTERS = 1 << 26

/** A run appends every second. A process of that number that has not for so long is another one. */
const FRESH_MS = 5_000

async function ageMs(file: string): Promise<number> {
  return Date.now() - (await stat(file)).mtimeMs
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Not ours to signal is alive all the same.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
