import { emptyCounters } from '../measure/metrics.ts'
import { addAccounts } from './account.ts'
import type { Tick } from './protocol.ts'

/** Hears the ticks of a second, one a shard and in the order of the shards. */
export type SecondTicks = (second: number, ticks: Tick[]) => void

/** Brings the ticks of several shards together, second by second. */
export interface Seconds {
  add(shard: number, tick: Tick): void
  /** The shard posts nothing more: it has reported or died. */
  end(shard: number): void
}

/**
 * Waits with each second until every shard has posted its tick. For a shard that has ended its last tick stands in, so
 * that what it counted is neither forgotten nor taken back.
 */
export function secondsOf(shards: number, onSecond: SecondTicks): Seconds {
  const waiting = Array.from({ length: shards }, (): Tick[] => [])
  const latest: (Tick | undefined)[] = waiting.map(() => undefined)
  const ended = new Set<number>()
  let next = 1
  const deliver = (): void => {
    for (;;) {
      const isComplete = waiting.every((ticks, i) => ticks.length > 0 || ended.has(i))
      if (!isComplete || waiting.every((ticks) => ticks.length === 0)) return
      const ticks = waiting.map((own, i) => {
        const tick = own.shift() ?? standIn(latest[i], next)
        latest[i] = tick
        return tick
      })
      onSecond(next++, ticks)
    }
  }
  return {
    add: (shard, tick) => {
      waiting[shard]?.push(tick)
      deliver()
    },
    end: (shard) => {
      ended.add(shard)
      deliver()
    },
  }
}

// --- internal ---

/** What a shard that ended adds to a later second: its totals, and what was pending when it ended; nobody is connected. */
function standIn(last: Tick | undefined, second: number): Tick {
  const { lostPlaces, unknowns, scenarioExceptions } = last ?? addAccounts([])
  return {
    second,
    counters: last?.counters ?? emptyCounters(),
    labelled: last?.labelled ?? {},
    users: 0,
    pending: last?.pending ?? 0,
    pendingMessages: last?.pendingMessages ?? 0,
    inFlight: { areaUs: 0, varianceUs2: 0, optionalUs: 0 },
    lostPlaces,
    unknowns,
    scenarioExceptions,
    findings: { rules: [], errors: [] },
    examples: [],
    histograms: {},
    topErrors: last?.topErrors ?? [],
    health: { loopDelayP99Us: 0, cpuShare: 0, heapBytes: 0 },
  }
}
