import { describe, expect, it } from 'vitest'
import { DESIGN, gateOf, HEALTHY, QUICK } from './gate-of.ts'

describe('a healthy target', () => {
  it.each([1, 2, 3])('is all green, also with the random choices of seed %i', async (seed) => {
    const { result } = await gateOf(QUICK, { seed, knownFailures: DESIGN, patienceMs: 5_000 })
    const odd = result.cases.filter(({ state }) => state !== 'PASS' && state !== 'INFO')
    expect(Object.fromEntries(odd.map(({ id, state }) => [id, state]))).toEqual(HEALTHY)
    expect(result.verdict).toEqual({ status: 'conformant', exitCode: 0, reasons: [] })
  })
})
