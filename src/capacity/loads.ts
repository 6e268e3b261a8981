import type { LoadUnit } from '../measure/capacity.ts'

// Loads are whole users, or arrivals a second to four digits: the same load is the same number wherever it comes from.

/** The nearest load that can be run; never 0. */
export function asLoad(value: number, unit: LoadUnit): number {
  if (unit === 'users') return Math.max(1, Math.round(value))
  return Math.max(LEAST_RATE, Number(value.toPrecision(4)))
}

/** The largest load that can be run and is not above the value; never 0. */
export function floorLoad(value: number, unit: LoadUnit): number {
  const load = asLoad(value, unit)
  if (load <= value) return load
  return unit === 'users'
    ? Math.max(1, load - 1)
    : asLoad(load - 10 ** (Math.floor(Math.log10(load)) - 3), unit)
}

/** The load a step of the fine grid above, by at least one user. */
export function above(load: number, unit: LoadUnit): number {
  return unit === 'users' ? Math.max(load + 1, Math.round(load * GRID)) : asLoad(load * GRID, unit)
}

/** The load a step of the fine grid below, by at least one user; undefined below the least. */
export function below(load: number, unit: LoadUnit): number | undefined {
  const lower = unit === 'users' ? Math.min(load - 1, Math.round(load / GRID)) : asLoad(load / GRID, unit)
  return lower < (unit === 'users' ? 1 : LEAST_RATE) || lower >= load ? undefined : lower
}

/** The geometric middle of two loads; undefined where there is no load between them. */
export function between(lo: number, hi: number, unit: LoadUnit): number | undefined {
  const middle = asLoad(Math.sqrt(lo * hi), unit)
  return middle > lo && middle < hi ? middle : undefined
}

/** `12,400 users`, `850 arrivals/s`. */
export function loadWords(load: number, unit: LoadUnit): string {
  return unit === 'users'
    ? `${numberWords(load)} ${load === 1 ? 'user' : 'users'}`
    : `${numberWords(load)} arrivals/s`
}

/** With thousands grouped; what is not whole to four digits, so that no two loads read the same. */
export function numberWords(value: number): string {
  return value.toLocaleString('en-US', Number.isInteger(value) ? {} : { maximumSignificantDigits: 4 })
}

// --- internal ---

/** Factor between neighbours where repeats confirm: the width of the bracket comes from it. */
const GRID = 1.05
/** One arrival in a hundred seconds. */
const LEAST_RATE = 0.01
