import { describe, expect, it } from 'vitest'
import { nowUs } from '../../src/clock.ts'
import { deliveriesOnTheWay, publishHeard, sampleInFlight } from '../../src/engine/in-flight.ts'
import type { PublishedNews } from '../../src/engine/relay.ts'
import { bookkeeping } from '../measure/books-of.ts'

describe('the sampler of what is on its way', () => {
  it('takes the area under the count since the last call', async () => {
    const books = { withdrawnUs: 0, optionalUs: 0 }
    const startUs = nowUs()
    const sampler = sampleInFlight(() => 3, books)
    await new Promise((resolve) => setTimeout(resolve, 30))
    const { areaUs, varianceUs2 } = sampler.take()
    const elapsedUs = nowUs() - startUs
    expect(areaUs / 3).toBeGreaterThan(elapsedUs * 0.9)
    expect(areaUs / 3).toBeLessThanOrEqual(elapsedUs)
    expect(varianceUs2).toBe(0)
    sampler.heardLate(7e9)
    expect(sampler.take().areaUs).toBeGreaterThanOrEqual(7e9)
    // What is owed no longer was on its way and counted, and is in no histogram: it is taken off, once.
    books.withdrawnUs = 5e9
    expect(sampler.take().areaUs).toBeLessThan(-4e9)
    expect(sampler.take().areaUs).toBeGreaterThanOrEqual(0)
    // What need not have come was never counted: it is told apart, once.
    books.optionalUs = 3e9
    expect(sampler.take().optionalUs).toBe(3e9)
    expect(sampler.take().optionalUs).toBe(0)
    sampler.stop()
  })

  it('counts when nobody asks, and not after it was stopped', async () => {
    let asked = 0
    const sampler = sampleInFlight(
      () => {
        asked++
        return 0
      },
      { withdrawnUs: 0, optionalUs: 0 },
    )
    const { promise, resolve } = Promise.withResolvers<void>()
    const enough = setInterval(() => asked > 6 && resolve(), 1)
    await promise
    clearInterval(enough)
    sampler.stop()
    const before = asked
    await new Promise((later) => setTimeout(later, 60))
    expect(asked).toBe(before)
  })

  it('reads the number off the books: owed, and neither received nor given up', () => {
    const { counters, member, send, receive, sweep, move } = bookkeeping()
    const seats = [1, 2, 3, 4].map((user) => member(7, user)) as [
      ReturnType<typeof member>,
      ...ReturnType<typeof member>[],
    ]
    const sent = send(7, 1, 0)
    expect(deliveriesOnTheWay(counters)).toBe(4)
    receive(seats[0], sent, 5)
    move(seats[1] as (typeof seats)[0], 'dropped', 6)
    expect(deliveriesOnTheWay(counters)).toBe(2)
    sweep(10_001)
    expect(deliveriesOnTheWay(counters)).toBe(0)
    receive(seats[2] as (typeof seats)[0], sent, 11_000)
    expect(deliveriesOnTheWay(counters)).toBe(0)
    expect(counters).toMatchObject({ deliveries_received: 1, deliveries_lost: 1, deliveries_late: 1 })
  })
})

describe('what another worker announces late', () => {
  const announced = (kind: PublishedNews['kind'], sentUs: number): PublishedNews => ({
    news: 'published',
    kind,
    room: 7,
    sender: 1,
    plannedUs: sentUs,
    sentUs,
    answer: undefined,
  })
  /** A shard that has the users 0 and 2 of two shards, and hears of what user 1 sends. */
  const shard = () => {
    const exchange = {
      shards: 2,
      isOwn: (user: number) => user % 2 === 0,
      published: () => {},
      answered: () => {},
      closed: () => {},
    }
    const books = bookkeeping({ exchange })
    const late: number[] = []
    const sampler = {
      take: () => ({ areaUs: 0, varianceUs2: 0, optionalUs: 0 }),
      heardLate: (us: number) => void late.push(us),
      stop: () => {},
    }
    return { ...books, late, sampler, seats: [0, 2].map((user) => books.member(7, user)) }
  }

  it('was on its way since it was sent; copies that came first, until they came', () => {
    const { ledger, metrics, receive, late, sampler, seats } = shard()
    const sentUs = nowUs() - 40_000
    receive(seats[0] as (typeof seats)[number], { room: 7, sender: 1, seq: 0 }, (sentUs + 10_000) / 1e3)
    const beforeUs = nowUs()
    publishHeard({ ledger, metrics }, sampler, announced('messages', sentUs))
    // One copy took 10 ms and came before; the other has been on its way for 40 ms.
    expect(late).toHaveLength(1)
    expect(late[0]).toBeGreaterThanOrEqual(10_000 + beforeUs - sentUs)
    expect(late[0]).toBeLessThanOrEqual(10_000 + nowUs() - sentUs)
    expect(deliveriesOnTheWay(metrics.counters)).toBe(1)
  })

  it('is nothing when it is a typing event', () => {
    const { ledger, metrics, late, sampler } = shard()
    publishHeard({ ledger, metrics }, sampler, announced('typing', nowUs() - 40_000))
    expect(late).toEqual([])
  })
})
