import type { Actor, SentMessage } from './actor.ts'
import type { Stage } from './stage.ts'
import type { Subscription } from './subscription.ts'
import { unmet } from './unmet.ts'

/** Who sends the message, into which room, and who has to hear it. */
export interface Fence {
  by: Actor
  roomId: number
  at?: readonly Subscription[]
  /** It is enough when one of these hears it, where which of them may is the deployment's choice. */
  atAny?: readonly Subscription[]
}

/**
 * Proves that what has not arrived by now was not sent: a legal message by a member, sent after the act, has come to
 * each of these subscriptions. One connection and one routing key keep their order, so anything the act had published
 * would be there; the check then looks at what is. A fence that does not stand makes the case INCONCLUSIVE.
 */
export async function fence(stage: Stage, room: Fence): Promise<SentMessage> {
  return (await fenceOf(stage, room)).at(-1) as SentMessage
}

/** The same with every message that it took, the one that stands last. */
export async function fenceOf(
  stage: Stage,
  { by, roomId, at = [], atAny = [] }: Fence,
): Promise<SentMessage[]> {
  const all: SentMessage[] = []
  let said = ''
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const sent = await by.send(roomId, ' fence')
    all.push(sent)
    if (!sent.isAccepted) {
      said = `${by.name}'s message into room ${roomId} was answered ${sent.answer.status}`
      continue
    }
    const [found, first] = await Promise.all([
      Promise.all(at.map((subscription) => subscription.message(sent))),
      firstToHear(atAny, sent),
    ])
    const missing = at.filter((_, i) => found[i] === undefined)
    if (atAny.length > 0 && first === undefined) missing.push(...atAny)
    if (missing.length === 0) {
      stage.control(`${by.name}'s message reached ${namesOf([...at, ...(first ?? [])])}`, true)
      return all
    }
    said = `${by.name}'s message into room ${roomId} did not reach ${namesOf(missing)}`
  }
  stage.control(said, false)
  throw unmet(`the positive control failed: ${said}`)
}

// --- internal ---

/** One loss more or less decides nothing here: what is lost is for the delivery rules to say. */
const ATTEMPTS = 2

/** Undefined when none of them does. */
function firstToHear(
  subscriptions: readonly Subscription[],
  sent: SentMessage,
): Promise<[Subscription] | undefined> {
  const hears = async (subscription: Subscription): Promise<[Subscription]> => {
    if ((await subscription.message(sent)) === undefined) throw unmet('not heard')
    return [subscription]
  }
  return Promise.any(subscriptions.map(hears)).catch(() => undefined)
}

function namesOf(subscriptions: readonly Subscription[]): string {
  return subscriptions.map(({ wire, destination }) => `${wire.name} on ${destination}`).join(' and ')
}
