import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newRelay } from '../../src/engine/relay.ts'
import { Ledger } from '../../src/measure/ledger.ts'
import { Metrics } from '../../src/measure/metrics.ts'

/** What happens to one copy of one message on its way to one member. */
const fate = fc.constantFrom('once', 'once', 'once', 'once', 'lost', 'twice', 'late')
const history = fc
  .record({
    members: fc.integer({ min: 1, max: 6 }),
    messages: fc.integer({ min: 1, max: 12 }),
    shards: fc.integer({ min: 1, max: 4 }),
  })
  .chain(({ members, messages, shards }) =>
    fc.record({
      shards: fc.constant(shards),
      members: fc.constant(members),
      senders: fc.array(fc.integer({ min: 0, max: members - 1 }), {
        minLength: messages,
        maxLength: messages,
      }),
      fates: fc.array(fc.array(fate, { minLength: members, maxLength: members }), {
        minLength: messages,
        maxLength: messages,
      }),
      /** Whether news between shards comes before the deliveries it is about, or after. */
      isNewsSlow: fc.boolean(),
    }),
  )

describe('the ledger, against an oracle that remembers everything', () => {
  it('settles every history exactly, however many shards it is spread over', () => {
    fc.assert(
      fc.property(history, ({ shards, members, senders, fates, isNewsSlow }) => {
        const metrics = Array.from({ length: shards }, () => new Metrics())
        const relays = Array.from({ length: shards }, (_, i) => newRelay(i, shards))
        const ledgers = metrics.map(
          (m, i) =>
            new Ledger(m, {
              startUs: 0,
              timeoutUs: 1_000_000,
              echo: 'expected',
              ...(shards === 1 ? {} : { exchange: (relays[i] as (typeof relays)[number]).exchange }),
            }),
        )
        const exchangeNews = (): void => {
          for (const [i, relay] of relays.entries()) {
            const news = relay.take()
            for (const [j, other] of relays.entries()) if (j !== i) other.apply(ledgers[j] as Ledger, news)
          }
        }
        const ledgerOf = (user: number): Ledger => ledgers[user % shards] as Ledger
        const seats = Array.from({ length: members }, (_, user) => {
          const seat = ledgerOf(user).seat(1, user)
          ledgerOf(user).move(seat, 'joining', 0)
          ledgerOf(user).move(seat, 'joined', 0)
          return seat
        })
        const oracle = { lost: 0, duplicated: 0, late: 0, received: 0, lastUs: [] as number[] }
        const seqs = new Map<number, number>()
        for (const [i, sender] of senders.entries()) {
          // Messages follow each other after every timeout, so that late copies come between them.
          const atUs = 10 + i * 5_000_000
          const sent = ledgerOf(sender).publish('messages', 1, sender, atUs, atUs)
          expect(sent.seq).toBe(seqs.get(sender) ?? 0)
          seqs.set(sender, sent.seq + 1)
          if (!isNewsSlow) exchangeNews()
          const token = { run: 'test', room: 1, sender, seq: sent.seq, attempt: 1, plannedUs: 0 }
          let lastUs = 0
          for (const [user, seat] of seats.entries()) {
            const fateOfCopy = fates[i]?.[user]
            const copies = fateOfCopy === 'twice' ? 2 : fateOfCopy === 'once' ? 1 : 0
            for (let copy = 0; copy < copies; copy++)
              ledgerOf(user).deliver(seat, token, i, atUs + 100 + user)
            if (copies > 0) lastUs = Math.max(lastUs, 100 + user)
            oracle.received += Math.min(copies, 1)
            oracle.duplicated += Math.max(copies - 1, 0)
          }
          ledgerOf(sender).answer(sent, 'accepted', atUs + 50)
          exchangeNews()
          for (const ledger of ledgers) ledger.sweep(atUs + 2_000_000)
          exchangeNews()
          for (const [user, seat] of seats.entries()) {
            if (fates[i]?.[user] === 'late') {
              ledgerOf(user).deliver(seat, token, i, atUs + 3_000_000)
              oracle.late++
            }
            if (fates[i]?.[user] === 'lost') oracle.lost++
          }
          if (fates[i]?.every((f) => f === 'once' || f === 'twice') === true) oracle.lastUs.push(lastUs)
        }
        for (const ledger of ledgers) ledger.finish(1e12)
        exchangeNews()
        const sum = (name: keyof Metrics['counters']): number =>
          metrics.reduce((total, m) => total + m.counters[name], 0)
        expect(sum('deliveries_expected')).toBe(senders.length * members)
        expect(sum('deliveries_received')).toBe(oracle.received)
        expect(sum('deliveries_duplicated')).toBe(oracle.duplicated)
        expect(sum('deliveries_lost')).toBe(oracle.lost)
        expect(sum('deliveries_late')).toBe(oracle.late)
        expect(sum('deliveries_leaked') + sum('deliveries_reordered')).toBe(0)
        const places = ledgers.map(({ books }) => books.lostPlaces)
        expect(places.reduce((total, p) => total + p.head + p.middle + p.tail, 0)).toBe(oracle.lost)
        // One sample a message: uncensored where every member has it, whichever shard the members are in.
        const last = metrics.map((m) => m.trend('message_last_delivery').total)
        expect(last.reduce((total, h) => total + h.count, 0)).toBe(senders.length)
        expect(last.reduce((total, h) => total + h.count - h.censored, 0)).toBe(oracle.lastUs.length)
        expect(last.reduce((total, h) => total + h.sumUs - h.censored * 1_000_000, 0)).toBe(
          oracle.lastUs.reduce((total, us) => total + us, 0),
        )
      }),
      { numRuns: 400 },
    )
  })
})
