/**
 * A healthy target must be all green, every time: runs the whole gate again and again, as a user does, each time with
 * another seed. What is not green is a flake, and its evidence is kept.
 *
 *   node test/conform/proof.ts [--runs 20] [--broker embedded|rabbitmq] [--seed N]
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { ConformanceResult, State } from '../../src/measure/conformance.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    broker: { type: 'string', default: 'embedded' },
    seed: { type: 'string', default: '1' },
  },
})

const GREEN: readonly State[] = ['PASS', 'NON-STRICT', 'INFO', 'SKIP', 'XFAIL']
const runs = Number(values.runs)
const flakes = new Map<string, number>()

function run(seed: number, reports: string): { line: string; odd: string[] } {
  const words = [
    'conform',
    '--quiet',
    '--broker',
    values.broker,
    '--seed',
    String(seed),
    '--reports',
    reports,
  ]
  const { status, stderr } = spawnSync(process.execPath, ['src/stompede.js', ...words], { encoding: 'utf8' })
  const [directory] = readdirSync(reports)
  if (directory === undefined) return { line: `no report, exit ${status}: ${stderr}`, odd: ['no report'] }
  const {
    cases,
    counts,
    verdict,
    run: gate,
  } = JSON.parse(readFileSync(join(reports, directory, 'result.json'), 'utf8')) as ConformanceResult
  const told = Object.entries(counts).flatMap(([state, count]) => (count > 0 ? [`${count} ${state}`] : []))
  const odd = cases.filter(({ state }) => !GREEN.includes(state))
  return {
    line: [
      `${verdict.status}, exit ${status}, ${gate.durationSeconds.toFixed(1)} s, ${told.join(', ')}`,
      ...odd.map(({ id, state, actual }) => `    ${id} ${state}: ${actual}`),
    ].join('\n'),
    odd: odd.map(({ id }) => id).concat(status === 0 || odd.length > 0 ? [] : [`exit ${status}`]),
  }
}

for (let i = 0; i < runs; i++) {
  const reports = mkdtempSync(join(tmpdir(), 'stompede-proof-'))
  const { line, odd } = run(Number(values.seed) + i, reports)
  process.stdout.write(`run ${i + 1} of ${runs}: ${line}\n`)
  for (const id of odd) flakes.set(id, (flakes.get(id) ?? 0) + 1)
  if (odd.length === 0) rmSync(reports, { recursive: true })
  else process.stdout.write(`    evidence: ${reports}\n`)
}
const told = [...flakes].map(([id, count]) => `${id} (${count} of ${runs})`)
process.stdout.write(
  flakes.size === 0 ? `${runs} of ${runs} green\n` : `not always green: ${told.join(', ')}\n`,
)
process.exitCode = flakes.size === 0 ? 0 : 1
