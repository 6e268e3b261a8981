/** What a long run needs beside a short one: memory of the generator's process, from `stompede run` as users start it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type BenchRow, rowOf } from './row.ts'

/**
 * Ten minutes over one, or in short 80 s over 20 s: what the heaps of all threads hold after a full collection. Resident
 * memory informs: V8 lets the young generation grow for as long as there is work, here from 60 to 165 MiB within three
 * minutes and then no more, which says nothing about what a longer run holds.
 */
export async function enduranceRows(isLong: boolean): Promise<BenchRow[]> {
  const [earlyS, lateS, aroundS] = isLong ? [60, 600, 15] : [20, 80, 8]
  const { residentBytes, live } = await memoryOf(lateS + aroundS + 10)
  const residentAt = (atS: number): number =>
    median(residentBytes.slice(atS - aroundS, atS + aroundS).filter((value) => value > 0))
  const name = isLong ? 'run of 10 minutes over run of 1 minute' : 'run of 80 s over run of 20 s'
  return [
    rowOf(
      `live memory of the generator, ${name}`,
      'bytes',
      liveAt(live, lateS, aroundS),
      liveAt(live, earlyS, aroundS),
      isLong ? { ratio: 1.1 } : undefined,
    ),
    rowOf(`its resident memory, ${name}`, 'bytes', residentAt(lateS), residentAt(earlyS)),
  ]
}

// --- internal ---

const STOMPEDE = fileURLToPath(new URL('../../src/stompede.js', import.meta.url))
const LIVE_MEMORY = new URL('live-memory.ts', import.meta.url).href
const SCENARIO = fileURLToPath(new URL('endurance.scenario.ts', import.meta.url))

/** What a thread held after a full collection, see live-memory.ts. */
interface Live {
  thread: string
  atS: number
  bytes: number
}

/** Runs a scenario of 500 users for so many seconds; resident and live memory by seconds of the run. */
async function memoryOf(seconds: number): Promise<{ residentBytes: number[]; live: readonly Live[] }> {
  const reports = mkdtempSync(join(tmpdir(), 'stompede-bench-'))
  const startedMs = Date.now()
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--import', LIVE_MEMORY, STOMPEDE].concat([
      'run',
      SCENARIO,
      '-e',
      `SECONDS=${seconds}`,
      '--reports',
      reports,
      '--quiet',
    ]),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const ended = once(child, 'exit') as Promise<[number | null]>
  const live: Live[] = []
  createInterface(child.stdout).on('line', (line) => {
    const told = /^live (\d+) (\d+)$/.exec(line)
    if (told !== null)
      live.push({ thread: told[1] ?? '', atS: (Date.now() - startedMs) / 1e3, bytes: Number(told[2]) })
  })
  const sampled: { atMs: number; bytes: number }[] = []
  const sampling = setInterval(() => {
    sampled.push({ atMs: Date.now(), bytes: residentBytesOf(child.pid ?? 0) })
  }, 1000)
  try {
    const [code] = await ended
    // A busy machine may make the run invalid (13); what it holds in memory is the same.
    if (code !== 0 && code !== 13) throw new Error(`the run ended with code ${code}`)
    return { residentBytes: bySecond(sampled, startedMs), live }
  } finally {
    clearInterval(sampling)
    child.kill()
    await ended
    rmSync(reports, { recursive: true })
  }
}

/** All threads together: the median of what each held around a moment. */
function liveAt(live: readonly Live[], atS: number, aroundS: number): number {
  const near = live.filter((each) => Math.abs(each.atS - atS) <= aroundS)
  const threads = [...new Set(near.map(({ thread }) => thread))]
  const held = threads.map((thread) =>
    median(near.filter((each) => each.thread === thread).map(({ bytes }) => bytes)),
  )
  return held.reduce((sum, bytes) => sum + bytes, 0)
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
