import type { ValidityCheck } from '../measure/result.ts'

/** A check of a figure that must not pass its limit. */
export function atMost(
  id: string,
  says: string,
  value: number,
  limit: number,
  unit: ValidityCheck['unit'],
  beyond: 'suspect' | 'invalid' = 'invalid',
): ValidityCheck {
  return {
    id,
    says,
    value: rounded(value),
    limit: rounded(limit),
    unit,
    status: value <= limit ? 'ok' : beyond,
  }
}

/** A check that there was too little to judge by, and why. It counts neither for the run nor against it. */
export function notJudged(
  { id, says, limit, unit }: Pick<ValidityCheck, 'id' | 'says' | 'limit' | 'unit'>,
  why: string,
): ValidityCheck {
  return { id, says, value: 0, limit, unit, status: 'ok', isJudged: false, note: why }
}

/** The check with a setting that would have been valid, when it did not hold. */
export function withProposal(check: ValidityCheck, proposal: () => string): ValidityCheck {
  return check.status === 'ok' ? check : { ...check, proposal: proposal() }
}

// --- internal ---

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4
}
