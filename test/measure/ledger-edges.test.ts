import { expect, it } from 'vitest'
import { newRelay } from '../../src/engine/relay.ts'
import { Ledger } from '../../src/measure/ledger.ts'
import { Metrics } from '../../src/measure/metrics.ts'
import { bookkeeping } from './books-of.ts'

function shards(n: number) {
  const metrics = Array.from({ length: n }, () => new Metrics())
  const relays = Array.from({ length: n }, (_, i) => newRelay(i, n))
  const ledgers = metrics.map(
    (m, i) =>
      new Ledger(m, {
        startUs: 0,
        timeoutUs: 1e6,
        echo: 'expected',
        ...(n === 1 ? {} : { exchange: relays[i]!.exchange }),
      }),
  )
  const exchange = () => {
    for (const [i, r] of relays.entries()) {
      const news = r.take()
      for (const [j, o] of relays.entries()) if (j !== i) o.apply(ledgers[j]!, news)
    }
  }
  const L = (u: number) => ledgers[u % n]!
  const member = (u: number) => {
    const s = L(u).seat(1, u)
    L(u).move(s, 'joining', 0)
    L(u).move(s, 'joined', 0)
    return s
  }
  const sum = (k: keyof Metrics['counters']) => metrics.reduce((t, m) => t + m.counters[k], 0)
  const tok = (sender: number, seq: number) => ({
    run: 'test',
    room: 1,
    sender,
    seq,
    attempt: 1,
    plannedUs: 0,
  })
  return { metrics, relays, ledgers, exchange, L, member, sum, tok }
}
for (const n of [1, 2])
  it(`sees a swap, however many shards: ${n}`, () => {
    const { L, member, exchange, sum, tok } = shards(n)
    const seat = member(1)
    const a = L(0).publish('messages', 1, 0, 1000, 1000)
    L(0).answer(a, 'accepted', 2000)
    const b = L(0).publish('messages', 1, 0, 3000, 3000)
    L(0).answer(b, 'accepted', 4000)
    L(1).deliver(seat, tok(0, 1), 2, 5000)
    L(1).deliver(seat, tok(0, 0), 1, 6000)
    exchange()
    expect(sum('deliveries_reordered')).toBe(1)
  })
