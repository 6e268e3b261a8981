import { TOKEN_LENGTH } from '../measure/token.ts'
import type { CallEvent, HistoryEvent } from './history.ts'
import { contentOf } from './received.ts'

/** A text as a JSON object or list; undefined for anything else. */
export function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** The messages that cases sent to the broker themselves: whether they may arrive is judged by the rules that sent them. */
export function forgedHeads(events: readonly HistoryEvent[]): Set<string> {
  const heads = new Set<string>()
  for (const event of events) {
    if (event.kind !== 'frame' || event.direction !== 'out' || event.command !== 'SEND') continue
    const content = contentOf(event)
    if (content !== undefined) heads.add(content.slice(0, TOKEN_LENGTH))
  }
  return heads
}

/** The head of each message's content by the id that the answer to its call gives, where it gives one. */
export function headsById(events: readonly HistoryEvent[]): Map<unknown, string> {
  const heads = new Map<unknown, string>()
  for (const event of events) {
    if (event.kind !== 'call') continue
    const id = objectIn(event.answer)?.['messageId']
    const content = contentIn(event)
    if (typeof id === 'number' && content !== undefined) heads.set(id, content.slice(0, TOKEN_LENGTH))
  }
  return heads
}

/** Every content that some request had, and how many had it: it arrived as it was sent. */
export function contentsAsked(events: readonly HistoryEvent[]): ReadonlyMap<string, number> {
  const asked = new Map<string, number>()
  for (const event of events) {
    const content = event.kind === 'call' ? contentIn(event) : undefined
    if (content !== undefined) asked.set(content, (asked.get(content) ?? 0) + 1)
  }
  return asked
}

/** The content that a send-message asked to be sent. */
export function contentIn({ call, request }: CallEvent): string | undefined {
  if (call !== 'send-message') return undefined
  const message = objectIn(request)?.['message']
  const content = (message as { content?: unknown } | null | undefined)?.content
  return typeof content === 'string' ? content : undefined
}

/** A token of this gate somewhere in a text. */
export function tokenIn(text: string, runCode: string): string | undefined {
  const at = text.indexOf(`~${runCode}`)
  return at < 0 ? undefined : text.slice(at, at + TOKEN_LENGTH)
}
