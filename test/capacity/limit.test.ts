import { describe, expect, it } from 'vitest'
import { limitOf } from '../../src/capacity/limit.ts'
import type { CapacityStep, ResourceUse } from '../../src/measure/capacity.ts'
import { step, use } from './searching.ts'

describe('the resource that ran out', () => {
  const at = (resources: ResourceUse[], load = 100): CapacityStep => ({
    ...step('refute', load, 'fail'),
    resources,
  })

  it('is the one nearest to its limit at the refuted load, by the mean of the repeats', () => {
    const steps = [at([use('broker', 3.8), use('api', 0.5)]), at([use('broker', 3.88), use('api', 0.5)])]
    expect(limitOf(steps, 100)).toEqual({ resource: 'broker CPU', share: 0.96, says: 'broker CPU 96 %' })
    expect(limitOf(steps, 200)).toBeNull()
  })

  it('is seen in the steps that failed, not in those that held there or in which the generator was unfit', () => {
    const calm = (outcome: CapacityStep['outcome']) => ({ ...at([use('broker', 0.7)]), outcome })
    const steps = [at([use('broker', 3.6)]), calm('pass'), calm('generator')]
    expect(limitOf(steps, 100)?.says).toBe('broker CPU 90 %')
    expect(limitOf(steps.slice(1), 100)).toBeNull()
  })

  it('is a thread where a process has but one that everything passes', () => {
    const busy = use('api', 1.1, { shares: { 'busiest thread': 0.99 } })
    expect(limitOf([at([busy, use('machine', 2)])], 100)?.says).toBe('api CPU (one thread) 99 %')
  })

  it('is the machine only where nothing else explains it, with who used it', () => {
    const resources = [use('machine', 3.96), use('api', 1), use('generator', 1.5), use('broker', 1.4)]
    expect(limitOf([at(resources)], 100)?.says).toBe(
      'machine CPU 99 % (api 1.0, generator 1.5, broker 1.4 of 4 cores)',
    )
  })

  it('is memory or connections where the broker says so without its processor', () => {
    const told = { ...use('broker', 0, { shares: { memory: 0.93, sockets: 0.2 } }), cores: 0 }
    expect(limitOf([at([told])], 100)?.says).toBe('broker memory 93 %')
  })

  it('is nothing where all was well below', () => {
    expect(limitOf([at([use('broker', 3), use('machine', 3.2)])], 100)).toBeNull()
  })
})
