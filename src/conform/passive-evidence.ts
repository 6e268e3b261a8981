import type { TranscriptLine } from '../measure/conformance.ts'
import { HISTORY_FILE, type CallEvent, type History, type HistoryEvent, type OpenedEvent } from './history.ts'
import { shortened } from './transcript.ts'

/**
 * What happened around a moment of a history, as the transcript of a case: every actor of the case it belongs to, on the
 * clock of the gate. What passive rules show; secrets were replaced when the history was written.
 */
export function excerptAround({ events }: History, atMs: number): TranscriptLine[] {
  const opened = new Map(
    events.flatMap((event) => (event.kind === 'opened' ? [[event.connection, event] as const] : [])),
  )
  const nameOf = namesIn(events, opened)
  const all = events.flatMap((event) => linesOf(event, opened, nameOf)).toSorted((a, b) => a.atMs - b.atMs)
  const moment = all.findLast((each) => each.atMs <= atMs) ?? all[0]
  if (moment === undefined) return []
  const own = all.filter((each) => each.of === moment.of)
  const at = own.findLastIndex((each) => each.atMs <= atMs)
  const from = Math.max(0, at - BEFORE)
  const shown = own.slice(from, at + 1 + AFTER)
  const first = own[from]?.atMs ?? atMs
  const note = (noteMs: number, text: string): TranscriptLine => ({
    atMs: noteMs,
    actor: 'checker',
    channel: 'socket',
    direction: '·',
    text,
  })
  const lines = shown.map(({ atMs: lineMs, actor, channel, direction, text }) => {
    return { atMs: lineMs, actor, channel, direction, text }
  })
  return [
    note(first, `from ${HISTORY_FILE}: ${shown.length} of the ${own.length} lines of ${moment.of}`),
    ...lines.slice(0, at - from + 1),
    note(atMs, 'the example is the line above'),
    ...lines.slice(at - from + 1),
  ]
}

// --- internal ---

const BEFORE = 40
const AFTER = 20

/** A line, and the case it belongs to. */
type CaseLine = TranscriptLine & { of: string }

/** What a connection is called: its owner in that case, and its own name. */
function namesIn(
  events: readonly HistoryEvent[],
  opened: ReadonlyMap<string, OpenedEvent>,
): (connection: string) => string {
  const actors = new Map<string, string>()
  for (const event of events)
    if (event.kind === 'call' && !event.actor.includes('·'))
      actors.set(`${event.case} ${event.userId}`, event.actor)
  return (connection) => {
    const owner = opened.get(connection)
    const actor = owner === undefined ? undefined : actors.get(`${owner.case} ${owner.userId}`)
    return actor === undefined ? connection : `${actor} ${connection}`
  }
}

function linesOf(
  event: HistoryEvent,
  opened: ReadonlyMap<string, OpenedEvent>,
  nameOf: (connection: string) => string,
): CaseLine[] {
  if (event.kind === 'gate' || event.kind === 'loop') return []
  if (event.kind === 'call') return callLines(event)
  const { atMs } = event
  if (event.kind === 'case' || event.kind === 'judged' || event.kind === 'control') {
    const text =
      event.kind === 'case'
        ? `${event.id} begins`
        : event.kind === 'judged'
          ? `${event.id} ends: ${event.state}`
          : `positive control ${event.stood ? 'stood' : 'failed'}: ${event.text}`
    const of = event.kind === 'control' ? event.case : event.id
    return [{ atMs, actor: 'checker', channel: 'socket', direction: '·', text, of }]
  }
  const of = opened.get(event.connection)?.case ?? ''
  const actor = nameOf(event.connection)
  if (event.kind === 'opened') return [{ atMs, actor, channel: 'socket', direction: '←', text: 'open', of }]
  if (event.kind === 'closed') {
    const text = `closed ${event.code}${event.fault === null ? '' : `; its bytes were no STOMP frame: ${event.fault}`}`
    return [{ atMs, actor, channel: 'socket', direction: event.isOurs ? '→' : '←', text, of }]
  }
  const headers = event.headers.map(([name, value]) => `\n${name}:${value}`).join('')
  const text = shortened(`${event.command}${headers}${event.body === '' ? '' : `\n\n${event.body}`}`)
  return [{ atMs, actor, channel: 'stomp', direction: event.direction === 'in' ? '←' : '→', text, of }]
}

function callLines(event: CallEvent): CaseLine[] {
  const { actor, method, call, roomId, sentMs, doneMs, request, status, contentType, answer } = event
  const path = `${method} /${call}${roomId === null ? '' : `/${roomId}`}`
  const took = `${Math.round((doneMs - sentMs) * 10) / 10} ms`
  const came =
    status === 0
      ? `no answer to ${path}`
      : `${status} to ${path} after ${took}\ncontent-type: ${contentType}\n\n${answer}`
  const line = (atMs: number, direction: '→' | '←', text: string): CaseLine => ({
    atMs,
    actor,
    channel: 'http',
    direction,
    text: shortened(text),
    of: event.case,
  })
  return [line(sentMs, '→', request === '' ? path : `${path}\n\n${request}`), line(doneMs, '←', came)]
}
