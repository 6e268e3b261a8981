import { describe, expect, it } from 'vitest'
import { bookkeeping } from './books-of.ts'

describe('the answers of publishing calls', () => {
  it('make every message accepted, rejected or unknown, the unanswered ones at the end too', () => {
    const { ledger, counters, member, send, finish } = bookkeeping()
    member(1, 7)
    send(1, 2, 10)
    ledger.answer(send(1, 2, 20, null), 'rejected', 21_000)
    ledger.answer(send(1, 2, 30, null), 'unknown', 31_000)
    send(1, 2, 40, null)
    expect([counters.messages_rejected, counters.messages_unknown]).toEqual([1, 1])
    finish(100)
    expect([counters.messages_rejected, counters.messages_unknown]).toEqual([1, 2])
  })

  it('that come after the books were closed change nothing', () => {
    const { ledger, counters, member, send, finish } = bookkeeping()
    member(1, 7)
    const open = send(1, 2, 10, null)
    finish(100)
    const before = { ...counters }
    ledger.answer(open, 'rejected', 200_000)
    expect(counters).toEqual(before)
    expect(counters).toMatchObject({ messages_unknown: 1, deliveries_expected: 0, deliveries_lost: 0 })
  })

  it('about typing events are not messages', () => {
    const { ledger, counters, member } = bookkeeping()
    member(1, 7)
    ledger.answer(ledger.publish('typing', 1, 2, 0, 0), 'rejected', 5)
    expect([counters.messages_rejected, counters.messages_unknown]).toEqual([0, 0])
  })

  it('are counted once although every shard hears of them', () => {
    const exchange = { shards: 2, isOwn: () => false, published() {}, answered() {}, closed() {} }
    const { ledger, counters, send } = bookkeeping({ exchange })
    ledger.answer(send(1, 2, 10, null), 'unknown', 20_000)
    expect(counters.messages_unknown).toBe(0)
  })
})
