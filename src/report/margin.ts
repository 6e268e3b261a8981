import type { ThresholdRow } from '../measure/result.ts'
import { measuredText, shareText } from './format.ts'

/** The comparison a threshold's expression ends in: `p(99)<250` → `<` and 250. */
export interface Limit {
  operator: '<' | '<=' | '>' | '>=' | '==' | '!='
  value: number
}

/** Reads the limit of an expression of k6's grammar; undefined for one of a later grammar. */
export function limitOf(expression: string): Limit | undefined {
  const match = /(<=|>=|==|!=|<|>)\s*(-?\d+(?:\.\d+)?)\s*$/.exec(expression)
  if (match === null) return undefined
  return { operator: match[1] as Limit['operator'], value: Number(match[2]) }
}

/** What was observed of a threshold, `≥` where the true value lies among timeouts and losses. */
export function observedText({ observed, isAtLeast, unit }: ThresholdRow): string {
  return observed === null ? 'nothing measured' : `${isAtLeast ? '≥ ' : ''}${measuredText(observed, unit)}`
}

/**
 * How far an observed value is from its limit, in words: `95.2 % to spare`, `12 % over`, `3.4 × the limit`.
 * A dash where distance says nothing: nothing judged, an equality, a limit of zero.
 */
export function marginText({ expression, observed, isAtLeast, status }: ThresholdRow): string {
  const limit = limitOf(expression)
  if (limit === undefined || observed === null || limit.value === 0 || status === 'unknown') return '–'
  if (limit.operator === '==' || limit.operator === '!=') return '–'
  const isCeiling = limit.operator === '<' || limit.operator === '<='
  const spare = (isCeiling ? limit.value - observed : observed - limit.value) / Math.abs(limit.value)
  if (status === 'pass') return `${shareText(spare)} to spare`
  const atLeast = isAtLeast ? '≥ ' : ''
  if (isCeiling && observed / limit.value >= 2)
    return `${atLeast}${TIMES.format(observed / limit.value)} × the limit`
  return `${atLeast}${shareText(-spare)} ${isCeiling ? 'over' : 'short'}`
}

// --- internal ---

const TIMES = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 })
