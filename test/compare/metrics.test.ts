import { describe, expect, it } from 'vitest'
import { METRICS, readMargins, withMargins } from '../../src/compare/metrics.ts'

describe('the metrics of a comparison', () => {
  it('gate by four and no more', () => {
    expect(METRICS.filter(({ isGated }) => isGated).map(({ id, margin }) => [id, margin])).toEqual([
      ['last_delivery_p50', 0.05],
      ['last_delivery_p99', 0.05],
      ['deliveries_per_second', 0.05],
      ['cpu_per_1000_deliveries', 0.05],
    ])
  })

  it('take margins of their own', () => {
    const { margins, problems } = readMargins(['p99=10%', ' cpu = off ', 'throughput=0.5 %'])
    expect(problems).toEqual([])
    const rules = withMargins(margins)
    expect(rules.find(({ flag }) => flag === 'p99')).toMatchObject({ margin: 0.1, isGated: true })
    expect(rules.find(({ flag }) => flag === 'cpu')).toMatchObject({ margin: 0.05, isGated: false })
    expect(rules.find(({ flag }) => flag === 'throughput')?.margin).toBeCloseTo(0.005)
    expect(rules.find(({ flag }) => flag === 'p50')?.margin).toBe(0.05)
  })

  it.each(['p98=10%', 'p99', 'p99=10', 'p99=0%', 'p99=-5%', 'p99=1000%', '=5%', 'p99=5%x'])(
    'refuse the margin %s',
    (text) => {
      const { margins, problems } = readMargins([text])
      expect(problems).toHaveLength(1)
      expect(margins.size).toBe(0)
    },
  )

  it('refuse a margin that is given twice', () => {
    expect(readMargins(['p99=5%', 'p99=6%']).problems).toEqual(['--margin p99 is given more than once'])
  })
})
