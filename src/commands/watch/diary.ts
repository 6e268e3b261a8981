import { closeSync, openSync } from 'node:fs'
import { pino } from 'pino'
import type { Second } from '../../engine/timeline.ts'
import { reasonOf, StompedeError } from '../../errors.ts'
import type { RunResult } from '../../measure/result.ts'

/** A run's diary: one JSON line for what happened when, for log collectors and for people who look afterwards. */
export interface Diary {
  started(scenario: string, users: number, target: string): void
  second(second: Second): void
  note(text: string): void
  ended(result: RunResult): void
}

/**
 * Opens the diary at `file`, appending; without a file it writes nothing. Lines are on disk when the call returns. When
 * they cannot be written any more, `onFailure` hears of it once and the run goes on without its diary.
 */
export function openDiary(file: string | undefined, onFailure: (line: string) => void): Diary {
  if (file !== undefined) requireWritable(file)
  const log =
    file === undefined
      ? pino({ enabled: false })
      : pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, writerOf(file, onFailure))
  const seen = new Set<string>()
  return {
    started: (scenario, users, target) => log.info({ scenario, users, target }, 'run started'),
    second: ({ second, users, counters, topErrors }) => {
      for (const error of topErrors) {
        if (seen.has(error.class)) continue
        seen.add(error.class)
        log.warn({ second, class: error.class, example: error.example }, 'first of its kind')
      }
      const { messages_sent, deliveries_received, deliveries_lost, contract_violations } = counters
      log.debug(
        { second, users, messages_sent, deliveries_received, deliveries_lost, contract_violations },
        'second',
      )
    },
    note: (text) => log.info(text),
    ended: ({ run, verdict }) => log.info({ id: run.id, ...verdict }, 'run ended'),
  }
}

// --- internal ---

/** A full disk makes the destination throw out of the call that logs, or emit an error. */
function writerOf(file: string, onFailure: (line: string) => void): { write: (line: string) => void } {
  const destination = pino.destination({ dest: file, sync: true })
  let hasFailed = false
  const fail = (error: unknown): void => {
    if (!hasFailed)
      onFailure(`--log: ${file} cannot be written any more (${reasonOf(error)}): the run goes on`)
    hasFailed = true
  }
  destination.on('error', fail)
  return {
    write: (line) => {
      if (hasFailed) return
      try {
        destination.write(line)
      } catch (error) {
        fail(error)
      }
    },
  }
}

function requireWritable(file: string): void {
  try {
    closeSync(openSync(file, 'a'))
  } catch (error) {
    throw new StompedeError('USAGE', `--log: ${file} cannot be written (${reasonOf(error)})`)
  }
}
