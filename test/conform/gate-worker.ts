import { parentPort } from 'node:worker_threads'
import type { ConformanceResult, State } from '../../src/measure/conformance.ts'
import { DESIGN, gateOf, QUICK, rulesNamed } from './gate-of.ts'

// Gates in a thread of its own: the table of faults keeps two cores busy.

/** A gate over a target with this fault, and the known failures of the documented design. */
export interface GateWish {
  id: number
  fault: string
  /** These alone; undefined: all quick ones. */
  only: readonly string[] | undefined
  /** Slow ones beside them. */
  slow: readonly string[]
  patienceMs: number
}

export interface GateStates {
  id: number
  states: readonly (readonly [id: string, state: State])[]
  verdict: ConformanceResult['verdict']['status']
  /** Why there was no gate. */
  error?: string
}

async function states({ id, fault, only, slow, patienceMs }: GateWish): Promise<GateStates> {
  const { result } = await gateOf(
    only === undefined ? [...QUICK, ...rulesNamed(...slow)] : rulesNamed(...only),
    {
      faults: [fault],
      patienceMs,
      limitMs: { quick: 10_000 + 20 * patienceMs, slow: 30_000 },
      knownFailures: DESIGN,
    },
  )
  return { id, states: result.cases.map((each) => [each.id, each.state]), verdict: result.verdict.status }
}

parentPort?.on('message', (wish: GateWish) => {
  void states(wish)
    .catch((error: unknown): GateStates => {
      return { id: wish.id, states: [], verdict: 'unreachable', error: String(error) }
    })
    .then((told) => parentPort?.postMessage(told))
})
