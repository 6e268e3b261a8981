import { nowUs } from '../clock.ts'

/** Something that wants to be looked at later. `dueMs` belongs to the wheel; it starts as Infinity. */
export interface Watched {
  dueMs: number
  onDue(nowMs: number): void
}

/** How exact the wheel is. */
export const TICK_MS = 50

/** Now on the wheel's axis, in ms. */
export function nowMs(): number {
  return nowUs() / 1e3
}

/**
 * Has `onDue` called once at `atMs` or at most a tick later, or earlier if an earlier visit is planned, or if `atMs`
 * lies beyond the wheel's horizon: whoever is visited looks at the clock, and asks again.
 *
 * One interval a thread serves every connection. A timer a connection costs 200 bytes and more, and thousands that
 * were started together fire together.
 */
export function visitAt(watched: Watched, atMs: number): void {
  const now = nowMs()
  const due = Math.min(Math.max(atMs, now), now + HORIZON_MS)
  if (due >= watched.dueMs) return
  watched.dueMs = due
  if (turnedTo === 0) start(now)
  const slot = Math.max(Math.ceil(due / TICK_MS), turnedTo + 1) % SLOTS
  const waiting = slots[slot]
  if (waiting === undefined) slots[slot] = [watched]
  else waiting.push(watched)
}

/** Forgets every visit planned for it. */
export function forget(watched: Watched): void {
  watched.dueMs = Infinity
}

// --- internal ---

const SLOTS = 1024
const HORIZON_MS = (SLOTS - 2) * TICK_MS

const slots: (Watched[] | undefined)[] = Array.from({ length: SLOTS })
/** The tick whose slot was looked at last; 0 before the first visit was asked for. */
let turnedTo = 0

/** Once started it turns for the life of the thread, and keeps no thread alive. */
function start(now: number): void {
  turnedTo = Math.floor(now / TICK_MS)
  setInterval(soon, TICK_MS).unref()
}

/**
 * Timers run before the sockets are read. After a stall of this thread the bytes that prove a broker alive are waiting
 * in the sockets; turning in the check phase, to the time before they were read, lets them be seen first, so that our
 * own stall is not taken for its silence.
 */
function soon(): void {
  setImmediate(turn, nowMs())
}

function turn(now: number): void {
  const until = Math.floor(now / TICK_MS)
  // After a stall of a whole turn every slot is due once.
  const from = Math.max(turnedTo + 1, until - SLOTS + 1)
  turnedTo = Math.max(turnedTo, until)
  for (let tick = from; tick <= until; tick++) {
    const waiting = slots[tick % SLOTS]
    if (waiting === undefined) continue
    slots[tick % SLOTS] = undefined
    for (const watched of waiting) {
      // A later or forgotten due time means that this entry was superseded by an earlier visit.
      if (watched.dueMs > now) continue
      watched.dueMs = Infinity
      watched.onDue(now)
    }
  }
}
