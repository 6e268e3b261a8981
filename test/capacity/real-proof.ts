import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CapacityResult } from '../../src/measure/capacity.ts'
import { Histogram, mergeEncoded } from '../../src/measure/histogram.ts'
import type { RunResult } from '../../src/measure/result.ts'
import { readService } from '../../src/target/service.ts'
import { stompede } from '../commands/cli.ts'
import { type Times, trueRate } from './queue.ts'

// Real searches against the reference target with servers and a queue, whose true rate a simulation of its own tells:
//   node test/capacity/real-proof.ts [searches] [service] [limit in ms] [how many at once]
//
// What a delivery takes beside waiting and service is measured: HTTP, broker, WebSocket and the generator, by runs without
// service times at nine tenths of the rate that the queue alone would allow, as many at once as there will be searches. What a server takes is the model's draw and what
// a timer of Node adds to it, by timers of this process that follow one another as those of a busy server do. The simulation
// adds draws of both; arrivals are evenly spaced, as the scenario plans them.

const COUNT = Number(process.argv[2] ?? 1)
const SERVICE = process.argv[3] ?? 'n=4 lognormal(16ms,0.5)'
const LIMIT_MS = Number(process.argv[4] ?? 60)
const AT_ONCE = Number(process.argv[5] ?? 1)
const SCENARIO = 'test/capacity/known.yaml'
const ARRIVALS = 1_000_000
const QUANTILES = 2_000

/** What timers take beyond what was asked for, ms: `chains` of them side by side, each beginning when the one before ends. */
async function timerExcess(chains: number): Promise<number[]> {
  const { drawMs } = readService(SERVICE)
  const excess: number[] = []
  const untilMs = performance.now() + 4_000
  const chain = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      const [wanted, beganMs] = [drawMs(), performance.now()]
      await new Promise((resolve) => setTimeout(resolve, wanted))
      excess.push(performance.now() - beganMs - wanted)
    }
  }
  await Promise.all(Array.from({ length: chains }, chain))
  return excess
}

async function reportOf<T>(words: readonly string[]): Promise<T> {
  const reports = mkdtempSync(join(tmpdir(), 'stompede-real-proof-'))
  const { code, stderr } = await stompede([...words, '--reports', reports], (child) => {
    if (AT_ONCE === 1) child.stderr?.on('data', (text: string) => process.stderr.write(text))
  })
  const name = readdirSync(reports).find((each) => each !== 'index.html')
  if (name === undefined) throw new Error(`no report was written, exit ${code}:\n${stderr}`)
  const result = JSON.parse(readFileSync(join(reports, name, 'result.json'), 'utf8')) as T
  rmSync(reports, { recursive: true })
  return result
}

/** What deliveries take at this rate where the target does not serve: quantiles, ms. */
async function besideQuantiles(rate: number): Promise<number[]> {
  const words = ['run', SCENARIO, '-e', `RATE=${Math.round(rate)}`, '-q']
  const runs = await Promise.all(Array.from({ length: AT_ONCE }, () => reportOf<RunResult>(words)))
  const encoded = runs.flatMap(({ trends }) => trends['message_delivery']?.histogram ?? [])
  const [first, ...others] = encoded
  if (first === undefined) throw new Error('no delivery was measured')
  const histogram = Histogram.decode(others.reduce((sum, each) => mergeEncoded(sum, each), first))
  return Array.from({ length: QUANTILES }, (_, i) => histogram.valueAt((100 * (i + 0.5)) / QUANTILES) / 1e3)
}

const oneOf = (values: readonly number[], next: () => number): number =>
  values[Math.floor(next() * values.length)] as number

const { servers = 1 } = readService(SERVICE)
const excess = await timerExcess(servers)
const timesWith =
  (beside: readonly number[]) =>
  (next: () => number): Times => {
    const { drawMs } = readService(SERVICE)
    return {
      service: () => drawMs() + oneOf(excess, next),
      ...(beside.length === 0 ? {} : { beside: () => oneOf(beside, next) }),
    }
  }
const draw = timesWith([])(Math.random).service
const meanMs = Array.from({ length: 20_000 }, draw).reduce((sum, ms) => sum + ms, 0) / 20_000
const asked = {
  limitMs: LIMIT_MS,
  percentile: 99,
  arrivals: 'even',
  count: ARRIVALS,
  most: (servers * 1e3) / meanMs,
} as const
const queueAlone = trueRate(asked, servers, timesWith([]))
const beside = await besideQuantiles(0.9 * queueAlone)
const truth = trueRate(asked, servers, timesWith(beside))
process.stdout.write(
  `${SERVICE}, p99 < ${LIMIT_MS} ms\n` +
    `a server takes ${meanMs.toFixed(2)} ms on average; beside it a delivery takes ${beside[QUANTILES / 2]?.toFixed(2)} ms (median), ${beside[QUANTILES * 0.99]?.toFixed(2)} ms (p99)\n` +
    `true rate ${truth.toFixed(1)}/s (${queueAlone.toFixed(1)}/s by the queue alone)\n`,
)
interface Tally {
  held: number
  above: number
}

/** One real search; says how it went. */
async function searched(n: number, tally: Tally): Promise<void> {
  const { bracket, steps, headline } = await reportOf<CapacityResult>([
    'capacity',
    SCENARIO,
    '--slo',
    `message_delivery:p(99)<${LIMIT_MS}`,
    '--no-calibrate',
    '--service',
    SERVICE,
    '--unit',
    'rate',
    '--start',
    String(Math.round(0.4 * truth)),
    '--seed',
    String(1_000 * n),
  ])
  const { verified, refuted } = bracket
  const isHeld = verified !== null && refuted !== null && verified <= truth && truth <= refuted
  if (isHeld) tally.held++
  if ((verified ?? 0) > 1.02 * truth) tally.above++
  const unfit = steps.filter(({ outcome }) => outcome === 'generator').length
  process.stdout.write(
    `search ${n}: [${verified ?? '–'}, ${refuted ?? '–'}) ${isHeld ? 'holds' : 'DOES NOT HOLD'} ${truth.toFixed(1)}; verified is ${(((verified ?? 0) / truth - 1) * 100).toFixed(1)} % from it; ${steps.length} steps, ${unfit} unfit; ${headline}\n`,
  )
}

const tally: Tally = { held: 0, above: 0 }
const left = Array.from({ length: COUNT }, (_, i) => i + 1)
const inTurn = async (): Promise<void> => {
  for (let n = left.shift(); n !== undefined; n = left.shift()) await searched(n, tally)
}
await Promise.all(Array.from({ length: AT_ONCE }, inTurn))
process.stdout.write(`${tally.held} of ${COUNT} hold it; ${tally.above} verify more than 2 % above it\n`)
// Of 20 at most one may miss.
process.exitCode = tally.held >= Math.ceil(0.95 * COUNT) && tally.above === 0 ? 0 : 1
