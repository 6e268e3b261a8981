import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { CATALOGUE } from '../../src/conform/catalogue.ts'
import { documentedDesign, knownFailuresFor, readKnownFailures } from '../../src/conform/known-failures.ts'
import type { StompedeError } from '../../src/errors.ts'

const directory = mkdtempSync(join(tmpdir(), 'stompede-known-'))
afterAll(() => rmSync(directory, { recursive: true }))
const fileWith = (text: string, name = 'known.yaml'): string => {
  const file = join(directory, name)
  writeFileSync(file, text)
  return file
}
const entry = { id: 'SEC-ISO-02', reason: 'by design', link: 'https://t.example/1', expires: '2027-03-31' }
const gate = {
  apiUrl: 'https://chat.example.com/chat-ws',
  profile: 'strict',
  today: new Date('2027-03-31T23:00:00Z'),
  ruleIds: new Set(['SEC-ISO-02', 'SEC-ISO-01']),
}

describe('a known-failures file', () => {
  it('is read as YAML and as JSON', () => {
    const yaml = '- id: SEC-ISO-02\n  reason: by design\n  link: https://t.example/1\n  expires: 2027-03-31\n'
    expect(readKnownFailures(fileWith(yaml))).toEqual([entry])
    expect(readKnownFailures(fileWith(JSON.stringify([entry]), 'known.json'))).toEqual([entry])
    expect(readKnownFailures(fileWith('[]'))).toEqual([])
  })

  it('is refused with all its problems at once', () => {
    const bad = [
      { ...entry, expires: '2027-02-30' },
      { id: 'X', reason: ' ', link: 3, expires: '2027-01-01', why: 1 },
      7,
      entry,
      entry,
      null,
      { ...entry, id: 'SEC-ISO-01', target: 7, profile: ['strict'], expires: 20270331 },
      ...['2027-3-31', '12027-03-31', '2027-03-31T00', 'soon'].map((expires) => {
        return { ...entry, id: expires, expires }
      }),
    ]
    try {
      readKnownFailures(fileWith(JSON.stringify(bad), 'known.json'))
      expect.unreachable()
    } catch (error) {
      expect((error as StompedeError).code).toBe('USAGE')
      expect((error as StompedeError).message).toMatch(/known\.json: not a usable list of known failures$/)
      expect((error as StompedeError).problems).toEqual([
        '/0/expires: must be a day such as 2027-03-31',
        '/1/reason: must be text',
        '/1/link: must be text',
        '/1/why: is not one of id, reason, link, expires, target, profile',
        '/2: must be an object',
        '/3: is there twice',
        '/4: is there twice',
        '/5: must be an object',
        '/6/expires: must be text',
        '/6/target: must be text',
        '/6/profile: must be text',
        ...[7, 8, 9, 10].map((i) => `/${i}/expires: must be a day such as 2027-03-31`),
      ])
    }
  })

  it('that is not there, or no list, is a usage error', () => {
    const missing = { code: 'USAGE', message: expect.stringMatching(/ENOENT/) as string }
    expect(() => readKnownFailures(join(directory, 'none.yaml'))).toThrow(expect.objectContaining(missing))
    const problems = ['it must be a list of entries']
    expect(() => readKnownFailures(fileWith('id: X'))).toThrow(expect.objectContaining({ problems }))
  })

  it('has a name for the one that ships', () => {
    expect(readKnownFailures('documented-design')).toEqual(documentedDesign())
    expect(documentedDesign().length).toBeGreaterThan(5)
  })

  it('excuses a rule to the end of its day, for its target and profile', () => {
    const known = knownFailuresFor('f', [entry], gate)
    expect(known.excuse('SEC-ISO-02')).toEqual(entry)
    expect(known.excuse('SEC-ISO-01')).toBe(undefined)
    expect([known.expired, known.unmatched]).toEqual([[], []])
    const here = (more: object): unknown =>
      knownFailuresFor('f', [{ ...entry, ...more }], gate).excuse('SEC-ISO-02')
    expect(here({ target: 'https://chat.example.com/*' })).not.toBe(undefined)
    expect(here({ target: 'https://other.example.com/*' })).toBe(undefined)
    expect(here({ profile: 'strict' })).not.toBe(undefined)
    expect(here({ profile: 'rabbitmq-4' })).toBe(undefined)
  })

  it('that has expired excuses nothing and is reported, as is an entry for no rule; one for elsewhere is neither', () => {
    const entries = [
      { ...entry, expires: '2027-03-30' },
      { ...entry, id: 'SEC-GONE-01' },
      { ...entry, id: 'SEC-GONE-02', target: 'https://elsewhere/*', expires: '2020-01-01' },
    ]
    const known = knownFailuresFor('f', entries, gate)
    expect(known.excuse('SEC-ISO-02')).toBe(undefined)
    expect(known.expired).toEqual(['SEC-ISO-02 (2027-03-30)'])
    expect(known.unmatched).toEqual(['SEC-GONE-01'])
  })

  it('ships for the documented design, and names rules that exist and are about security', () => {
    const ids = documentedDesign().map(({ id }) => id)
    expect(ids).toContain('SEC-ISO-02')
    for (const id of ids) expect(CATALOGUE.find((rule) => rule.id === id)?.severity, id).not.toBe(undefined)
  })
})
