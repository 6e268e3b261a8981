import fc from 'fast-check'
import type { Actor } from '../../src/conform/actor.ts'
import { isOk, wordsOf, type HttpAnswer } from '../../src/conform/http.ts'
import { readConnect } from '../../src/conform/read-connect.ts'
import { contentOf, eventOf } from '../../src/conform/received.ts'
import { fail, pass, type ActiveRule } from '../../src/conform/rule.ts'
import type { Stage } from '../../src/conform/stage.ts'
import type { Subscription } from '../../src/conform/subscription.ts'
import { gateOf } from './gate-of.ts'

export type Who = 'A' | 'B' | 'C'
export type Place = 'shared' | 'other'

/** What should be so: who is in which room, and who is online with which rooms subscribed. */
interface Model {
  members: Record<Place, Set<Who>>
  online: Map<Who, Set<Place>>
}

/** One room subscription of a session, and all that it is to receive of what people say and type, in order. */
interface Listener {
  subscription: Subscription
  wanted: string[]
  isOver: boolean
}

interface Session {
  actor: Actor
  listeners: Map<Place, Listener>
}

/** What is so: the reference target, and the people at its doors. */
interface Real {
  stage: Stage
  actors: Record<Who, Actor>
  roomOf: Record<Place, number>
  sessions: Map<Who, Session>
  listeners: Listener[]
}

type Step = fc.AsyncCommand<Model, Real>
export type Steps = ReturnType<typeof steps> extends fc.Arbitrary<infer Found> ? Found : never

/** Things people do, in any order. `replayPath` repeats a run that failed. */
export function steps(replayPath?: string) {
  const who = fc.constantFrom<Who>('A', 'B', 'C')
  const place = fc.constantFrom<Place>('shared', 'other')
  const each = fc.tuple(who, place)
  return fc.commands<Model, Real, false>(
    [
      // Who is not online hears nothing: twice as likely as the others.
      who.map(connects),
      who.map(connects),
      who.map(drops),
      each.map(([one, room]) => joins(one, room)),
      each.map(([one, room]) => leaves(one, room)),
      each.map(([one, room]) => says(one, room)),
      each.map(([one, room]) => types(one, room)),
    ],
    { maxCommands: MOST_STEPS, size: 'max', ...(replayPath === undefined ? {} : { replayPath }) },
  )
}

/** Carries the steps out at a fresh target with these faults. Rejects, in words, where it differs from the model. */
export async function follow(taken: Steps, faults: string[], patienceMs: number): Promise<void> {
  const { result } = await gateOf([ruleOf(taken)], { faults, patienceMs })
  const [seen] = result.cases
  if (seen?.state !== 'PASS') throw new Error(seen?.actual ?? 'nothing was asked')
}

// --- internal ---

const MOST_STEPS = 25

function ruleOf(taken: Steps): ActiveRule {
  return {
    id: 'MODEL',
    section: 'harness',
    level: 'MUST',
    title: 'The target does as the model of memberships does',
    basis: { document: 'harness', section: 'model', quote: 'Whatever people do, in whatever order.' },
    sends: 'What people do',
    expected: ['what the model says'],
    cost: 'quick',
    since: '0.2.0',
    async check(stage) {
      const { a, b, c, rooms } = await stage.cast()
      const model: Model = {
        members: { shared: new Set<Who>(['A', 'B']), other: new Set<Who>(['C']) },
        online: new Map(),
      }
      const real: Real = {
        stage,
        actors: { A: a, B: b, C: c },
        roomOf: { shared: rooms.shared, other: rooms.other },
        sessions: new Map(),
        listeners: [],
      }
      try {
        await fc.asyncModelRun(() => ({ model, real }), taken)
        await holdToAll(model, real)
        return pass('as the model says')
      } catch (error) {
        if (!(error instanceof Differs)) throw error
        return fail(error.message)
      }
    },
  }
}

/** The target does otherwise than the model. */
class Differs extends Error {}

function differs(what: string): Differs {
  return new Differs(what)
}

function connects(who: Who): Step {
  return {
    toString: () => `${who} connects`,
    check: ({ online }) => !online.has(who),
    async run({ members, online }, real) {
      const actor = real.actors[who]
      await actor.connect()
      const listed = readConnect(actor.connected.json).rooms
      const session: Session = { actor, listeners: new Map() }
      real.sessions.set(who, session)
      const own = new Set<Place>()
      online.set(who, own)
      for (const place of PLACES) {
        const isMember = members[place].has(who)
        if (listed.includes(real.roomOf[place]) !== isMember)
          throw differs(`POST /connect of ${who} ${isMember ? 'misses' : 'lists'} the ${place} room`)
        if (!isMember) continue
        await listen(session, place, real)
        own.add(place)
      }
    },
  }
}

