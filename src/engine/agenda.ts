import { nowUs } from '../clock.ts'

/** What is to happen when, on the one clock; one timer for all of it, however many users a shard has. */
export interface Agenda {
  /** Runs `action` at `atUs` or, when that is past, as soon as the event loop comes round. */
  at(atUs: number, action: () => void): void
  /** Resolves at `atUs`. */
  until(atUs: number): Promise<void>
  /** Forgets everything; nothing runs any more, and waits never resolve. */
  clear(): void
}

/** Makes an agenda: a binary heap by time and a single `setTimeout`. Late by at most a timer tick (1 ms) when idle. */
export function newAgenda(): Agenda {
  const times: number[] = []
  const actions: (() => void)[] = []
  let timer: NodeJS.Timeout | undefined
  let timerUs = Number.POSITIVE_INFINITY
  let isRunning = false

  const push = (atUs: number, action: () => void): void => {
    let i = times.length
    times.push(atUs)
    actions.push(action)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if ((times[parent] as number) <= atUs) break
      times[i] = times[parent] as number
      actions[i] = actions[parent] as () => void
      i = parent
    }
    times[i] = atUs
    actions[i] = action
  }

  const pop = (): (() => void) => {
    const first = actions[0] as () => void
    const lastTime = times.pop() as number
    const lastAction = actions.pop() as () => void
    const count = times.length
    let i = 0
    while (count > 0) {
      let child = 2 * i + 1
      if (child >= count) break
      if (child + 1 < count && (times[child + 1] as number) < (times[child] as number)) child++
      if ((times[child] as number) >= lastTime) break
      times[i] = times[child] as number
      actions[i] = actions[child] as () => void
      i = child
    }
    if (count > 0) {
      times[i] = lastTime
      actions[i] = lastAction
    }
    return first
  }

  const arm = (): void => {
    const next = times[0]
    if (next === undefined || (next >= timerUs && timer !== undefined)) return
    clearTimeout(timer)
    timerUs = next
    timer = setTimeout(run, Math.min(LONGEST_TIMER_MS, Math.max(0, Math.floor((next - nowUs()) / 1e3))))
  }

  const run = (): void => {
    timer = undefined
    timerUs = Number.POSITIVE_INFINITY
    isRunning = true
    // What actions add for "now" waits for the next round, so that sockets get their turn in between.
    const dueUs = nowUs()
    while (times.length > 0 && (times[0] as number) <= dueUs) pop()()
    isRunning = false
    arm()
  }

  const at = (atUs: number, action: () => void): void => {
    if (!Number.isFinite(atUs)) throw new RangeError(`a moment must be a finite number (is ${atUs})`)
    push(atUs, action)
    if (!isRunning) arm()
  }
  return {
    at,
    until: (atUs) => new Promise((resolve) => at(atUs, resolve)),
    clear: () => {
      clearTimeout(timer)
      timer = undefined
      times.length = actions.length = 0
    },
  }
}

// --- internal ---

/** setTimeout fires at once when asked for more than 2^31 − 1 ms; woken early, the agenda just waits again. */
const LONGEST_TIMER_MS = 2 ** 31 - 1
