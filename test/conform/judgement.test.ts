import { describe, expect, it } from 'vitest'
import { countStates, judgeOutcome, verdictOf } from '../../src/conform/judgement.ts'
import { knownFailuresFor, type KnownFailure } from '../../src/conform/known-failures.ts'
import { PROFILE_NAMES, profileFor, profileNamed, type Profile } from '../../src/conform/profile.ts'
import { CATALOGUE } from '../../src/conform/catalogue.ts'
import {
  deviation,
  fail,
  inconclusive,
  info,
  nonStrict,
  pass,
  skip,
  together,
  type Outcome,
  type RuleText,
} from '../../src/conform/rule.ts'
import type { ConformanceCase, Level, State } from '../../src/measure/conformance.ts'

const rule = { id: 'R-1' } as RuleText
const pin = { rule: 'R-1', deviation: 'no-close', seen: 'it stays open', source: 'measured' } as const
const profile: Profile = { name: 'rabbitmq-4', decoder: {}, pins: [pin] }
const strict = profileNamed('strict')
const entry: KnownFailure = {
  id: 'R-1',
  reason: 'by design',
  link: 'https://t.example/1',
  expires: '2099-01-01',
}
const known = (...entries: KnownFailure[]): ReturnType<typeof knownFailuresFor> =>
  knownFailuresFor('f', entries, {
    apiUrl: 'http://x',
    profile: 'strict',
    today: new Date('2027-01-01'),
    ruleIds: new Set(['R-1']),
  })

describe('an outcome', () => {
  const states = (outcome: Outcome, by: Profile, ...entries: KnownFailure[]): State =>
    judgeOutcome(rule, outcome, by, known(...entries)).state

  it.each<[Outcome, State, State, State]>([
    // outcome, by itself, with a profile that pins no-close, with a known failure
    [pass('x'), 'PASS', 'PASS', 'XPASS'],
    [nonStrict('x'), 'NON-STRICT', 'NON-STRICT', 'XPASS'],
    [fail('x'), 'FAIL', 'FAIL', 'XFAIL'],
    [deviation('no-close', 'x'), 'FAIL', 'NON-STRICT', 'XFAIL'],
    [deviation('no-receipt', 'x'), 'FAIL', 'FAIL', 'XFAIL'],
    [info('x'), 'INFO', 'INFO', 'INFO'],
    [inconclusive('x'), 'INCONCLUSIVE', 'INCONCLUSIVE', 'XFAIL'],
    [skip('x'), 'SKIP', 'SKIP', 'SKIP'],
  ])('%j is %s, with a profile %s, with a known failure %s', (outcome, alone, pinned, excused) => {
    expect(states(outcome, strict)).toBe(alone)
    expect(states(outcome, profile)).toBe(pinned)
    expect(states(outcome, strict, entry)).toBe(excused)
  })

  it('of several probes tells each that failed, and is excused only where each of them is', () => {
    const both = together([deviation('no-close', 'one'), deviation('no-receipt', 'two')])
    expect(both).toEqual({ state: 'FAIL', actual: 'one; two', deviations: ['no-close', 'no-receipt'] })
    expect(states(both, profile)).toBe('FAIL')
    const two: Profile = { ...profile, pins: [pin, { ...pin, deviation: 'no-receipt', seen: 'and more' }] }
    expect(judgeOutcome(rule, both, two, known())).toMatchObject({
      state: 'NON-STRICT',
      excuse: { reason: 'it stays open; and more', source: 'measured' },
    })
    expect(states(together([deviation('no-close', 'one'), fail('two')]), two)).toBe('FAIL')
    expect(together([pass('one'), deviation('no-close', 'two')])).toEqual(deviation('no-close', 'two'))
    expect(together([pass('one'), nonStrict('two')])).toEqual(nonStrict('one; two'))
    expect(together([pass('one'), pass('two')])).toEqual(pass('one; two'))
    expect(together([fail('one'), inconclusive('two')])).toEqual(fail('one'))
  })

  it('says who excused it, and that a pinned deviation has disappeared', () => {
    expect(judgeOutcome(rule, deviation('no-close', 'x'), profile, known()).excuse).toEqual({
      from: 'profile',
      reason: 'it stays open',
      source: 'measured',
    })
    expect(judgeOutcome(rule, fail('x'), strict, known(entry)).excuse).toEqual({
      from: 'known-failures',
      reason: 'by design',
      source: 'https://t.example/1',
    })
    expect(judgeOutcome(rule, pass('x'), profile, known()).remark).toMatch(
      /R-1 passed: the deviation that rabbitmq-4 pins has disappeared/,
    )
    expect(judgeOutcome(rule, pass('x'), strict, known()).remark).toBe(undefined)
    expect(judgeOutcome(rule, nonStrict('x'), profile, known()).remark).toBe(undefined)
  })
})

