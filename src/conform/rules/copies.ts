import type { Actor, SentMessage } from '../actor.ts'
import { fence } from '../fence.ts'
import type { Stage } from '../stage.ts'
import type { Subscription } from '../subscription.ts'
import { unmet } from '../unmet.ts'

/** How somebody was served beside a witness. */
export interface Served {
  /** `none`: nothing came at all; `more`: a copy too many of every message; `alike` otherwise. */
  how: 'alike' | 'none' | 'more'
  words: string
}

/**
 * Sends three messages and compares how many copies came to somebody with how many came to a witness who has listened
 * all the time. What goes wrong for both alike, or only now and then, is for the delivery rules to say.
 */
export async function servedBeside(
  stage: Stage,
  room: {
    by: Actor
    roomId: number
    /** Whose share is asked for. */
    at: Subscription
    /** Copies of a message that came to them, however they came. */
    copies: (sent: SentMessage) => number
    witness: Subscription
  },
): Promise<Served> {
  const { by, roomId, at, copies, witness } = room
  await fence(stage, { by, roomId, at: [witness] })
  const sent: SentMessage[] = []
  for (let i = 0; i < MESSAGES; i++) sent.push(await by.send(roomId, ` how often? ${i}`))
  const last = await fence(stage, { by, roomId, at: [witness] })
  const isReached = (await at.message(last)) !== undefined
  const pairs = sent
    .map((message) => ({ own: copies(message), seen: witness.copiesOf(message).length }))
    .filter(({ seen }) => seen > 0)
  if (pairs.length === 0) throw unmet('none of the messages reached the witness')
  const words = `copies of ${pairs.length} messages: ${pairs.map(({ own }) => own).join(', ')}; the witness has ${pairs.map(({ seen }) => seen).join(', ')}`
  if (!isReached && pairs.every(({ own }) => own === 0)) return { how: 'none', words }
  return { how: pairs.every(({ own, seen }) => own > seen) ? 'more' : 'alike', words }
}

// --- internal ---

const MESSAGES = 3