it('does not call a refused message lost in the gap', () => {
  const { ledger, member, move, counters, finish } = bookkeeping()
  member(1, 0)
  const b = member(1, 1)
  move(b, 'dropped', 5)
  const s = ledger.publish('messages', 1, 0, 10e3, 10e3)
  ledger.answer(s, 'rejected', 11e3)
  finish(20)
  expect(counters.deliveries_gap_lost).toBe(0)
})
it('counts a recovered message once, and no typing event', () => {
  const { L, ledgers, member, exchange, tok } = shards(2)
  const seats = [member(0), member(1)]
  const s = L(0).publish('messages', 1, 0, 1000, 1000)
  const t = L(0).publish('typing', 1, 0, 1000, 1000)
  exchange()
  L(0).deliver(seats[0]!, tok(0, 0), 1, 2000)
  L(1).deliver(seats[1]!, tok(0, 0), 1, 2000)
  L(1).deliverTyping(seats[1]!, 0, true, 2000)
  L(0).answer(s, 'unknown', 3000)
  L(0).answer(t, 'unknown', 3000)
  exchange()
  for (const l of ledgers) l.finish(1e9)
  expect(ledgers.map((l) => l.books.unknowns.recovered).reduce((a, b) => a + b)).toBe(1)
})
it('calls an unclear message partial when one shard got it and the other did not', () => {
  const { L, ledgers, member, exchange, tok } = shards(2)
  const seats = [member(0), member(1)]
  const s = L(0).publish('messages', 1, 0, 1000, 1000)
  exchange()
  L(0).deliver(seats[0]!, tok(0, 0), 1, 2000)
  L(0).answer(s, 'unknown', 3000)
  exchange()
  for (const l of ledgers) l.finish(1e9)
  exchange()
  expect(ledgers.map((l) => l.books.unknowns.partial).reduce((a, b) => a + b)).toBe(1)
})
it('lets a typing event that need not come stand back behind one that must', () => {
  const { ledger, member, counters, metrics, finish } = bookkeeping()
  member(1, 0)
  const b = ledger.seat(1, 1)
  ledger.move(b, 'joining', 0)
  const type = (ms: number) => {
    for (const d of [0, 500])
      ledger.answer(
        ledger.publish('typing', 1, 0, (ms + d) * 1e3, (ms + d) * 1e3),
        'accepted',
        (ms + d + 1) * 1e3,
      )
  }
  type(100)
  ledger.move(b, 'joined', 700_000)
  for (const at of [3000, 6000, 9000]) {
    type(at)
    ledger.deliverTyping(b, 0, true, at * 1e3 + 2000)
    ledger.deliverTyping(b, 0, false, at * 1e3 + 502_000)
  }
  finish(60_000)
  // user 0's own echo (8 events) is never delivered here: 8 losses are right
  expect({
    lost: counters.typing_lost - 8,
    worst: metrics.trend('typing_delivery').total.count - metrics.trend('typing_delivery').total.censored,
    p: metrics.trend('typing_delivery').total.valueAt(40),
  }).toEqual({ lost: 0, worst: 6, p: expect.toSatisfy((v: number) => v < 3000) })
})
it('takes two typing events before their news for two, not for a duplicate', () => {
  const { L, member, exchange, sum } = shards(2)
  const seat = member(1)
  const l = L(0)
  for (const at of [1000, 5000, 9000, 13000])
    l.answer(l.publish('typing', 1, 0, at, at), 'accepted', at + 500)
  for (const [i, at] of [2000, 6000, 10000, 14000].entries()) L(1).deliverTyping(seat, 0, i % 2 === 0, at)
  exchange()
  L(1).finish(1e9)
  expect({ dup: sum('typing_duplicated'), lost: sum('typing_lost') }).toEqual({ dup: 0, lost: 0 })
})
it('takes an optional copy after the timeout for no duplicate', () => {
  const { ledger, member, receive, counters, sweep } = bookkeeping({ echo: 'optional' })
  const me = member(1, 0)
  const other = member(1, 1)
  const s = ledger.publish('messages', 1, 0, 0, 0)
  ledger.answer(s, 'accepted', 1000)
  receive(other, s, 5)
  const s2 = ledger.publish('messages', 1, 0, 10, 10)
  ledger.answer(s2, 'accepted', 1000)
  receive(me, s2, 6)
  receive(other, s2, 6)
  sweep(10_100)
  receive(me, s, 12_000)
  expect(counters.deliveries_duplicated).toBe(0)
})
it('takes the late copy of an unclear message for no duplicate', () => {
  const { ledger, member, receive, send, counters, sweep } = bookkeeping()
  member(1, 0)
  const other = member(1, 1)
  receive(other, send(1, 0, 0), 2)
  const s = ledger.publish('messages', 1, 0, 10e3, 10e3)
  ledger.answer(s, 'unknown', 33e6)
  sweep(34_000)
  sweep(34_050)
  receive(other, s, 35_000)
  expect(counters.deliveries_duplicated).toBe(0)
})
it('forgets a message whose own shard closes last', () => {
  const { L, member, exchange, relays, tok } = shards(2)
  const seats = [member(0), member(1)]
  const s = L(0).publish('messages', 1, 0, 1000, 1000)
  L(0).answer(s, 'accepted', 1500)
  exchange()
  L(1).deliver(seats[1]!, tok(0, 0), 1, 2000)
  exchange()
  L(0).deliver(seats[0]!, tok(0, 0), 1, 3000)
  exchange()
  expect(s.openShards).toBe(0)
  // still in relay.open: a repeated 'closed' still finds it
  let found = 0
  relays[0]!.apply(
    {
      absorb: () => {
        found++
      },
    } as never,
    [
      {
        news: 'closed',
        kind: 'messages',
        room: 1,
        sender: 0,
        seq: 0,
        firstUs: 1,
        lastUs: 1,
        reach: 1,
        audience: 1,
        received: 1,
        isIncomplete: false,
      },
    ],
  )
  expect(found).toBe(0)
})
