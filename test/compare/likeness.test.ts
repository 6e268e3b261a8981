import { describe, expect, it } from 'vitest'
import { environmentDifferences, fingerprintOf, planDifferences } from '../../src/compare/likeness.ts'
import { madeUpRun } from './synthetic.ts'

const { environment, plan } = madeUpRun()

describe('the fingerprint of a machine', () => {
  it('is that of its parts, and not of the target', () => {
    const other = {
      ...environment,
      target: { ...environment.target, apiUrl: 'http://127.0.0.1:1', broker: 'x' },
    }
    expect(fingerprintOf(other)).toBe(fingerprintOf(environment))
    // What a firmware keeps of the memory makes no other machine.
    expect(fingerprintOf({ ...environment, memoryBytes: environment.memoryBytes - 2 ** 20 })).toBe(
      fingerprintOf(environment),
    )
    expect(fingerprintOf(environment)).toMatch(/^[0-9a-f]{16}$/)
  })

  it.each([
    ['cpu', 'Other CPU'],
    ['cores', 4],
    ['memoryBytes', 2 ** 35],
    ['os', 'Linux 7'],
    ['node', 'v26.0.0'],
    ['workers', 3],
    ['driver', 'stompjs'],
    ['flavour', 'flutter'],
    ['stompede', '9.9.9'],
  ])('is another one with another %s, which is told', (part, value) => {
    const other = { ...environment, [part]: value }
    expect(fingerprintOf(other)).not.toBe(fingerprintOf(environment))
    expect(environmentDifferences([environment, environment], [other])).toHaveLength(1)
  })

  it('tells both sides of what differs', () => {
    const other = { ...environment, cores: 4 }
    expect(environmentDifferences([environment], [environment])).toEqual([])
    expect(environmentDifferences([environment], [other])).toEqual(['cores: 2 against 4'])
    expect(environmentDifferences([environment], [other, environment])).toEqual(['cores: 2 against 2, 4'])
    // Both sides ran on two machines, and nobody knows which of them on which.
    expect(environmentDifferences([environment, other], [other, environment])).toEqual([
      'cores: 2, 4 against 2, 4',
    ])
  })
})

describe('the plans of two sides', () => {
  it('are alike where the same plans were run in the same shares, however often and in whatever order', () => {
    const second = { ...plan, seed: 43, hash: 'other' }
    expect(planDifferences([plan, second], [second, plan, plan, second])).toEqual([])
    expect(planDifferences([plan, plan], [plan])).toEqual([])
    expect(planDifferences([plan, second], [second, plan, plan])).toEqual([
      'plan 5f0c9a7e21b4d836 (seed 42): 1 of 2 runs against 2 of 3',
      'plan other (seed 43): 1 of 2 runs against 1 of 3',
    ])
  })

  it('differ by what is told, with both hashes', () => {
    const other = { ...plan, users: 2_000, seed: 43, hash: 'ffff' }
    expect(planDifferences([plan], [other])).toEqual([
      'users: 1000 against 2000',
      'seed: 42 against 43',
      'plan: 5f0c9a7e21b4d836 against ffff',
    ])
    const paced = { ...plan, hash: 'ffff', activities: [] }
    expect(planDifferences([plan], [paced])[0]).toBe(
      'activities: chat (constant-arrival-rate, 633) against none',
    )
  })

  it('differ by what results do not tell, where the hashes alone do', () => {
    expect(planDifferences([plan], [{ ...plan, hash: 'ffff' }])).toEqual([
      'something that the results do not tell: rooms, texts, or the code of an activity',
      'plan: 5f0c9a7e21b4d836 against ffff',
    ])
  })
})
