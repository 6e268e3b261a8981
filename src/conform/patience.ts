/**
 * Calls `act` after `ms` of patience; returns what calls it off. Time in which this process itself could not run is
 * given back, at most three times over, and what has arrived by the end is read first: our own lateness must not pass
 * for the target's silence.
 */
export function afterPatience(ms: number, act: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  let immediate: NodeJS.Immediate | undefined
  let given = 0

  const wait = (restMs: number): void => {
    const dueMs = performance.now() + restMs
    timer = setTimeout(() => {
      const lateMs = Math.min(performance.now() - dueMs, MOST_GIVEN * ms - given)
      given += Math.max(0, lateMs)
      if (lateMs > PUNCTUAL_MS) wait(lateMs)
      // Timers come before the sockets in a turn of the event loop, immediates after them.
      else immediate = setImmediate(act)
    }, restMs)
  }
  wait(ms)
  return () => {
    clearTimeout(timer)
    clearImmediate(immediate)
  }
}

// --- internal ---

const PUNCTUAL_MS = 10
const MOST_GIVEN = 3