describe('a verdict', () => {
  const cases = (...of: [State, Level][]): ConformanceCase[] =>
    of.map(
      ([state, level], i) =>
        ({ id: `R-${i}`, state, level, actual: 'so', excuse: null }) as unknown as ConformanceCase,
    )
  const judge = (all: ConformanceCase[], more: Partial<Parameters<typeof verdictOf>[0]> = {}): string => {
    const gate = {
      cases: all,
      known: known(),
      isStrict: false,
      unreachable: undefined,
      isStopped: false,
      remarks: [],
    }
    const { status, exitCode } = verdictOf({ ...gate, ...more })
    return `${status} ${exitCode}`
  }

  it.each<[string, string, [State, Level][]]>([
    [
      'conformant 0',
      'conformant 0',
      [
        ['PASS', 'MUST'],
        ['SKIP', 'MUST'],
        ['INFO', 'INFO'],
        ['XFAIL', 'MUST'],
      ],
    ],
    [
      'conformant 0',
      'nonconformant 10',
      [
        ['PASS', 'MUST'],
        ['FAIL', 'SHOULD'],
      ],
    ],
    [
      'conformant 0',
      'nonconformant 10',
      [
        ['PASS', 'MUST'],
        ['NON-STRICT', 'SHOULD'],
      ],
    ],
    ['conformant 0', 'conformant 0', [['NON-STRICT', 'MUST']]],
    [
      'nonconformant 10',
      'nonconformant 10',
      [
        ['PASS', 'MUST'],
        ['FAIL', 'MUST'],
        ['INCONCLUSIVE', 'MUST'],
      ],
    ],
    ['nonconformant 10', 'nonconformant 10', [['XPASS', 'INFO']]],
    [
      'inconclusive 13',
      'inconclusive 13',
      [
        ['PASS', 'MUST'],
        ['INCONCLUSIVE', 'MUST'],
      ],
    ],
    [
      'conformant 0',
      'inconclusive 13',
      [
        ['PASS', 'MUST'],
        ['INCONCLUSIVE', 'SHOULD'],
      ],
    ],
    [
      'inconclusive 13',
      'inconclusive 13',
      [
        ['SKIP', 'MUST'],
        ['SKIP', 'SHOULD'],
      ],
    ],
    ['inconclusive 13', 'inconclusive 13', []],
    [
      'inconclusive 13',
      'inconclusive 13',
      [
        ['INCONCLUSIVE', 'INFO'],
        ['INCONCLUSIVE', 'INFO'],
      ],
    ],
    [
      'conformant 0',
      'conformant 0',
      [
        ['PASS', 'MUST'],
        ['FAIL', 'INFO'],
        ['INCONCLUSIVE', 'INFO'],
      ],
    ],
  ])('%s (strict: %s) is what %j come to', (expected, strictly, of) => {
    expect(judge(cases(...of))).toBe(expected)
    expect(judge(cases(...of), { isStrict: true })).toBe(strictly)
  })

  it('does not hold a deviation against a target that its profile pins, even when strict', () => {
    const [each] = cases(['NON-STRICT', 'SHOULD'])
    const pinned = {
      ...(each as ConformanceCase),
      excuse: { from: 'profile', reason: '', source: '' } as const,
    }
    expect(judge([pinned], { isStrict: true })).toBe('conformant 0')
  })

  it('is red for known failures that have expired or name no rule', () => {
    const green = cases(['PASS', 'MUST'])
    expect(judge(green, { known: known({ ...entry, expires: '2026-12-31' }) })).toBe('nonconformant 10')
    expect(judge(green, { known: known({ ...entry, id: 'R-GONE' }) })).toBe('nonconformant 10')
  })

  it('says what it rests on, the worst first, and what is worth knowing all the same', () => {
    const of = cases(['FAIL', 'MUST'], ['INCONCLUSIVE', 'MUST'], ['SKIP', 'MUST'])
    const lists = known({ ...entry, expires: '2026-12-31' }, { ...entry, id: 'R-GONE' })
    const common = { isStrict: false, unreachable: undefined, isStopped: false }
    const all = { ...common, cases: of, known: lists, remarks: ['a remark'], damage: ['B is still out'] }
    expect(verdictOf(all).reasons).toEqual([
      'R-0 FAIL: so',
      'known failure past its day: R-1 (2026-12-31)',
      'known failure of no rule: R-GONE',
      'R-1 inconclusive: so',
      'B is still out',
      'a remark',
    ])
    const open = { ...all, cases: of.slice(1), known: known(), isStopped: true }
    expect(verdictOf(open).reasons).toEqual([
      'no rule could be asked',
      'stopped by a signal before every rule was asked',
      'R-1 inconclusive: so',
      'B is still out',
      'a remark',
    ])
    const green = { ...all, cases: cases(['PASS', 'MUST']), known: known(), damage: [] }
    expect(verdictOf(green).reasons).toEqual(['a remark'])
    expect(verdictOf({ ...all, unreachable: 'nobody was let in' }).reasons).toEqual([
      'nobody was let in',
      'R-0 FAIL: so',
    ])
  })

  it('counts how many cases ended in each state', () => {
    const counts = countStates(cases(['PASS', 'MUST'], ['PASS', 'SHOULD'], ['XFAIL', 'MUST']))
    expect(counts).toMatchObject({ PASS: 2, XFAIL: 1, FAIL: 0, INCONCLUSIVE: 0 })
    expect(Object.keys(counts)).toHaveLength(8)
  })

  it('is unreachable or stopped where it is that', () => {
    expect(judge(cases(['INCONCLUSIVE', 'MUST']), { unreachable: 'ECONNREFUSED' })).toBe('unreachable 14')
    expect(judge(cases(['PASS', 'MUST']), { isStopped: true })).toBe('inconclusive 105')
    expect(judge(cases(['FAIL', 'MUST']), { isStopped: true })).toBe('nonconformant 10')
  })
})

