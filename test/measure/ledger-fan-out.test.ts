import { describe, expect, it } from 'vitest'
import type { Exchange, FanOutPart } from '../../src/measure/exchange.ts'
import { bookkeeping } from './books-of.ts'

/** An exchange of two shards in which users 0, 2, 4… are our own, and what it was told. */
function ownExchange(): { exchange: Exchange; told: string[] } {
  const told: string[] = []
  const note =
    (what: string) =>
    ({ sender, seq }: { sender: number; seq: number }): void =>
      void told.push(`${what} ${sender}/${seq}`)
  const isOwn = (sender: number): boolean => sender % 2 === 0
  return {
    exchange: {
      shards: 2,
      isOwn,
      published: note('published'),
      answered: note('answered'),
      closed: note('closed'),
    },
    told,
  }
}

const PART: FanOutPart = {
  firstUs: 5_000,
  lastUs: 9_000,
  reach: 3,
  audience: 3,
  received: 3,
  isIncomplete: false,
}

describe('a message whose members are in two shards', () => {
  it('has its first and last arrival once both have told theirs', () => {
    const { exchange, told } = ownExchange()
    const { ledger, member, send, receive, metrics } = bookkeeping({ exchange })
    const [seat, other] = [member(1, 0), member(1, 2)]
    const sent = send(1, 0, 1)
    receive(seat, sent, 7)
    receive(other, sent, 8)
    expect(metrics.trend('message_first_delivery').total.count).toBe(0)
    ledger.absorb(sent, PART)
    expect(told).toEqual(['published 0/0', 'answered 0/0'])
    expect(metrics.trend('message_first_delivery').total.valueAt(100)).toBe(4_000)
    expect(metrics.trend('message_last_delivery').total.valueAt(100)).toBe(8_000)
    // By the audience of both: two here, three there.
    expect(metrics.trend('message_last_delivery{audience:2-9}').total.count).toBe(1)
  })

  it('takes the outer ones of both, whichever shard they were in', () => {
    for (const [at, wanted] of [
      [
        [3, 10],
        [2_000, 9_000],
      ],
      [
        [6, 7],
        [4_000, 8_000],
      ],
    ] as const) {
      const { exchange } = ownExchange()
      const { ledger, member, send, receive, metrics } = bookkeeping({ exchange })
      const seats = [member(1, 0), member(1, 2)]
      const sent = send(1, 0, 1)
      for (const [i, seat] of seats.entries()) receive(seat, sent, at[i] ?? 0)
      ledger.absorb(sent, PART)
      const [first, last] = ['message_first_delivery', 'message_last_delivery'] as const
      expect([metrics.trend(first).total.valueAt(100), metrics.trend(last).total.valueAt(100)]).toEqual(
        wanted,
      )
    }
  })

  it('has no last arrival while one shard still misses it', () => {
    const { exchange } = ownExchange()
    const { ledger, member, send, receive, metrics } = bookkeeping({ exchange, timeoutUs: 50_000 })
    const seat = member(1, 0)
    const sent = send(1, 0, 1)
    receive(seat, sent, 7)
    ledger.absorb(sent, { ...PART, isIncomplete: true })
    expect(metrics.trend('message_last_delivery').total.valueAt(100)).toBe(50_000)
    expect(metrics.trend('message_first_delivery').total.valueAt(100)).toBe(4_000)
  })

  it('sent elsewhere is told of when it is closed here, and not answered for', () => {
    const { exchange, told } = ownExchange()
    const { member, send, receive, counters } = bookkeeping({ exchange })
    const seat = member(1, 0)
    const sent = send(1, 1, 1)
    expect(told).toEqual([])
    receive(seat, sent, 2)
    expect(told).toEqual(['closed 1/0'])
    expect(counters.deliveries_received).toBe(1)
  })
})

describe('a message without a clear answer', () => {
  const recovered = (received: number, audience: number): { recovered: number; partial: number } => {
    const { exchange } = ownExchange()
    const { ledger, member, send, receive, books, finish } = bookkeeping({ exchange, timeoutUs: 50_000 })
    const seat = member(1, 0)
    const sent = send(1, 0, 1, null)
    receive(seat, sent, 3)
    ledger.answer(sent, 'unknown', 4_000)
    ledger.absorb(sent, { ...PART, received, audience })
    finish(100)
    return books.unknowns
  }

  it('that came is recovered: by all in all shards, or by some', () => {
    expect(recovered(3, 3)).toEqual({ recovered: 1, partial: 0 })
    expect(recovered(2, 3)).toEqual({ recovered: 1, partial: 1 })
  })

  it('that never came is no matter', () => {
    const { ledger, member, send, books, counters, finish } = bookkeeping({ timeoutUs: 50_000 })
    member(1, 1)
    ledger.answer(send(1, 0, 1, null), 'unknown', 4_000)
    finish(100)
    expect(books.unknowns).toEqual({ recovered: 0, partial: 0 })
    expect([counters.deliveries_lost, counters.deliveries_expected, counters.messages_unknown]).toEqual([
      0, 0, 1,
    ])
  })
})

describe('what should not be there', () => {
  it('is a leak: into another room, or never sent', () => {
    const { member, send, receive, books, counters } = bookkeeping()
    const [seat, other] = [member(1, 1), member(2, 2)]
    const sent = send(1, 0, 1)
    receive(other, sent, 2)
    receive(seat, { room: 1, sender: 0, seq: 7 }, 3)
    receive(seat, sent, 4)
    expect([counters.deliveries_leaked, counters.deliveries_received]).toEqual([2, 1])
    expect(books.examples.map(({ what, kind, note }) => [what, kind, note])).toEqual([
      ['leaked', 'messages', 'sent into room 1'],
      ['leaked', 'messages', 'never sent'],
    ])
  })

  it('is counted when the API refuses what has reached somebody, and only then', () => {
    const { ledger, member, send, receive, counters } = bookkeeping()
    const seats = [member(1, 1), member(1, 2)]
    for (const outcome of ['accepted', 'unknown', 'rejected'] as const) {
      const sent = send(1, 0, 1, null)
      receive(seats[0]!, sent, 2)
      ledger.answer(sent, outcome, 3_000)
    }
    expect([counters.deliveries_leaked, counters.messages_rejected, counters.messages_unknown]).toEqual([
      1, 1, 1,
    ])
  })
})

describe('what is still to come', () => {
  it('is told by kind, by seat and by open call, until it has come or timed out', () => {
    const { ledger, member, send, receive, sweep } = bookkeeping({ timeoutUs: 50_000 })
    const [seat, other] = [member(1, 1), member(1, 2)]
    const sent = send(1, 0, 1, null)
    ledger.publish('typing', 1, 0, 1_000, 1_000)
    expect([ledger.pending(), ledger.pending('messages'), ledger.pending('typing')]).toEqual([4, 2, 2])
    expect([ledger.hasOpenCalls(), ledger.owes(seat), ledger.owes(other)]).toEqual([true, true, true])
    receive(seat, sent, 2)
    ledger.answer(sent, 'accepted', 3_000)
    ledger.deliverTyping(seat, 0, true, 3_000)
    expect([ledger.owes(seat), ledger.owes(other), ledger.pending('messages')]).toEqual([false, true, 1])
    // The typing call is unanswered: it waits for its answer even beyond the timeout.
    sweep(60)
    expect([ledger.pending('messages'), ledger.pending('typing'), ledger.hasOpenCalls()]).toEqual([
      0,
      1,
      true,
    ])
  })
})
