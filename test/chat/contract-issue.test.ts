import { describe, expect, it } from 'vitest'
import { issuesOf, kindOf, shorten } from '../../src/chat/contract-issue.ts'

describe('issuesOf', () => {
  const subject = { name: 'posted', names: new Set(['a']), secret: false }
  const failure = { keyword: 'oneOf', instancePath: '/a', params: {}, message: 'must match one', data: [1] }

  it('leaves no refusal unexplained: what only the closed schema refuses is drift', () => {
    expect(issuesOf(subject, [], [failure])).toEqual([
      {
        kind: 'drift',
        rule: 'posted/oneOf/a',
        path: '/a',
        detail: 'posted/oneOf/a: must match one, found array of 1',
      },
    ])
  })

  it('does not repeat as drift what is a violation', () => {
    expect(issuesOf(subject, [failure], [failure]).map(({ kind }) => kind)).toEqual(['violation'])
  })
})

describe('shorten', () => {
  it.each([
    ['a text', '"a text"'],
    ['x'.repeat(100), `"${'x'.repeat(58)}…`],
    ['line\nbreak \u202e\u0000', '"line\\nbreak \\u{202e}\\u0000"'],
    ['👍🏽', '"👍🏽"'],
    ['👍'.repeat(40), `"${'👍'.repeat(29)}…`],
    [null, 'null'],
    [undefined, 'undefined'],
    [-0.5, '-0.5'],
    [[1, 2], 'array of 2'],
    [{ a: 1, b: { c: 2 } }, 'object {a, b}'],
    [{ 'a\u001b[2J': 1 }, 'object {a\\u{1b}[2J}'],
  ])('%j is shown as %s', (value, text) => {
    expect(shorten(value)).toBe(text)
  })

  it('shows at most sixty characters of anything', () => {
    const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`field-${n}`, n]))
    for (const value of ['y'.repeat(1e6), wide, '\u0000'.repeat(100)]) {
      expect(shorten(value).length).toBeLessThanOrEqual(60)
    }
  })
})

describe('kindOf', () => {
  it.each([
    ['fake-passcode', 'a string of 13 characters'],
    [null, 'null'],
    [[1], 'an array'],
    [{ a: 1 }, 'a value of type object'],
    [7, 'a value of type number'],
    [undefined, 'a value of type undefined'],
  ])('%j is %s', (value, text) => {
    expect(kindOf(value)).toBe(text)
  })
})
