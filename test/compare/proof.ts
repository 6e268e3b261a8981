/**
 * `node test/compare/proof.ts [--simulated | --real] [COMPARISONS]`: how often whole comparisons are right. Simulated ones go from
 * made-up results to the verdict over all metrics that gate (1,000 a row where no number is given). Real ones run the
 * reference target against itself, and against itself with 3 ms more on every message of 20 ms, on this machine: 5 to 20 minutes.
 * Exit code 1 when a claim of docs/comparing.md does not hold.
 */
import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generator } from '../../src/scenario/random.ts'
import { readComparison } from '../../src/report/read-result.ts'
import { stompede } from '../commands/cli.ts'
import { CALM } from '../statistics/simulated-runs.ts'
import { comparisonRates } from './simulated.ts'

const words = process.argv.slice(2)
const comparisons = Number(words.find((word) => /^\d+$/.test(word)) ?? 1_000)
let misses = 0

function claim(says: string, holds: boolean): void {
  if (!holds) misses++
  process.stdout.write(`${holds ? 'holds' : 'FAILS'}: ${says}\n`)
}

if (!words.includes('--real')) simulated()
if (!words.includes('--simulated')) await real()
process.exitCode = misses === 0 ? 0 : 1

function simulated(): void {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`.padStart(7)
  process.stdout.write('| run noise | margins | p99 of B | worse   | better  | same    | unknown | pairs |\n')
  process.stdout.write('| --------- | ------- | -------- | ------- | ------- | ------- | ------- | ----- |\n')
  const ratesOf = (run: number, slower: number, margin = 0.05): ReturnType<typeof comparisonRates> => {
    const rates = comparisonRates(
      comparisons,
      { slower, margin, noise: { ...CALM, run } },
      generator(2026, Math.round(1e4 * (run + slower))),
    )
    const { worse, better, same, unknown, pairs } = rates
    const cells = [
      `${100 * run} %`.padEnd(9),
      `${100 * margin} %`.padEnd(7),
      `+${Math.round(100 * slower)} %`.padEnd(8),
    ]
    const shares = [worse, better, same, unknown].map(percent)
    process.stdout.write(`| ${[...cells, ...shares, pairs.toFixed(1).padStart(5)].join(' | ')} |\n`)
    return rates
  }
  const [none, ten] = [ratesOf(0.03, 0), ratesOf(0.03, 0.1)]
  ratesOf(0.03, 0.15)
  const wide = ratesOf(0.03, 0, 0.1)
  ratesOf(0.03, 0.15, 0.1)
  ratesOf(0.06, 0)
  ratesOf(0.06, 0.1)
  ratesOf(0.06, 0, 0.12)
  claim('nothing changed: at most 2 % say worse', none.worse <= 0.02)
  claim('+10 % of p99: at least 90 % say worse', ten.worse >= 0.9)
  claim('nothing changed, margins of 10 %: at least 90 % say same', wide.same >= 0.9)
}

async function real(): Promise<void> {
  const compare = async (...sides: string[]) => {
    const reports = mkdtempSync(join(tmpdir(), 'stompede-proof-'))
    process.stdout.write(`\nstompede compare ${sides.join(' ')}\n`)
    const { stderr } = await stompede(
      ['compare', ...sides, 'test/compare/pair.yaml', '--reports', reports],
      (child) => child.stderr?.pipe(process.stderr),
    )
    const [name] = readdirSync(reports).filter((each) => each.endsWith('-compare'))
    if (name === undefined) throw new Error(`nothing was written:\n${stderr}`)
    const result = await readComparison(join(reports, name))
    for (const { says } of result.metrics.filter(({ isGated }) => isGated))
      process.stdout.write(`  ${says}\n`)
    process.stdout.write(`${result.headline}\n`)
    return result
  }
  const same = await compare('--self-check', '--a', 'target --service "constant(20ms)"')
  claim(
    'the same against itself is neither worse nor better',
    same.verdict.status === 'same' || same.verdict.status === 'unknown',
  )
  claim(
    'no metric that gates was worse',
    !same.metrics.some(({ isGated, verdict }) => isGated && verdict === 'worse'),
  )
  const slower = await compare(
    '--ab',
    '--a',
    'target --service "constant(20ms)"',
    '--b',
    'target --service "constant(23ms)"',
  )
  claim('3 ms more on 20 ms are worse', slower.verdict.status === 'worse')
}
