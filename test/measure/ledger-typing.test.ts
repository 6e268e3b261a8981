import { describe, expect, it } from 'vitest'
import type { Seat } from '../../src/measure/ledger.ts'
import { bookkeeping } from './books-of.ts'

/** A ledger in which user 0 starts and stops typing in room 1, and what a member makes of it. Times are ms. */
function room(options: Parameters<typeof bookkeeping>[0] = {}) {
  const books = bookkeeping(options)
  return {
    ...books,
    /** Events 0, 2, 4… begin, 1, 3, 5… end. */
    types: (times: number, atMs = 1): void => {
      for (let i = 0; i < times; i++) {
        const sent = books.ledger.publish('typing', 1, 0, (atMs + i) * 1e3, (atMs + i) * 1e3)
        books.ledger.answer(sent, 'accepted', (atMs + i) * 1e3 + 500)
      }
    },
    sees: (seat: Seat, isTyping: boolean, atMs: number): void =>
      books.ledger.deliverTyping(seat, 0, isTyping, atMs * 1e3),
  }
}

/** The figures that are not 0. */
function figures({ counters }: ReturnType<typeof bookkeeping>): Record<string, number> {
  const own = Object.entries(counters).filter(([name, count]) => /^typing_|foreign/.test(name) && count !== 0)
  return Object.fromEntries(own)
}

describe('typing events carry no token, so an arrival', () => {
  it('is the oldest of its parity that was not received', () => {
    const books = room()
    const seat = books.member(1, 1)
    books.types(4)
    for (const [isTyping, atMs] of [
      [false, 10],
      [true, 11],
      [true, 12],
      [false, 13],
    ] as const)
      books.sees(seat, isTyping, atMs)
    books.finish(20)
    expect(figures(books)).toEqual({ typing_expected: 4, typing_received: 4 })
    expect(books.metrics.trend('typing_delivery').total.count).toBe(4)
  })

  it('is one too many where each of its parity was received', () => {
    const books = room()
    const seat = books.member(1, 1)
    books.types(2)
    for (const isTyping of [true, false, true]) books.sees(seat, isTyping, 10)
    books.finish(20)
    expect(figures(books)).toEqual({ typing_expected: 2, typing_received: 2, typing_duplicated: 1 })
  })

  it('is foreign where nobody of ours types, and a leak where the seat is no member', () => {
    const books = room()
    const seat = books.member(1, 1)
    books.sees(seat, true, 1)
    expect(figures(books)).toEqual({ deliveries_foreign: 1 })
    books.types(1)
    books.sees(books.ledger.seat(1, 2), true, 10)
    expect(figures(books)).toMatchObject({ deliveries_foreign: 1, typing_leaked: 1 })
  })

  it('is taken for what was owed before it is taken for what need not come', () => {
    const books = room()
    const seat = books.member(1, 1)
    // The first start is optional to who was joining when it was sent; the second is owed.
    const joining = books.ledger.seat(1, 2)
    books.move(joining, 'joining', 0)
    books.types(1, 1)
    books.move(joining, 'joined', 2)
    books.types(2, 3)
    books.sees(joining, true, 10)
    books.sees(joining, true, 11)
    books.sees(joining, false, 12)
    for (const isTyping of [true, false, true]) books.sees(seat, isTyping, 13)
    books.finish(20)
    expect(figures(books)).toEqual({ typing_expected: 5, typing_received: 5 })
  })

  it('waits for the announcement of another shard, by its parity, and is one too many without one', () => {
    const exchange = {
      shards: 2,
      isOwn: (sender: number) => sender !== 0,
      published: () => undefined,
      answered: () => undefined,
      closed: () => undefined,
    }
    const books = room({ exchange })
    const seat = books.member(1, 1)
    for (const isTyping of [true, false, true, false, true]) books.sees(seat, isTyping, 10)
    expect(figures(books)).toEqual({})
    books.types(4)
    expect(figures(books)).toEqual({ typing_expected: 4, typing_received: 4 })
    books.finish(20)
    expect(figures(books)).toEqual({ typing_expected: 4, typing_received: 4, typing_duplicated: 1 })
  })
})

describe('typing events that a paused connection holds', () => {
  it('come before what was sent after it was read again', () => {
    const books = room()
    const seat = books.member(1, 1)
    books.move(seat, 'paused', 1)
    books.types(2, 2)
    books.move(seat, 'joined', 5)
    books.types(2, 6)
    // All four lie in the socket, in the order in which they were sent.
    for (const [isTyping, atMs] of [
      [true, 10],
      [false, 10],
      [true, 11],
      [false, 11],
    ] as const)
      books.sees(seat, isTyping, atMs)
    books.finish(20)
    expect(figures(books)).toEqual({ typing_expected: 2, typing_received: 2 })
    // 5 and 4 ms after the second pair was sent; taken for the first pair's arrivals they would have been 4 and 3.
    const { minUs, maxUs } = books.metrics.trend('typing_delivery').total
    expect([minUs, maxUs]).toEqual([4_000, 5_000])
  })

  it('are lost with it when it is cut: what comes then was sent later', () => {
    const books = room()
    const seat = books.member(1, 1)
    books.move(seat, 'paused', 1)
    books.types(2, 2)
    for (const move of ['dropped', 'joining', 'joined'] as const) books.move(seat, move, 5)
    books.types(2, 6)
    for (const isTyping of [true, false]) books.sees(seat, isTyping, 11)
    books.finish(20)
    expect(figures(books)).toEqual({ typing_expected: 2, typing_received: 2 })
    expect(books.metrics.trend('typing_delivery').total.maxUs).toBe(5_000)
  })
})
