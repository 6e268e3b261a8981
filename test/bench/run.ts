/** `npm run bench`: every row a ratio of two sides measured in this run on this machine. Writes bench.json. */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { rows as contractRows } from './contract.bench.ts'
import { rows as frameRows } from './frame.bench.ts'
import { rows as ledgerRows } from './ledger.bench.ts'
import { rows as receiveRows } from './receive.bench.ts'
import type { BenchRow } from './row.ts'

/** The most a ratio may be; a row without a limit informs. */
const WANTED: Record<string, number> = {
  'frame: decode a MESSAGE of 450 bytes': 0.05,
  'CPU per delivery, one frame a read, 1000 sockets: lean / stompjs': 0.4,
  'CPU per delivery, ten frames a read, 1000 sockets: lean / stompjs': 0.4,
}

const table: BenchRow[] = [
  ...(await frameRows()),
  ...(await contractRows()),
  ...(await ledgerRows()),
  ...(await receiveRows({ sockets: 1_000, messages: 80, rounds: 3 })),
]
let isMissed = false
for (const { name, oursNs, theirsNs, ratio } of table) {
  const wanted = WANTED[name]
  const judged = wanted === undefined ? '' : ratio <= wanted ? `  ok (≤ ${wanted})` : `  MISSED (≤ ${wanted})`
  if (judged.includes('MISSED')) isMissed = true
  process.stdout.write(
    `${name.padEnd(72)} ${text(oursNs)} ${text(theirsNs)} ${ratio.toFixed(3).padStart(7)}${judged}\n`,
  )
}
writeFileSync(
  'bench.json',
  `${JSON.stringify({ node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, rows: table }, undefined, 2)}\n`,
)
process.exitCode = isMissed ? 1 : 0

function text(ns: number): string {
  return (ns >= 1e4 ? `${(ns / 1e3).toFixed(1)} µs` : `${ns.toFixed(0)} ns`).padStart(10)
}
