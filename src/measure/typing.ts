import { GAPPED, OPTIONAL, OWED, type Sent } from './obligation.ts'
import type { Stream } from './stream.ts'

/** Which of a typist's events on record an arrival at a seat is. */
export interface TypingMatch {
  /** The event that the arrival meets, if one is still to come. */
  met: Sent | undefined
  /** The newest event of that parity: when none is to come, the arrival is one too many of it. */
  newest: Sent | undefined
}

/**
 * Finds what a typing event is. It carries no token: start and stop alternate per (room, typist), so it is the oldest of
 * its parity that the slot has not received. What need not have come at all stands back behind what is owed: taken first,
 * it would shift every later event by one. Where it lies unread in a paused connection, though, it comes first.
 */
export function matchTyping(stream: Stream, slot: number, parity: number, hasBacklog: boolean): TypingMatch {
  let newest: Sent | undefined
  let possible: Sent | undefined
  for (const sent of stream.live) {
    if (sent.seq % 2 !== parity) continue
    newest = sent
    const code = sent.codeOf(slot)
    if (code === OWED || (code === GAPPED && hasBacklog)) return { met: sent, newest }
    if (code === OPTIONAL || code === GAPPED) possible ??= sent
  }
  return { met: possible, newest }
}
