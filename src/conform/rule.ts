import type { Basis, ConformanceCase, Level, State } from '../measure/conformance.ts'
import { SECTIONS } from '../measure/sections.ts'
import type { History } from './history.ts'
import type { Stage } from './stage.ts'

export { SECTIONS }

export type Section = keyof typeof SECTIONS

/**
 * One demand on a chat deployment: data for reports, and the function that asks. Ids are names, never ordinals' keepers:
 * a withdrawn rule's id is not used again (`WITHDRAWN` in catalogue.ts).
 */
export type Rule = ActiveRule | PassiveRule

/** A rule that acts and looks at what comes of it. */
export interface ActiveRule extends RuleText {
  check(stage: Stage): Promise<Outcome>
}

/**
 * A rule that acts not at all: it judges what all the others left behind, and in the same way a recorded history. A gate
 * that asks one also rehearses (rehearsal.ts), so that there is something to judge.
 */
export interface PassiveRule extends RuleText {
  judge(history: History): Outcome
}

/** What a rule says of itself. */
export interface RuleText {
  readonly id: string
  readonly section: Section
  readonly level: Level
  /** In one line, as a statement that holds when it passes. */
  readonly title: string
  readonly basis: Basis
  /** What is sent or done, in one sentence. */
  readonly sends: string
  /** Acceptable outcomes in words, the strict one first. */
  readonly expected: readonly string[]
  /** `slow` cases wait for the target's clocks (heart-beats, idle cuts); they run beside each other, the quick ones in turn. */
  readonly cost: 'quick' | 'slow'
  /** The version of Stompede that first asked. */
  readonly since: string
  /** Security rules: how bad a FAIL is, and what to do about it. */
  readonly severity?: NonNullable<ConformanceCase['severity']>
  readonly remedy?: string
  /** What the deployment must offer for the rule to be asked at all; otherwise SKIP with this reason. */
  readonly needs?: readonly Need[]
  /**
   * A PASS says that something did not happen. It counts only with a positive control that stood (`fence`, `control`);
   * without one the gate makes it INCONCLUSIVE.
   */
  readonly isNegative?: true
  /** Asked also where POST /connect lets nobody in, of the first user there is: it is the rule that says so. */
  readonly isEntry?: true
}

/** What a rule may need of a deployment beyond three users and their rooms. */
export type Need =
  /** A key to sign tokens with, so that expired and foreign ones can be made. */
  | 'signing-key'
  /** `--management URL`: the broker's management API. */
  | 'management'

/** What a check saw. Made by the functions below, so that a state always comes with its reason. */
export interface Outcome {
  state: Exclude<State, 'XFAIL' | 'XPASS'>
  actual: string
  fragment?: NonNullable<ConformanceCase['fragment']>
  /** Which known ways of failing this was: a broker's profile may pin them, each by itself. Only with FAIL. */
  deviations?: readonly Deviation[]
  /** The call of the API that shows it, as lines for a shell. Default: the last call of the case. */
  curl?: string
  /** Of a rule that judges a history: when its example was seen, in ms on the clock of the gate. */
  seenMs?: number
}

/** The ways in which brokers are known to differ from STOMP 1.2 and from a safe deployment. Stable words. */
export const DEVIATIONS = {
  'error-without-close': 'ERROR came, the connection stayed open',
  'close-without-error': 'the connection was closed, no ERROR frame came',
  'receipt-after-error': 'RECEIPT came for a frame that was answered with ERROR',
  'no-receipt': 'no RECEIPT came',
  accepted: 'what should be refused was carried out',
  'no-close': 'the connection stayed open',
  'other-value': 'another value than the rule asks for',
} as const

export type Deviation = keyof typeof DEVIATIONS

/** The strict outcome came. */
export function pass(actual: string): Outcome {
  return { state: 'PASS', actual }
}

/** A tolerated outcome came: the second or a later one of `expected`. */
export function nonStrict(actual: string): Outcome {
  return { state: 'NON-STRICT', actual }
}

/** A figure for the record. */
export function info(actual: string): Outcome {
  return { state: 'INFO', actual }
}

/** None of the acceptable outcomes came. */
export function fail(actual: string, fragment?: Outcome['fragment']): Outcome {
  return { state: 'FAIL', actual, ...(fragment === undefined ? {} : { fragment }) }
}

/** None of the acceptable outcomes came, but one that brokers are known for: with a profile that pins it, NON-STRICT. */
export function deviation(how: Deviation, actual: string): Outcome {
  return { state: 'FAIL', actual, deviations: [how] }
}

/**
 * What several probes of one rule come to: every one that failed is told. It counts as known ways of failing only when
 * each of them does.
 */
export function together(outcomes: readonly [Outcome, ...Outcome[]]): Outcome {
  const failed = outcomes.filter(({ state }) => state === 'FAIL')
  const [odd = outcomes[0]] = failed.length > 0 ? failed : outcomes.filter(({ state }) => state !== 'PASS')
  const told = (failed.length > 0 ? failed : outcomes).map(({ actual }) => actual).join('; ')
  const isKnown = failed.length > 0 && failed.every(({ deviations }) => deviations !== undefined)
  const { state } = odd
  if (!isKnown) return { state, actual: told }
  return {
    state,
    actual: told,
    deviations: [...new Set(failed.flatMap(({ deviations = [] }) => deviations))],
  }
}

/** The same outcome, of a history, with the moment of its example. */
export function seenAt(outcome: Outcome, seenMs: number | undefined): Outcome {
  return seenMs === undefined ? outcome : { ...outcome, seenMs }
}

/** The same outcome, shown by this call of the API. */
export function shownBy(outcome: Outcome, { curl }: { readonly curl: string }): Outcome {
  return { ...outcome, curl }
}

/** The precondition, the positive control or the evidence was missing: neither green nor red. */
export function inconclusive(actual: string): Outcome {
  return { state: 'INCONCLUSIVE', actual }
}

/** It cannot be asked of this target. */
export function skip(reason: string): Outcome {
  return { state: 'SKIP', actual: reason }
}
