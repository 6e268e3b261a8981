import { StompedeError } from '../errors.ts'
import type { Histogram } from '../measure/histogram.ts'
import { emptyCounters } from '../measure/metrics.ts'
import {
  EVENTS_SCHEMA,
  EVENTS_VERSION,
  type EndEvent,
  type NoteEvent,
  type SecondEvent,
  type StartEvent,
} from './events.ts'
import { addLatencies } from './timeline.ts'

/** What a run's events hold. */
export interface EventRecord {
  start: StartEvent
  seconds: SecondEvent[]
  /** The histograms of all seconds added up, but for what the warm-up leaves out. */
  trends: Record<string, Histogram>
  notes: NoteEvent[]
  /** Undefined when the generator was killed. */
  end: EndEvent | undefined
}

/** Reads events line by line. Each method throws EVENTS_UNREADABLE, with the line's number where there is one. */
export interface EventReader {
  /** A whole line, without its end. */
  line(text: string): void
  /** What stands after the last line's end; returns whether it was torn, and so passed over. */
  tail(text: string): boolean
  record(): EventRecord
}

/** Makes a reader; `file` names the events in errors. */
export function newEventReader(file: string): EventReader {
  const seconds: SecondEvent[] = []
  const trends: Record<string, Histogram> = {}
  const notes: NoteEvent[] = []
  let start: StartEvent | undefined
  let end: EndEvent | undefined
  let lines = 0

  const add = (event: object): void => {
    const { kind } = event as { kind?: unknown }
    if (typeof kind !== 'string') throw new NotAnEvent('it has no "kind"')
    if (end !== undefined) throw new NotAnEvent('it stands behind the end')
    if (start === undefined) {
      start = startOf(event)
      return
    }
    switch (kind) {
      case 'start':
        throw new NotAnEvent('a second start')
      case 'second': {
        const second = secondOf(event)
        const wanted = (seconds.at(-1)?.second ?? 0) + 1
        if (second.second !== wanted) throw new NotAnEvent(`second ${second.second} where ${wanted} is due`)
        merge(trends, second, start)
        seconds.push(second)
        break
      }
      case 'note':
        require(event, { kind: isText, atMs: isNumber, what: isText, text: isText })
        notes.push(event as NoteEvent)
        break
      case 'end':
        require(event, {
          run: isObject,
          validity: isObject,
          verdict: isObject,
          thresholds: isList,
          generator: isList,
        })
        end = event as EndEvent
        break
      // A kind of a later minor version says nothing that this version's result holds.
    }
  }
  const take = (text: string): void => {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      throw new NotAnEvent('it is not JSON')
    }
    if (!isObject(value)) throw new NotAnEvent('it is not an object')
    add(value as object)
  }

  return {
    line: (text) => {
      lines++
      try {
        take(text)
      } catch (error) {
        if (!(error instanceof NotAnEvent)) throw error
        throw unreadable(`${file} line ${lines} is not an event of a run: ${error.message}`)
      }
    },
    tail: (text) => {
      if (text === '') return false
      try {
        take(text)
        return false
      } catch (error) {
        if (error instanceof NotAnEvent) return true
        throw error
      }
    },
    record: () => {
      if (start === undefined)
        throw unreadable(`${file} holds no whole event: the run had hardly begun, or the disk was full`)
      return { start, seconds, trends, notes, end }
    },
  }
}

// --- internal ---

/** Why a line is not an event; the reader adds where. */
class NotAnEvent extends Error {}

function unreadable(message: string): StompedeError {
  return new StompedeError('EVENTS_UNREADABLE', message)
}

function startOf(event: object): StartEvent {
  const { schema, schemaVersion } = event as { schema?: unknown; schemaVersion?: unknown }
  if (schema !== EVENTS_SCHEMA) throw new NotAnEvent(`its "schema" is not ${EVENTS_SCHEMA}`)
  const [ours] = EVENTS_VERSION.split('.')
  if (typeof schemaVersion !== 'string' || schemaVersion.split('.')[0] !== ours)
    throw new NotAnEvent(`it has version ${String(schemaVersion)}, this is a reader of ${ours}.x`)
  require(event, {
    id: isText,
    startedAt: (value) => isText(value) && !Number.isNaN(Date.parse(value as string)),
    command: isText,
    scenario: isObject,
    plan: isObject,
    environment: isObject,
  })
  require((event as StartEvent).scenario, {
    durationMs: isNumber,
    thresholds: isList,
    activities: isList,
    warmUpMs: isNumber,
    validity: isObject,
    tags: isObject,
  })
  return event as StartEvent
}

function secondOf(event: object): SecondEvent {
  require(event, {
    second: isNumber,
    counters: isNumbers,
    labelled: isNumbers,
    users: isNumber,
    usersWanted: isNumber,
    pending: isNumber,
    pendingMessages: isNumber,
    inFlight: isNumbers,
    lostPlaces: isNumbers,
    unknowns: isNumbers,
    scenarioExceptions: isNumber,
    findings: (value) => isObject(value) && Object.values(value as object).every(isList),
    examples: isList,
    histograms: isObject,
    topErrors: isList,
    health: (value) => isList(value) && (value as unknown[]).every(isNumbers),
  })
  const second = event as SecondEvent
  // A counter that a later version added did not move in an earlier one.
  return { ...second, counters: { ...emptyCounters(), ...second.counters } }
}

function merge(trends: Record<string, Histogram>, second: SecondEvent, { scenario }: StartEvent): void {
  try {
    addLatencies(trends, second, scenario)
  } catch {
    // Inflating, decoding and adding are the packages'; damaged bytes fail in any of them.
    throw new NotAnEvent('its histograms are damaged')
  }
}

function require(value: object, fields: Record<string, (value: unknown) => boolean>): void {
  for (const [name, isRight] of Object.entries(fields)) {
    if (!isRight((value as Record<string, unknown>)[name]))
      throw new NotAnEvent(`its "${name}" is missing or wrong`)
  }
}

const isText = (value: unknown): boolean => typeof value === 'string'
const isNumber = (value: unknown): boolean => typeof value === 'number'
const isList = (value: unknown): boolean => Array.isArray(value)
const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isNumbers = (value: unknown): boolean =>
  isObject(value) && Object.values(value as object).every(isNumber)
