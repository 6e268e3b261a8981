import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { openTokens } from '../../src/chat/tokens.ts'
import { runGate } from '../../src/conform/gate.ts'
import { documentedDesign, DOCUMENTED_DESIGN } from '../../src/conform/known-failures.ts'
import { fail, inconclusive, pass, type ActiveRule, type Outcome, type Rule } from '../../src/conform/rule.ts'
import type { Stage } from '../../src/conform/stage.ts'
import schema from '../../src/measure/conformance.schema.json' with { type: 'json' }
import { DEFAULT_TARGET, startTarget } from '../../src/target/server.ts'
import { gateOf, gateRequest, idsIn, rulesNamed, TOKENS } from './gate-of.ts'

const validate = new Ajv2020({ strict: false, allErrors: true }).compile(schema)
/** One rule of each sort. The whole catalogue has its own proof. */
const SAMPLE = rulesNamed(
  ...[
    'HTTP-AUTH-01 HTTP-AUTH-03 HTTP-AUTH-04 HTTP-CONN-01 HTTP-SEND-01 HTTP-SEND-07',
    'STOMP-CONNECT-01 STOMP-CONNECT-02 STOMP-CONNECT-05 STOMP-SUB-01 EVT-ALL-01 EVT-MSG-01',
    'SEM-DEL-01 SEM-DEL-02 SEM-DEL-03 SEM-DEL-05 SEM-ORD-01 SEC-ISO-02 SEC-ISO-03 HARN-02',
  ].flatMap((ids) => ids.split(' ')),
)
const DESIGN = { knownFailures: { file: DOCUMENTED_DESIGN, entries: documentedDesign() } }

/** A rule made for a test. */
function ruleOf(check: (stage: Stage) => Promise<Outcome>, more: Partial<ActiveRule> = {}): ActiveRule {
  const basis = { document: 'derived', section: 'test', quote: 'a test' } as const
  const words = { title: 'a test', sends: 'nothing', expected: ['nothing'], since: '0.0.0', basis }
  return { id: 'TEST-01', section: 'harness', level: 'MUST', cost: 'quick', ...words, ...more, check }
}

