/**
 * `npm run truth [-- WORD …]`: every case, or those whose names contain one of the words, as one table. Exit code 1 when
 * a figure is not true. `--short` takes the cases that run with all other tests.
 */
import { CASES } from './cases.ts'
import { tableOf, type Row } from './row.ts'

const words = process.argv.slice(2)
const isShort = words.includes('--short')
const wanted = words.filter((word) => word !== '--short')
const cases = CASES.filter(
  ({ name, forms }) =>
    (isShort ? forms.short !== undefined : forms.isLong) &&
    (wanted.length === 0 || wanted.some((word) => name.includes(word))),
)
const rows: Row[] = []
for (const [i, { name, run }] of cases.entries()) {
  const startedMs = performance.now()
  rows.push(...(await run()))
  const seconds = Math.round((performance.now() - startedMs) / 1e3)
  process.stderr.write(`${i + 1} of ${cases.length}: ${name}, ${seconds} s\n`)
}
const misses = rows.filter(({ isOk }) => !isOk).length
process.stdout.write(`${tableOf(rows)}\n\n${rows.length - misses} of ${rows.length} hold\n`)
process.exitCode = misses === 0 && rows.length > 0 ? 0 : 1
