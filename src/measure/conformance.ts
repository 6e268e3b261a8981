import type { RunResult } from './result.ts'

export const CONFORMANCE_SCHEMA_NAME = 'stompede.conformance'
export const CONFORMANCE_SCHEMA_VERSION = '1.0.0'

/** MUST: the documented contract or a protocol's MUST; SHOULD: asked for, not promised; INFO: a figure worth knowing. */
export type Level = 'MUST' | 'SHOULD' | 'INFO'

/**
 * How a case ended.
 *  - `PASS`          the strict outcome came
 *  - `NON-STRICT`    a tolerated outcome came: a SHOULD missed, or a deviation that the broker's profile pins
 *  - `INFO`          nothing to judge; the value is recorded
 *  - `FAIL`          anything else
 *  - `INCONCLUSIVE`  a precondition, a positive control or the evidence was missing
 *  - `SKIP`          cannot be asked of this target; the reason says why
 *  - `XFAIL`         failed, as the known-failures file says
 *  - `XPASS`         passed although the known-failures file says it fails
 */
export const STATES = [
  'PASS',
  'NON-STRICT',
  'INFO',
  'FAIL',
  'INCONCLUSIVE',
  'SKIP',
  'XFAIL',
  'XPASS',
] as const
export type State = (typeof STATES)[number]

/** Where a rule's demand comes from. */
export interface Basis {
  /** `guide`: the deployment's own; `reference choice`: what the guide leaves open and the contract pins; `derived`: an invariant of any chat. */
  document: 'guide' | 'reference choice' | 'STOMP 1.2' | 'derived' | 'harness' | `RFC ${number}`
  section: string
  /** Word for word. For `derived` and `harness`: the invariant, in our words. */
  quote: string
}

/** One thing that an actor did or saw, on the clock of the run. Secrets are redacted when it is written down. */
export interface TranscriptLine {
  atMs: number
  actor: string
  channel: 'http' | 'stomp' | 'socket'
  /** → sent by the actor, ← received, · a remark of the checker. */
  direction: '→' | '←' | '·'
  text: string
}

/** One case of a gate: a rule asked of a target once. */
export interface ConformanceCase {
  id: string
  section: string
  level: Level
  title: string
  basis: Basis
  state: State
  /** What was sent, and the acceptable outcomes, the strict one first. */
  sends: string
  expected: string[]
  /** What came, in one sentence; for SKIP and INCONCLUSIVE the reason. */
  actual: string
  /** Of a schema or field rule: JSON pointer into the payload, and the fragment found there. */
  fragment: { path: string; found: string } | null
  /** What to do about a FAIL; security rules always have one. */
  remedy: string | null
  severity: 'critical' | 'high' | 'medium' | 'low' | null
  /** Why it may deviate: the broker profile's entry, or the known-failures entry. */
  excuse: { from: 'profile' | 'known-failures'; reason: string; source: string } | null
  startedMs: number
  durationMs: number
  /** Empty for PASS, SKIP and INFO. */
  transcript: TranscriptLine[]
  /** Lines for a shell: the case again, and where it applies the request by curl. */
  reproduce: string[]
  /** Bytes sent to the broker, base64 of each WebSocket message; for `evidence/<id>.frames`. */
  frames: string[]
}

/** What was seen beside pass and fail: how the payloads differ from the contract's text. */
export interface DriftReport {
  undocumentedTypes: { type: string; seen: number }[]
  undocumentedFields: { type: string; path: string; seen: number }[]
  neverSeenTypes: string[]
  neverSeenFields: { type: string; path: string }[]
  neverSeenValues: { type: string; path: string; values: string[] }[]
}

/** The one file of a gate: everything reports say is a function of it. */
export interface ConformanceResult {
  schema: typeof CONFORMANCE_SCHEMA_NAME
  schemaVersion: string
  run: {
    id: string
    kind: 'conformance'
    startedAt: string
    endedAt: string
    durationSeconds: number
    seed: number
    command: string
    isPartial: boolean
    tags: Record<string, string>
  }
  environment: Pick<RunResult['environment'], 'stompede' | 'node' | 'os' | 'contract'> & {
    target: Omit<RunResult['environment']['target'], 'behaviour'>
    profile: string
    /** How the profile was chosen: CONNECTED's `server` header, or `--profile`. */
    profileFrom: string
    /** CONNECTED's `server` header; null when no connection came up. */
    server: string | null
  }
  selection: { asked: string[]; chosen: number; ofRules: number; isStrict: boolean }
  verdict: {
    status: 'conformant' | 'nonconformant' | 'inconclusive' | 'unreachable'
    exitCode: number
    reasons: string[]
  }
  counts: Record<State, number>
  /** Normative statements with at least one case that was carried out, of all statements in the catalogue. */
  coverage: { exercised: number; statements: number }
  cases: ConformanceCase[]
  drift: DriftReport
  /** Entries of the known-failures file that need a hand: expired, or matching no rule. */
  knownFailures: { file: string | null; expired: string[]; unmatched: string[] }
}
