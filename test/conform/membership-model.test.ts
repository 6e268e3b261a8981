import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { follow, steps, type Steps } from './membership-model.ts'

const SEED = 7

/** Follows so many random walks; undefined when none of them differs from the model. */
async function walk(
  faults: string[],
  { numRuns, patienceMs }: { numRuns: number; patienceMs: number },
): Promise<{ steps: string[]; error: string } | undefined> {
  const property = fc.asyncProperty(steps(), (taken) => follow(taken, faults, patienceMs))
  const { counterexample, errorInstance } = await fc.check(property, { seed: SEED, numRuns })
  if (counterexample === null) return undefined
  const [taken] = counterexample as [Steps]
  return { steps: [...taken].map(String), error: (errorInstance as Error).message }
}

describe('random walks of three people', () => {
  it('find a healthy target as the model says', async () => {
    expect(await walk([], { numRuns: 20, patienceMs: 5_000 })).toBe(undefined)
  })

  it('find a membership that a leave did not end, and shrink to leaving and what shows it', async () => {
    const found = await walk(['leave-ignored'], { numRuns: 20, patienceMs: 250 })
    const [, who, place] = /^(.) leaves the (\w+) room$/.exec(found?.steps[0] ?? '') ?? []
    expect(found?.steps).toHaveLength(2)
    expect([
      `${who} connects`,
      ...['says something', 'types'].map((does) => `${who} ${does} in the ${place} room`),
    ]).toContain(found?.steps[1])
    expect(found?.error).toMatch(/which should be refused: 201|lists the \w+ room/)
  })

  it('find a second copy after coming back, and shrink to coming back', async () => {
    const found = await walk(['rejoin-duplicates'], { numRuns: 20, patienceMs: 250 })
    const [, who, place] = /^(.) leaves the (\w+) room$/.exec(found?.steps[1] ?? '') ?? []
    expect(found?.steps.slice(0, 3)).toEqual([
      `${who} connects`,
      `${who} leaves the ${place} room`,
      `${who} joins the ${place} room`,
    ])
    // One more where somebody else would have ended the walk for everybody.
    expect(found?.steps.length).toBeLessThanOrEqual(4)
    expect(found?.error).toMatch(/ heard (.*), \1 instead of \1$/)
  })
})
