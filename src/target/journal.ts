import { createWriteStream, openSync } from 'node:fs'
import { nowUs } from '../clock.ts'
import { reasonOf, StompedeError } from '../errors.ts'
import type { FaultDetail } from './faults.ts'

/** What is known of a send-message when it is about to be carried out. */
export interface Arrival {
  /** When its request was read. */
  arrivedUs: number
  room: number
  /** The sender's user id. */
  sender: number
  content: string
}

/** One send-message on its way into the journal. */
export interface SendEntry {
  /** The id it got. */
  named(id: number): void
  /** A copy goes to its room's key now. */
  published(): void
  /** Its answer was written with this status; undefined when the client was gone. */
  answered(status: number | undefined): void
  /** It is kept back and published after its answer; `released` follows then. */
  held(): void
  released(): void
}

/**
 * What the target really did, as JSON lines on the one clock (µs of CLOCK_MONOTONIC). Lines are kept back up to a
 * quarter of a second. The first line of a process is `{"type":"target","pid":…,"atUs":…}`; a send-message is written
 * when it is answered and nothing of it is held back any more.
 */
export interface Journal {
  send(arrival: Arrival): SendEntry
  freeze(startUs: number, endUs: number): void
  fault(name: string, detail: FaultDetail): void
  flush(): void
  /** Writes everything, also what has no answer yet; resolves when the file is closed. */
  close(): Promise<void>
}

/**
 * Opens the file to append to. `onBroken` hears once of a file that can no longer be written; nothing more is written
 * then.
 * @throws StompedeError USAGE when the file cannot be opened.
 */
export function openJournal(path: string, onBroken: (error: unknown) => void): Journal {
  // Written by the thread pool: a disk that is busy must not hold up the target.
  const file = createWriteStream(path, { fd: openFile(path) })
  const closed = new Promise<void>((resolve) => file.once('close', resolve))
  file.once('error', (error) => onBroken(new Error(`the journal ${path} ends here: ${reasonOf(error)}`)))
  let lines = ''
  const open = new Set<OpenSend>()

  const flush = (): void => {
    if (lines !== '' && file.writable) file.write(lines)
    lines = ''
  }
  const write = (line: Readonly<Record<string, unknown>>): void => {
    lines += `${JSON.stringify(line)}\n`
    if (lines.length > MOST_KEPT) flush()
  }
  const settle = (send: OpenSend): void => {
    if (--send.waits === 0 && open.delete(send)) write(send.line)
  }
  const timer = setInterval(flush, FLUSH_MS).unref()
  write({ type: 'target', pid: process.pid, atUs: nowUs() })

  return {
    send({ arrivedUs, room, sender, content }) {
      const line: SendLine = {
        type: 'send',
        arrivedUs,
        publishedUs: null,
        answeredUs: null,
        status: null,
        room,
        sender,
        id: null,
        token: content.slice(0, TOKEN_SHOWN),
        copies: 0,
      }
      const send: OpenSend = { line, waits: 1 }
      open.add(send)
      return {
        named: (id) => {
          line.id = id
        },
        published: () => {
          line.publishedUs ??= nowUs()
          line.copies++
        },
        answered: (status) => {
          if (status !== undefined) {
            line.answeredUs = nowUs()
            line.status = status
          }
          settle(send)
        },
        held: () => {
          send.waits++
        },
        released: () => settle(send),
      }
    },
    freeze: (startUs, endUs) => write({ type: 'freeze', startUs, endUs }),
    fault: (name, detail) => write({ type: 'fault', atUs: nowUs(), name, ...detail }),
    flush,
    close() {
      clearInterval(timer)
      for (const { line } of open) write(line)
      flush()
      file.end()
      return closed
    },
  }
}

// --- internal ---

interface OpenSend {
  line: SendLine
  /** What must happen before the line is written: the answer, and the release of what is held. */
  waits: number
}

interface SendLine extends Readonly<Record<string, unknown>> {
  readonly type: 'send'
  readonly arrivedUs: number
  publishedUs: number | null
  answeredUs: number | null
  status: number | null
  readonly room: number
  readonly sender: number
  id: number | null
  readonly token: string
  copies: number
}

const FLUSH_MS = 250
/** Characters. */
const MOST_KEPT = 64 * 1024
/** Enough of a content to know run, room, sender, number and planned moment of a message of ours. */
const TOKEN_SHOWN = 40

function openFile(path: string): number {
  try {
    return openSync(path, 'a')
  } catch (error) {
    throw new StompedeError('USAGE', `--journal ${path}: the file cannot be written (${reasonOf(error)})`, {
      cause: error,
    })
  }
}
