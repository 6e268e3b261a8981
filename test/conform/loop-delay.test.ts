import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { watchLoop, type LoopDelay } from '../../src/conform/loop-delay.ts'
import { startClock } from '../../src/conform/transcript.ts'

const clock = startClock()
let loop: LoopDelay
beforeEach(() => void (loop = watchLoop(clock)))
afterEach(() => loop.stop())

const stand = (ms: number): void => {
  const until = clock.nowMs() + ms
  while (clock.nowMs() < until);
}

describe('the delay of our own event loop', () => {
  it('is seen while it lasts and remembered afterwards, by when it was', async () => {
    const beforeMs = clock.nowMs()
    stand(300)
    expect(loop.worstMs(beforeMs)).toBeGreaterThan(200)
    await delay(60)
    expect(loop.worstMs(beforeMs)).toBeGreaterThan(200)
    expect(loop.worstMs(beforeMs)).toBeLessThan(2_000)
    const afterMs = clock.nowMs()
    await delay(100)
    expect(loop.worstMs(afterMs)).toBeLessThan(loop.worstMs(beforeMs) / 2)
  })

  it('has a 99th percentile, which few samples make', async () => {
    expect(loop.p99Ms()).toBe(0)
    stand(200)
    await delay(60)
    expect(loop.p99Ms()).toBeGreaterThan(100)
  })
})
