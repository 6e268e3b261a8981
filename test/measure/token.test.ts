import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CORPUS } from '../../src/measure/corpus.ts'
import { composeContent, emptyToken, isIntact, readToken, TOKEN_LENGTH } from '../../src/measure/token.ts'

const token = fc.record({
  run: fc.stringMatching(/^[0-9a-z]{4}$/),
  room: fc.integer({ min: 0, max: 36 ** 6 - 1 }),
  sender: fc.integer({ min: 0, max: 36 ** 5 - 1 }),
  seq: fc.integer({ min: 0, max: 36 ** 6 - 1 }),
  attempt: fc.integer({ min: 1, max: 3 }),
  plannedUs: fc.integer({ min: 0, max: 36 ** 8 - 1 }),
})

describe('the token in a message’s content', () => {
  it('is read as it was written, through JSON, at any length and any place of the corpus', () => {
    fc.assert(
      fc.property(token, fc.integer({ min: 0, max: 5_000 }), fc.nat(100_000), (written, length, offset) => {
        const content = JSON.parse(JSON.stringify(composeContent(written, length, offset))) as string
        const read = emptyToken()
        expect(readToken(content, read)).toBe(true)
        expect(read).toEqual(written)
        expect(isIntact(content)).toBe(true)
        expect(content.length).toBeLessThanOrEqual(Math.max(length, TOKEN_LENGTH))
        expect(content.length).toBeGreaterThanOrEqual(Math.min(length, 5_000) - 2)
        expect(content.isWellFormed()).toBe(true)
      }),
    )
  })

  it('shows any change behind the token', () => {
    fc.assert(
      fc.property(
        token,
        fc.integer({ min: TOKEN_LENGTH + 2, max: 300 }),
        fc.nat(),
        fc.nat(),
        (written, length, offset, at) => {
          const content = composeContent(written, length, offset)
          if (content.length === TOKEN_LENGTH) return
          const i = TOKEN_LENGTH + (at % (content.length - TOKEN_LENGTH))
          expect(isIntact(`${content.slice(0, i)}\u0000${content.slice(i + 1)}`)).toBe(false)
          expect(isIntact(content.slice(0, -1))).toBe(false)
          expect(isIntact(`${content} `)).toBe(false)
        },
      ),
    )
  })

  it('notices a changed character of its own: 1 in 1,296 may pass the check digits', () => {
    const content = composeContent(
      { run: 'ab12', room: 17, sender: 4, seq: 9, attempt: 1, plannedUs: 1234 },
      100,
      0,
    )
    let missed = 0
    for (let i = 1; i < TOKEN_LENGTH; i++) {
      for (const other of 'x7') {
        if (
          content[i] !== other &&
          readToken(content.slice(0, i) + other + content.slice(i + 1), emptyToken())
        )
          missed++
      }
    }
    expect(missed).toBe(0)
  })

  it('is not found in other people’s messages', () => {
    for (const text of ['', 'hello', '~', '안녕하세요'.repeat(20), `~${'0'.repeat(60)}`]) {
      expect(readToken(text, emptyToken())).toBe(false)
    }
  })

  it('never holds more of the corpus than its digits can address', () => {
    expect(CORPUS.length).toBeLessThan(36 ** 4)
  })
})
