import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { HistoryEvent } from '../../src/conform/history.ts'
import { PROVED_OTHERWISE } from '../../src/conform/proofs.ts'
import { pass, type ActiveRule, type Outcome } from '../../src/conform/rule.ts'
import { CONTRACT, DESIGN, gateOf, idsIn, QUICK, rulesNamed } from './gate-of.ts'

/** What the documented design breaks. */
const BY_DESIGN = Object.keys(PROVED_OTHERWISE).filter((id) => /HTTP-CONN-08|SEM-LEAVE-02|SEC-ISO/.test(id))

describe('the documented design', () => {
  it('breaks the rules that keep users apart, and no other', async () => {
    const { result } = await gateOf(QUICK)
    expect(idsIn(result, 'FAIL', 'INCONCLUSIVE').toSorted()).toEqual(BY_DESIGN.toSorted())
    expect(result.verdict.exitCode).toBe(10)
  })

  it('keeps them all when the broker keeps users apart', async () => {
    const { result } = await gateOf(QUICK, {}, { isolated: true })
    expect(idsIn(result, 'FAIL', 'INCONCLUSIVE', 'NON-STRICT')).toEqual([])
    expect(idsIn(result, 'PASS')).toEqual(expect.arrayContaining(BY_DESIGN))
    expect(result.verdict).toEqual({ status: 'conformant', exitCode: 0, reasons: [] })
  })

  it('is excused no longer once users are kept apart: what is said to fail and passes is red', async () => {
    const { result } = await gateOf(QUICK, { knownFailures: DESIGN }, { isolated: true })
    expect(idsIn(result, 'XPASS').toSorted()).toEqual(BY_DESIGN.toSorted())
    expect(idsIn(result, 'XFAIL', 'FAIL')).toEqual([])
    expect(result.verdict).toMatchObject({ status: 'nonconformant', exitCode: 10 })
    expect(result.verdict.reasons).toHaveLength(BY_DESIGN.length)
  })
})

describe('a management API', () => {
  const stateWith = async (status: number, credentials: string): Promise<string> => {
    const server = createServer((request, response) => {
      const isKnown = request.headers.authorization === `Basic ${btoa(credentials)}`
      response.writeHead(request.url === '/api/overview' && isKnown ? status : 401).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const managementUrl = `http://127.0.0.1:${port}`
    try {
      const { result } = await gateOf(rulesNamed('SEC-MGMT-01'), { managementUrl })
      return result.cases[0]?.state ?? ''
    } finally {
      server.close()
    }
  }

  it.each([
    ['that lets the chat’s credentials in', 200, 'guest:guest', 'FAIL'],
    ['that knows them and forbids', 403, 'guest:guest', 'PASS'],
    ['that does not know them', 200, 'admin:other', 'PASS'],
    ['that fails', 500, 'guest:guest', 'INCONCLUSIVE'],
  ])('%s is told from others', async (_, status, credentials, state) => {
    expect(await stateWith(status, credentials)).toBe(state)
  })
})

describe('a rule that never fails', () => {
  it.each([
    ['EVT-ALL-04', 'read-lost'],
    ['HARN-01', 'frame-lost:1/7'],
  ])('%s is inconclusive with %s, and green without', async (id, fault) => {
    const states = [[], [fault]].map(async (faults) => {
      const { result } = await gateOf(rulesNamed(id), { faults, patienceMs: 300 })
      return [result.cases[0]?.state, result.verdict.exitCode]
    })
    expect(await Promise.all(states)).toEqual([
      ['PASS', 0],
      ['INCONCLUSIVE', 13],
    ])
  })
})

const begun = (id: string): HistoryEvent => ({ kind: 'case', atMs: 0, id, isNegative: true })
const control = (id: string, stood: boolean): HistoryEvent => ({
  kind: 'control',
  atMs: 1,
  case: id,
  stood,
  text: '',
})

/** What a passive rule makes of a history. */
function judged(id: string, ...events: HistoryEvent[]): Outcome {
  const [rule] = rulesNamed(id)
  if (rule === undefined || !('judge' in rule)) throw new Error(`${id} judges`)
  return rule.judge({ events, contract: CONTRACT })
}

describe('a silence', () => {
  const ended = (id: string, said: 'PASS' | 'FAIL' = 'PASS'): HistoryEvent => {
    // The gate itself makes a silence without its control INCONCLUSIVE; what the check said is what counts.
    return { kind: 'judged', atMs: 2, id, state: 'INCONCLUSIVE', said }
  }
  const judgedSilences = (...more: HistoryEvent[]): string =>
    judged('HARN-02', begun('A'), begun('B'), ...more, ended('A'), ended('B')).state

  it('counts when each case has a control, and all its controls stood', () => {
    expect(judgedSilences(control('A', true), control('B', true), control('B', true))).toBe('PASS')
    expect(judgedSilences(control('A', true))).toBe('FAIL')
    expect(judgedSilences(control('A', true), control('B', true), control('B', false))).toBe('FAIL')
    expect(judgedSilences()).toBe('FAIL')
    expect(judged('HARN-02', begun('A'), ended('A', 'FAIL')).state).toBe('INCONCLUSIVE')
    expect(judged('HARN-02').state).toBe('SKIP')
  })

  it('of a check that believes it without a control makes the gate red, and the case itself inconclusive', async () => {
    const [model] = rulesNamed('HTTP-SEND-02') as ActiveRule[]
    const credulous: ActiveRule = {
      ...(model as ActiveRule),
      check: async (stage) => {
        await (await stage.cast()).b.connect()
        return pass('nothing came')
      },
    }
    const { result } = await gateOf([credulous, ...rulesNamed('HARN-02')])
    expect(result.cases.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'HTTP-SEND-02 INCONCLUSIVE',
      'HARN-02 FAIL',
    ])
    const shown = result.cases[1]?.transcript.map(({ text }) => text) ?? []
    expect(shown.at(-1)).toBe('the example is the line above')
    expect(shown.at(-2)).toBe('HTTP-SEND-02 ends: INCONCLUSIVE')
  })
})

describe('our own lateness', () => {
  const opened: HistoryEvent = { kind: 'opened', atMs: 0, case: 'A', connection: 'c1', userId: 1 }
  const loop = (p99Ms: number): HistoryEvent => ({ kind: 'loop', atMs: 9, p99Ms, limitMs: 50 })

  it('is told, and is no fault of the target', () => {
    expect(judged('HARN-03', opened, loop(49.9))).toMatchObject({
      state: 'PASS',
      actual: '1 connections, every byte read; 99 of 100 times the event loop was late by 49.9 ms at most',
    })
    expect(judged('HARN-03', opened, loop(50)).state).toBe('NON-STRICT')
    expect(judged('HARN-03', opened).state).toBe('PASS')
  })
})
