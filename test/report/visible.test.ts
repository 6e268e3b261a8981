import { describe, expect, it } from 'vitest'
import { bounded, cut, visible, visibleLine } from '../../src/report/visible.ts'

describe('text from a target', () => {
  it('shows NUL, ESC and their like as pictures', () => {
    expect(visible('a\0b\x1b[31mred\x7f')).toBe('a␀b␛[31mred␡')
  })

  it('spells out what turns or hides text', () => {
    expect(visible('\u202egnp.exe')).toBe('⟨U+202E⟩gnp.exe')
    expect(visible('a\u200bb\ufeff\u2066\u2028\u009b')).toBe('a⟨U+200B⟩b⟨U+FEFF⟩⟨U+2066⟩⟨U+2028⟩⟨U+009B⟩')
  })

  it('leaves writing, joiners, tabs and line breaks alone', () => {
    const text = '안녕 مرحبا שלום cafe\u0301 👩🏽‍💻 👨‍👩‍👧‍👦\n\tindented'
    expect(visible(text)).toBe(text)
  })

  it('replaces half a surrogate pair', () => {
    expect(visible('a\ud83db')).toBe('a\ufffdb')
  })

  it('becomes one line for terminals, without a single control character', () => {
    const everything = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join('')
    expect(visibleLine('one\r\n\ttwo')).toBe('one two')
    expect(visibleLine(everything)).not.toMatch(/\p{Cc}/u)
  })

  it('is cut with a note of how much is missing', () => {
    expect(cut('short', 5)).toBe('short')
    expect(cut('x'.repeat(1_000_000), 3)).toBe('xxx… (999,997 more characters)')
    expect(cut('ab😀', 3)).toBe('ab\ufffd… (1 more characters)')
  })

  it('is cut after it was made visible, so that what hides does not outgrow the limit', () => {
    expect(bounded('plain', 5)).toBe('plain')
    expect(bounded('plainer', 5)).toBe('plain… (of 7 characters)')
    expect(bounded('a\u202eb', 3)).toBe('a⟨U… (of 3 characters)')
    expect(bounded('\u202e'.repeat(1_000_000), 20)).toBe('⟨U+202E⟩⟨U+202E⟩⟨U+2… (of 1,000,000 characters)')
    expect(bounded('abc😀', 4)).toBe('abc\ufffd… (of 5 characters)')
  })
})
