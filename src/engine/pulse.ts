import { monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Tick } from './protocol.ts'

/** How busy the thread that calls it is. */
export interface Pulse {
  /** Health since the last call. */
  take(): Tick['health']
  /** Begins the span that `measured` reports: connecting a crowd is work, but no latency is taken from it. */
  beginMeasured(): void
  /** Health over the measured span; the first call ends it. */
  measured(): Tick['health']
  stop(): void
}

/** Resolution of the loop monitor; Node reports the whole interval between its ticks, so this is taken off again. */
const RESOLUTION_MS = 10

/** Watches this thread's event loop and processor time. */
export function newPulse(): Pulse {
  let span = watch()
  let final: Tick['health'] | undefined
  let current = watch()
  return {
    take() {
      const health = current.read()
      current.stop()
      current = watch()
      return health
    },
    beginMeasured() {
      span.stop()
      span = watch()
    },
    measured() {
      final ??= span.read()
      return final
    },
    stop() {
      span.stop()
      current.stop()
    },
  }
}

// --- internal ---

function watch(): { read(): Tick['health']; stop(): void } {
  const monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  monitor.enable()
  const sinceMs = performance.now()
  const before = process.threadCpuUsage()
  return {
    read() {
      const delayUs = monitor.count === 0 ? 0 : monitor.percentile(99) / 1e3 - RESOLUTION_MS * 1e3
      const elapsedUs = (performance.now() - sinceMs) * 1e3
      const cpu = process.threadCpuUsage()
      const usedUs = cpu.user + cpu.system - before.user - before.system
      return {
        loopDelayP99Us: Math.round(Math.max(0, delayUs)),
        cpuShare: elapsedUs > 0 ? Math.round((usedUs / elapsedUs) * 1e3) / 1e3 : 0,
        heapBytes: getHeapStatistics().used_heap_size,
      }
    },
    stop: () => monitor.disable(),
  }
}
