import type { CapacityResult } from '../measure/capacity.ts'
import type { ComparisonResult } from '../measure/comparison.ts'
import type { ConformanceResult } from '../measure/conformance.ts'
import type { RunResult } from '../measure/result.ts'
import { capacityFigures, capacityWord, SIGN_OF_CAPACITY } from './capacity-words.ts'
import { comparisonFigures, COMPARISON_WORD, SIGN_OF_COMPARISON } from './comparison-words.ts'
import type { GateWords } from './conformance-words.ts'
import { countText, msText, numbered, partText } from './format.ts'
import { validityWords, type VerdictWords } from './verdict-words.ts'

/** One directory of `reports/` as the list of runs shows it. Plain data. */
export interface IndexEntry {
  /** The directory's name. */
  directory: string
  kind: 'run' | 'gate' | 'capacity' | 'comparison' | 'unfinished' | 'unreadable'
  /** What was run or searched for, what was compared with what, or which deployment was asked. */
  what: string
  /** ISO 8601, UTC; null where nobody says. */
  startedAt: string | null
  durationSeconds: number | null
  verdict: { status: 'good' | 'bad' | 'unsure'; word: string; exitCode: number | null }
  /** Whether the run may be believed, in words; null for what is no single run. */
  validity: string | null
  /** The figures most people come for, in words. */
  figures: string[]
  /** The page in the directory, if there is one. */
  page: string | null
}

/** The parts of a run's result that the list needs. */
export type RunHead = Pick<RunResult, 'run' | 'plan' | 'validity' | 'verdict' | 'counters' | 'trends'>

/** The parts of a gate's result that the list needs. */
export type GateHead = Pick<ConformanceResult, 'run' | 'environment' | 'selection' | 'verdict' | 'counts'>

/** A run in the list. Of its result only the head is needed. */
export function runEntry(directory: string, result: RunHead, page: string | null): IndexEntry {
  const { run, plan, validity, verdict, counters, trends } = result
  const delivery = trends['message_delivery']
  const p99 = delivery?.percentilesUs['99']
  const atLeast = delivery?.atLeast.includes('99') === true ? '≥ ' : ''
  return {
    directory,
    kind: 'run',
    what: plan.scenario,
    startedAt: run.startedAt,
    durationSeconds: run.durationSeconds,
    verdict: {
      status: STATUS[verdict.status],
      word: WORD[verdict.status],
      exitCode: verdict.exitCode,
    },
    validity: validityWords(validity),
    figures: [
      numbered(plan.users, 'user'),
      ...(run.isPartial ? ['a part of the run'] : []),
      counters.deliveries_expected === 0
        ? 'nothing owed'
        : `${partText(counters.deliveries_received, counters.deliveries_expected)} of ${countText(counters.deliveries_expected)} delivered`,
      ...(p99 === undefined ? [] : [`p99 ${atLeast}${msText(p99)} ms`]),
      ...(counters.contract_violations > 0
        ? [numbered(counters.contract_violations, 'contract violation')]
        : []),
    ],
    page,
  }
}

/** A gate in the list. */
export function gateEntry(directory: string, result: GateHead, page: string | null): IndexEntry {
  const { run, environment, verdict, counts, selection } = result
  const failed = counts.FAIL + counts.XPASS
  return {
    directory,
    kind: 'gate',
    what: environment.target.apiUrl ?? environment.target.stompUrl ?? 'no address',
    startedAt: run.startedAt,
    durationSeconds: run.durationSeconds,
    verdict: {
      status: GATE_STATUS[verdict.status],
      word: GATE_WORD[verdict.status],
      exitCode: verdict.exitCode,
    },
    validity: null,
    figures: [
      numbered(selection.chosen, 'rule'),
      ...(run.isPartial ? ['a part of the gate'] : []),
      `${countText(failed)} failed`,
      ...(counts.INCONCLUSIVE > 0 ? [`${countText(counts.INCONCLUSIVE)} inconclusive`] : []),
    ],
    page,
  }
}

/** The parts of a capacity search's result that the list needs. */
export type CapacityHead = Pick<CapacityResult, 'run' | 'plan' | 'bracket' | 'limit' | 'headroom' | 'verdict'>

/** A capacity search in the list. */
export function capacityEntry(directory: string, result: CapacityHead, page: string | null): IndexEntry {
  const { run, plan, verdict } = result
  return {
    directory,
    kind: 'capacity',
    what: plan.scenario,
    startedAt: run.startedAt,
    durationSeconds: run.durationSeconds,
    verdict: {
      status: SIGN_OF_CAPACITY[verdict.status],
      word: capacityWord(result),
      exitCode: verdict.exitCode,
    },
    validity: null,
    figures: [...(run.isPartial ? ['a part of the search'] : []), ...capacityFigures(result)],
    page,
  }
}

/** The parts of a comparison's result that the list needs. */
export type ComparisonHead = Pick<
  ComparisonResult,
  'run' | 'method' | 'plan' | 'sides' | 'metrics' | 'advisory' | 'verdict'
>

/** A comparison in the list. */
export function comparisonEntry(directory: string, result: ComparisonHead, page: string | null): IndexEntry {
  const { run, plan, sides, verdict } = result
  return {
    directory,
    kind: 'comparison',
    what: `${plan.scenario}: ${sides.a.name} → ${sides.b.name}`,
    startedAt: run.startedAt,
    durationSeconds: run.durationSeconds,
    verdict: {
      status: SIGN_OF_COMPARISON[verdict.status],
      word: COMPARISON_WORD[verdict.status],
      exitCode: verdict.exitCode,
    },
    validity: null,
    figures: [...(run.isPartial ? ['a part of the comparison'] : []), ...comparisonFigures(result)],
    page,
  }
}

/** A directory without a result that can be shown: a run that was killed, or goes on; or a file nobody can read. */
export function openEntry(
  directory: string,
  kind: 'unfinished' | 'unreadable',
  why: string,
  page: string | null,
): IndexEntry {
  return {
    directory,
    kind,
    what: directory.replace(/^\d{8}-\d{6}-/, ''),
    startedAt: null,
    durationSeconds: null,
    verdict: { status: 'unsure', word: kind === 'unfinished' ? 'No result' : 'Unreadable', exitCode: null },
    validity: null,
    figures: [why],
    page,
  }
}

// --- internal ---

const STATUS = { pass: 'good', fail: 'bad', inconclusive: 'unsure' } as const
const WORD: Record<RunResult['verdict']['status'], VerdictWords['word']> = {
  pass: 'Pass',
  fail: 'Fail',
  inconclusive: 'Inconclusive',
}
const GATE_WORD: Record<ConformanceResult['verdict']['status'], GateWords['word']> = {
  conformant: 'Conformant',
  nonconformant: 'Not conformant',
  inconclusive: 'Inconclusive',
  unreachable: 'Unreachable',
}
const GATE_STATUS = {
  conformant: 'good',
  nonconformant: 'bad',
  inconclusive: 'unsure',
  unreachable: 'unsure',
} as const
