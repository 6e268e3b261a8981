import { describe, expect, it } from 'vitest'
import { bookkeeping } from './books-of.ts'

/**
 * A room with a member that is away from 5 ms on, another that stays, and a message sent at 10 ms; with `isHeld` an
 * unanswered one of the same sender before it, which keeps it on record when it is settled.
 */
function gap(isHeld = false) {
  const books = bookkeeping({ timeoutUs: 100_000 })
  const away = books.member(1, 7)
  const present = books.member(1, 8)
  books.move(away, 'dropped', 5)
  const open = isHeld ? books.send(1, 2, 8, null) : undefined
  const sent = books.send(1, 2, 10)
  return { ...books, away, present, open, sent }
}

describe('a copy for a member that is away', () => {
  it('is missed in the gap when it does not come', () => {
    const { receive, present, sent, finish, counters } = gap()
    receive(present, sent, 12)
    finish(500)
    expect(counters).toMatchObject({
      deliveries_expected: 1,
      deliveries_received: 1,
      deliveries_gap_lost: 1,
      deliveries_optional: 0,
      deliveries_lost: 0,
    })
  })

  // Before it is given up, after that while it is on record, and after that when it is off record.
  for (const [when, atMs, held] of [
    ['in time', 60, false],
    ['after it was given up', 400, false],
    ['after it was given up, behind a message that is still open', 400, true],
  ] as const)
    it(`that comes ${when} is in one account, and its latency in one of its own`, () => {
      const { ledger, receive, present, away, open, sent, sweep, finish, counters, metrics } = gap(held)
      receive(present, sent, 12)
      sweep(atMs - 1)
      expect(counters.deliveries_gap_lost).toBe(atMs > 110 ? 1 : 0)
      receive(away, sent, atMs)
      if (open !== undefined) ledger.answer(open, 'unknown', 450_000)
      finish(600)
      expect(counters).toMatchObject({
        deliveries_received: 1,
        deliveries_optional: 1,
        deliveries_gap_lost: 0,
        deliveries_lost: 0,
        deliveries_duplicated: 0,
      })
      expect(metrics.trend('message_delivery').total.count).toBe(1)
      expect(metrics.trend('message_delivery').total.maxUs).toBe(2_000)
      const { total } = metrics.trend('message_delivery{to:away}')
      // Off record only the token tells when it was planned, and these tests' tokens say 0.
      expect([total.count, total.maxUs]).toEqual([1, atMs > 110 && !held ? atMs * 1e3 : (atMs - 10) * 1e3])
      // Whoever was away does not decide when the last member had it.
      expect(metrics.trend('message_last_delivery').total.maxUs).toBe(2_000)
    })

  it('is a duplicate when it comes once more', () => {
    const { receive, away, present, sent, counters, finish } = gap()
    receive(present, sent, 12)
    receive(away, sent, 60)
    receive(away, sent, 61)
    finish(500)
    expect(counters).toMatchObject({
      deliveries_optional: 1,
      deliveries_duplicated: 1,
      deliveries_gap_lost: 0,
    })
  })

  it('is owed again from when the member is back', () => {
    const { away, present, move, send, receive, finish, counters } = gap()
    move(away, 'joining', 20)
    move(away, 'joined', 21)
    const later = send(1, 2, 22)
    receive(present, later, 23)
    receive(away, later, 23)
    finish(500)
    expect(counters).toMatchObject({ deliveries_received: 2, deliveries_gap_lost: 1, deliveries_lost: 1 })
  })
})
