import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CATALOGUE, WITHDRAWN } from '../../src/conform/catalogue.ts'
import { conformanceDocs } from '../../src/conform/generate-docs.ts'
import { SECTIONS } from '../../src/conform/rule.ts'

describe('the catalogue', () => {
  it('has ids that are names, none twice and none that was withdrawn', () => {
    const ids = CATALOGUE.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter((id) => !/^[A-Z]+(-[A-Z]+)+-\d{2}$|^HARN-\d{2}$/.test(id))).toEqual([])
    expect(ids.filter((id) => WITHDRAWN.includes(id))).toEqual([])
  })

  it('goes by sections', () => {
    const order = Object.keys(SECTIONS)
    const places = CATALOGUE.map(({ section }) => order.indexOf(section))
    expect(places).toEqual(places.toSorted((a, b) => a - b))
  })

  it.each(CATALOGUE.map((rule) => [rule.id, rule] as const))(
    'says of %s what it rests on, sends and expects',
    (_, rule) => {
      const { title, basis, sends, expected, since, severity, remedy } = rule
      for (const text of [title, basis.section, basis.quote, sends, since, ...expected])
        expect(text.trim()).not.toBe('')
      expect(expected.length).toBeGreaterThan(0)
      expect(title).not.toMatch(/\.$/)
      expect('check' in rule).not.toBe('judge' in rule)
      if (rule.section === 'isolation' && rule.level === 'MUST') expect(severity).not.toBe(undefined)
      if (severity !== undefined) expect(remedy?.trim() ?? '').not.toBe('')
    },
  )

  it('has the level that its quote gives it, where a protocol is quoted', () => {
    const levels = CATALOGUE.flatMap(({ id, level, basis: { document, quote } }) => {
      if (!/^(STOMP|RFC)/.test(document) || level === 'INFO') return []
      const said = /\bMUST\b/.test(quote) ? 'MUST' : /\bSHOULD\b/.test(quote) ? 'SHOULD' : level
      return said === level ? [] : [`${id} is ${level}, its quote says ${said}`]
    })
    expect(levels).toEqual([])
  })

  it('is what docs/conformance.md was generated from', () => {
    expect(readFileSync('docs/conformance.md', 'utf8')).toBe(conformanceDocs())
  })
})
