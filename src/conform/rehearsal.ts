import { userDestination, type SentMessage } from './actor.ts'
import { fence } from './fence.ts'
import { pass, type ActiveRule } from './rule.ts'
import type { Stage } from './stage.ts'
import { Unmet } from './unmet.ts'

/**
 * One short chat that uses every call and should show every event: what passive rules judge when nothing else was asked,
 * and more for them to judge when something was. It is a case without a rule.
 */
export const REHEARSAL: ActiveRule = {
  id: 'REHEARSAL',
  section: 'harness',
  level: 'INFO',
  title: 'A short chat for the rules that judge what all cases left behind',
  basis: { document: 'harness', section: 'rehearsal', quote: 'Nothing exercised is nothing judged.' },
  sends:
    'A and two devices of B connect; A sends 28 messages while others listen elsewhere, who then hear one of their own; A types; B leaves and joins; A disconnects.',
  expected: ['done'],
  cost: 'quick',
  since: '0.2.0',
  async check(stage) {
    const { a, b, rooms, device } = await stage.cast()
    const second = device(b, 'phone')
    await Promise.all([b.connect(), second.connect()])
    const listening = [await b.listen(rooms.shared), await second.listen(rooms.shared)]
    // Where nothing of this may arrive, somebody listens too.
    const controls = [await bystander(stage), await canary(stage)]
    await a.connect()
    const own = await a.listen(rooms.shared)
    await a.subscribe(userDestination(a.userId))
    const sent: SentMessage[] = []
    for (let i = 0; i < MESSAGES; i++) sent.push(await a.send(rooms.shared, ` rehearsal ${i}`))
    // What is missing after that has been given its time: the connections stay open until then.
    const accepted = sent.filter(({ isAccepted }) => isAccepted)
    const all = [...listening, ...(stage.isOwn ? [own] : [])]
    await Promise.all(all.flatMap((each) => accepted.map((message) => each.message(message))))
    for (const control of controls) await control?.()
    for (const isTyping of [true, false]) {
      await a.typing(rooms.shared, isTyping)
      await listening[0]?.event((event) => event['type'] === 'user_typing' && event['isTyping'] === isTyping)
    }
    await asFarAsAllowed(stage, async () => {
      await b.leave(rooms.shared)
      await b.join(rooms.shared)
    })
    if (stage.isOwn) await a.wire.next(({ body }) => body.includes('"message_read"'))
    await a.disconnect()
    await listening[0]?.event(
      (event) => event['type'] === 'user_status_changed' && event['status'] === 'offline',
    )
    return pass('rehearsed')
  },
}

// --- internal ---

const MESSAGES = 28

/** Shows, when it is time, that somebody who was silent could have heard. */
type Control = () => Promise<void>

/** Lets C listen in its own room. What it sends there itself it may hear. */
async function bystander(stage: Stage): Promise<Control | undefined> {
  let control: Control | undefined
  await asFarAsAllowed(stage, async () => {
    const { c, rooms } = await stage.cast()
    await c.connect()
    const own = await c.listen(rooms.other)
    control = async () => {
      const sent = await c.send(rooms.other, ' does C hear?')
      if (sent.isAccepted) await own.message(sent, stage.patienceMs / 4)
    }
  })
  return control
}

/** Lets a third device of B listen in a room into which nobody sends but this control. */
async function canary(stage: Stage): Promise<Control | undefined> {
  let control: Control | undefined
  await asFarAsAllowed(stage, async () => {
    const { a, b, rooms, device } = await stage.cast()
    const roomId = rooms.canary
    const listener = device(b, 'canary')
    await listener.connect()
    const at = [await listener.listen(roomId)]
    control = () => asFarAsAllowed(stage, async () => void (await fence(stage, { by: a, roomId, at })))
  })
  return control
}

/** What a deployment does not offer (nobody can be C, joining is closed) is left out. */
async function asFarAsAllowed(stage: Stage, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!(error instanceof Unmet)) throw error
    stage.note(error.message)
  }
}
