import { type Bracket, type CapacityStep, WIDEST_BRACKET } from '../measure/capacity.ts'
import { bracketEnds, levelsOf } from './levels.ts'
import type { Move } from './move.ts'
import type { Objective } from './objective.ts'

/** Why a search ended: by itself, or because it was stopped. */
export type Ending = Extract<Move, { kind: 'end' }>['why'] | 'signal'

/** The bracket that the steps of a search support. */
export function bracketOf(
  steps: readonly CapacityStep[],
  objectives: readonly Objective[],
  ending: Ending,
): Bracket {
  const { verified, refuted } = bracketEnds(levelsOf(steps, objectives))
  const outcome = (): Bracket['outcome'] => {
    if (verified !== undefined && refuted !== undefined) return 'bracketed'
    if (ending === 'generator-limited') return 'generator-limited'
    return ending === 'unmet' ? 'unmet' : 'undecided'
  }
  return {
    verified: verified?.load ?? null,
    repeats: verified?.runs ?? 0,
    refuted: refuted?.load ?? null,
    refutedRepeats: refuted?.runs ?? 0,
    outcome: outcome(),
  }
}

/** What was left open, in words for people: what the search itself says, and an end of it that is wider than it should be. */
export function undecidedOf(
  { verified, refuted }: Bracket,
  ending: Ending,
  open: readonly string[],
): string[] {
  const said = ending === 'signal' ? ['the search was stopped by a signal', ...open] : [...open]
  if (verified !== null && refuted !== null && refuted / verified > WIDEST_BRACKET) {
    const percent = Math.round((refuted / verified - 1) * 100)
    said.push(`the bracket is ${percent} % wide: neither was what lies between confirmed nor refuted`)
  }
  return said
}
