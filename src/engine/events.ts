import type { RunResult } from '../measure/result.ts'
import type { RunHeader } from './header.ts'
import type { Second } from './timeline.ts'

export const EVENTS_SCHEMA = 'stompede.events'
/** Minor: fields or kinds of events were added. Major: readers of the old one would misread. */
export const EVENTS_VERSION = '1.0.0'

/** One line of a run's `events.ndjson`. They are appended as they happen, so that a killed run can be told from them. */
export type RunEvent = StartEvent | SecondEvent | NoteEvent | EndEvent

/** The first line. */
export interface StartEvent extends RunHeader {
  kind: 'start'
  schema: typeof EVENTS_SCHEMA
  schemaVersion: string
  /** The process that appends. */
  pid: number
}

/** One second of the run, all workers added up. */
export interface SecondEvent extends Second {
  kind: 'second'
}

/** What interrupts a run. */
export interface NoteEvent {
  kind: 'note'
  /** ms after the run's start. */
  atMs: number
  what: 'signal' | 'threshold' | 'worker died'
  text: string
}

/** The last line: how the run ended and what was judged then, from more than the seconds tell. */
export interface EndEvent extends Pick<
  RunResult,
  'run' | 'environment' | 'validity' | 'verdict' | 'thresholds' | 'generator' | 'planted'
> {
  kind: 'end'
  isDrained: boolean
}

export function startEvent(header: RunHeader): StartEvent {
  return {
    kind: 'start',
    schema: EVENTS_SCHEMA,
    schemaVersion: EVENTS_VERSION,
    pid: process.pid,
    ...header,
  }
}

/** The last event of the run that ended with this result. */
export function endEvent(result: RunResult): EndEvent {
  const { run, environment, validity, verdict, thresholds, generator, planted, ledger } = result
  return {
    kind: 'end',
    run,
    environment,
    validity,
    verdict,
    thresholds,
    generator,
    planted,
    isDrained: ledger.isDrained,
  }
}
