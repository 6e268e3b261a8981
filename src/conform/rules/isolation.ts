import { userDestination, type Actor } from '../actor.ts'
import { fence } from '../fence.ts'
import { eventOf, type Received } from '../received.ts'
import { deviation, inconclusive, pass, skip, type ActiveRule, type Outcome, type Rule } from '../rule.ts'
import type { Cast, Stage } from '../stage.ts'
import { passiveIsolationRules } from './passive-delivery.ts'

const activeIsolationRules: readonly ActiveRule[] = [
  {
    id: 'SEC-ISO-02',
    section: 'isolation',
    level: 'MUST',
    cost: 'quick',
    since: '0.2.0',
    title: 'Nobody reads another user’s personal destination',
    basis: {
      document: 'derived',
      section: 'isolation',
      quote: 'What is sent to one user’s personal destination reaches that user alone.',
    },
    sends:
      'A SUBSCRIBEs to user.<B>; then B sends a message, and A leaves and joins the room again, which tells B that it was read.',
    expected: ['the SUBSCRIBE is refused', 'it is accepted, but A receives nothing while B does'],
    severity: 'critical',
    remedy:
      'Give each user a broker login of its own and authorise by routing key: a topic exchange with topic permissions, or an authentication backend that sees the user. On a direct exchange RabbitMQ checks no routing key.',
    isNegative: true,
    async check(stage) {
      const cast = await stage.cast()
      const { a, b, rooms } = cast
      await b.connect()
      const own = await b.subscribe(userDestination(b.userId))
      if (own.outcome !== 'receipt')
        return inconclusive(`B could not subscribe to its own destination: ${own.words}`)
      await a.connect()
      const room = await a.listen(rooms.shared)
      const foreign = await a.subscribe(userDestination(b.userId))
      if (foreign.outcome === 'error' || foreign.outcome === 'closed')
        return refused(stage, cast, foreign.words)
      if (foreign.outcome === 'silent')
        return inconclusive(`A’s SUBSCRIBE was not answered: ${foreign.words}`)
      let seenByB: Received | undefined
      for (let attempt = 0; attempt < ATTEMPTS && seenByB === undefined; attempt++) {
        if (!(await tellsB(a, b, rooms.shared)))
          return untold(stage, 'nothing could be sent to B’s personal destination')
        seenByB = await own.event((event) => event['type'] === 'message_read')
      }
      if (seenByB === undefined)
        return untold(stage, 'nothing arrived at B’s personal destination, so A could not see it either')
      stage.control('B received its private event', true)
      // A's connection delivers what it may: a message into its room, sent later, has come.
      await fence(stage, { by: b, roomId: rooms.shared, at: [room] })
      const seenByA = await foreign.event(
        (event) => event['messageId'] === eventOf(seenByB)?.['messageId'],
        stage.patienceMs / 4,
      )
      if (seenByA === undefined) return pass('accepted, but A received nothing while B did')
      return deviation(
        'accepted',
        `A, logged in as itself, received B’s ${String(eventOf(seenByA)?.['type'])}`,
      )
    },
  },
]

/** Who sees what. */
export const isolationRules: readonly Rule[] = [...activeIsolationRules, ...passiveIsolationRules]

// --- internal ---

/** One that is lost decides nothing here. */
const ATTEMPTS = 2

/** The refusal stands when a legal subscription of the same person works. */
async function refused(stage: Stage, { a, b, rooms, device }: Cast, words: string): Promise<Outcome> {
  const again = device(a, 'control')
  await again.connect()
  const listening = await again.listen(rooms.shared)
  await fence(stage, { by: b, roomId: rooms.shared, at: [listening] })
  return pass(`refused: ${words}`)
}

/** What reaches a personal destination, and when, is left open by the guide: only our own target is known to be able to. */
function untold({ isOwn }: Stage, words: string): Outcome {
  return isOwn ? inconclusive(words) : skip(`${words}; the guide does not say what is sent there, and when`)
}

/** Does what, by the reference choice, publishes message_read to B's personal destination. */
async function tellsB(a: Actor, b: Actor, roomId: number): Promise<boolean> {
  const sent = await b.send(roomId, ' read me')
  if (!sent.isAccepted) return false
  const answers = [await a.leave(roomId), await a.join(roomId)]
  return answers.every(({ status }) => status >= 200 && status < 300)
}
