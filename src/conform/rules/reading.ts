import type { Actor, SentMessage } from '../actor.ts'
import { chatMessageOf, eventOf, type Received } from '../received.ts'
import { inconclusive, skip, type Outcome } from '../rule.ts'
import type { Stage } from '../stage.ts'
import type { Subscription } from '../subscription.ts'

/** The ids by which a message may be named: as a listener has it, and as the answer to its call has it. */
export function idsOf(sent: SentMessage, room: Subscription): ReadonlySet<unknown> {
  const [copy] = room.copiesOf(sent)
  // An id that the event has wrong and the answer right is for EVT-ALL-01 and EVT-MSG-02 to say.
  const answered = (sent.answer.json as { messageId?: unknown } | null | undefined)?.messageId
  const seen = copy === undefined ? undefined : chatMessageOf(copy)?.['id']
  return new Set([seen, answered].filter((id) => id !== undefined))
}

/**
 * The report that one of these messages was read by this reader, waited for; failing that, one that has either of them
 * wrong. What other people read in the meantime is neither.
 */
export async function reportOf(
  personal: Subscription,
  ids: ReadonlySet<unknown>,
  reader: Actor,
  patienceMs: number,
): Promise<Received | undefined> {
  const traits = (event: Readonly<Record<string, unknown>>): boolean[] =>
    event['type'] === 'message_read' ? [ids.has(event['messageId']), event['readerId'] === reader.userId] : []
  const isExact = (event: Readonly<Record<string, unknown>>): boolean =>
    traits(event).length > 0 && traits(event).every(Boolean)
  const near = await personal.event((event) => traits(event).some(Boolean))
  if (near === undefined || isExact(eventOf(near) ?? {})) return near
  return (await personal.event(isExact, patienceMs / 4)) ?? near
}

/** No report came. The guide does not say what triggers one: only of our own target it is known. */
export function unread({ isOwn }: Stage, words: string): Outcome {
  return isOwn
    ? inconclusive(words)
    : skip(
        `${words}: the guide does not say what triggers message_read, and leaving and joining, the reference choice, does not do it here`,
      )
}
