import type { CallAnswer } from '../actor.ts'
import { chatMessageOf, contentOf, type Received } from '../received.ts'

/** What a sender may be seen to say: contents that were sent and not refused, and the answers they got. */
export interface Said {
  readonly contents: readonly string[]
  readonly answers: readonly Pick<CallAnswer, 'json'>[]
  /** Contents of which another rule says what may become of them. */
  readonly elsewhere?: readonly string[]
}

/**
 * The first message of a user that nobody asked for: it has no content that was accepted, nor the beginning of one, nor
 * an id that an answer gave out. A refused body without a content is found by it too: where answers name ids, a content
 * that says as good as nothing is no proof that a message is a known one.
 */
export function unaskedFrom(
  userId: number,
  frames: readonly Received[],
  { contents, answers, elsewhere = [] }: Said,
): Received | undefined {
  const ids = new Set(answers.flatMap(({ json }) => idIn(json) ?? []))
  return frames.find((frame) => {
    const message = chatMessageOf(frame)
    if (message?.['sender_id'] !== userId) return false
    const id = idIn({ messageId: message['id'] })
    if (id !== undefined && ids.has(id)) return false
    const content = contentOf(frame)
    if (content !== undefined && elsewhere.includes(content)) return false
    const isNamed = id !== undefined && ids.size > 0
    return !contents.some(
      (each) => isCut(each, content) || (each === content && !(isNamed && each.length < SHORTEST)),
    )
  })
}

// --- internal ---

/** As text: whether an id is a number is for EVT-ALL-01 to say. */
function idIn(json: unknown): string | undefined {
  const id = (json as { messageId?: unknown } | null | undefined)?.messageId
  return typeof id === 'number' || typeof id === 'string' ? String(id) : undefined
}

/** A content that arrives cut is for SEM-DEL-05 to tell; it is the message that was sent all the same. */
function isCut(sent: string, content: string | undefined): boolean {
  return content !== undefined && content.length >= SHORTEST && sent.startsWith(content)
}

/** Shorter contents are nobody's own. */
const SHORTEST = 8
