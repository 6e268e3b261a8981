/** What a long run needs beside a short one: memory of the generator's process, from `stompede run` as users start it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunEvent } from '../../src/engine/events.ts'
import { type BenchRow, rowOf } from './row.ts'

/** Ten minutes over one, or in short 80 s over 20 s: resident memory, and the smallest heap of the worker. */
export async function enduranceRows(isLong: boolean): Promise<BenchRow[]> {
  const [earlyS, lateS, aroundS, heapS] = isLong ? [60, 600, 10, 60] : [20, 80, 5, 20]
  const { residentBytes, heapBytes } = await memoryOf(lateS + aroundS + 5)
  const around = (bytes: readonly number[], atS: number, beforeS = aroundS): number[] =>
    bytes.slice(atS - beforeS, atS + aroundS).filter((value) => value > 0)
  const name = isLong ? 'run of 10 minutes over run of 1 minute' : 'run of 80 s over run of 20 s'
  return [
    rowOf(
      `memory of the generator, ${name}`,
      'bytes',
      median(around(residentBytes, lateS)),
      median(around(residentBytes, earlyS)),
      isLong ? { ratio: 1.1 } : undefined,
    ),
    rowOf(
      `its worker's smallest heap, ${name}`,
      'bytes',
      Math.min(...around(heapBytes, lateS, heapS)),
      Math.min(...around(heapBytes, earlyS, heapS - aroundS)),
    ),
  ]
}

// --- internal ---

const STOMPEDE = fileURLToPath(new URL('../../src/stompede.js', import.meta.url))
const SCENARIO = fileURLToPath(new URL('endurance.scenario.ts', import.meta.url))

/** Runs a scenario of 500 users for so many seconds; both memories by second of the run. */
async function memoryOf(seconds: number): Promise<{ residentBytes: number[]; heapBytes: number[] }> {
  const reports = mkdtempSync(join(tmpdir(), 'stompede-bench-'))
  const child = spawn(
    process.execPath,
    [STOMPEDE, 'run', SCENARIO, '-e', `SECONDS=${seconds}`, '--reports', reports, '--quiet'],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const ended = once(child, 'exit') as Promise<[number | null]>
  const sampled: { atMs: number; bytes: number }[] = []
  const sampling = setInterval(() => {
    sampled.push({ atMs: Date.now(), bytes: residentBytesOf(child.pid ?? 0) })
  }, 1000)
  try {
    const [code] = await ended
    const events = readEvents(reports)
    const start = events.find((event) => event.kind === 'start')
    // A busy machine may make the run invalid (13); what it holds in memory is the same.
    if (start === undefined || (code !== 0 && code !== 13)) throw new Error(`the run ended with code ${code}`)
    return { residentBytes: bySecond(sampled, Date.parse(start.startedAt)), heapBytes: heapsOf(events) }
  } finally {
    clearInterval(sampling)
    child.kill()
    await ended
    rmSync(reports, { recursive: true })
  }
}

function readEvents(reports: string): RunEvent[] {
  const [run] = readdirSync(reports)
  if (run === undefined) return []
  const lines = readFileSync(join(reports, run, 'events.ndjson'), 'utf8')
    .trim()
    .split('\n')
  return lines.map((line) => JSON.parse(line) as RunEvent)
}

/** The heap of the run's worker in each of its seconds, as the worker's own ticks tell it. */
function heapsOf(events: readonly RunEvent[]): number[] {
  const heaps: number[] = []
  for (const event of events)
    if (event.kind === 'second') heaps[event.second] = event.health[0]?.heapBytes ?? 0
  return heaps
}

function bySecond(sampled: readonly { atMs: number; bytes: number }[], startMs: number): number[] {
  const bytes: number[] = []
  for (const sample of sampled) {
    const second = Math.round((sample.atMs - startMs) / 1e3)
    if (second >= 0) bytes[second] = sample.bytes
  }
  return bytes
}

/** 0 once the process has gone. */
function residentBytesOf(pid: number): number {
  try {
    return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const row of await enduranceRows(process.argv.includes('--long')))
    process.stdout.write(`${JSON.stringify(row)}\n`)
}
