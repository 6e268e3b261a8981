import { describe, expect, it } from 'vitest'
import { type EncodedFindings, Findings } from '../../src/measure/findings.ts'

const rule = (name: string) => ({ kind: 'violation', rule: name, path: '', detail: 'wrong' }) as const

function added(parts: readonly EncodedFindings[]): EncodedFindings {
  const sum = new Findings()
  for (const part of parts) sum.add(part)
  return sum.encode()
}

describe('what was found since the last time', () => {
  it('adds up to everything, with the first examples', () => {
    const findings = new Findings()
    const parts: EncodedFindings[] = []
    for (let second = 0; second < 4; second++) {
      for (let i = 0; i < 2; i++) {
        findings.find(rule('chat/a'), 'room.1', `payload ${second}.${i}`, 1000 * second + i)
        if (second % 2 === 1) findings.find(rule('chat/b'), 'room.2', 'odd', 1000 * second + i)
        if (second < 2) findings.error('http connect: timeout', `try ${second}.${i}`, 1000 * second + i)
      }
      parts.push(findings.takeNew())
    }
    expect(parts.map(({ rules }) => rules.map(({ rule: name, count }) => `${name} ${count}`))).toEqual([
      ['chat/a 2'],
      ['chat/a 2', 'chat/b 2'],
      ['chat/a 2'],
      ['chat/a 2', 'chat/b 2'],
    ])
    expect(parts.map(({ errors }) => errors.map(({ count }) => count))).toEqual([[2], [2], [], []])
    expect(added(parts)).toEqual(findings.encode())
    expect(added(parts).rules[0]?.examples.map(({ payload }) => payload)).toEqual([
      'payload 0.0',
      'payload 0.1',
      'payload 1.0',
    ])
    expect(findings.takeNew()).toEqual({ rules: [], errors: [] })
  })
})
