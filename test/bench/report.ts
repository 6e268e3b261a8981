import { type BenchRow, verdictOf } from './row.ts'

/** What bench.json holds. */
export interface BenchFile {
  date: string
  node: string
  cpu: string
  cores: number
  system: string
  /** Rounds of each side, where a row is measured in rounds. */
  rounds: number
  rows: BenchRow[]
  /** Groups that could not be measured, and why. */
  failed: string[]
}

/** The table for a terminal. */
export function tableOf({ rows, failed, ...run }: BenchFile): string {
  const cells = rows.map((row) => [
    row.name,
    text(row.ours, row.unit),
    text(row.theirs, row.unit),
    row.ratio.toFixed(3),
    wantedOf(row),
    verdictOf(row),
  ])
  const head = ['row', 'ours', 'theirs', 'ratio', 'wanted', '']
  const widths = head.map((title, i) =>
    Math.max(title.length, ...cells.map((line) => (line[i] ?? '').length)),
  )
  const lines = [head, ...cells].map((line) =>
    line
      .map((cell, i) => (i >= 1 && i <= 3 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
  return `${[...lines, ...remarksOf(rows, failed), machineOf(run)].join('\n')}\n`
}

/** The table for docs/performance.md. */
export function markdownOf({ rows, failed, ...run }: BenchFile): string {
  const lines = rows.map(
    (row) =>
      `| ${row.name} | ${text(row.ours, row.unit)} | ${text(row.theirs, row.unit)} | ${row.ratio.toFixed(2)} | ${wantedOf(row)} | ${verdictOf(row)} |`,
  )
  const head = ['| row | ours | theirs | ratio | wanted | |', '| --- | --: | --: | --: | --- | --- |']
  const remarks = remarksOf(rows, failed).map((line) => `\n${line}`)
  return `${[...head, ...lines, ...remarks, `\n${machineOf(run)}`].join('\n')}\n`
}

// --- internal ---

function machineOf({ date, node, cpu, cores, system, rounds }: Omit<BenchFile, 'rows' | 'failed'>): string {
  return `${date.slice(0, 10)}, Node ${node}, ${cores} × ${cpu}, ${system}; the cheapest of ${rounds} rounds.`
}

function remarksOf(rows: readonly BenchRow[], failed: readonly string[]): string[] {
  const short = new Set(rows.flatMap((row) => (row.short === undefined ? [] : [`not judged: ${row.short}`])))
  const verdicts = rows.map(verdictOf)
  const count = (verdict: string): number => verdicts.filter((each) => each === verdict).length
  const limits = verdicts.filter(Boolean).length
  const sum = `${count('ok')} of ${limits} limits kept, ${count('MISSED')} missed, ${count('not judged')} not judged`
  return [...(limits === 0 ? [] : [sum]), ...short, ...failed.map((reason) => `not measured: ${reason}`)]
}

function wantedOf({ wanted, unit }: BenchRow): string {
  if (wanted === undefined) return ''
  const limits = [
    wanted.ratio === undefined ? '' : `≤ ${wanted.ratio}`,
    wanted.ours === undefined ? '' : `≤ ${text(wanted.ours, unit)}`,
  ]
  return limits.filter(Boolean).join(' and ')
}

function text(value: number, unit: BenchRow['unit']): string {
  if (unit === 'ns') return value >= 1e4 ? `${(value / 1e3).toFixed(1)} µs` : `${value.toFixed(0)} ns`
  return value >= 1e6 ? `${(value / 2 ** 20).toFixed(1)} MiB` : `${(value / 1024).toFixed(1)} KiB`
}
