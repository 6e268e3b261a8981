import { afterEach, describe, expect, it } from 'vitest'
import { DEFAULT_CLAIMS, openTokens, type TokenPlan } from '../../src/chat/tokens.ts'
import { runGate, type FinishedGate, type GateRequest } from '../../src/conform/gate.ts'
import type { Rule } from '../../src/conform/rule.ts'
import { DEFAULT_JWT_SECRET, DEFAULT_TARGET, startTarget } from '../../src/target/server.ts'
import { openFront, type Doing, type Passing } from './front.ts'
import { DESIGN, gateRequest, idsIn, rulesNamed, TOKENS as MINTED } from './gate-of.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** Each user has one token, whenever it is minted: fronts tell people apart by it. */
const NOW_S = Math.floor(Date.now() / 1e3)
const TOKENS = {
  ...MINTED,
  kind: 'minted',
  key: DEFAULT_JWT_SECRET,
  claims: { ...DEFAULT_CLAIMS, iat: NOW_S - 60, exp: NOW_S + 3_600 },
} as TokenPlan & { kind: 'minted' }

/** A, B, C and D: A and B share all rooms but C's; D is in the first too. */
const ROOMS = [[1, 2, 4], [3], [1, 2], [1, 2]]

interface Other {
  rooms?: number[][]
  faults?: string[]
  front?: (passing: Passing) => Doing
  /** Called with the API's address when it stands. */
  meanwhile?: (apiUrl: string) => void
}

/** A gate over a target that it does not know to be the reference target. */
async function gateOver(
  rules: readonly Rule[],
  { rooms = ROOMS, faults = [], front, meanwhile }: Other = {},
  changes: Partial<GateRequest> = {},
): Promise<FinishedGate> {
  const world = { users: 4, firstUserId: 1, rooms }
  const target = await startTarget({ ...DEFAULT_TARGET, world, faults }, (error) => {
    throw error
  })
  closing.push(() => target.close())
  let apiUrl = `${target.address.apiUrl}/chat-ws`
  if (front !== undefined) {
    const opened = await openFront(apiUrl, front)
    closing.push(() => opened.close())
    apiUrl = opened.apiUrl
  }
  meanwhile?.(apiUrl)
  return runGate({ ...gateRequest(apiUrl, rules), tokens: TOKENS, ...changes })
}

const tokenOf = async (userId: number): Promise<string> =>
  (await (await openTokens(TOKENS)).identityOf(userId - 1)).token

/** Lets a user make these calls again and again until the test is over. */
function busy(
  userId: number,
  calls: readonly (readonly [path: string, body?: object])[],
): (apiUrl: string) => void {
  return (apiUrl) => {
    let isOver = false
    let done = 0
    const told = (async () => {
      const authorization = `Bearer ${await tokenOf(userId)}`
      for (let i = 0; !isOver; i = (i + 1) % calls.length) {
        const [path, body] = calls[i] as (typeof calls)[number]
        const sent = body === undefined ? {} : { body: JSON.stringify(body) }
        const headers = { authorization, 'content-type': 'application/json' }
        const { ok } = await fetch(`${apiUrl}${path}`, { method: 'POST', headers, ...sent })
        if (ok) done++
      }
    })()
    closing.push(async () => {
      isOver = true
      await told
      expect(done).toBeGreaterThan(10)
    })
  }
}

