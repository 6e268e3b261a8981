import { Worker } from 'node:worker_threads'
import { type ErrorCode, StompedeError } from '../errors.ts'
import type { FromShard, ShardOrder, ShardReport, Tick, ToShard } from './protocol.ts'

/** The shards of a run, each in a thread of its own, as one. */
export interface Shards {
  /** Resolves when every shard is ready. Rejects with what the first faulty one said. */
  ready: Promise<void>
  start(startUs: number): void
  stop(): void
  /** Resolves when every shard has settled its users' business (or died); says whether nothing was left on its way. */
  settled: Promise<boolean>
  /** Asks for the reports and resolves with those of the shards that lived. */
  finish(): Promise<ShardReport[]>
  /** What killed a shard during the run; empty when all lived. */
  deaths: string[]
}

/** Starts a thread for each order. `onSecond` gets the ticks of a second once every living shard has posted its own. */
export function startShards(
  orders: readonly ShardOrder[],
  onSecond: (second: number, ticks: Tick[]) => void,
): Shards {
  const readiness = orders.map(() => Promise.withResolvers<void>())
  const departure = orders.map(() => Promise.withResolvers<void>())
  const settlement = orders.map(() => Promise.withResolvers<boolean>())
  const reports = orders.map(() => Promise.withResolvers<ShardReport | undefined>())
  const deaths: string[] = []
  const dead = new Set<number>()
  const bySecond = new Map<number, Tick[]>()

  const deliverSecond = (second: number): void => {
    const ticks = bySecond.get(second) ?? []
    if (ticks.length === 0 || ticks.length < orders.length - dead.size) return
    bySecond.delete(second)
    onSecond(second, ticks)
  }

  let isOver = false
  const die = (i: number, error: Error): void => {
    if (isOver || dead.has(i)) return
    dead.add(i)
    deaths.push(error.message)
    readiness[i]?.reject(error)
    departure[i]?.resolve()
    settlement[i]?.resolve(false)
    reports[i]?.resolve(undefined)
    // Without this shard's news the others cannot account for what it sent: the run ends here, marked incomplete.
    for (const [j, worker] of workers.entries()) if (j !== i) post(worker, { kind: 'stop' })
    for (const second of bySecond.keys()) deliverSecond(second)
  }

  const workers = orders.map((order, i) => {
    const worker = new Worker(new URL(`./worker${extension}`, import.meta.url), { workerData: order })
    worker.on('message', (message: FromShard) => {
      switch (message.kind) {
        case 'ready':
          readiness[i]?.resolve()
          break
        case 'tick': {
          const { second } = message.tick
          bySecond.set(second, [...(bySecond.get(second) ?? []), message.tick])
          deliverSecond(second)
          break
        }
        case 'news':
          for (const [j, other] of workers.entries())
            if (j !== i) post(other, { kind: 'news', news: message.news })
          break
        case 'left':
          departure[i]?.resolve()
          break
        case 'settled':
          settlement[i]?.resolve(message.wasDrained)
          break
        case 'done':
          reports[i]?.resolve(message.report)
          break
        case 'fault':
          die(i, faultOf(message))
          break
      }
    })
    worker.on('error', (error) => die(i, error as Error))
    worker.on('exit', (code) => {
      if (code !== 0) die(i, new Error(`worker ${i} exited with code ${code}`))
    })
    return worker
  })

  void Promise.all(departure.map(({ promise }) => promise)).then(() => {
    for (const worker of workers) post(worker, { kind: 'settle' })
  })

  return {
    ready: Promise.all(readiness.map(({ promise }) => promise)).then(
      () => {},
      async (error: unknown) => {
        await Promise.all(workers.map((worker) => worker.terminate()))
        throw error
      },
    ),
    start: (startUs) => workers.forEach((worker) => post(worker, { kind: 'start', startUs })),
    stop: () => workers.forEach((worker) => post(worker, { kind: 'stop' })),
    settled: Promise.all(settlement.map(({ promise }) => promise)).then((drained) => drained.every(Boolean)),
    finish: async () => {
      for (const worker of workers) post(worker, { kind: 'finish' })
      const all = await Promise.all(reports.map(({ promise }) => promise))
      isOver = true
      await Promise.all(workers.map((worker) => worker.terminate()))
      return all.filter((report): report is ShardReport => report !== undefined)
    },
    deaths,
  }
}

// --- internal ---

/** `.ts` in a checkout, `.js` in the published package. */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

function post(worker: Worker, message: ToShard): void {
  worker.postMessage(message)
}

function faultOf(fault: Extract<FromShard, { kind: 'fault' }>): Error {
  if (fault.code !== undefined) {
    return new StompedeError(fault.code as ErrorCode, fault.message, { problems: fault.problems })
  }
  const error = new Error(fault.message)
  error.stack = fault.stack
  return error
}
