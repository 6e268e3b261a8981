import { inconclusive, skip, type Outcome } from './rule.ts'

/**
 * Thrown where a check cannot go on and its rule is not to blame: a precondition that did not hold. The gate makes
 * it the outcome of the case, so that a broken /connect is one red rule and not a hundred.
 */
export class Unmet extends Error {
  readonly outcome: Outcome

  constructor(outcome: Outcome) {
    super(outcome.actual)
    this.name = 'Unmet'
    this.outcome = outcome
  }
}

/** The target did not get the check to the point where it could ask: INCONCLUSIVE. */
export function unmet(reason: string): Unmet {
  return new Unmet(inconclusive(reason))
}

/** The target does not offer what the rule needs: SKIP. */
export function absent(reason: string): Unmet {
  return new Unmet(skip(reason))
}
