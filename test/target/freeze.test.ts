import { describe, expect, it } from 'vitest'
import { nowUs } from '../../src/clock.ts'
import { parseFreeze, startFreezes } from '../../src/target/freeze.ts'

describe('--freeze', () => {
  it('is a length and a period', () => {
    expect(parseFreeze('1s/10s')).toEqual({ lengthMs: 1_000, periodMs: 10_000 })
    expect(parseFreeze('2.5ms/1s')).toEqual({ lengthMs: 2.5, periodMs: 1_000 })
  })

  it.each(['', '1s', '1s/', '10s/1s', '1s/1s', '0ms/1s', '500us/1s', '1/10', '1s/10s/20s'])(
    'that cannot be read is one error with the rule and the text: %j',
    (text) => {
      expect(() => parseFreeze(text)).toThrow(
        expect.objectContaining({
          code: 'USAGE',
          message: `--freeze must be LENGTH/PERIOD such as 1s/10s, at least 1ms and shorter than the period (is ${JSON.stringify(text)})`,
        }),
      )
    },
  )
})

describe('a freeze', () => {
  it('comes at the end of each period, and nothing else happens in it', async () => {
    const happenedUs: number[] = []
    const pulse = setInterval(() => happenedUs.push(nowUs()), 1)
    const freezes: { beforeUs: number; startUs: number; endUs: number }[] = []
    let beforeUs = 0
    const startedUs = nowUs()
    await new Promise<void>((resolve) => {
      const stop = startFreezes(
        { lengthMs: 40, periodMs: 100 },
        {
          before: () => (beforeUs = nowUs()),
          after: (startUs, endUs) => {
            freezes.push({ beforeUs, startUs, endUs })
            if (freezes.length < 3) return
            // Ends it although the next one is about to be planned.
            setTimeout(() => {
              stop()
              resolve()
            }, 1)
          },
        },
      )
    })
    clearInterval(pulse)
    for (const [i, freeze] of freezes.entries()) {
      expect(freeze.startUs - startedUs).toBeGreaterThanOrEqual((i + 1) * 100_000 - 40_000 - 2_000)
      expect(freeze.beforeUs).toBeLessThanOrEqual(freeze.startUs)
      expect(freeze.endUs - freeze.startUs).toBeGreaterThanOrEqual(40_000)
      expect(happenedUs.filter((atUs) => atUs > freeze.startUs && atUs < freeze.endUs)).toEqual([])
    }
    expect(happenedUs.length).toBeGreaterThan(10)
    const count = freezes.length
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(freezes.length).toBe(count)
  })
})
