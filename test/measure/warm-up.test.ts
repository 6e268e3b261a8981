import { describe, expect, it } from 'vitest'
import { Metrics } from '../../src/measure/metrics.ts'
import { hasWarmUp, recorderOf } from '../../src/measure/warm-up.ts'
import { bookkeeping } from './books-of.ts'

/** A warm-up from 1 s to 3 s. */
const warmUp = { fromUs: 1e6, untilUs: 3e6 }

describe('a warm-up', () => {
  it('takes a latency by the moment it began: the first that counts begins when the warm-up ends', () => {
    const trend = new Metrics().trend('iteration_duration')
    const counts = [999_999, 1e6, 2_999_999, 3e6].map((begunUs) => {
      recorderOf(trend, begunUs, warmUp).record(5)
      return [trend.total.count, trend.interval.count]
    })
    expect(counts).toEqual([
      [1, 1],
      [1, 2],
      [1, 3],
      [2, 4],
    ])
  })

  it('leaves out what activities wait for, not how users connect', () => {
    expect(
      ['message_delivery', 'message_delivery{basis:service}', 'http_req_duration{call:connect}'].map(
        hasWarmUp,
      ),
    ).toEqual([true, true, true])
    expect(
      ['ws_connecting', 'stomp_connecting', 'session_connecting', 'generator_loop_delay'].map(hasWarmUp),
    ).toEqual([false, false, false, false])
  })

  it('keeps its messages on the books and in their seconds, and out of the totals', () => {
    const { ledger, metrics, counters, member, send, receive, finish } = bookkeeping({ warmUp })
    const seats = [1, 2, 3].map((user) => member(7, user))
    const cold = send(7, 1, 2_990)
    const last = send(7, 1, 2_999)
    const first = send(7, 1, 3_000)
    for (const seat of seats) {
      // They arrive when the warm-up is over: that does not make them part of what is measured.
      receive(seat, cold, 3_490)
      receive(seat, first, 3_020)
    }
    receive(seats[0] as (typeof seats)[number], last, 3_005)
    const service = metrics.trend('message_delivery{basis:service}')
    const delivery = metrics.trend('message_delivery')
    expect([delivery.total.count, delivery.total.maxUs]).toEqual([3, 20_000])
    expect([service.total.count, service.total.maxUs]).toEqual([3, 20_000])
    expect([delivery.interval.count, delivery.interval.maxUs]).toEqual([7, 500_000])
    finish(60_000)
    expect(ledger.pending()).toBe(0)
    expect(counters).toMatchObject({
      deliveries_expected: 9,
      deliveries_received: 7,
      deliveries_lost: 2,
    })
    // The losses of the warm-up are counted as losses, not as latencies; so is the fan-out of its messages.
    expect([delivery.total.count, delivery.total.censored]).toEqual([3, 0])
    expect([delivery.interval.count, delivery.interval.censored]).toEqual([9, 2])
    for (const name of [
      'message_first_delivery',
      'message_last_delivery',
      'message_last_delivery{audience:2-9}',
    ]) {
      expect(metrics.trend(name).total.count, name).toBe(1)
      expect(metrics.trend(name).interval.count, name).toBe(3)
    }
  })

  it('is none without the scenario’s wish', () => {
    const { metrics, member, send, receive } = bookkeeping()
    const seat = member(7, 1)
    receive(seat, send(7, 1, 0), 20)
    expect(metrics.trend('message_delivery').total.count).toBe(1)
  })
})