describe('a deployment that lets nobody in', () => {
  const rules = rulesNamed('HTTP-AUTH-01', 'HTTP-CONN-01', 'HTTP-SEND-01', 'SEM-DEL-01', 'SEC-ISO-02')
  it.each<[string, Other, Partial<GateRequest>, RegExp]>([
    [
      'for its key is another',
      {},
      { tokens: { ...TOKENS, key: 'another-secret-than-the-target-has' } },
      /401 \{/,
    ],
    ['for the base path is another', { front: () => ({ status: 404 }) }, {}, /404 \{/],
    ['and answers with pages', { faults: ['http-html'] }, {}, /502 <html>/],
  ])('%s: one red case with its evidence, exit 14, and what to look at', async (_, other, changes, seen) => {
    const { result } = await gateOver(rules, other, { ...changes, knownFailures: DESIGN })
    expect(result.cases.map(({ id, state }) => [id, state])).toEqual([
      ['HTTP-AUTH-01', 'INCONCLUSIVE'],
      ['HTTP-CONN-01', 'FAIL'],
      ['HTTP-SEND-01', 'INCONCLUSIVE'],
      ['SEM-DEL-01', 'INCONCLUSIVE'],
      // A known failure excuses nothing that was not asked.
      ['SEC-ISO-02', 'INCONCLUSIVE'],
    ])
    expect(result.verdict).toMatchObject({ status: 'unreachable', exitCode: 14 })
    const [why, red] = result.verdict.reasons
    expect(why).toMatch(/^nobody was let in: POST \/connect of http:.* never answered 2XX; user 1: \d/)
    expect(why).toMatch(/is the token wrong \(.*\), or the base path/)
    expect(red).toMatch(/^HTTP-CONN-01 FAIL: POST \/connect gave /)
    const shown = result.cases[1]
    expect(shown?.actual).toMatch(seen)
    expect(shown?.transcript.map(({ actor, text }) => `${actor} ${text}`).join('\n')).toMatch(
      /A POST http.*connect/,
    )
    expect(shown?.reproduce.at(-1)).toMatch(/^curl .*\/connect' .*Bearer \$TOKEN/)
  })
})

describe('a deployment that is not ours', () => {
  it('is not asked what it does not show: what triggers message_read is not documented', async () => {
    const rules = rulesNamed('HTTP-CONN-01', 'EVT-READ-01', 'EVT-READ-02', 'EVT-ALL-04', 'SEC-ISO-02')
    const { result } = await gateOver(rules, { faults: ['read-lost'] }, { patienceMs: 200 })
    expect(idsIn(result, 'SKIP')).toEqual(['EVT-READ-01', 'EVT-READ-02', 'EVT-ALL-04', 'SEC-ISO-02'])
    for (const { actual } of result.cases.slice(1)) expect(actual).toMatch(/the guide does not say what/)
    expect(result.verdict.exitCode).toBe(0)
    // Shown, it is judged.
    const seen = await gateOver(rules, {}, { knownFailures: DESIGN })
    expect(seen.result.cases.map(({ state }) => state)).toEqual(['PASS', 'PASS', 'PASS', 'PASS', 'XFAIL'])
  })

  it('is not asked about joining where its policy closes its rooms', async () => {
    const rules = rulesNamed('HTTP-CONN-01', 'HTTP-JOIN-01', 'HTTP-JOIN-02', 'SEM-JOIN-01')
    const closed = (status: number): Other => ({
      front: ({ call }) => (call === '/join-room' ? { status } : undefined),
    })
    const { result } = await gateOver(rules, closed(403))
    expect(result.cases.map(({ state }) => state)).toEqual(['PASS', 'SKIP', 'SKIP', 'SKIP'])
    expect(result.cases[1]?.actual).toMatch(/403 .*closed by policy/)
    expect(result.verdict.exitCode).toBe(0)
    // Any other refusal is none of a policy.
    const broken = await gateOver(rules, closed(409))
    expect(broken.result.cases.map(({ state }) => state)).toEqual([
      'PASS',
      'FAIL',
      'INCONCLUSIVE',
      'INCONCLUSIVE',
    ])
  })

  it('may tell of a goodbye after its answer', async () => {
    const front: Other['front'] = ({ call }) =>
      call === '/disconnect' ? { status: 201, forwardAfterMs: 150 } : undefined
    const { result } = await gateOver(rulesNamed('EVT-STAT-02'), { front })
    expect(result.cases[0]).toMatchObject({ state: 'PASS', actual: 'status "offline"' })
  })

  it('is known to keep rooms apart only where somebody listened who could have heard', async () => {
    const rule = rulesNamed('SEC-ISO-03')
    const alone = await gateOver(rule, { rooms: [[1, 2]] })
    expect(alone.result.cases[0]).toMatchObject({
      state: 'INCONCLUSIVE',
      actual: expect.stringMatching(/nobody was heard of who listened in another room/) as string,
    })
    const watched = await gateOver(rule)
    expect(watched.result.cases[0]?.state).toBe('PASS')
    expect((await gateOver(rule, { faults: ['leak:1/3'] })).result.cases[0]?.state).toBe('FAIL')
  })

  it('answers a forged token with another 4XX: tolerated, unless a good token is answered so too', async () => {
    const rule = rulesNamed('HTTP-AUTH-03', 'HTTP-AUTH-06')
    const good = await Promise.all([1, 2, 3, 4].map(tokenOf))
    /** Forged tokens get this status, but for one call, which takes them. */
    const state = async (status: number, open: string): Promise<unknown[]> => {
      const isGood = (authorization: string): boolean => good.some((each) => authorization.endsWith(each))
      const front: Other['front'] = ({ call, authorization }) =>
        isGood(authorization) ? undefined : { status: call.startsWith(open) ? 404 : status }
      return (await gateOver(rule, { front })).result.cases.map((each) => each.state)
    }
    expect(await state(403, '/nowhere')).toEqual(['NON-STRICT', 'NON-STRICT'])
    expect(await state(401, '/nowhere')).toEqual(['PASS', 'PASS'])
    expect(await state(401, '/leave-room')).toEqual(['FAIL', 'PASS'])
    /** One call never looks at the token: members and the offline are refused whoever they are. */
    const blind = async (call: string, status: number): Promise<unknown> => {
      const front: Other['front'] = (passing) => {
        if (passing.call === call) return { status }
        return good.some((each) => passing.authorization.endsWith(each)) ? undefined : { status: 401 }
      }
      return (await gateOver(rulesNamed('HTTP-AUTH-03'), { front })).result.cases[0]?.state
    }
    expect([await blind('/join-room', 409), await blind('/disconnect', 400)]).toEqual(['FAIL', 'FAIL'])
  })
})

describe('other people in the same room', () => {
  it('who type do not pass for A', async () => {
    const typing = busy(4, [
      ['/typing-start', { roomId: 1 }],
      ['/typing-end', { roomId: 1 }],
    ])
    const a = await tokenOf(1)
    const swallowed: Other['front'] = ({ call, authorization }) =>
      call === '/typing-end' && authorization.endsWith(a)
        ? { status: 201, body: '{"status":"success"}' }
        : undefined
    const rules = rulesNamed('EVT-TYP-01', 'EVT-TYP-02')
    const { result } = await gateOver(rules, { front: swallowed, meanwhile: typing })
    expect(result.cases.map(({ state }) => state)).toEqual(['PASS', 'FAIL'])
    const healthy = await gateOver(rules, { meanwhile: typing })
    expect(healthy.result.cases.map(({ state }) => state)).toEqual(['PASS', 'PASS'])
  })

  it('who read do not pass for B, and break nothing', async () => {
    const reading = busy(4, [['/leave-room/1'], ['/join-room', { roomId: 1 }]])
    const rules = rulesNamed('EVT-READ-01', 'EVT-READ-02')
    const { result } = await gateOver(rules, { meanwhile: reading })
    expect(result.cases.map(({ state, actual }) => `${state} ${actual}`)).toEqual([
      expect.stringMatching(/^PASS message \d+ read by 2$/) as string,
      'PASS reported once',
    ])
  })
})

describe('a message that is late by our own doing', () => {
  const lateBy = async (holdsMs: number, faults: string[] = []): Promise<unknown> => {
    let isHeld = false
    const front: Other['front'] = ({ call }) => {
      // The whole process stands still, the checker with it.
      const until = performance.now() + (call === '/send-message' && !isHeld ? holdsMs : 0)
      isHeld ||= call === '/send-message'
      while (performance.now() < until);
      return undefined
    }
    const { result } = await gateOver(rulesNamed('EVT-MSG-06'), { front, faults }, { patienceMs: 5_000 })
    return result.cases[0]?.state
  }

  it('is not held against the target', async () => {
    expect(await lateBy(1_200)).toBe('INCONCLUSIVE')
    expect(await lateBy(0)).toBe('PASS')
    expect(await lateBy(0, ['slow-delivery'])).toBe('FAIL')
  })
})
