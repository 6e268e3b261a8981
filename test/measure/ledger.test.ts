import { describe, expect, it } from 'vitest'
import { bookkeeping } from './books-of.ts'

describe('the ledger', () => {
  it('owes a message to every member that has its RECEIPT, the sender included', () => {
    const { member, send, receive, counters, finish } = bookkeeping()
    const [a, b, c] = [member(1, 0), member(1, 1), member(1, 2)]
    const sent = send(1, 0, 10)
    for (const seat of [a, b, c]) receive(seat, sent, 12)
    finish(20)
    expect(counters).toMatchObject({ deliveries_expected: 3, deliveries_received: 3, deliveries_lost: 0 })
  })

  it('counts from the planned moment, and the service time from the moment sent', () => {
    const { ledger, member, receive, metrics } = bookkeeping()
    const seat = member(1, 0)
    const sent = ledger.publish('messages', 1, 0, 10_000, 14_000)
    receive(seat, sent, 30)
    expect(metrics.trend('message_delivery').total.maxUs).toBe(20_000)
    expect(metrics.trend('message_delivery{basis:service}').total.maxUs).toBe(16_000)
  })

  it('records first and last arrival once a message, in the class of its audience', () => {
    const { member, send, receive, metrics } = bookkeeping()
    const seats = Array.from({ length: 12 }, (_, user) => member(1, user))
    const sent = send(1, 0, 0)
    for (const [i, seat] of seats.entries()) receive(seat, sent, 5 + i)
    expect(metrics.trend('message_first_delivery').total).toMatchObject({ count: 1, maxUs: 5_000 })
    expect(metrics.trend('message_last_delivery').total).toMatchObject({ count: 1, maxUs: 16_000 })
    expect(metrics.trend('message_last_delivery{audience:10-99}').total.count).toBe(1)
    expect(metrics.trend('message_last_delivery{audience:2-9}').total.count).toBe(0)
  })

  it('owes nothing to a user whose SUBSCRIBE has no RECEIPT yet, but lets it receive', () => {
    const { ledger, member, send, receive, counters, finish } = bookkeeping()
    const a = member(1, 0)
    const joining = ledger.seat(1, 1)
    ledger.move(joining, 'joining', 5_000)
    const sent = send(1, 0, 10)
    receive(a, sent, 12)
    receive(joining, sent, 12)
    finish(20)
    expect(counters).toMatchObject({
      deliveries_expected: 1,
      deliveries_received: 1,
      deliveries_optional: 1,
      deliveries_leaked: 0,
    })
  })

  it('lets a user receive a message that was still being published when it subscribed', () => {
    const { ledger, member, send, receive, counters } = bookkeeping()
    member(1, 0)
    const late = ledger.seat(1, 1)
    const sent = send(1, 0, 10, null)
    ledger.move(late, 'joining', 11_000)
    receive(late, sent, 13)
    expect(counters).toMatchObject({ deliveries_optional: 1, deliveries_leaked: 0 })
  })

  it('calls it a leak when the message had been answered before the SUBSCRIBE', () => {
    const { ledger, member, send, receive, counters } = bookkeeping()
    member(1, 0)
    const late = ledger.seat(1, 1)
    const sent = send(1, 0, 10, 11)
    ledger.move(late, 'joining', 12_000)
    receive(late, sent, 13)
    expect(counters.deliveries_leaked).toBe(1)
  })

  it('still owes a message that was answered before the UNSUBSCRIBE was sent', () => {
    const { member, send, move, counters, finish } = bookkeeping()
    member(1, 0)
    const b = member(1, 1)
    send(1, 0, 10, 11)
    move(b, 'leaving', 12)
    move(b, 'left', 14)
    finish(20)
    expect(counters).toMatchObject({ deliveries_expected: 2, deliveries_lost: 2 })
  })

  it('makes a message optional for a member that leaves while it is being published', () => {
    const { ledger, member, send, move, receive, counters, finish } = bookkeeping()
    const a = member(1, 0)
    const b = member(1, 1)
    const sent = send(1, 0, 10, null)
    move(b, 'leaving', 11)
    ledger.answer(sent, 'accepted', 12_000)
    receive(a, sent, 13)
    finish(20)
    expect(counters).toMatchObject({ deliveries_expected: 1, deliveries_received: 1, deliveries_lost: 0 })
  })

  it('calls any message after the RECEIPT of the UNSUBSCRIBE a leak', () => {
    const { member, send, move, receive, counters, books } = bookkeeping()
    const b = member(1, 1)
    member(1, 0)
    move(b, 'leaving', 5)
    move(b, 'left', 6)
    receive(b, send(1, 0, 10), 12)
    expect(counters.deliveries_leaked).toBe(1)
    expect(books.examples[0]).toMatchObject({
      what: 'leaked',
      room: 1,
      sender: 0,
      user: 1,
      atMs: 12,
      note: 'not a member',
    })
  })

  it('calls a message of another room a leak, whoever receives it', () => {
    const { member, send, receive, counters } = bookkeeping()
    member(1, 0)
    const elsewhere = member(2, 0)
    receive(elsewhere, send(1, 0, 10), 12)
    expect(counters.deliveries_leaked).toBe(1)
  })

  it('tells what a dropped user missed apart from losses', () => {
    const { member, send, move, receive, counters, finish } = bookkeeping()
    const a = member(1, 0)
    const b = member(1, 1)
    const before = send(1, 0, 10)
    move(b, 'dropped', 11)
    const during = send(1, 0, 20)
    move(b, 'joining', 30)
    const rejoining = send(1, 0, 31)
    move(b, 'joined', 32)
    const after = send(1, 0, 40)
    for (const sent of [before, during, rejoining, after]) receive(a, sent, 50)
    receive(b, after, 50)
    finish(60)
    expect(counters).toMatchObject({
      deliveries_expected: 5,
      deliveries_received: 5,
      deliveries_gap_lost: 3,
      deliveries_lost: 0,
    })
  })

  it('counts a second copy as a duplicate, also after the message was settled', () => {
    const { member, send, receive, sweep, counters } = bookkeeping()
    const a = member(1, 0)
    const sent = send(1, 0, 10)
    receive(a, sent, 12)
    receive(a, sent, 13)
    sweep(11_000)
    receive(a, sent, 11_001)
    expect(counters).toMatchObject({ deliveries_received: 1, deliveries_duplicated: 2 })
  })

  it('tells the copy of a documented retry apart from a duplicate', () => {
    const { member, send, receive, counters } = bookkeeping()
    const a = member(1, 0)
    const sent = send(1, 0, 10)
    receive(a, sent, 12, 1)
    receive(a, sent, 13, 2)
    receive(a, sent, 14, 2)
    expect(counters).toMatchObject({
      deliveries_received: 1,
      deliveries_retry_duplicated: 1,
      deliveries_duplicated: 1,
    })
  })

  it('calls a message lost after the timeout and late when it comes after all', () => {
    const { member, send, receive, sweep, counters, metrics } = bookkeeping()
    const a = member(1, 0)
    const sent = send(1, 0, 0)
    sweep(9_999)
    expect(counters.deliveries_lost).toBe(0)
    sweep(10_001)
    expect(counters.deliveries_lost).toBe(1)
    expect(metrics.trend('message_delivery').total).toMatchObject({
      count: 1,
      censored: 1,
      maxUs: 10_000_000,
    })
    receive(a, sent, 12_000)
    expect(counters).toMatchObject({ deliveries_lost: 0, deliveries_late: 1, deliveries_duplicated: 0 })
    receive(a, sent, 12_001)
    expect(counters.deliveries_duplicated).toBe(1)
  })

  it('places losses at the head, in the middle and at the tail of what a member received', () => {
    const { member, send, receive, books, finish } = bookkeeping()
    const a = member(1, 0)
    const sent = Array.from({ length: 9 }, (_, i) => send(1, 0, i * 10))
    for (const i of [2, 3, 5, 6]) receive(a, sent[i] as (typeof sent)[number], 100)
    finish(200)
    expect(books.lostPlaces).toEqual({ head: 2, middle: 1, tail: 2 })
  })

  it('keeps head, middle and tail right when each loss times out before the next message arrives', () => {
    const { member, send, receive, sweep, books, finish } = bookkeeping()
    const a = member(1, 0)
    const got = new Set([1, 3])
    for (let i = 0; i < 6; i++) {
      const sent = send(1, 0, i * 20_000)
      if (got.has(i)) receive(a, sent, i * 20_000 + 5)
      sweep(i * 20_000 + 15_000)
    }
    finish(200_000)
    expect(books.lostPlaces).toEqual({ head: 1, middle: 1, tail: 2 })
  })

  it('calls it reordered when a message overtakes one whose call had been answered before it was sent', () => {
    const { member, send, receive, counters } = bookkeeping()
    const a = member(1, 0)
    const first = send(1, 0, 10, 11)
    const second = send(1, 0, 20, 21)
    receive(a, second, 25)
    receive(a, first, 26)
    expect(counters).toMatchObject({
      deliveries_reordered: 1,
      deliveries_received: 2,
      deliveries_duplicated: 0,
    })
  })

  it('does not judge the order of calls that overlapped', () => {
    const { ledger, member, send, receive, counters } = bookkeeping()
    const a = member(1, 0)
    const first = send(1, 0, 10, null)
    const second = send(1, 0, 20, 21)
    ledger.answer(first, 'accepted', 22_000)
    receive(a, second, 25)
    receive(a, first, 26)
    expect(counters.deliveries_reordered).toBe(0)
  })

  it('owes nothing of a refused message, and calls its arrival a leak', () => {
    const { ledger, member, send, receive, counters, finish } = bookkeeping()
    const a = member(1, 0)
    member(1, 1)
    const refused = send(1, 0, 10, null)
    ledger.answer(refused, 'rejected', 11_000)
    expect(counters.deliveries_expected).toBe(0)
    receive(a, refused, 12)
    expect(counters.deliveries_leaked).toBe(1)
    const early = send(1, 0, 20, null)
    receive(a, early, 21)
    ledger.answer(early, 'rejected', 22_000)
    finish(30)
    expect(counters).toMatchObject({ deliveries_leaked: 2, deliveries_lost: 0 })
  })

  it('accepts both arrival and absence of a message whose call had no clear answer', () => {
    const { ledger, member, send, receive, counters, books, finish } = bookkeeping()
    const a = member(1, 0)
    member(1, 1)
    const unclear = send(1, 0, 10, null)
    receive(a, unclear, 11)
    ledger.answer(unclear, 'unknown', 12_000)
    finish(20)
    expect(counters).toMatchObject({ deliveries_expected: 1, deliveries_received: 1, deliveries_lost: 0 })
    expect(books.unknowns).toEqual({ recovered: 1, partial: 1 })
  })

  it('lets senders go without their own copy where the deployment does not echo', () => {
    for (const [echo, expected, leaked] of [
      ['expected', 2, 0],
      ['optional', 1, 0],
      ['forbidden', 1, 1],
    ] as const) {
      const { member, send, receive, counters } = bookkeeping({ echo })
      const own = member(1, 0)
      member(1, 1)
      receive(own, send(1, 0, 10), 11)
      expect(counters).toMatchObject({ deliveries_expected: expected, deliveries_leaked: leaked })
    }
  })

  it('settles typing events by their alternation, start and stop', () => {
    const { ledger, member, counters, finish } = bookkeeping()
    member(1, 0)
    const b = member(1, 1)
    const a = ledger.seat(1, 0)
    for (const atMs of [10, 20, 30, 40]) {
      ledger.answer(ledger.publish('typing', 1, 0, atMs * 1e3, atMs * 1e3), 'accepted', (atMs + 1) * 1e3)
    }
    for (const seat of [a, b])
      for (const isTyping of [true, false]) ledger.deliverTyping(seat, 0, isTyping, 45_000)
    ledger.deliverTyping(b, 0, true, 46_000)
    ledger.deliverTyping(b, 0, true, 47_000)
    finish(60)
    expect(counters).toMatchObject({
      typing_expected: 8,
      typing_received: 5,
      typing_duplicated: 1,
      typing_lost: 3,
    })
  })

  it('waits with settling until the publishing call is answered', () => {
    const { ledger, member, send, sweep, counters } = bookkeeping()
    member(1, 0)
    const slow = send(1, 0, 0, null)
    sweep(20_000)
    expect(counters.deliveries_lost).toBe(0)
    ledger.answer(slow, 'rejected', 20_500_000)
    sweep(21_000)
    expect(counters).toMatchObject({ deliveries_lost: 0, deliveries_expected: 0 })
  })

  it('knows what a user about to leave is still owed', () => {
    const { ledger, member, send, receive } = bookkeeping()
    const a = member(1, 0)
    const sent = send(1, 0, 10)
    expect(ledger.owes(a)).toBe(true)
    receive(a, sent, 12)
    expect(ledger.owes(a)).toBe(false)
  })
})
