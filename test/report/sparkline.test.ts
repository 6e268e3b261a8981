import { describe, expect, it } from 'vitest'
import { progressBar, sparkline } from '../../src/report/terminal/sparkline.ts'

describe('a sparkline', () => {
  it('reaches from nothing to the largest value', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7, 8], 20)).toBe(' ▁▂▃▄▅▆▇█')
  })

  it('shows the smallest activity and only the latest values', () => {
    expect(sparkline([1000, 1, 0, 1000], 3)).toBe('▁ █')
    expect(sparkline([5, 5], 0)).toBe('')
    expect(sparkline([0, 0], 5)).toBe('  ')
  })
})

describe('a progress bar', () => {
  it.each([
    [0, '', '░░░░░░░░'],
    [0.5, '████', '░░░░'],
    [0.515_625, '████▏', '░░░'],
    [1, '████████', ''],
    [1.7, '████████', ''],
    [-1, '', '░░░░░░░░'],
  ])('of %d fills its columns', (share, done, left) => {
    expect(progressBar(share, 8)).toEqual({ done, left })
  })
})
