/** One comparison of two sides that were measured in the same run. Times are ns, sizes bytes. */
export interface BenchRow {
  name: string
  unit: 'ns' | 'bytes'
  ours: number
  theirs: number
  ratio: number
  /** What must hold for the row to pass; a row without it informs. */
  wanted?: { ratio?: number; ours?: number }
  /** Why the row cannot be judged here, although it was measured as far as it goes. */
  short?: string
}

/** A row from its two sides. */
export function rowOf(
  name: string,
  unit: BenchRow['unit'],
  ours: number,
  theirs: number,
  wanted?: BenchRow['wanted'],
): BenchRow {
  return { name, unit, ours, theirs, ratio: ours / theirs, ...(wanted === undefined ? {} : { wanted }) }
}

/** Whether a row breaks a limit that it has. What was not measured does not keep it. */
export function isMissed({ ours, ratio, wanted }: BenchRow): boolean {
  if (wanted === undefined) return false
  return !(ratio <= (wanted.ratio ?? Infinity) && ours <= (wanted.ours ?? Infinity))
}

/** How the row ends in a table: empty for those that only inform. */
export function verdictOf(row: BenchRow): string {
  if (row.wanted === undefined) return ''
  if (isMissed(row)) return 'MISSED'
  return row.short === undefined ? 'ok' : 'not judged'
}
