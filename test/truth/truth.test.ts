import { describe, expect, it } from 'vitest'
import { wordsOf } from './journal.ts'
import { latency } from './row.ts'
import { percentileOf, trueMessages } from './truth.ts'

const send = (number: number, plannedUs: number, publishedUs: number | null) => ({
  arrivedUs: 0,
  publishedUs,
  answeredUs: null,
  status: null,
  room: 1,
  sender: 3,
  id: 1,
  copies: 1,
  // Run, room, sender's index 2, number, attempt 1, planned µs; then where the text is from.
  token: `~ab12000001${(2).toString(36).padStart(5, '0')}${number.toString(36).padStart(6, '0')}1${plannedUs.toString(36).padStart(8, '0')}000000`,
})

describe('what the truth is made of', () => {
  it('is a percentile of sorted numbers and its neighbours', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i)
    expect(percentileOf(hundred, 50)).toEqual({ lowUs: 49, us: 50, highUs: 51 })
    expect(percentileOf(hundred, 99)).toEqual({ lowUs: 98, us: 99, highUs: 100 })
    expect(percentileOf(hundred, 99.9)).toEqual({ lowUs: 99, us: 100, highUs: 100 })
    expect(percentileOf([7], 50)).toEqual({ lowUs: 7, us: 7, highUs: 7 })
  })

  it('reads user, number and planned moment from a token', () => {
    expect(wordsOf(send(35, 1_500_000, 1).token)).toEqual({
      run: 'ab12',
      user: 2,
      number: 35,
      plannedUs: 1_500_000,
    })
  })

  it('takes the run to begin where no message is sent before it is planned', () => {
    const sentLog = new Map([[2, [9_000_300, 9_020_000]]])
    const [first, second] = trueMessages([send(0, 0, 9_005_000), send(1, 20_000, 9_030_000)], sentLog)
    expect(first).toMatchObject({ plannedUs: 9_000_000, sentUs: 9_000_300, publishedUs: 9_005_000 })
    expect(second).toMatchObject({ plannedUs: 9_020_000, sentUs: 9_020_000 })
    expect(() => trueMessages([send(2, 40_000, 1)], sentLog)).toThrow('no record of message 2 of user 2')
    expect(() => trueMessages([send(0, 0, null)], sentLog)).toThrow('no record')
  })

  it('holds a figure to 1 ms or 2 %, whichever is more', () => {
    const exactly = (us: number) => ({ lowUs: us, us, highUs: us })
    const isOk = (truthUs: number, reportedUs: number | undefined): boolean =>
      latency('p99', exactly(truthUs), reportedUs).isOk
    expect([isOk(5_000, 6_000), isOk(5_000, 6_001), isOk(5_000, 3_999)]).toEqual([true, false, false])
    expect([isOk(200_000, 204_000), isOk(200_000, 204_001), isOk(200_000, 195_999)]).toEqual([
      true,
      false,
      false,
    ])
    expect(isOk(5_000, undefined)).toBe(false)
    expect(latency('p99', { lowUs: 5_000, us: 5_000, highUs: 200_000 }, 203_999)).toMatchObject({
      truth: '5.00 ms',
      reported: '204.00 ms',
      limit: '4.00 ms … 204.00 ms',
      isOk: true,
    })
  })
})
