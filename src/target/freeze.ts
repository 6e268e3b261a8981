import { nowUs } from '../clock.ts'
import { StompedeError } from '../errors.ts'
import { spanMs } from './span.ts'

/** How long the target stands still, and how often. */
export interface FreezePlan {
  lengthMs: number
  periodMs: number
}

/**
 * Reads `--freeze LENGTH/PERIOD`, such as `1s/10s`.
 * @throws StompedeError USAGE that states the rule and the text.
 */
export function parseFreeze(text: string): FreezePlan {
  const [length = '', period = '', ...rest] = text.trim().split('/')
  const [lengthMs, periodMs] = [spanMs(length), spanMs(period)]
  if (
    rest.length > 0 ||
    lengthMs === undefined ||
    periodMs === undefined ||
    lengthMs < 1 ||
    lengthMs >= periodMs
  ) {
    throw new StompedeError(
      'USAGE',
      `--freeze must be LENGTH/PERIOD such as 1s/10s, at least 1ms and shorter than the period (is ${JSON.stringify(text)})`,
    )
  }
  return { lengthMs, periodMs }
}

/** What happens round a freeze. */
export interface FreezeHooks {
  /** The last moment before everything stands still. */
  before(): void
  /** Times on the one clock. */
  after(startUs: number, endUs: number): void
}

/**
 * Blocks this thread for `lengthMs` at the end of every `periodMs`, counted from now: no request is read, no timer
 * fires, nothing is written, as in a process that is swapped out or collects garbage. Returns what ends it.
 */
export function startFreezes({ lengthMs, periodMs }: FreezePlan, hooks: FreezeHooks): () => void {
  const startedUs = nowUs()
  let timer: NodeJS.Timeout
  const schedule = (k: number): void => {
    const dueUs = startedUs + (k * periodMs - lengthMs) * 1e3
    timer = setTimeout(
      () => {
        hooks.before()
        const frozenUs = nowUs()
        Atomics.wait(NEVER, 0, 0, lengthMs)
        hooks.after(frozenUs, nowUs())
        schedule(k + 1)
      },
      // Timers cut fractions off.
      Math.max(0, Math.ceil((dueUs - nowUs()) / 1e3)),
    ).unref()
  }
  schedule(1)
  return () => clearTimeout(timer)
}

// --- internal ---

/** Nobody ever wakes who waits on it. */
const NEVER = new Int32Array(new SharedArrayBuffer(4))
