import type { ContractIssue } from '../../chat/contract.ts'
import type { Actor, CallAnswer, SentMessage } from '../actor.ts'
import { isOk, wordsOf } from '../http.ts'
import { fail, inconclusive, skip, type Outcome } from '../rule.ts'
import type { Stage } from '../stage.ts'
import { unmet } from '../unmet.ts'

/** The FAIL for the first breach of the contract in an answer; undefined where it keeps it. */
export function violationOf(answer: CallAnswer): Outcome | undefined {
  const violations = answer.issues.filter(({ kind }) => kind === 'violation')
  const [first] = violations
  return first === undefined ? undefined : failedOn(first, violations.length, `POST /${answer.call}`)
}

/** Without an answer nothing can be said about what it should have been: an unmet precondition. */
export function requireAnswer(answer: CallAnswer): CallAnswer {
  if (answer.failure !== null) throw unmet(`POST /${answer.call} got no answer: ${answer.failure}`)
  return answer
}

/** What is only a step on the way must succeed: an unmet precondition otherwise. */
export function requireOk(answer: CallAnswer): CallAnswer {
  if (!isOk(answer)) throw unmet(`POST /${answer.call} gave ${wordsOf(answer)}`)
  return answer
}

/**
 * A join that was refused: where it may be the deployment's own policy (403), the rule cannot be asked; the reference
 * target has none.
 */
export function notJoined(stage: Stage, answer: CallAnswer): Outcome {
  const words = `C may not join: POST /join-room gave ${wordsOf(answer)}`
  return answer.status === 403 && !stage.isOwn
    ? skip(`${words}; rooms are closed by policy`)
    : inconclusive(words)
}

/** Sends until it is accepted, twice at most: one refusal more or less is for the rules of POST /send-message. */
export async function sendAccepted(actor: Actor, roomId: number, text?: string): Promise<SentMessage> {
  const sent = await actor.send(roomId, text)
  if (sent.isAccepted) return sent
  const again = await actor.send(roomId, text)
  requireOk(again.answer)
  return again
}

/** The ids of the rooms that an answer to POST /connect lists. */
export function listedIn({ json }: CallAnswer): ReadonlySet<unknown> {
  const { subscriptions } = (json ?? {}) as { subscriptions?: unknown }
  const rooms = Array.isArray(subscriptions) ? (subscriptions as ({ roomId?: unknown } | null)[]) : []
  return new Set(rooms.map((each) => each?.roomId))
}

/** Who is to be kept out must be outside: an earlier case may not have got them out again. */
export async function requireOutsider(actor: Actor, roomId: number): Promise<void> {
  if (listedIn(requireOk(await actor.call('connect'))).has(roomId))
    throw unmet(`${actor.name} is in room ${roomId}, by what POST /connect lists`)
}

/** A FAIL that shows the place in the payload. */
export function failedOn({ rule, path, detail }: ContractIssue, count: number, where: string): Outcome {
  const more = count > 1 ? `, and ${count - 1} more` : ''
  return fail(`${where} breaks the contract: ${detail}${more}`, { path, found: `${rule}: ${detail}` })
}
