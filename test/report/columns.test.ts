import { describe, expect, it } from 'vitest'
import { clip, padEnd, padStart, widthOf, wrap } from '../../src/report/columns.ts'

describe('columns of a terminal', () => {
  it.each([
    ['plain', 5],
    ['안녕', 4],
    ['日本語', 6],
    ['cafe\u0301', 4],
    ['👩🏽‍💻', 2],
    ['🇰🇷', 2],
    ['≥ 30', 4],
    ['█▌░', 3],
    ['\x1b[31mred\x1b[39m', 3],
    ['', 0],
  ])('%s takes %d', (text, width) => expect(widthOf(text)).toBe(width))

  it('clips between characters and marks the cut', () => {
    expect(clip('abcdef', 6)).toBe('abcdef')
    expect(clip('abcdef', 4)).toBe('abc…')
    expect(clip('안녕하세요', 6)).toBe('안녕…')
    expect(clip('👩🏽‍💻👩🏽‍💻', 3)).toBe('👩🏽‍💻…')
    expect(clip('abc', 0)).toBe('')
  })

  it('pads by columns, not by characters', () => {
    expect(padEnd('안', 4)).toBe('안  ')
    expect(padStart('안', 4)).toBe('  안')
    expect(padEnd('long', 2)).toBe('long')
  })

  it('wraps between words and clips the last line', () => {
    expect(wrap('one two three four', 9, 3)).toEqual(['one two', 'three', 'four'])
    expect(wrap('one two three four', 9, 2)).toEqual(['one two', 'three fo…'])
    expect(wrap('unbreakable', 5, 3)).toEqual(['unbr…'])
  })
})
