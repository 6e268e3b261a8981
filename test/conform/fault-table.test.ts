import { describe, expect, it } from 'vitest'
import { CATALOGUE } from '../../src/conform/catalogue.ts'
import { PROOFS, PROVED_OTHERWISE, type Proof } from '../../src/conform/proofs.ts'
import type { ConformanceResult, State } from '../../src/measure/conformance.ts'
import { FAULTS, type FaultName } from '../../src/target/faults.ts'
import { DESIGN, gateOf, HEALTHY, QUICK, rulesNamed } from './gate-of.ts'

const TABLE: Readonly<Record<FaultName, Proof>> = PROOFS
describe('the table of faults', () => {
  it('has every fault, and every rule in it is one', () => {
    expect(Object.keys(TABLE).toSorted()).toEqual(Object.keys(FAULTS).toSorted())
    const ids = new Set(CATALOGUE.map(({ id }) => id))
    const named = Object.values(TABLE).flatMap(({ breaks, opens = [], slow = [], only }) => [
      ...breaks,
      ...(opens === 'anything' ? [] : opens),
      ...slow,
      ...(only?.rules ?? []),
    ])
    expect([...named, ...Object.keys(PROVED_OTHERWISE)].filter((id) => !ids.has(id))).toEqual([])
  })

  it('says why, where a rule cannot say any more', () => {
    const silent = Object.entries(TABLE).filter(
      ([, { opens, why }]) => (opens === undefined) !== (why === undefined),
    )
    expect(silent.map(([name]) => name)).toEqual([])
  })

  it('breaks every MUST at least once, but for those that are proved otherwise', () => {
    const broken = new Set(Object.values(TABLE).flatMap(({ breaks }) => breaks))
    const musts = CATALOGUE.filter(({ level }) => level === 'MUST').map(({ id }) => id)
    const unproved = musts.filter((id) => !broken.has(id) && !Object.hasOwn(PROVED_OTHERWISE, id))
    expect(unproved).toEqual([])
    // An exception that is none any more is to be struck out.
    expect(Object.keys(PROVED_OTHERWISE).filter((id) => broken.has(id))).toEqual([])
  })
})

describe.concurrent('a gate over a target with one fault', () => {
  it.each(Object.entries(TABLE))('%s breaks exactly its rules', { timeout: 180_000 }, async (name, proof) => {
    const wanted = wantedOf(proof)
    let seen = seenIn(await gateWith(name, proof, PATIENCE_MS), proof)
    // On a machine that stands still for longer than the patience, patience says nothing.
    if (JSON.stringify(seen) !== JSON.stringify(wanted))
      seen = seenIn(await gateWith(name, proof, 8 * PATIENCE_MS), proof)
    expect(seen).toEqual(wanted)
  })
})

// --- internal ---

const PATIENCE_MS = 250

interface Seen {
  breaks: string[]
  opens: string[] | 'anything'
  verdict: string
}

async function gateWith(
  name: string,
  { every, slow = [], only }: Proof,
  patienceMs: number,
): Promise<ConformanceResult> {
  const rules = only === undefined ? [...QUICK, ...rulesNamed(...slow)] : rulesNamed(...only.rules)
  const faults = [every === undefined ? name : `${name}:1/${every}`]
  const patience = Math.max(patienceMs, only?.patienceMs ?? 0)
  const limitMs = { quick: 10_000 + 20 * patience, slow: 30_000 }
  const { result } = await gateOf(rules, { faults, patienceMs: patience, limitMs, knownFailures: DESIGN })
  return result
}

function wantedOf({ breaks, opens = [], ends }: Proof): Seen {
  const isBroken = breaks.some((id) => CATALOGUE.some((rule) => rule.id === id && rule.level === 'MUST'))
  return {
    breaks: [...breaks].toSorted(),
    opens: opens === 'anything' ? 'anything' : [...opens].toSorted(),
    verdict: ends ?? (isBroken ? 'nonconformant' : 'conformant'),
  }
}

function seenIn({ cases, verdict }: ConformanceResult, { opens }: Proof): Seen {
  const isGreen = (state: State): boolean => state === 'PASS' || state === 'INFO'
  const odd = cases.filter(({ id, state }) => !isGreen(state) && state !== HEALTHY[id])
  const idsOf = (isBroken: boolean): string[] =>
    odd
      .filter(({ state }) => (state === 'FAIL') === isBroken)
      .map(({ id }) => id)
      .toSorted()
  return {
    breaks: idsOf(true),
    opens: opens === 'anything' ? 'anything' : idsOf(false),
    verdict: verdict.status,
  }
}
