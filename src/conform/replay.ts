import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Contract } from '../chat/contract.ts'
import { reasonOf, StompedeError } from '../errors.ts'
import type { ConformanceResult } from '../measure/conformance.ts'
import { judged } from './gate.ts'
import { HISTORY_FILE, type GateEvent, type History, type HistoryEvent } from './history.ts'
import { judgeOutcome, verdictOf, type Judgement } from './judgement.ts'
import { knownFailuresFor, type KnownFailure, type KnownFailures } from './known-failures.ts'
import { profileNamed } from './profile.ts'
import type { Outcome, PassiveRule, Rule } from './rule.ts'

/** A passive rule, judged again. */
export interface Replayed {
  rule: PassiveRule
  /** What the rule says now. */
  outcome: Outcome
  /** The same with the broker's profile and the known failures heard. */
  judgement: Judgement
  /** What the gate came to; undefined where it did not ask this rule. */
  stored: string | undefined
}

/** What is different from the recorded gate; what is left out is as it was. */
export interface ReplayChanges {
  /** Rules to judge by, of which those count that judge a history. */
  rules?: readonly Rule[]
  isStrict?: boolean
  profile?: string
  /** Instead of what the gate itself excused. */
  knownFailures?: { file: string; entries: readonly KnownFailure[] }
}

/** A history that was judged again. */
export interface Replay {
  cases: Replayed[]
  /** Which rules come to another state than the gate's own result has. */
  differing: string[]
  verdict: ReturnType<typeof verdictOf>
}

/**
 * Judges the `history.ndjson` of a directory again: by the rules, the strictness, the profile and the excuses of the
 * recorded gate, unless others are named. Throws RESULT_UNREADABLE where there is no history that this version can read,
 * USAGE where no rule that was chosen judges a history.
 */
export async function replay(
  directory: string,
  catalogue: readonly Rule[],
  contract: Contract,
  changes: ReplayChanges = {},
): Promise<Replay> {
  const history = await readHistory(join(directory, HISTORY_FILE), contract)
  const recorded = await readRecorded(join(directory, 'result.json'))
  const states = new Map(recorded.cases.map(({ id, state }) => [id, state]))
  const asked = changes.rules ?? catalogue.filter(({ id }) => states.has(id))
  const rules = asked.filter((rule): rule is PassiveRule => 'judge' in rule)
  if (rules.length === 0) {
    throw new StompedeError(
      'USAGE',
      `none of the ${asked.length} rules judges a history; name one that does, e.g. SEM-DEL-01`,
    )
  }
  const profile = profileNamed(changes.profile ?? gateOf(history).profile)
  const known = excusesOf(recorded, profile.name, catalogue, changes)
  const cases = rules.map((rule): Replayed => {
    const outcome = judged(rule, history)
    return {
      rule,
      outcome,
      judgement: judgeOutcome(rule, outcome, profile, known),
      stored: states.get(rule.id),
    }
  })
  const verdict = verdictOf({
    cases: cases.map(({ rule: { id, level }, judgement: { state, actual, excuse } }) => ({
      id,
      level,
      state,
      actual,
      excuse,
    })),
    known,
    isStrict: changes.isStrict ?? recorded.selection.isStrict,
    unreachable: undefined,
    isStopped: false,
    remarks: [],
  })
  const differing = cases.flatMap(({ rule, outcome, stored }) =>
    stored === undefined || (BEFORE[stored] ?? [stored]).includes(outcome.state)
      ? []
      : [`${rule.id} was ${stored}, is ${outcome.state}`],
  )
  return { cases, differing, verdict }
}

// --- internal ---

/** What a state may have been before profile and known failures were heard. */
const BEFORE: Readonly<Record<string, readonly string[]>> = {
  XFAIL: ['FAIL', 'INCONCLUSIVE'],
  XPASS: ['PASS', 'NON-STRICT'],
  'NON-STRICT': ['NON-STRICT', 'FAIL'],
}

type Recorded = Pick<ConformanceResult, 'cases' | 'selection' | 'environment'>

/** What the gate excused stays excused, unless other known failures are named. */
function excusesOf(
  { cases, environment }: Recorded,
  profile: string,
  catalogue: readonly Rule[],
  { knownFailures }: ReplayChanges,
): KnownFailures {
  if (knownFailures !== undefined)
    return knownFailuresFor(knownFailures.file, knownFailures.entries, {
      apiUrl: environment.target.apiUrl ?? '',
      profile,
      today: new Date(),
      ruleIds: new Set(catalogue.map(({ id }) => id)),
    })
  const excused = new Map(
    cases.flatMap(({ id, excuse }): [string, KnownFailure][] =>
      excuse?.from === 'known-failures'
        ? [[id, { id, reason: excuse.reason, link: excuse.source, expires: '9999-12-31' }]]
        : [],
    ),
  )
  return { file: null, excuse: (rule) => excused.get(rule), expired: [], unmatched: [] }
}

function gateOf({ events }: History): GateEvent {
  return events[0] as GateEvent
}

async function readHistory(file: string, contract: Contract): Promise<History> {
  const text = await readText(file)
  const events: HistoryEvent[] = []
  for (const [i, line] of text.split('\n').entries()) {
    if (line === '') continue
    try {
      events.push(JSON.parse(line) as HistoryEvent)
    } catch {
      throw new StompedeError('RESULT_UNREADABLE', `${file}, line ${i + 1}: is no JSON`)
    }
  }
  const [first] = events
  if (first?.kind !== 'gate' || first.version !== 1)
    throw new StompedeError('RESULT_UNREADABLE', `${file} is no history of a gate that this version can read`)
  requireSame(first, contract, file)
  return { events, contract }
}

/** Judged by another contract, a history says other things. */
function requireSame(gate: GateEvent, contract: Contract, file: string): void {
  if (gate.contract === contract.digest) return
  throw new StompedeError(
    'RESULT_UNREADABLE',
    `${file} was recorded with the contract ${gate.contract}, this one is ${contract.digest}: name it with --contract`,
  )
}

async function readRecorded(file: string): Promise<Recorded> {
  try {
    const { cases, selection, environment } = JSON.parse(await readText(file)) as Recorded
    if (Array.isArray(cases) && typeof selection?.isStrict === 'boolean')
      return { cases, selection, environment }
  } catch (error) {
    if (error instanceof StompedeError) throw error
  }
  throw new StompedeError('RESULT_UNREADABLE', `${file} is no result of a gate`)
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new StompedeError('RESULT_UNREADABLE', `cannot read the history: ${reasonOf(error)}`, {
      cause: error,
    })
  }
}
