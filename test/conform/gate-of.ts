import { isAllowed } from '../../src/chat/allowed.ts'
import { loadContract } from '../../src/chat/contract.ts'
import { DEFAULT_CLAIMS, type TokenPlan } from '../../src/chat/tokens.ts'
import { ownCasts } from '../../src/conform/casting.ts'
import { CATALOGUE, STATEMENTS } from '../../src/conform/catalogue.ts'
import { documentedDesign, DOCUMENTED_DESIGN } from '../../src/conform/known-failures.ts'
import { runGate, type FinishedGate, type GateRequest } from '../../src/conform/gate.ts'
import type { Rule } from '../../src/conform/rule.ts'
import type { ConformanceResult, State } from '../../src/measure/conformance.ts'
import {
  DEFAULT_JWT_SECRET,
  DEFAULT_TARGET,
  startTarget,
  type TargetOptions,
} from '../../src/target/server.ts'

export const CONTRACT = loadContract()

export const TOKENS: TokenPlan = {
  kind: 'minted',
  key: DEFAULT_JWT_SECRET,
  algorithm: 'HS256',
  claims: DEFAULT_CLAIMS,
  firstUserId: 1,
  lifetimeS: 600,
}

/** The known failures of the documented design. */
export const DESIGN = { file: DOCUMENTED_DESIGN, entries: documentedDesign() }

/** What the healthy target with the embedded broker has in a gate with `DESIGN` that is neither PASS nor INFO. */
export const HEALTHY: Readonly<Record<string, State>> = {
  'SEC-HEAD-01': 'NON-STRICT',
  'SEM-DEL-04': 'SKIP',
  'SEC-MGMT-01': 'SKIP',
  ...Object.fromEntries(
    DESIGN.entries.flatMap(({ id, profile }) => (profile === undefined ? [[id, 'XFAIL']] : [])),
  ),
}

/** The rules that do not wait for the target's own clocks. */
export const QUICK = CATALOGUE.filter(({ cost }) => cost === 'quick')

/** Rules of the catalogue by id, in its order. */
export function rulesNamed(...ids: string[]): Rule[] {
  const found = CATALOGUE.filter(({ id }) => ids.includes(id))
  if (found.length !== ids.length) throw new Error(`no such rules among ${ids.join(', ')}`)
  return found
}

/** What a gate is asked, short of where; heart-beats and idle times are a tenth. */
export function gateRequest(apiUrl: string, rules: readonly Rule[]): GateRequest {
  return {
    rules,
    asked: [],
    ruleIds: new Set(CATALOGUE.map(({ id }) => id)),
    statements: STATEMENTS,
    apiUrl,
    casts: undefined,
    isOwn: false,
    broker: 'unknown',
    faults: [],
    tokens: TOKENS,
    tls: {},
    contract: CONTRACT,
    isAllowed: (url) => isAllowed(url, []),
    managementUrl: undefined,
    profile: undefined,
    knownFailures: { file: null, entries: [] },
    isStrict: false,
    seed: 1,
    patienceMs: 1_000,
    scale: 0.1,
    // Many gates share a thread.
    loopLimitMs: 60_000,
    limitMs: { quick: 10_000, slow: 20_000 },
    repeat: 'stompede conform',
    command: 'stompede conform',
    tags: {},
    signal: new AbortController().signal,
  }
}

/** Runs a gate against a reference target of its own in this process, with these faults planted. */
export async function gateOf(
  rules: readonly Rule[],
  { faults = [], ...changes }: Partial<GateRequest> & { faults?: string[] } = {},
  target: Partial<TargetOptions> = {},
): Promise<FinishedGate> {
  const { world, casts } = ownCasts(1 + rules.filter(({ cost }) => cost === 'slow').length, 1)
  const started = await startTarget({ ...DEFAULT_TARGET, world, faults, ...target }, (error) => {
    throw error
  })
  try {
    const request = gateRequest(started.address.apiUrl, rules)
    return await runGate({ ...request, casts, isOwn: true, faults, ...changes })
  } finally {
    await started.close()
  }
}

/** The ids of the cases in a state. */
export function idsIn({ cases }: ConformanceResult, ...states: State[]): string[] {
  return cases.filter(({ state }) => states.includes(state)).map(({ id }) => id)
}