describe('a gate over the healthy reference target', () => {
  it('finds every rule kept but those the documented design breaks, and leaves a result that keeps its schema', async () => {
    const { result, history } = await gateOf(SAMPLE, DESIGN)
    expect(idsIn(result, 'FAIL', 'INCONCLUSIVE', 'NON-STRICT', 'XPASS')).toEqual([])
    expect(idsIn(result, 'XFAIL')).toEqual(['SEC-ISO-02'])
    expect(result.verdict).toEqual({ status: 'conformant', exitCode: 0, reasons: [] })
    expect(result.cases.map(({ id }) => id)).toEqual(SAMPLE.map(({ id }) => id))
    expect(result.coverage.exercised).toBe(new Set(SAMPLE.map(({ basis }) => basis.quote)).size)
    expect(result.environment).toMatchObject({
      profile: 'strict',
      server: expect.stringMatching(/^Stompede\//) as string,
    })
    expect(result.drift).toMatchObject({ undocumentedTypes: [], undocumentedFields: [], neverSeenTypes: [] })
    validate(JSON.parse(JSON.stringify(result)))
    expect(validate.errors).toBe(null)
    const kept = JSON.stringify([result, history.events])
    expect(kept).not.toMatch(/eyJ|"passcode","guest"|"password\\*":\\*"guest/)
    expect(kept).toContain('‹token of A›')
  })
})

describe('a planted fault', () => {
  /** What the line of the example must be. */
  const EXAMPLE: Readonly<Record<string, RegExp>> = {
    malformed: /^MESSAGE\n[^]*"type":"new_message","message":\{"content"/,
    'lose-first': /^POST \/send-message\n/,
    duplicate: /^MESSAGE\n/,
    'reject-late': /^MESSAGE\n|^403 to POST \/send-message/,
    swap: /^MESSAGE\n/,
    leak: /^MESSAGE\n/,
  }
  const planted: [fault: string, breaks: string[]][] = [
    ['accept-expired-jwt', ['HTTP-AUTH-04']],
    ['accept-non-member', ['HTTP-SEND-07']],
    ['error-without-close', ['STOMP-CONNECT-05']],
    ['malformed:1/5', ['EVT-ALL-01']],
    ['lose-first', ['SEM-DEL-01']],
    ['duplicate:1/7', ['SEM-DEL-02']],
    ['reject-late:1/6', ['SEM-DEL-03']],
    ['swap:1/7', ['SEM-ORD-01']],
    ['leak:1/3', ['SEC-ISO-03']],
  ]
  it.each(planted)('%s breaks %s and no other rule', async (fault, breaks) => {
    // A lost receipt or message is waited for to the end: the shorter the patience, the sooner the test is done.
    const { result } = await gateOf(SAMPLE, { ...DESIGN, faults: [fault], patienceMs: 200 })
    expect(idsIn(result, 'FAIL')).toEqual(breaks)
    const broken = result.cases.find(({ id }) => id === breaks[0])
    expect(broken?.transcript.length).toBeGreaterThan(2)
    const isPassive = /^(SEM|EVT-ALL|SEC-ISO-03)/.test(breaks[0] ?? '')
    // Where the history lies, with which a passive rule is repeated, is known to whoever writes it.
    expect(broken?.reproduce[0]).toBe(isPassive ? undefined : `stompede conform --only ${breaks[0]} --seed 1`)
    if (isPassive) {
      expect(broken?.transcript[0]?.text).toMatch(/^from history\.ndjson: \d+ of the \d+ lines of [A-Z]/)
      const at = broken?.transcript.findIndex(({ text }) => text === 'the example is the line above') ?? -1
      expect(broken?.transcript[at - 1]?.text).toMatch(EXAMPLE[fault.replace(/:.*/, '')] ?? /^never$/)
      expect(new Set(broken?.transcript.map(({ actor }) => actor)).size).toBeGreaterThan(2)
    }
  })

  it('no-heartbeat breaks the slow rule that waits for the heart-beats', async () => {
    const { result } = await gateOf(rulesNamed('STOMP-HB-02', 'STOMP-CONNECT-01'), {
      faults: ['no-heartbeat'],
    })
    expect(idsIn(result, 'FAIL')).toEqual(['STOMP-HB-02'])
  })
})

describe('a rule of several probes', () => {
  it('tells every one that failed, and no profile excuses one for the other', async () => {
    const rule = rulesNamed('STOMP-SUB-06')
    const both = await gateOf(rule, { faults: ['accept-any-destination', 'accept-duplicate-id'] })
    expect(both.result.cases[0]).toMatchObject({
      state: 'FAIL',
      actual:
        'a SUBSCRIBE to an exchange that does not exist has its RECEIPT; a second SUBSCRIBE with a used id has its RECEIPT',
    })
    // The profile knows that the ERROR may be lost, for either probe; that one is carried out it does not.
    const profile = 'rabbitmq-3.10'
    const lost = await gateOf(rule, { faults: ['close-without-error'], profile })
    expect(lost.result.cases[0]?.state).toBe('NON-STRICT')
    const worse = await gateOf(rule, { faults: ['close-without-error', 'accept-duplicate-id'], profile })
    expect(worse.result.cases[0]?.state).toBe('FAIL')
  })
})

describe('a check', () => {
  it('that throws is inconclusive and shows where, never a pass', async () => {
    const { result } = await gateOf([ruleOf(() => Promise.reject(new Error('a hole in the check')))])
    expect(result.cases[0]).toMatchObject({
      state: 'INCONCLUSIVE',
      actual: 'the check itself failed: a hole in the check',
    })
    expect(result.cases[0]?.transcript.at(-1)?.text).toMatch(/gate\.test\.ts/)
    expect(result.verdict).toMatchObject({ status: 'inconclusive', exitCode: 13 })
  })

  it('that takes too long is inconclusive, and what it does later does nothing', async () => {
    let later: Promise<string> | undefined
    const slow = ruleOf(async (stage) => {
      const { a } = await stage.cast()
      const never = Promise.withResolvers<void>()
      later = never.promise
        .then(() => a.call('connect'))
        .then(
          () => 'called',
          (error: unknown) => String(error),
        )
      setTimeout(never.resolve, 400)
      await never.promise
      return pass('too late')
    })
    const { result } = await gateOf([slow], { limitMs: { quick: 100, slow: 100 } })
    expect(result.cases[0]).toMatchObject({ state: 'INCONCLUSIVE', actual: 'not done within 0.1 s' })
    expect(await later).toMatch(/the case is over/)
  })

  it('that says a silence was good needs a control that stood', async () => {
    const silent = (text: string, stood?: boolean): Rule =>
      ruleOf(
        async (stage) => {
          if (stood !== undefined) stage.control('something legal', stood)
          return pass('nothing came')
        },
        { id: text, isNegative: true },
      )
    const { result } = await gateOf([
      silent('TEST-NONE'),
      silent('TEST-FAILED', false),
      silent('TEST-STOOD', true),
    ])
    expect(result.cases.map(({ state }) => state)).toEqual(['INCONCLUSIVE', 'INCONCLUSIVE', 'PASS'])
  })

  it('gets the same random numbers whichever rules are asked beside it, and others with another seed', async () => {
    const drawn: number[] = []
    const draws = ruleOf(async (stage) => pass(String(drawn.push(stage.random()))))
    const other = ruleOf(async (stage) => pass(String(stage.random())), { id: 'TEST-02' })
    await gateOf([draws])
    await gateOf([other, draws])
    await gateOf([draws], { seed: 2 })
    expect(drawn[0]).toBe(drawn[1])
    expect(drawn[2]).not.toBe(drawn[0])
  })

  it('leaves the world as it found it, also when it throws', async () => {
    const seen: string[] = []
    const leaves = ruleOf(async (stage) => {
      const { a, rooms } = await stage.cast()
      seen.push(String((await a.leave(rooms.shared)).status))
      throw new Error('after leaving')
    })
    const joins = ruleOf(
      async (stage) => {
        const { c, rooms } = await stage.cast()
        seen.push(String((await c.join(rooms.shared)).status))
        return pass('')
      },
      { id: 'TEST-02' },
    )
    const sends = ruleOf(
      async (stage) => {
        const { a, c, rooms } = await stage.cast()
        seen.push(
          String((await a.send(rooms.shared)).answer.status),
          String((await c.send(rooms.shared)).answer.status),
        )
        return pass('')
      },
      { id: 'TEST-03' },
    )
    await gateOf([leaves, joins, sends])
    expect(seen).toEqual(['201', '201', '201', '403'])
  })
})

describe('a gate', () => {
  it('of a target that refuses the connection is a whole result: unreachable, exit 14', async () => {
    const { result } = await runGate(gateRequest('http://127.0.0.1:9', SAMPLE))
    expect(result.verdict).toMatchObject({ status: 'unreachable', exitCode: 14 })
    expect(result.verdict.reasons[0]).toMatch(/127\.0\.0\.1:9 does not answer: .*ECONNREFUSED/)
    expect(idsIn(result, 'INCONCLUSIVE')).toHaveLength(SAMPLE.length)
    validate(JSON.parse(JSON.stringify(result)))
    expect(validate.errors).toBe(null)
  })

  it('that is stopped says so: what was under way is inconclusive, what was not begun too, exit 105', async () => {
    const stop = new AbortController()
    const waits = ruleOf(async (stage) => {
      const { a } = await stage.cast()
      const wire = await a.connect()
      setTimeout(() => stop.abort(), 20)
      await wire.next(() => false, { timeoutMs: 10_000 })
      return pass('never')
    })
    const { result } = await gateOf([waits, ...rulesNamed('HTTP-CONN-01')], { signal: stop.signal })
    expect(result.cases.map(({ state, actual }) => [state, actual])).toEqual([
      ['INCONCLUSIVE', 'stopped by a signal'],
      ['INCONCLUSIVE', 'not asked: stopped by a signal'],
    ])
    expect(result.run.isPartial).toBe(true)
    expect(result.verdict).toMatchObject({ status: 'inconclusive', exitCode: 105 })
  })

  it('judges by level: a SHOULD that fails is red only when strict', async () => {
    const should = ruleOf(async () => fail('not so'), { level: 'SHOULD' })
    expect((await gateOf([should, ...rulesNamed('HTTP-CONN-01')])).result.verdict.exitCode).toBe(0)
    expect((await gateOf([should], { isStrict: true })).result.verdict).toMatchObject({
      status: 'nonconformant',
      exitCode: 10,
      reasons: ['TEST-01 FAIL: not so'],
    })
  })

  it('in which nothing could be asked is not green', async () => {
    const open = ruleOf(async () => inconclusive('cannot tell'), { level: 'INFO' })
    expect((await gateOf([open])).result.verdict).toMatchObject({ status: 'inconclusive', exitCode: 13 })
  })
})

describe('a deployment that is not ours', () => {
  const others = async (
    rooms: number[][],
    rules: readonly Rule[],
    listed = false,
  ): Promise<Awaited<ReturnType<typeof runGate>>['result']> => {
    const target = await startTarget(
      { ...DEFAULT_TARGET, world: { users: 4, firstUserId: 1, rooms } },
      (error) => {
        throw error
      },
    )
    try {
      const request = gateRequest(target.address.apiUrl, rules)
      const tokens = await openTokens(TOKENS)
      const identities = await Promise.all([0, 1, 2, 3].map((index) => tokens.identityOf(index)))
      const { result } = await runGate(
        listed ? { ...request, tokens: { kind: 'listed', identities } } : request,
      )
      return result
    } finally {
      await target.close()
    }
  }

  it('has its people found by the rooms that POST /connect lists', async () => {
    // The first user shares no room; C must be the one who has a room of its own.
    const result = await others([[1], [2, 3], [2, 3, 4], [4]], SAMPLE)
    expect(idsIn(result, 'INCONCLUSIVE', 'SKIP')).toEqual([])
    expect(idsIn(result, 'FAIL')).toEqual(['SEC-ISO-02'])
  })

  it('is not green where nobody can play the stranger', async () => {
    const result = await others([[1, 2, 3, 4]], rulesNamed('HTTP-SEND-01', 'HTTP-SEND-07'))
    expect(result.cases.map(({ state }) => state)).toEqual(['PASS', 'INCONCLUSIVE'])
    expect(result.verdict.exitCode).toBe(13)
  })

  it('is not asked for what takes a signing key when tokens are listed', async () => {
    const result = await others([[1, 2], [3]], rulesNamed('HTTP-AUTH-03', 'HTTP-AUTH-04'), true)
    expect(result.cases.map(({ state }) => state)).toEqual(['PASS', 'SKIP'])
    expect(result.cases[1]?.actual).toMatch(/--jwt-secret/)
  })
})
