import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newRelay } from '../../src/engine/relay.ts'
import { Ledger, type Seat } from '../../src/measure/ledger.ts'
import { type Counters, Metrics } from '../../src/measure/metrics.ts'
import type { Sent } from '../../src/measure/obligation.ts'
import type { Move } from '../../src/measure/room.ts'

const USERS = 5
const RUN = 'test'

/** What happens next: to whom, how many ms after the one before, and which of the copies on its way it is about. */
const event = fc.record({
  what: fc.constantFrom('send', 'send', 'arrive', 'arrive', 'arrive', 'again', 'away', 'leave', 'news'),
  user: fc.nat(USERS - 1),
  afterMs: fc.integer({ min: 1, max: 9 }),
  pick: fc.nat(3),
  byPause: fc.boolean(),
  outcome: fc.constantFrom('accepted', 'accepted', 'accepted', 'unknown', 'rejected'),
} as const)

/** The moves after which a user stands where it stood. */
const NEXT: Record<Move, Move | undefined> = {
  joined: undefined,
  dropped: 'joining',
  joining: 'joined',
  paused: 'joined',
  leaving: 'left',
  left: 'joining',
}

/** Plays a history over so many shards; returns all counters and how many latencies each metric has. */
function play(history: readonly (typeof event extends fc.Arbitrary<infer E> ? E : never)[], shards: number) {
  const metrics = Array.from({ length: shards }, () => new Metrics())
  const relays = metrics.map((_, i) => newRelay(i, shards))
  const ledgers = metrics.map(
    (own, i) =>
      new Ledger(own, {
        startUs: 0,
        timeoutUs: 1_000_000,
        echo: 'expected',
        ...(shards === 1 ? {} : { exchange: (relays[i] as (typeof relays)[number]).exchange }),
      }),
  )
  const exchangeNews = (): void => {
    if (shards === 1) return
    for (const [i, relay] of relays.entries()) {
      const news = relay.take()
      for (const [j, other] of relays.entries()) if (j !== i) other.apply(ledgers[j] as Ledger, news)
    }
  }
  const ledgerOf = (user: number): Ledger => ledgers[user % shards] as Ledger
  const standing: Move[] = Array.from({ length: USERS }, () => 'joined')
  const move = (user: number, to: Move, atUs: number): void => {
    standing[user] = to
    ledgerOf(user).move(seats[user] as Seat, to, atUs)
  }
  const seats = Array.from({ length: USERS }, (_, user) => ledgerOf(user).seat(1, user))
  for (let user = 0; user < USERS; user++) for (const to of ['joining', 'joined'] as const) move(user, to, 0)
  const onTheWay: Sent[][] = seats.map(() => [])
  const arrived: Sent[][] = seats.map(() => [])
  let nowUs = 1_000
  const arrive = (user: number, { sender, seq }: Sent): void => {
    const token = { run: RUN, room: 1, sender, seq, attempt: 1, plannedUs: 0 }
    ledgerOf(user).deliver(seats[user] as Seat, token, 1, nowUs)
  }
  for (const { what, user, afterMs, pick, byPause, outcome } of history) {
    nowUs += afterMs * 1_000
    if (what === 'news') exchangeNews()
    else if (what === 'send') {
      const sent = ledgerOf(user).publish('messages', 1, user, nowUs, nowUs)
      ledgerOf(user).answer(sent, outcome, nowUs + 500)
      for (const [member, copies] of onTheWay.entries()) if (standing[member] !== 'left') copies.push(sent)
    } else if (what === 'arrive') {
      // Nobody hears anything while it is away; what a drop cut off never comes.
      if (['dropped', 'paused', 'left'].includes(standing[user] as Move)) continue
      const [copy] = onTheWay[user]?.splice(pick % Math.max(1, onTheWay[user].length), 1) ?? []
      if (copy === undefined) continue
      arrived[user]?.push(copy)
      arrive(user, copy)
    } else if (what === 'again') {
      const copy = arrived[user]?.[pick]
      if (copy !== undefined && standing[user] === 'joined') arrive(user, copy)
    } else {
      const to =
        NEXT[standing[user] as Move] ?? (what === 'leave' ? 'leaving' : byPause ? 'paused' : 'dropped')
      if (to === 'dropped' || to === 'left') onTheWay[user]?.splice(0)
      move(user, to, nowUs)
    }
  }
  exchangeNews()
  for (const ledger of ledgers) ledger.finish(nowUs)
  exchangeNews()
  const total = (name: keyof Counters): number =>
    metrics.reduce((sum, { counters }) => sum + counters[name], 0)
  const counted = (trend: string): number =>
    metrics.reduce((sum, own) => sum + own.trend(trend).total.count, 0)
  return {
    ...Object.fromEntries(
      (
        [
          'expected',
          'received',
          'optional',
          'late',
          'lost',
          'gap_lost',
          'duplicated',
          'reordered',
          'leaked',
        ] as const
      ).map((name) => [name, total(`deliveries_${name}`)]),
    ),
    timed: counted('message_delivery'),
    fannedOut: counted('message_last_delivery'),
    toTwoToNine: counted('message_last_delivery{audience:2-9}'),
    recovered: ledgers.reduce((sum, { books }) => sum + books.unknowns.recovered, 0),
    partial: ledgers.reduce((sum, { books }) => sum + books.unknowns.partial, 0),
    toAway: counted('message_delivery{to:away}'),
  }
}

describe('a history with users that come, pause, drop and leave', () => {
  it('is booked by several shards as by one, whenever they hear of each other', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), fc.integer({ min: 2, max: 4 }), (history, shards) => {
        expect(play(history, shards)).toEqual(play(history, 1))
      }),
      { numRuns: 500 },
    )
  })
})
