import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FinishedGate } from '../../src/conform/gate.ts'
import type { HistoryEvent } from '../../src/conform/history.ts'
import { replay } from '../../src/conform/replay.ts'
import { CATALOGUE } from '../../src/conform/catalogue.ts'
import { CONTRACT, gateOf, rulesNamed } from './gate-of.ts'

const RULES = rulesNamed('EVT-ALL-01', 'SEM-DEL-01', 'SEM-DEL-02', 'SEM-DEL-05', 'SEM-ORD-01', 'SEC-ISO-03')
const directory = mkdtempSync(join(tmpdir(), 'stompede-replay-'))
afterAll(() => rmSync(directory, { recursive: true }))

function store({ result }: FinishedGate, events: readonly HistoryEvent[]): void {
  writeFileSync(join(directory, 'result.json'), JSON.stringify(result))
  writeFileSync(
    join(directory, 'history.ndjson'),
    events.map((event) => `${JSON.stringify(event)}\n`).join(''),
  )
}

describe('a recorded history', () => {
  let gate: FinishedGate
  beforeAll(async () => {
    gate = await gateOf(RULES, { faults: ['duplicate:1/7', 'swap:1/11', 'malformed:1/9'] })
  })

  it('comes to the same states and the same words when it is judged again', async () => {
    store(gate, gate.history.events)
    const { cases, differing, verdict } = await replay(directory, CATALOGUE, CONTRACT)
    expect(differing).toEqual([])
    expect(verdict).toMatchObject({ status: 'nonconformant', exitCode: 10 })
    expect(cases.map(({ rule, outcome }) => [rule.id, outcome.state, outcome.actual])).toEqual(
      gate.result.cases.map(({ id, state, actual }) => [id, state, actual]),
    )
    expect(cases.map(({ outcome }) => outcome.state)).toEqual([
      'FAIL',
      'PASS',
      'FAIL',
      'PASS',
      'FAIL',
      'PASS',
    ])
  })

  it('is judged by the rules, the strictness and the excuses of its gate, unless others are named', async () => {
    const own = [...rulesNamed('SEM-DEL-02', 'STOMP-ACK-01', 'SEM-ORD-01', 'HTTP-CONN-01')]
    const entry = { reason: 'known', link: 'https://t.example/1', expires: '2099-01-01' }
    const known = { file: 'mine', entries: [{ ...entry, id: 'SEM-DEL-02' }] }
    const faults = ['duplicate:1/7', 'redelivered:1/9']
    const strict = await gateOf(own, { faults, isStrict: true, knownFailures: known })
    store(strict, strict.history.events)
    const judged = async (...more: Parameters<typeof replay>[3][]): Promise<unknown> => {
      const { cases, verdict } = await replay(directory, CATALOGUE, CONTRACT, ...more)
      return [...cases.map(({ rule, judgement }) => `${rule.id} ${judgement.state}`), verdict.exitCode]
    }
    expect(await judged()).toEqual(['STOMP-ACK-01 FAIL', 'SEM-DEL-02 XFAIL', 'SEM-ORD-01 PASS', 10])
    expect(await judged({ isStrict: false })).toContain(0)
    expect(await judged({ rules: rulesNamed('SEM-ORD-01') })).toEqual(['SEM-ORD-01 PASS', 0])
    expect(await judged({ rules: rulesNamed('SEM-DEL-01', 'SEM-DEL-02') })).toEqual([
      'SEM-DEL-01 PASS',
      'SEM-DEL-02 XFAIL',
      0,
    ])
    const others = { file: 'other', entries: [{ ...entry, id: 'SEM-ORD-01' }] }
    expect(await judged({ isStrict: false, knownFailures: others })).toEqual([
      'STOMP-ACK-01 FAIL',
      'SEM-DEL-02 FAIL',
      'SEM-ORD-01 XPASS',
      10,
    ])
    await expect(judged({ rules: rulesNamed('HTTP-CONN-01') })).rejects.toThrow(
      /none of the 1 rules judges a history/,
    )
  })

  it('that lacks what the gate saw comes to another verdict, and that is said', async () => {
    const isMessage = (event: HistoryEvent): boolean =>
      event.kind === 'frame' && event.direction === 'in' && event.command === 'MESSAGE'
    const messages = gate.history.events.filter(isMessage)
    const taken = new Set(messages.filter((_, i) => i % 5 === 2))
    store(
      gate,
      gate.history.events.filter((event) => !taken.has(event)),
    )
    expect((await replay(directory, RULES, CONTRACT)).differing).toEqual(['SEM-DEL-01 was PASS, is FAIL'])
    store(
      gate,
      gate.history.events.filter((event) => !isMessage(event)),
    )
    const { differing } = await replay(directory, RULES, CONTRACT)
    expect(differing).toContain('SEM-DEL-02 was FAIL, is INCONCLUSIVE')
    expect(differing).toContain('SEM-DEL-01 was PASS, is INCONCLUSIVE')
  })

  it('of another contract, of no gate, or of no JSON is refused', async () => {
    const [first, ...rest] = gate.history.events
    store(gate, [{ ...(first as Extract<HistoryEvent, { kind: 'gate' }>), contract: 'other' }, ...rest])
    await expect(replay(directory, RULES, CONTRACT)).rejects.toThrow(/recorded with the contract other/)
    store(gate, rest)
    await expect(replay(directory, RULES, CONTRACT)).rejects.toThrow(/no history of a gate/)
    writeFileSync(join(directory, 'history.ndjson'), '{"kind":"gate"}\nhalf')
    await expect(replay(directory, RULES, CONTRACT)).rejects.toThrow(/line 2: is no JSON/)
    await expect(replay(join(directory, 'nowhere'), RULES, CONTRACT)).rejects.toThrow(
      /cannot read the history/,
    )
  })
})
