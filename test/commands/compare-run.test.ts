import { expect, it } from 'vitest'
import { cpuCoresOf } from '../../src/commands/compare/side-run.ts'
import type { ResourceUse } from '../../src/measure/capacity.ts'
import { madeUpRun } from '../compare/synthetic.ts'

it('the processor of a side is what its processes used, and unknown where that was nothing at all', () => {
  const using = (cpuCores: number) => ({
    use: (): ResourceUse[] => [
      { name: 'target', cpuCores, cores: 2, cpuSeconds: 1, memoryBytes: null, shares: {} },
    ],
  })
  expect(cpuCoresOf(using(0.25), madeUpRun())).toBe(0.25)
  // What works runs elsewhere, such as in a container.
  expect(cpuCoresOf(using(0), madeUpRun())).toBeNull()
  expect(cpuCoresOf({ use: () => [] }, madeUpRun())).toBeNull()
  expect(cpuCoresOf(undefined, madeUpRun())).toBeNull()
})
