import { describe, expect, it } from 'vitest'
import {
  alignPoints,
  bytesText,
  clockText,
  countText,
  glanceText,
  measuredText,
  msText,
  numbered,
  partText,
  shareText,
  spanText,
} from '../../src/report/format.ts'

describe('numbers in reports', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1,000'],
    [1_234_567, '1,234,567'],
  ])('groups the count %d as %s', (count, text) => expect(countText(count)).toBe(text))

  it.each([
    [0, '0'],
    [4, '0.004'],
    [99, '0.099'],
    [99.4, '0.099'],
    [99.5, '0.10'],
    [420, '0.42'],
    [2_130, '2.13'],
    [9_994, '9.99'],
    [9_995, '10.0'],
    [12_440, '12.4'],
    [99_949, '99.9'],
    [99_950, '100'],
    [250_000, '250'],
    [1_250_499, '1,250'],
    [600_000_000, '600,000'],
  ])('shows %d µs as %s ms: three digits, no more', (us, text) => expect(msText(us)).toBe(text))

  it.each([
    [0, '0.0 ms'],
    [420, '0.4 ms'],
    [9_949, '9.9 ms'],
    [9_950, '10 ms'],
    [12_400, '12 ms'],
    [999_400, '999 ms'],
    [999_600, '1.0 s'],
    [30_000_000, '30.0 s'],
  ])('shows %d µs at a glance as %s', (us, text) => expect(glanceText(us)).toBe(text))

  it.each([
    [0, '0 %'],
    [1, '100 %'],
    [0.5, '50 %'],
    [0.001, '0.1 %'],
    [0.01234, '1.23 %'],
    [0.123_45, '12.3 %'],
    [0.9937, '99.4 %'],
    [0.999, '99.9 %'],
    [0.9996, '99.96 %'],
    [0.999_87, '99.98 %'],
    [0.999_999, '> 99.99 %'],
    [0.000_001, '< 0.01 %'],
    [1.5, '150 %'],
  ])('shows the share %d as %s', (share, text) => expect(shareText(share)).toBe(text))

  it('never rounds a share to 0 % or 100 %', () => {
    for (let lost = 1; lost <= 200_000; lost = Math.ceil(lost * 1.3)) {
      expect(partText(200_001 - lost, 200_001)).not.toBe('100 %')
      expect(partText(lost, 200_001)).not.toBe('0 %')
    }
    expect(partText(7, 0)).toBe('–')
  })

  it.each([
    [12.047, 'ms', '12.0 ms'],
    [30_000, 'ms', '30,000 ms'],
    [1234, 'count', '1,234'],
    [33.333, 'per second', '33.3/s'],
    [1_050, 'per second', '1,050/s'],
    [0.002, 'share', '0.2 %'],
  ] as const)('shows %d in %s as %s', (value, unit, text) => expect(measuredText(value, unit)).toBe(text))

  it.each([
    [-1, '00:00'],
    [15, '00:15'],
    [59.99, '00:59'],
    [61, '01:01'],
    [3_723, '1:02:03'],
  ])('shows %d s on the clock as %s', (seconds, text) => expect(clockText(seconds)).toBe(text))

  it.each([
    [0, '0 s'],
    [1.54, '1.5 s'],
    [30, '30 s'],
    [125, '2 min 5 s'],
    [600, '10 min'],
    [5_400, '1 h 30 min'],
    [7_200, '2 h'],
  ])('calls a span of %d s %s', (seconds, text) => expect(spanText(seconds)).toBe(text))

  it.each([
    [512, '512 B'],
    [1024, '1 KiB'],
    [98_566_144, '94 MiB'],
    [1_073_741_823, '1024 MiB'],
    [8_589_934_592, '8 GiB'],
    [16_765_734_912, '15.6 GiB'],
  ])('shows %d bytes as %s', (bytes, text) => expect(bytesText(bytes)).toBe(text))

  it('puts a count before its noun in the right number', () => {
    expect(numbered(1, 'delivery', 'deliveries')).toBe('1 delivery')
    expect(numbered(1_200, 'delivery', 'deliveries')).toBe('1,200 deliveries')
    expect(numbered(0, 'check')).toBe('0 checks')
  })

  it('puts decimal points under each other when the texts are right-aligned', () => {
    expect(alignPoints(['0.42', '12.4', '250', '≥ 30,000'])).toEqual([
      '0.42',
      '12.4 ',
      '250   ',
      '≥ 30,000   ',
    ])
    expect(alignPoints(['1', '20'])).toEqual(['1', '20'])
    expect(alignPoints(['1.5', '20'], '\u2007', '\u2008')).toEqual(['1.5', '20\u2008\u2007'])
  })
})
