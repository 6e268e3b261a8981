import type { ConformanceCase, ConformanceResult, State } from '../measure/conformance.ts'
import { STATES } from '../measure/conformance.ts'
import { EXIT } from '../errors.ts'
import type { KnownFailures } from './known-failures.ts'
import { pinsOf, type Profile } from './profile.ts'
import { DEVIATIONS, type Outcome, type RuleText } from './rule.ts'

/** What a case comes to once the broker's profile and the known failures are heard. */
export interface Judgement {
  state: State
  actual: string
  excuse: ConformanceCase['excuse']
  /** What the verdict is to mention although it fails nothing: a pinned deviation that was not seen. */
  remark: string | undefined
}

/**
 * Applies a profile and the known failures to what a check saw. A known failure excuses an INCONCLUSIVE too: what fails
 * may well fail before its rule can tell.
 */
export function judgeOutcome(
  rule: RuleText,
  outcome: Outcome,
  profile: Profile,
  known: Pick<KnownFailures, 'excuse'>,
): Judgement {
  const pins = pinsOf(profile, rule.id)
  const { state, actual, deviations = [] } = outcome
  const found = deviations.flatMap((each) => pins.find(({ deviation }) => deviation === each) ?? [])
  const [pin] = found
  const remark =
    state === 'PASS' && pins[0] !== undefined
      ? `${rule.id} passed: the deviation that ${profile.name} pins has disappeared (${DEVIATIONS[pins[0].deviation]})`
      : undefined
  if (state === 'FAIL' && pin !== undefined && found.length === deviations.length) {
    const reason = found.map(({ seen }) => seen).join('; ')
    const source = [...new Set(found.map((each) => each.source))].join('; ')
    const excuse = { from: 'profile', reason, source } as const
    return { state: 'NON-STRICT', actual, excuse, remark }
  }
  const entry = known.excuse(rule.id)
  if (entry !== undefined && state !== 'INFO' && state !== 'SKIP') {
    const excuse = { from: 'known-failures', reason: entry.reason, source: entry.link } as const
    const isBroken = state === 'FAIL' || state === 'INCONCLUSIVE'
    return { state: isBroken ? 'XFAIL' : 'XPASS', actual, excuse, remark }
  }
  return { state, actual, excuse: null, remark }
}

/** What of a case decides. */
export type JudgedCase = Pick<ConformanceCase, 'id' | 'level' | 'state' | 'actual' | 'excuse'>

/** What the cases of a gate come to. */
export function verdictOf(gate: {
  cases: readonly JudgedCase[]
  known: KnownFailures
  isStrict: boolean
  /** Why the target was never reached, or let nobody in; undefined where it did. */
  unreachable: string | undefined
  isStopped: boolean
  remarks: readonly string[]
  /** What the gate changed and could not put back: the target is not as it was found. */
  damage?: readonly string[]
}): ConformanceResult['verdict'] {
  const { cases, known, isStrict, unreachable, remarks } = gate
  const red = cases.filter((each) => isRed(each, isStrict)).map(wordsOf)
  if (unreachable !== undefined)
    return { status: 'unreachable', exitCode: EXIT.unreachable, reasons: [unreachable, ...red] }
  const faults = [
    ...red,
    ...known.expired.map((entry) => `known failure past its day: ${entry}`),
    ...known.unmatched.map((entry) => `known failure of no rule: ${entry}`),
  ]
  const isAsked = ({ level }: JudgedCase): boolean => level === 'MUST' || (isStrict && level === 'SHOULD')
  const open = cases
    .filter((each) => each.state === 'INCONCLUSIVE' && isAsked(each))
    .map(({ id, actual }) => `${id} inconclusive: ${actual}`)
  open.push(...(gate.damage ?? []))
  if (gate.isStopped) open.unshift('stopped by a signal before every rule was asked')
  if (!cases.some(({ state }) => state !== 'SKIP' && state !== 'INCONCLUSIVE'))
    open.unshift('no rule could be asked')
  if (faults.length > 0)
    return { status: 'nonconformant', exitCode: EXIT.conformance, reasons: [...faults, ...open, ...remarks] }
  if (open.length > 0) {
    const exitCode = gate.isStopped ? EXIT.signal : EXIT.inconclusive
    return { status: 'inconclusive', exitCode, reasons: [...open, ...remarks] }
  }
  return { status: 'conformant', exitCode: EXIT.pass, reasons: [...remarks] }
}

/** How many cases ended in each state. */
export function countStates(cases: readonly ConformanceCase[]): Record<State, number> {
  const counts = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<State, number>
  for (const { state } of cases) counts[state]++
  return counts
}

// --- internal ---

function wordsOf({ id, state, actual }: JudgedCase): string {
  return `${id} ${state}: ${actual}`
}

/** Whether a case alone makes the deployment nonconformant. */
function isRed({ state, level, excuse }: JudgedCase, isStrict: boolean): boolean {
  if (state === 'XPASS') return true
  if (level === 'SHOULD')
    return isStrict && (state === 'FAIL' || (state === 'NON-STRICT' && excuse?.from !== 'profile'))
  return level === 'MUST' && state === 'FAIL'
}
