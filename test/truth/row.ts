/** One line of the table: what is true, what was reported, how far they may lie apart. All but `isOk` as they are printed. */
export interface Row {
  case: string
  what: string
  truth: string
  reported: string
  limit: string
  isOk: boolean
}

/** A row without the name of its case. */
export type Finding = Omit<Row, 'case'>

/** A truth known to a span: the figures beside the one wanted are as true as it is. In µs. */
export interface TruthSpan {
  lowUs: number
  us: number
  highUs: number
}

/** What may lie between a reported latency and the true one, µs: 1 ms or 2 %. */
export function toleranceUs(truthUs: number): number {
  return Math.max(1_000, 0.02 * truthUs)
}

/** A latency that must be true to 1 ms or 2 %. */
export function latency(what: string, truth: TruthSpan, reportedUs: number | undefined): Finding {
  const { lowUs, us, highUs } = truth
  const low = lowUs - toleranceUs(lowUs)
  const high = highUs + toleranceUs(highUs)
  return {
    what,
    truth: ms(us),
    reported: ms(reportedUs),
    limit: `${ms(low)} … ${ms(high)}`,
    isOk: reportedUs !== undefined && reportedUs >= low && reportedUs <= high,
  }
}

/** A count or a word that must be the same. */
export function same(
  what: string,
  truth: number | string,
  reported: number | string | null | undefined,
): Finding {
  return { what, truth: text(truth), reported: text(reported), limit: 'same', isOk: truth === reported }
}

/** A latency that must not lie above a bound; `truth` is what is known of it elsewhere. */
export function below(what: string, truthUs: number, reportedUs: number, boundUs: number): Finding {
  return {
    what,
    truth: ms(truthUs),
    reported: ms(reportedUs),
    limit: `≤ ${ms(boundUs)}`,
    isOk: reportedUs <= boundUs,
  }
}

/** The opposite of `below`. */
export function above(what: string, truthUs: number, reportedUs: number, boundUs: number): Finding {
  return {
    what,
    truth: ms(truthUs),
    reported: ms(reportedUs),
    limit: `≥ ${ms(boundUs)}`,
    isOk: reportedUs >= boundUs,
  }
}

/** The rows as a table, widths taken from what is in it. */
export function tableOf(rows: readonly Row[]): string {
  const head = ['case', 'what', 'truth', 'reported', 'limit', 'ok']
  const cells = rows.map((row) => [
    row.case,
    row.what,
    row.truth,
    row.reported,
    row.limit,
    row.isOk ? 'ok' : 'MISS',
  ])
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => (row[i] ?? '').length)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n')
}

// --- internal ---

function ms(us: number | undefined): string {
  return us === undefined ? '–' : `${(us / 1e3).toFixed(2)} ms`
}

function text(value: number | string | null | undefined): string {
  if (value === undefined || value === null) return '–'
  return typeof value === 'number' ? value.toLocaleString('en-US') : value
}
