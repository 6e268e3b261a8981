/**
 * `npm run bench`: every row a ratio of two sides that were measured in this run on this machine, side by side. Writes
 * bench.json; ends with 1 when a row that has a limit does not keep it. `npm run bench -- --help` lists the flags.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { parseArgs } from 'node:util'
import { reasonOf } from '../../src/errors.ts'
import { note } from './child.ts'
import { rows as contractRows } from './contract.bench.ts'
import { bringUpRows, memoryRows } from './crowd.bench.ts'
import { enduranceRows } from './endurance.bench.ts'
import { rows as frameRows } from './frame.bench.ts'
import { rows as ledgerRows } from './ledger.bench.ts'
import { fanOutRows, roomRows } from './receive.bench.ts'
import { type BenchFile, markdownOf, tableOf } from './report.ts'
import { type BenchRow, isMissed } from './row.ts'
import { scaleRows } from './scale.bench.ts'

const HELP = `npm run bench -- [flags]
  --only PATTERN  only the groups that match, and no bench.json: frame, contract, ledger, delivery, rooms, memory, bring-up,
                  scale, endurance
  --long          the run of ten minutes instead of 80 s
  --rounds N      rounds of each side; the cheapest counts (3)
  --markdown      measure nothing, print bench.json as a Markdown table
`
const FILE = 'bench.json'
const flags = readFlags()
const rounds = Number(flags.rounds)

const GROUPS: Readonly<Record<string, () => Promise<BenchRow[]>>> = {
  frame: frameRows,
  contract: contractRows,
  ledger: ledgerRows,
  delivery: () => fanOutRows(rounds),
  rooms: () => roomRows(rounds),
  memory: () => memoryRows(rounds),
  'bring-up': () => bringUpRows(rounds),
  scale: () => scaleRows(rounds),
  endurance: () => enduranceRows(flags.long),
}

process.exitCode = flags.help ? print(HELP) : flags.markdown ? printStored() : await bench()

function readFlags() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string' },
        long: { type: 'boolean', default: false },
        rounds: { type: 'string', default: '3' },
        markdown: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    process.stderr.write(`${reasonOf(error)}\n${HELP}`)
    return process.exit(2)
  }
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

function printStored(): number {
  if (!existsSync(FILE)) {
    process.stderr.write(`there is no ${FILE} here yet: npm run bench writes it\n`)
    return 2
  }
  return print(markdownOf(JSON.parse(readFileSync(FILE, 'utf8')) as BenchFile))
}

async function bench(): Promise<number> {
  const only = new RegExp(flags.only ?? '')
  const groups = Object.entries(GROUPS).filter(([name]) => only.test(name))
  if (groups.length === 0 || !(Number.isInteger(rounds) && rounds > 0)) {
    process.stderr.write(HELP)
    return 2
  }
  const rows: BenchRow[] = []
  const failed: string[] = []
  for (const [name, measure] of groups) {
    note(`${name} …`)
    try {
      rows.push(...(await measure()))
    } catch (error) {
      // One group that cannot be measured here does not take the others' figures along.
      failed.push(`${name}: ${reasonOf(error)}`)
    }
  }
  const file: BenchFile = {
    date: new Date().toISOString(),
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    system: `${process.platform} ${release()}`,
    rounds,
    rows,
    failed,
  }
  // A part must not take the place of a whole.
  if (flags.only === undefined) writeFileSync(FILE, `${JSON.stringify(file, undefined, 2)}\n`)
  process.stdout.write(tableOf(file))
  return rows.some(isMissed) || failed.length > 0 ? 1 : 0
}
