import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CATALOGUE } from '../../src/conform/catalogue.ts'
import { PROOFS, PROVED_OTHERWISE, type Proof } from '../../src/conform/proofs.ts'
import type { State } from '../../src/measure/conformance.ts'
import { FAULTS, type FaultName } from '../../src/target/faults.ts'
import { HEALTHY } from './gate-of.ts'
import type { GateStates, GateWish } from './gate-worker.ts'

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

describe('a gate over a target with one fault', () => {
  const gates = openGates()
  const told = new Map<string, Promise<Seen>>()
  // Gates mostly wait, so many go side by side; those that wait longest begin.
  beforeAll(() => {
    const rows = Object.entries(TABLE)
    for (const [name, proof] of rows.toSorted(([, x], [, y]) => waitOf(y) - waitOf(x))) {
      const seen = seenWith(gates, name, proof)
      // Awaited in the test of its name, perhaps long after it has failed.
      seen.catch(() => undefined)
      told.set(name, seen)
    }
  })
  afterAll(() => gates.close())

  it.each(Object.entries(TABLE))('%s breaks exactly its rules', { timeout: 300_000 }, async (name, proof) => {
    expect(await told.get(name)).toEqual(wantedOf(proof))
  })
})

// --- internal ---

const PATIENCE_MS = 250
const THREADS = 2
const AT_ONCE = 10

interface Seen {
  breaks: string[]
  opens: string[] | 'anything'
  verdict: string
}

async function seenWith(gates: Gates, name: string, proof: Proof): Promise<Seen> {
  const seen = seenIn(await gates.ask(wishOf(name, proof, PATIENCE_MS)), proof)
  if (JSON.stringify(seen) === JSON.stringify(wantedOf(proof))) return seen
  // On a machine that stands still for longer than the patience, patience says nothing.
  return seenIn(await gates.ask(wishOf(name, proof, 8 * PATIENCE_MS)), proof)
}

function waitOf({ opens, every, slow }: Proof): number {
  return (opens === 'anything' ? 4 : 0) + (slow === undefined ? 0 : 2) + (every === undefined ? 0 : 1)
}

function wishOf(name: string, { every, slow = [], only }: Proof, patienceMs: number): Omit<GateWish, 'id'> {
  return {
    fault: every === undefined ? name : `${name}:1/${every}`,
    only: only?.rules,
    slow,
    patienceMs: Math.max(patienceMs, only?.patienceMs ?? 0),
  }
}

function wantedOf({ breaks, opens = [], ends }: Proof): Seen {
  const isBroken = breaks.some((id) => CATALOGUE.some((rule) => rule.id === id && rule.level === 'MUST'))
  return {
    breaks: [...breaks].toSorted(),
    opens: opens === 'anything' ? 'anything' : [...opens].toSorted(),
    verdict: ends ?? (isBroken ? 'nonconformant' : 'conformant'),
  }
}

function seenIn({ states, verdict, error }: GateStates, { opens }: Proof): Seen {
  if (error !== undefined) throw new Error(error)
  const isGreen = (state: State): boolean => state === 'PASS' || state === 'INFO'
  const odd = states.filter(([id, state]) => !isGreen(state) && state !== HEALTHY[id])
  const idsOf = (isBroken: boolean): string[] =>
    odd
      .filter(([, state]) => (state === 'FAIL') === isBroken)
      .map(([id]) => id)
      .toSorted()
  return { breaks: idsOf(true), opens: opens === 'anything' ? 'anything' : idsOf(false), verdict }
}

interface Gates {
  ask(wish: Omit<GateWish, 'id'>): Promise<GateStates>
  close(): Promise<void>
}

/** Threads that run gates, each in turn the next one, so many at once. */
function openGates(): Gates {
  const waiting = new Map<number, PromiseWithResolvers<GateStates>>()
  const workers: Worker[] = []
  const line: (() => void)[] = []
  let asked = 0
  let busy = 0
  const start = (): Worker => {
    const worker = new Worker(new URL('gate-worker.ts', import.meta.url))
    worker.on('message', (told: GateStates) => waiting.get(told.id)?.resolve(told))
    worker.on('error', (error) => {
      for (const { reject } of waiting.values()) reject(error)
    })
    workers.push(worker)
    return worker
  }
  return {
    async ask(wish) {
      if (busy >= AT_ONCE) await new Promise<void>((resolve) => line.push(resolve))
      busy++
      const id = asked++
      const answer = Promise.withResolvers<GateStates>()
      waiting.set(id, answer)
      const worker = workers.length < THREADS ? start() : workers[id % THREADS]
      worker?.postMessage({ ...wish, id })
      try {
        return await answer.promise
      } finally {
        busy--
        line.shift()?.()
      }
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}
