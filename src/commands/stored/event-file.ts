import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunEvent } from '../../engine/events.ts'
import { reasonOf } from '../../errors.ts'
import { claimDirectory } from './written-reports.ts'

/** The name of a run's events in its directory. */
export const EVENT_FILE = 'events.ndjson'

/** A run's events on disk, appended as they happen. */
export interface EventFile {
  /** Appends a line, some time soon and in order. The first event takes the run's directory. */
  append(event: RunEvent): void
  /** Waits for what was appended; returns the name of the run's directory, undefined when it could not be made. */
  directory(): Promise<string | undefined>
  /** Waits for what was appended; nothing may be appended any more. */
  close(): Promise<void>
}

/**
 * Opens the events of the run that is about to start. Nothing is on disk before its first event, so that a run that
 * cannot start leaves nothing. What goes wrong is told once and costs the run nothing but its events.
 */
export function openEventFile(reports: string, onFailure: (line: string) => void): EventFile {
  let directory: string | undefined
  let file: FileHandle | undefined
  let hasFailed = false
  const write = async (event: RunEvent): Promise<void> => {
    if (hasFailed) return
    try {
      if (event.kind === 'start') {
        directory = await claimDirectory(reports, event.id)
        file = await open(join(reports, directory, EVENT_FILE), 'ax')
        await file.appendFile(`${JSON.stringify({ ...event, id: directory })}\n`)
      } else await file?.appendFile(`${JSON.stringify(event)}\n`)
    } catch (error) {
      hasFailed = true
      const why =
        directory === undefined
          ? reasonOf(error)
          : `${join(reports, directory, EVENT_FILE)}: ${reasonOf(error)}`
      onFailure(`events are not kept, so this run could not be rebuilt if it were killed (${why})`)
    }
  }
  // One write at a time keeps the lines in order; the run never waits for the disk.
  let last = Promise.resolve()
  return {
    append: (event) => {
      last = last.then(() => write(event))
    },
    directory: () => last.then(() => directory),
    close: async () => {
      await last
      // What was written is in the system's hands; a failing close takes nothing of it back.
      await file?.close().catch(() => undefined)
    },
  }
}
