import { release, type as osType } from 'node:os'
import { createRequire } from 'node:module'
import {
  CONFORMANCE_SCHEMA_NAME,
  CONFORMANCE_SCHEMA_VERSION,
  type ConformanceCase,
  type ConformanceResult,
  type State,
} from '../measure/conformance.ts'
import { bareAddress } from '../measure/address.ts'
import { coverageOf } from './coverage.ts'
import { driftOf } from './drift.ts'
import type { GateRequest } from './gate.ts'
import type { History } from './history.ts'
import { countStates, verdictOf, type Judgement } from './judgement.ts'
import type { KnownFailures } from './known-failures.ts'
import type { Profile } from './profile.ts'
import type { RuleText } from './rule.ts'
import type { RanCase } from './run-case.ts'
import type { Scouted } from './scout.ts'

/** A judged case as it is stored. `repeat` is the command that asks it again, where that is known by now. */
export function caseOf(
  rule: RuleText,
  ran: RanCase,
  judgement: Judgement,
  repeat: string | undefined,
): ConformanceCase {
  const { outcome } = ran
  const { state, actual, excuse } = judgement
  const hasEvidence = !WITHOUT_EVIDENCE.includes(state)
  return {
    id: rule.id,
    section: rule.section,
    level: rule.level,
    title: rule.title,
    basis: { ...rule.basis },
    state,
    sends: rule.sends,
    expected: [...rule.expected],
    actual,
    fragment: outcome.fragment ?? null,
    remedy: rule.remedy ?? null,
    severity: rule.severity ?? null,
    excuse,
    startedMs: ran.startedMs,
    durationMs: ran.durationMs,
    transcript: hasEvidence ? ran.transcript : [],
    reproduce: [...(repeat === undefined ? [] : [repeat]), ...(ran.curl?.split('\n') ?? [])],
    frames: hasEvidence ? ran.frames : [],
  }
}

/** Puts a finished gate into its one file. */
export function resultOf(gate: {
  request: GateRequest
  cases: ConformanceCase[]
  known: KnownFailures
  profile: Profile
  profileFrom: string
  scouted: Scouted
  remarks: readonly string[]
  damage: readonly string[]
  redact: (text: string) => string
  startedAt: Date
  history: History
}): ConformanceResult {
  const { request, cases, known, scouted, startedAt } = gate
  const endedAt = new Date()
  return {
    schema: CONFORMANCE_SCHEMA_NAME,
    schemaVersion: CONFORMANCE_SCHEMA_VERSION,
    run: {
      id: `${startedAt.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15)}-conform`,
      kind: 'conformance',
      startedAt: startedAt.toISOString(),
      endedAt: endedAt.toISOString(),
      durationSeconds: (endedAt.getTime() - startedAt.getTime()) / 1e3,
      seed: request.seed,
      command: request.command,
      isPartial: request.signal.aborted,
      tags: { ...request.tags },
    },
    environment: {
      stompede: version,
      node: process.version,
      os: `${osType()} ${release()}`,
      target: {
        apiUrl: bareAddress(request.apiUrl),
        stompUrl: scouted.broker === undefined ? null : bareAddress(scouted.broker.url),
        isOwn: request.isOwn,
        broker: request.broker === 'unknown' ? (scouted.server ?? 'unknown') : request.broker,
        faults: [...request.faults],
      },
      contract: { source: request.contract.source, digest: request.contract.digest },
      profile: gate.profile.name,
      profileFrom: gate.profileFrom,
      server: scouted.server,
    },
    selection: {
      asked: [...request.asked],
      chosen: request.rules.length,
      ofRules: request.ruleIds.size,
      isStrict: request.isStrict,
    },
    verdict: verdictOf({
      cases,
      known,
      isStrict: request.isStrict,
      unreachable: scouted.unreachable ?? scouted.closed,
      isStopped: request.signal.aborted,
      remarks: gate.remarks.map(gate.redact),
      damage: gate.damage,
    }),
    counts: countStates(cases),
    coverage: coverageOf(cases, request.statements),
    cases,
    drift: driftOf(gate.history),
    knownFailures: { file: known.file, expired: known.expired, unmatched: known.unmatched },
  }
}

// --- internal ---

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }

const WITHOUT_EVIDENCE: readonly State[] = ['PASS', 'SKIP', 'INFO']
