import { Worker } from 'node:worker_threads'
import { type ErrorCode, StompedeError } from '../errors.ts'
import type { FromShard, ShardOrder, ShardReport, ToShard } from './protocol.ts'
import { type SecondTicks, secondsOf } from './ticks.ts'

/** The shards of a run, each in a thread of its own, as one. */
export interface Shards {
  /** Resolves with the contract's digest when every shard is ready. Rejects with what the first faulty one said. */
  ready: Promise<string>
  /** Lets the shards go at `startUs`; from `durationMs` after it on a shard must answer. */
  start(startUs: number, durationMs: number): void
  /** Starts nothing more; from now on a shard must answer. */
  stop(): void
  /** Resolves when every shard has settled its users' business (or died); says whether nothing was left on its way. */
  settled: Promise<boolean>
  /** Asks for the reports and resolves with them by shard; undefined for those that died. */
  finish(): Promise<(ShardReport | undefined)[]>
}

/** What the coordinator hears while the shards run. */
export interface ShardsListener {
  /** The ticks of a second by shard, once each has posted its own or never will. Seconds come in order. */
  onSecond: SecondTicks
  /** A shard died, and why. The others have been told to stop: without its news they cannot account for what it sent. */
  onDeath: (shard: number, reason: string) => void
}

/** A shard that posts nothing for so long, though it has to stop and posts a tick every second, is ended as hanging. */
export const ANSWER_LIMIT_S = 10

/** Starts a thread for each order. */
export function startShards(orders: readonly ShardOrder[], listener: ShardsListener): Shards {
  const readiness = orders.map(() => Promise.withResolvers<string>())
  const departure = orders.map(() => Promise.withResolvers<void>())
  const settlement = orders.map(() => Promise.withResolvers<boolean>())
  const reports = orders.map(() => Promise.withResolvers<ShardReport | undefined>())
  const seconds = secondsOf(orders.length, listener.onSecond)
  /** Shards that have reported or died. */
  const ended = new Set<number>()
  const dead: number[] = []
  let isOver = false

  const die = (i: number, error: Error): void => {
    if (isOver || ended.has(i)) return
    ended.add(i)
    dead.push(i)
    listener.onDeath(i, error.message)
    readiness[i]?.reject(error)
    departure[i]?.resolve()
    settlement[i]?.resolve(false)
    reports[i]?.resolve(undefined)
    stop()
    seconds.end(i)
  }

  const workers = orders.map((order, i) => {
    const worker = new Worker(new URL(`./worker${extension}`, import.meta.url), { workerData: order })
    worker.on('message', (message: FromShard) => {
      watch.heard(i)
      switch (message.kind) {
        case 'ready':
          readiness[i]?.resolve(message.contractDigest)
          break
        case 'tick':
          seconds.add(i, message.tick)
          break
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
          ended.add(i)
          reports[i]?.resolve(message.report)
          seconds.end(i)
          break
        case 'fault':
          die(i, faultOf(message))
          break
      }
    })
    worker.on('error', (error) => die(i, error as Error))
    // A scenario that calls process.exit ends its thread with any code, 0 too: before its report that is a death.
    worker.on('exit', (code) => die(i, new Error(`worker ${i} exited with code ${code}`)))
    return worker
  })
  const watch = startWatch(orders.length, (i) => {
    if (ended.has(i)) return
    die(
      i,
      new Error(`worker ${i} had not answered for ${ANSWER_LIMIT_S} s when it was to stop, and was ended`),
    )
    void workers[i]?.terminate()
  })
  const stop = (): void => {
    watch.begin()
    for (const worker of workers) post(worker, { kind: 'stop' })
  }

  void Promise.all(departure.map(({ promise }) => promise)).then(() => {
    for (const worker of workers) post(worker, { kind: 'settle', dead })
  })
  const end = async (): Promise<void> => {
    isOver = true
    watch.end()
    await Promise.all(workers.map((worker) => worker.terminate()))
  }

  return {
    ready: Promise.all(readiness.map(({ promise }) => promise)).then(
      ([digest]) => digest ?? '',
      async (error: unknown) => {
        await end()
        throw error
      },
    ),
    start: (startUs, durationMs) => {
      for (const worker of workers) post(worker, { kind: 'start', startUs })
      watch.beginAfter(durationMs)
    },
    stop,
    settled: Promise.all(settlement.map(({ promise }) => promise)).then((drained) => drained.every(Boolean)),
    finish: async () => {
      for (const worker of workers) post(worker, { kind: 'finish' })
      const all = await Promise.all(reports.map(({ promise }) => promise))
      await end()
      return all
    },
  }
}

// --- internal ---

/** `.ts` in a checkout, `.js` in the published package. */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

function post(worker: Worker, message: ToShard): void {
  worker.postMessage(message)
}

interface Watch {
  heard(shard: number): void
  begin(): void
  beginAfter(ms: number): void
  end(): void
}

/**
 * Names shards that have posted nothing for ANSWER_LIMIT_S. It counts its own rounds, not the clock: a process that
 * was stopped and goes on, or a machine that slept, has no silent shards.
 */
function startWatch(shards: number, onSilent: (shard: number) => void): Watch {
  const silentRounds = Array.from({ length: shards }, () => 0)
  let rounds: NodeJS.Timeout | undefined
  let delay: NodeJS.Timeout | undefined
  const begin = (): void => {
    rounds ??= setInterval(() => {
      for (const i of silentRounds.keys()) {
        silentRounds[i] = (silentRounds[i] as number) + 1
        if (silentRounds[i] === ANSWER_LIMIT_S) onSilent(i)
      }
    }, 1000)
  }
  return {
    heard: (i) => (silentRounds[i] = 0),
    begin,
    beginAfter: (ms) => (delay = setTimeout(begin, Math.min(ms, LONGEST_TIMER_MS))),
    end: () => {
      clearInterval(rounds)
      clearTimeout(delay)
    },
  }
}

/** setTimeout fires at once when asked for more. Beginning to watch a run of 25 days before its end does no harm. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

function faultOf(fault: Extract<FromShard, { kind: 'fault' }>): Error {
  if (fault.code !== undefined) {
    return new StompedeError(fault.code as ErrorCode, fault.message, { problems: fault.problems })
  }
  const error = new Error(fault.message)
  error.stack = fault.stack
  return error
}
