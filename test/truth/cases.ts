import type { TruthCase } from './case.ts'
import { delayCases } from './delays.ts'
import { freezeCases } from './freeze.ts'
import { plantedCases } from './planted.ts'
import { rateCases } from './rates.ts'
import { starvedCases } from './starved.ts'

/** Everything that is proved, in the order of the table in docs/truth.md. */
export const CASES: readonly TruthCase[] = [
  ...delayCases,
  ...freezeCases,
  ...starvedCases,
  ...plantedCases,
  ...rateCases,
]
