import type { GateClock } from './transcript.ts'

/** How late the event loop of this process runs, sampled all the time: what it delays is not the target's doing. */
export interface LoopDelay {
  /** The longest delay of a sample that was due since then, or is overdue now, in ms on the clock of the gate. */
  worstMs(sinceMs: number): number
  /** The delay that 99 of 100 samples keep to, in ms; 0 before the first. */
  p99Ms(): number
  stop(): void
}

/** Begins to sample. The timer keeps no process alive. */
export function watchLoop(clock: GateClock): LoopDelay {
  const samples: { atMs: number; lateMs: number }[] = []
  let dueMs = clock.nowMs() + EVERY_MS
  const timer = setInterval(() => {
    const atMs = clock.nowMs()
    samples.push({ atMs, lateMs: Math.max(0, atMs - dueMs) })
    dueMs = atMs + EVERY_MS
  }, EVERY_MS)
  timer.unref()
  return {
    worstMs(sinceMs) {
      let worstMs = Math.max(0, clock.nowMs() - dueMs)
      for (let i = samples.length - 1; i >= 0; i--) {
        const { atMs, lateMs } = samples[i] as (typeof samples)[number]
        if (atMs < sinceMs) break
        if (lateMs > worstMs) worstMs = lateMs
      }
      return worstMs
    },
    p99Ms() {
      const sorted = samples.map(({ lateMs }) => lateMs).toSorted((a, b) => a - b)
      return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0
    },
    stop: () => clearInterval(timer),
  }
}

// --- internal ---

const EVERY_MS = 20
