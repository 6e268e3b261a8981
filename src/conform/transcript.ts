import { nowUs } from '../clock.ts'
import type { TranscriptLine } from '../measure/conformance.ts'
import type { HeaderPairs } from '../stomp/frame.ts'
import type { HistoryEvent } from './history.ts'
import type { Secrets } from './secrets.ts'

/** The clock of a gate: ms since it began, to a hundredth. */
export interface GateClock {
  nowMs(): number
}

export function startClock(): GateClock {
  const startUs = nowUs()
  return { nowMs: () => Math.round((nowUs() - startUs) / 10) / 100 }
}

/**
 * What the actors of one case did and saw, on the clock of the gate: as lines for people and as events for the history.
 * Secrets are replaced when a line is written, so no evidence ever holds one.
 */
export interface Transcript {
  readonly clock: GateClock
  /** A call of the API or any other HTTP request: a line when it is sent, one when it is answered. */
  request(actor: string, text: string): void
  response(actor: string, text: string): void
  /** Bytes that were sent to the broker as one WebSocket message. */
  bytesSent(actor: string, bytes: Uint8Array): void
  frame(actor: string, direction: '→' | '←', command: string, headers: HeaderPairs, body: string): void
  socket(actor: string, direction: TranscriptLine['direction'], text: string): void
  /** A remark of the checker. */
  note(text: string): void
  /** Hands an event to the history, secrets replaced. */
  record(event: HistoryEvent): void
  lines(): TranscriptLine[]
  /** Each WebSocket message sent, as base64: those of one connection after those of another. */
  frames(): string[]
}

export function newTranscript(
  clock: GateClock,
  secrets: Secrets,
  onEvent: (event: HistoryEvent) => void,
): Transcript {
  const head: TranscriptLine[] = []
  const tail: TranscriptLine[] = []
  let left = 0
  const sent = new Map<string, string[]>()

  const add = (
    actor: string,
    channel: TranscriptLine['channel'],
    direction: TranscriptLine['direction'],
    text: string,
  ): void => {
    const line = { atMs: clock.nowMs(), actor, channel, direction, text: secrets.redact(shortened(text)) }
    if (head.length < HEAD_LINES) head.push(line)
    else {
      tail.push(line)
      if (tail.length <= TAIL_LINES) return
      tail.shift()
      left++
    }
  }

  return {
    clock,
    request: (actor, text) => add(actor, 'http', '→', text),
    response: (actor, text) => add(actor, 'http', '←', text),
    bytesSent(actor, bytes) {
      const own = sent.get(actor) ?? []
      sent.set(actor, own)
      if (own.length < MOST_FRAMES && bytes.length <= LONGEST_FRAME)
        own.push(secrets.redactBytes(bytes).toString('base64'))
    },
    frame(actor, direction, command, headers, body) {
      const lines = headers.map(([name, value]) => `\n${name}:${value}`).join('')
      add(actor, 'stomp', direction, `${command}${lines}${body === '' ? '' : `\n\n${body}`}`)
    },
    socket: (actor, direction, text) => add(actor, 'socket', direction, text),
    note: (text) => add('checker', 'socket', '·', text),
    record: (event) => onEvent(redacted(event, secrets)),
    lines() {
      if (left === 0) return [...head, ...tail]
      const atMs = tail[0]?.atMs ?? 0
      const gap = { atMs, actor: 'checker', channel: 'socket', direction: '·' } as const
      return [...head, { ...gap, text: `${left} lines are left out here` }, ...tail]
    },
    frames: () => [...sent.values()].flat(),
  }
}

/** Cut from a text in the middle: its beginning says what it is, its end whether it is whole. */
export function shortened(text: string): string {
  if (text.length <= LONGEST_TEXT) return text
  const half = LONGEST_TEXT / 2
  return `${text.slice(0, half)}… ${text.length - LONGEST_TEXT} characters are left out …${text.slice(-half)}`
}

// --- internal ---

const HEAD_LINES = 100
const TAIL_LINES = 300
const LONGEST_TEXT = 2_000
const MOST_FRAMES = 200
const LONGEST_FRAME = 64 * 1024

function redacted(event: HistoryEvent, secrets: Secrets): HistoryEvent {
  if (event.kind === 'call')
    return { ...event, request: secrets.redact(event.request), answer: secrets.redact(event.answer) }
  if (event.kind !== 'frame') return event
  const headers = event.headers.map(([name, value]): [string, string] => [
    name,
    name === 'passcode' ? '‹passcode›' : secrets.redact(value),
  ])
  return { ...event, headers, body: secrets.redact(event.body) }
}