function drops(who: Who): Step {
  return {
    toString: () => `${who} loses its connection`,
    check: ({ online }) => online.has(who),
    async run({ online }, { sessions }) {
      const { actor, listeners } = sessions.get(who)!
      actor.wire.drop()
      for (const listener of listeners.values()) listener.isOver = true
      sessions.delete(who)
      online.delete(who)
      // The broker hears of the cut on a socket of its own.
      await new Promise((resolve) => setTimeout(resolve, NOTICE_MS))
    },
  }
}

function joins(who: Who, place: Place): Step {
  return {
    toString: () => `${who} joins the ${place} room`,
    check: () => true,
    async run({ members, online }, real) {
      require(await real.actors[who].join(real.roomOf[place]), true, `${who} joins the ${place} room`)
      members[place].add(who)
      const session = real.sessions.get(who)
      if (session === undefined || session.listeners.has(place)) return
      await listen(session, place, real)
      online.get(who)?.add(place)
    },
  }
}

function leaves(who: Who, place: Place): Step {
  return {
    toString: () => `${who} leaves the ${place} room`,
    check: ({ members }) => members[place].has(who),
    async run({ members, online }, real) {
      require(await real.actors[who].leave(real.roomOf[place]), true, `${who} leaves the ${place} room`)
      members[place].delete(who)
      online.get(who)?.delete(place)
      const session = real.sessions.get(who)
      const listener = session?.listeners.get(place)
      if (session === undefined || listener === undefined) return
      const { wire, id } = listener.subscription
      wire.frame('UNSUBSCRIBE', [
        ['id', id],
        ['receipt', `left-${id}`],
      ])
      if ((await wire.next((frame) => frame.header('receipt-id') === `left-${id}`)) === undefined)
        throw differs(`${who}'s UNSUBSCRIBE has no RECEIPT`)
      listener.isOver = true
      session.listeners.delete(place)
    },
  }
}

function says(who: Who, place: Place): Step {
  return {
    toString: () => `${who} says something in the ${place} room`,
    check: () => true,
    async run({ members }, real) {
      const isMember = members[place].has(who)
      const sent = await real.actors[who].send(real.roomOf[place], ` of ${who}`)
      require(sent.answer, isMember, `${who} sends into the ${place} room`)
      if (isMember) await reaches(place, real, sent.content)
    },
  }
}

function types(who: Who, place: Place): Step {
  return {
    toString: () => `${who} types in the ${place} room`,
    check: () => true,
    async run({ members }, real) {
      const isMember = members[place].has(who)
      const actor = real.actors[who]
      require(await actor.typing(real.roomOf[place], true), isMember, `${who} types in the ${place} room`)
      if (isMember) await reaches(place, real, typingOf(actor.userId))
    },
  }
}

const PLACES = ['shared', 'other'] as const
const NOTICE_MS = 20

async function listen(session: Session, place: Place, real: Real): Promise<void> {
  const subscription = await session.actor.listen(real.roomOf[place])
  const listener: Listener = { subscription, wanted: [], isOver: false }
  session.listeners.set(place, listener)
  real.listeners.push(listener)
}

function require(answer: HttpAnswer, isAllowed: boolean, what: string): void {
  const isRefused = answer.status === 403 || answer.status === 404
  if (isAllowed ? isOk(answer) : isRefused) return
  throw differs(`${what}, which should be ${isAllowed ? 'allowed' : 'refused'}: ${wordsOf(answer)}`)
}

/** Waits until everybody who listens to the room has it. */
async function reaches(place: Place, real: Real, said: string): Promise<void> {
  for (const { listeners } of real.sessions.values()) listeners.get(place)?.wanted.push(said)
  for (const [who, { listeners }] of real.sessions) {
    const listener = listeners.get(place)
    if (listener === undefined) continue
    const count = listener.wanted.length
    const found = await listener.subscription.message(() => heardBy(listener).length >= count)
    if (found === undefined) throw differs(`${who} does not hear ${said} in the ${place} room`)
  }
}

/** At the end, behind a fence in each room: everybody has heard what it should have, once and in order. */
async function holdToAll({ members }: Model, real: Real): Promise<void> {
  for (const place of PLACES) {
    const [member] = members[place]
    if (member === undefined) continue
    const sent = await real.actors[member].send(real.roomOf[place], ' at last')
    require(sent.answer, true, `${member} sends into the ${place} room`)
    await reaches(place, real, sent.content)
  }
  for (const listener of real.listeners) {
    const heard = heardBy(listener)
    if (JSON.stringify(heard) !== JSON.stringify(listener.wanted))
      throw differs(
        `${listener.subscription.wire.name} on ${listener.subscription.destination} heard ${heard.join(', ')} instead of ${listener.wanted.join(', ')}`,
      )
  }
}

function typingOf(userId: number): string {
  return `typing of user ${userId}`
}

/** What people said and typed, as it came on a subscription. */
function heardBy({ subscription }: Listener): string[] {
  return subscription.messages().flatMap((frame) => {
    const event = eventOf(frame)
    if (event?.['type'] === 'user_typing') return [typingOf(event['userId'] as number)]
    return contentOf(frame) ?? []
  })
}
