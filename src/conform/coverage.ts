import type { Basis, ConformanceCase } from '../measure/conformance.ts'

/** A normative statement: what a rule rests on. Several rules may rest on one. */
export function statementOf({ basis }: { readonly basis: Basis }): string {
  return `${basis.document} ${basis.section}: ${basis.quote}`
}

/** Statements with at least one case that was carried out, of all the catalogue has. */
export function coverageOf(
  cases: readonly ConformanceCase[],
  statements: number,
): { exercised: number; statements: number } {
  const isExercised = ({ state }: ConformanceCase): boolean => state !== 'SKIP' && state !== 'INCONCLUSIVE'
  return { exercised: new Set(cases.filter(isExercised).map(statementOf)).size, statements }
}
