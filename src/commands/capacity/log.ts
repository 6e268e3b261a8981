import { appendFileSync, readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import type { IdleUse } from '../../capacity/cost.ts'
import { reasonOf, StompedeError } from '../../errors.ts'
import type { Calibration, CapacityResult, CapacityStep } from '../../measure/capacity.ts'

/** The name of a search's log in its directory: a line for everything that is over, so that a killed search can go on. */
export const STEP_FILE = 'steps.ndjson'

/** What makes one search the same as another: with any of it changed, its steps say something else. */
export interface SearchIdentity {
  scenario: string
  unit: CapacityResult['plan']['unit']
  objectives: string[]
  seed: number
  startLoad: number
  stepSeconds: number
  target: string
  planHash: string
}

/** A line of the log. */
export type LogLine =
  | { kind: 'search'; startedAt: string; identity: SearchIdentity }
  | { kind: 'calibration'; tookSeconds: number; calibration: Calibration }
  | {
      kind: 'step'
      tookSeconds: number
      step: CapacityStep
      idle: IdleUse[]
      environment: CapacityResult['environment'] | null
    }

/** What a search had found out when it was stopped. */
export interface StoredSearch {
  startedAt: string
  identity: SearchIdentity
  calibration: Calibration | null
  steps: Extract<LogLine, { kind: 'step' }>[]
  /** Time that was spent on it. */
  tookSeconds: number
}

/** Appends a line. It is in the system's hands then: a killed process loses none, and the search does not wait for a disk. */
export function appendLine(directory: string, line: LogLine): void {
  try {
    appendFileSync(join(directory, STEP_FILE), `${JSON.stringify(line)}\n`)
  } catch (error) {
    throw new StompedeError(
      'REPORT_UNWRITABLE',
      `${join(directory, STEP_FILE)} cannot be written (${reasonOf(error)})`,
      { cause: error },
    )
  }
}

/**
 * Takes away a last line that was cut off when the search was killed: the next one would be appended to it. For a log that
 * can be read. Throws REPORT_UNWRITABLE.
 */
export function mendLog(directory: string): void {
  const path = join(directory, STEP_FILE)
  try {
    const bytes = readFileSync(path)
    const whole = bytes.lastIndexOf('\n') + 1
    if (whole < bytes.length) truncateSync(path, whole)
  } catch (error) {
    throw new StompedeError('REPORT_UNWRITABLE', `${path} cannot be mended (${reasonOf(error)})`, {
      cause: error,
    })
  }
}

/** Reads the log of a search. A last line that was cut off is left out. Throws RESULT_UNREADABLE. */
export function readSearch(directory: string): StoredSearch {
  const path = join(directory, STEP_FILE)
  const lines = linesOf(path)
  const [first] = lines
  if (first?.kind !== 'search')
    throw new StompedeError('RESULT_UNREADABLE', `${path} is not the log of a capacity search`)
  const steps = lines.filter((line) => line.kind === 'step')
  const calibrations = lines.filter((line) => line.kind === 'calibration')
  return {
    startedAt: first.startedAt,
    identity: first.identity,
    calibration: calibrations.at(-1)?.calibration ?? null,
    steps,
    tookSeconds: [...steps, ...calibrations].reduce((sum, { tookSeconds }) => sum + tookSeconds, 0),
  }
}

/** Throws USAGE, naming what differs, unless the flags ask for the search that is stored. */
export function requireSame(stored: SearchIdentity, asked: SearchIdentity): void {
  const names = Object.keys(asked) as (keyof SearchIdentity)[]
  const problems = names
    .filter((name) => JSON.stringify(stored[name]) !== JSON.stringify(asked[name]))
    .map((name) => `${name} was ${JSON.stringify(stored[name])} and is ${JSON.stringify(asked[name])}`)
  if (problems.length === 0) return
  throw new StompedeError('USAGE', '--resume: this is not the search that was begun', { problems })
}

// --- internal ---

function linesOf(path: string): LogLine[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new StompedeError('RESULT_UNREADABLE', `${path} cannot be read (${reasonOf(error)})`, {
      cause: error,
    })
  }
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  return whole.split('\n').flatMap((line): LogLine[] => {
    if (line === '') return []
    try {
      return [JSON.parse(line) as LogLine]
    } catch (error) {
      throw new StompedeError(
        'RESULT_UNREADABLE',
        `${path} holds a line that is no JSON (${reasonOf(error)})`,
        {
          cause: error,
        },
      )
    }
  })
}