describe('a profile', () => {
  it.each([
    ['RabbitMQ/3.10.8', 'rabbitmq-3.10'],
    ['RabbitMQ/3.10.14', 'rabbitmq-3.12'],
    ['RabbitMQ/3.11.6', 'rabbitmq-3.10'],
    ['RabbitMQ/3.11.7', 'rabbitmq-3.12'],
    ['RabbitMQ/3.13.7', 'rabbitmq-3.12'],
    ['RabbitMQ/4.1.0', 'rabbitmq-4'],
    ['RabbitMQ/10.0', 'rabbitmq-4'],
    ['Stompede/0.1.0', 'strict'],
    ['', 'strict'],
    [null, 'strict'],
  ])('for server %s is %s', (server, name) => {
    expect(profileFor(server).profile.name).toBe(name)
  })

  it('that nobody knows is a usage error', () => {
    expect(() => profileNamed('rabbitmq-2')).toThrow(/no profile "rabbitmq-2"; there are strict, /)
  })

  it('pins rules that exist, each with what is seen and its source', () => {
    const ids = new Set(CATALOGUE.map(({ id }) => id))
    const pins = PROFILE_NAMES.flatMap((name) => profileNamed(name).pins)
    expect(pins.length).toBeGreaterThan(0)
    for (const each of pins) {
      expect(ids.has(each.rule), each.rule).toBe(true)
      expect(each.seen.length * each.source.length, each.rule).toBeGreaterThan(0)
    }
    expect(profileNamed('strict').pins).toEqual([])
  })
})
