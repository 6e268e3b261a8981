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

/** Applies a profile and the known failures to what a check saw. */
export function judgeOutcome(
  rule: RuleText,
  outcome: Outcome,
  profile: Profile,
  known: KnownFailures,
): Judgement {
  const pins = pinsOf(profile, rule.id)
  const { state, actual } = outcome
  const pin = pins.find(({ deviation }) => deviation === outcome.deviation)
  const remark =
    state === 'PASS' && pins[0] !== undefined
      ? `${rule.id} passed: the deviation that ${profile.name} pins has disappeared (${DEVIATIONS[pins[0].deviation]})`
      : undefined
  if (state === 'FAIL' && pin !== undefined) {
    const excuse = { from: 'profile', reason: pin.seen, source: pin.source } as const
    return { state: 'NON-STRICT', actual, excuse, remark }
  }
  const entry = known.excuse(rule.id)
  if (entry !== undefined && (state === 'FAIL' || state === 'PASS' || state === 'NON-STRICT')) {
    const excuse = { from: 'known-failures', reason: entry.reason, source: entry.link } as const
    return { state: state === 'FAIL' ? 'XFAIL' : 'XPASS', actual, excuse, remark }
  }
  return { state, actual, excuse: null, remark }
}

/** What the cases of a gate come to. */
export function verdictOf(gate: {
  cases: readonly ConformanceCase[]
  known: KnownFailures
  isStrict: boolean
  /** Why the target was never reached; undefined where it was. */
  unreachable: string | undefined
  isStopped: boolean
  remarks: readonly string[]
  /** What the gate changed and could not put back: the target is not as it was found. */
  damage?: readonly string[]
}): ConformanceResult['verdict'] {
  const { cases, known, isStrict, unreachable, remarks } = gate
  if (unreachable !== undefined)
    return { status: 'unreachable', exitCode: EXIT.unreachable, reasons: [unreachable] }
  const faults = [
    ...cases
      .filter((each) => isRed(each, isStrict))
      .map(({ id, state, actual }) => `${id} ${state}: ${actual}`),
    ...known.expired.map((entry) => `known failure past its day: ${entry}`),
    ...known.unmatched.map((entry) => `known failure of no rule: ${entry}`),
  ]
  const isAsked = ({ level }: ConformanceCase): boolean =>
    level === 'MUST' || (isStrict && level === 'SHOULD')
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

/** Whether a case alone makes the deployment nonconformant. */
function isRed({ state, level, excuse }: ConformanceCase, isStrict: boolean): boolean {
  if (state === 'XPASS') return true
  if (level === 'SHOULD')
    return isStrict && (state === 'FAIL' || (state === 'NON-STRICT' && excuse?.from !== 'profile'))
  return level === 'MUST' && state === 'FAIL'
}
