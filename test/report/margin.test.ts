import { describe, expect, it } from 'vitest'
import type { ThresholdRow } from '../../src/measure/result.ts'
import { limitOf, marginText } from '../../src/report/margin.ts'

const row = (
  expression: string,
  observed: number | null,
  status: ThresholdRow['status'],
  isAtLeast = false,
): ThresholdRow => ({ metric: 'message_delivery', expression, observed, unit: 'ms', isAtLeast, status })

describe('the margin of a threshold', () => {
  it.each([
    ['p(99)<250', 12.5, 'pass', '95 % to spare'],
    ['p(99)<250', 0, 'pass', '100 % to spare'],
    ['rate<=0.01', 0.01, 'pass', '0 % to spare'],
    ['p(99)<250', 280, 'fail', '12 % over'],
    ['p(99)<250', 250, 'fail', '0 % over'],
    ['p(99)<250', 850, 'fail', '3.4 × the limit'],
    ['count>100', 150, 'pass', '50 % to spare'],
    ['count>=100', 60, 'fail', '40 % short'],
  ] as const)('of %s with %d observed (%s) is %s', (expression, observed, status, text) => {
    expect(marginText(row(expression, observed, status))).toBe(text)
  })

  it('says at least where the observed value does', () => {
    expect(marginText(row('p(99)<250', 30_000, 'fail', true))).toBe('≥ 120 × the limit')
    expect(marginText(row('p(99)<250', 300, 'fail', true))).toBe('≥ 20 % over')
  })

  it.each([
    ['count==0', 3, 'fail'],
    ['count<0', 1, 'fail'],
    ['p(99)<250', null, 'unknown'],
    ['p(99)<250', 100, 'unknown'],
    ['something of a later version', 1, 'pass'],
  ] as const)('of %s with %s observed says nothing', (expression, observed, status) => {
    expect(marginText(row(expression, observed, status))).toBe('–')
  })

  it('reads the limit an expression ends in', () => {
    expect(limitOf('p(99.9) <= 2.5 ')).toEqual({ operator: '<=', value: 2.5 })
    expect(limitOf('avg>-1')).toEqual({ operator: '>', value: -1 })
    expect(limitOf('p(99)')).toBeUndefined()
  })
})
