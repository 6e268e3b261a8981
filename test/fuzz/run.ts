import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { PROPERTIES } from './properties.ts'
import { throughSockets } from './sockets.ts'
import type { Plant } from './world.ts'

/**
 * Fuzzes the receive path: node test/fuzz/run.ts [--seconds 60] [--seed N] [--property 0…3] [--path P]
 *
 * Ends with 0 when no law was broken, no case hung and the heap stayed level. Otherwise it prints the smallest input that
 * was found, and how to repeat it. `--seed` repeats a whole run, with `--property` and `--path` one case.
 * For the tests of the fuzz itself: `--plant FAULT` breaks the receive path, `--patience MS` says when a case hangs.
 */
interface Settings {
  seconds: number
  seed: number
  path: string | undefined
  property: number | undefined
  plant: Plant
  patienceMs: number
}

type News =
  | { kind: 'case'; property: string; seed: number; run: number }
  | { kind: 'line'; text: string }
  | { kind: 'end'; isOk: boolean }

/** Sockets first: who used one stays on the wheel for two seconds, and the heap is looked at when the others are done. */
const ALL = [throughSockets, ...PROPERTIES]

/** Rounds over all properties; the heap is looked at after each. */
const ROUNDS = 4

/** How long the smallest input is looked for. */
const SHRINK_MS = 10_000

/** What the heap may grow by between the first round, which fills every cache, and the last. */
const GROWTH_BYTES = 12 * 1024 * 1024

if (isMainThread) watch(settingsOf(process.argv.slice(2)))
else await fuzz(workerData as Settings)

/** Runs the fuzz in a thread, so that a case that never ends is noticed and named. */
function watch(settings: Settings): void {
  const worker = new Worker(new URL(import.meta.url), { workerData: settings })
  let last: Extract<News, { kind: 'case' }> | undefined
  let atMs = performance.now()
  const finish = (code: number): void => {
    clearInterval(timer)
    process.exitCode = code
    void worker.terminate()
  }
  const whereabouts = (): string =>
    last === undefined
      ? 'before the first case'
      : `${last.property}, seed ${last.seed}, in or after run ${last.run}`
  const timer = setInterval(() => {
    if (performance.now() - atMs < settings.patienceMs || last === undefined) return
    print(`hang: ${whereabouts()}`)
    finish(1)
  }, 500)
  worker.on('message', (news: News) => {
    atMs = performance.now()
    if (news.kind === 'case') last = news
    else if (news.kind === 'line') print(news.text)
    else finish(news.isOk ? 0 : 1)
  })
  worker.on('error', (error) => {
    print(`crash: ${whereabouts()}: ${String(error)}`)
    finish(1)
  })
}

async function fuzz(settings: Settings): Promise<void> {
  const { seconds, seed, path, property, plant } = settings
  const tell = (news: News): void => parentPort?.postMessage(news)
  const line = (text: string): void => tell({ kind: 'line', text })
  const chosen = ALL.filter((_, i) => property === undefined || i === property)
  line(`seed ${seed}, ${seconds} s`)
  const runs = new Map<string, number>()
  const heap: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    for (const one of chosen) {
      const roundSeed = seed + round
      let run = 0
      const onCase = (): void => {
        if (run++ % 20 === 0) tell({ kind: 'case', property: one.name, seed: roundSeed, run })
      }
      const parameters = { seed: roundSeed, numRuns: Number.MAX_SAFE_INTEGER }
      const interruptAfterTimeLimit = (seconds * 1000) / ROUNDS / chosen.length
      const from = path === undefined ? {} : { path }
      const found = await one.check(plant, { ...parameters, ...from, interruptAfterTimeLimit }, onCase)
      runs.set(one.name, (runs.get(one.name) ?? 0) + found.runs)
      if (found.path === null) continue
      // The round's time may have ended before the input was as small as it gets.
      const limits = { path: found.path, interruptAfterTimeLimit: SHRINK_MS }
      const smaller = await one.check(plant, { ...parameters, ...limits }, onCase)
      const smallest = smaller.path === null ? found : smaller
      line(
        `FAILED: ${one.name}\n  ${smallest.error}\n` +
          `  after ${found.runs} runs, smallest input: ${shown(smallest.input)}\n` +
          `  repeat: node test/fuzz/run.ts --seed ${roundSeed} --property ${ALL.indexOf(one)} --path ${smallest.path}`,
      )
      tell({ kind: 'end', isOk: false })
      return
    }
    if (path !== undefined) break
    heap.push(await heapBytes())
  }
  for (const [name, count] of runs) line(`${String(count).padStart(8)} × ${name}`)
  line(`heap after each round: ${heap.map((bytes) => `${mib(bytes)} MiB`).join(', ')}`)
  const growth = (heap.at(-1) ?? 0) - (heap[0] ?? 0)
  if (growth > GROWTH_BYTES) line(`FAILED: the heap grew by ${mib(growth)} MiB`)
  tell({ kind: 'end', isOk: growth <= GROWTH_BYTES })
}

/** Bytes in use after a collection, once nobody is on the wheel any more. */
async function heapBytes(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 400))
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function mib(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1)
}

/** The input as JSON, bytes as hex; a long one is cut. */
function shown(input: unknown): string {
  const text = JSON.stringify(input, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
  )
  return text.length > 4_000 ? `${text.slice(0, 4_000)}…` : text
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function settingsOf(args: string[]): Settings {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: process.env['STOMPEDE_FUZZ_SECONDS'] ?? '60' },
      seed: { type: 'string' },
      path: { type: 'string' },
      property: { type: 'string' },
      plant: { type: 'string', default: 'none' },
      patience: { type: 'string', default: '15000' },
    },
  })
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
  const seconds = Number(values.seconds)
  if (!Number.isSafeInteger(seed) || !(seconds > 0)) throw new Error('--seed and --seconds want numbers')
  return {
    seconds,
    seed,
    path: values.path,
    property: values.property === undefined ? undefined : Number(values.property),
    plant: values.plant as Plant,
    patienceMs: Number(values.patience),
  }
}
