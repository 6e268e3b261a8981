import { describe, expect, it } from 'vitest'
import type { ResourceUse } from '../../src/measure/capacity.ts'
import { withBroker } from '../../src/resources/broker-use.ts'

const use = (name: string): ResourceUse => ({
  name,
  cpuCores: 0.5,
  cores: 4,
  cpuSeconds: 15,
  memoryBytes: 100e6,
  shares: { 'file descriptors': 0.1, 'busiest thread': 0.4 },
})
const told = { memoryBytes: 90e6, shares: { 'file descriptors': 0.2, sockets: 0.3 }, connections: 5 }
const alone = { name: 'broker', cpuCores: 0, cores: 0, cpuSeconds: 0, shares: told.shares }

describe('what RabbitMQ says of itself', () => {
  it('belongs to the process that is watched as the broker', () => {
    const uses = [use('api'), use('broker')]
    expect(withBroker(uses, told, ['api', 'broker'])).toEqual([
      use('api'),
      { ...use('broker'), shares: { 'file descriptors': 0.2, sockets: 0.3, 'busiest thread': 0.4 } },
    ])
    // What was seen stays as it was.
    expect(uses[1]).toEqual(use('broker'))
  })

  it('has a row of its own, with memory, where only the API is watched or nothing is', () => {
    expect(withBroker([use('api')], told, ['api'])).toEqual([use('api'), { ...alone, memoryBytes: 90e6 }])
    expect(withBroker([use('generator')], told, [])).toEqual([
      use('generator'),
      { ...alone, memoryBytes: 90e6 },
    ])
  })

  it('has no memory of its own where a process of another name may be the broker', () => {
    const uses = [use('api'), use('rabbit')]
    expect(withBroker(uses, told, ['api', 'rabbit'])).toEqual([...uses, { ...alone, memoryBytes: null }])
  })

  it('counts its memory where the watched broker was not seen for so long', () => {
    expect(withBroker([use('api')], told, ['api', 'broker', 'cache'])[1]).toEqual({
      ...alone,
      memoryBytes: 90e6,
    })
  })
})
