import { describe, expect, it } from 'vitest'
import type { Rule } from '../../src/conform/rule.ts'
import { globOf, selectRules } from '../../src/conform/selection.ts'
import { StompedeError } from '../../src/errors.ts'

const rule = (id: string, section: string, level: string): Rule => ({ id, section, level }) as unknown as Rule
const RULES = [
  rule('HTTP-AUTH-01', 'http-authentication', 'MUST'),
  rule('HTTP-AUTH-06', 'http-authentication', 'SHOULD'),
  rule('STOMP-SUB-01', 'stomp', 'MUST'),
  rule('STOMP-SUB-08', 'stomp', 'INFO'),
]
const idsOf = (...words: string[]): string[] => selectRules(words, RULES).map(({ id }) => id)

describe('a selection', () => {
  it.each<[words: string[], ids: string[]]>([
    [[], ['HTTP-AUTH-01', 'HTTP-AUTH-06', 'STOMP-SUB-01', 'STOMP-SUB-08']],
    [['STOMP-SUB-01'], ['STOMP-SUB-01']],
    [['stomp-sub-01'], ['STOMP-SUB-01']],
    [['HTTP-*'], ['HTTP-AUTH-01', 'HTTP-AUTH-06']],
    [['*-0?'], ['HTTP-AUTH-01', 'HTTP-AUTH-06', 'STOMP-SUB-01', 'STOMP-SUB-08']],
    [['stomp'], ['STOMP-SUB-01', 'STOMP-SUB-08']],
    [['MUST'], ['HTTP-AUTH-01', 'STOMP-SUB-01']],
    [['should'], ['HTTP-AUTH-06']],
    [
      ['info', 'HTTP-AUTH-01', 'HTTP-AUTH-01'],
      ['HTTP-AUTH-01', 'STOMP-SUB-08'],
    ],
  ])('%j chooses %j', (words, ids) => {
    expect(idsOf(...words)).toEqual(ids)
  })

  it('that matches nothing is an error naming every such word', () => {
    const attempt = (): unknown => idsOf('HTTP-AUTH-01', 'HTTP-AUTH-99', 'nothing')
    expect(attempt).toThrow(StompedeError)
    try {
      attempt()
    } catch (error) {
      const { code, message, problems } = error as StompedeError
      expect([code, message]).toEqual(['USAGE', 'the selection matches nothing'])
      expect(problems).toEqual([
        '"HTTP-AUTH-99" is no rule, section or level; there are HTTP-AUTH-01, HTTP-AUTH-06',
        expect.stringMatching(/^"nothing" is no rule, section or level; sections are http-authentication, /),
      ])
    }
  })

  it('names ten that begin alike at most', () => {
    const many = Array.from({ length: 12 }, (_, i) => rule(`STOMP-SUB-${10 + i}`, 'stomp', 'MUST'))
    try {
      selectRules(['STOMP-SUB-99'], many)
    } catch (error) {
      expect((error as StompedeError).problems).toEqual([
        `"STOMP-SUB-99" is no rule, section or level; there are ${many
          .slice(0, 10)
          .map(({ id }) => id)
          .join(', ')}`,
      ])
    }
    expect.assertions(1)
  })

  it('takes the characters of a glob that mean something elsewhere as they are', () => {
    expect(globOf('https://a.b/*').test('https://a.b/chat')).toBe(true)
    expect(globOf('https://a.b/*').test('https://axb/chat')).toBe(false)
    expect(globOf('A').test('AA')).toBe(false)
  })
})
