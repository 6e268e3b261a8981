import type { Load } from './load.ts'

/** What is proposed keeps a tenth of the limit: the same run again is never quite the same. */
export const SPARE = 0.9

/**
 * The setting that carries the load at `share` of what each worker carried (0 … 1): more workers, or less load. Says so
 * when this machine has no such setting.
 */
export function lighten(load: Load, share: number): string {
  const workers = Math.ceil(load.workers / Math.max(share, 1e-3) - ROUNDING)
  const spread = workers <= load.coresForWorkers ? `--workers ${workers}` : undefined
  const less = lessLoad(load, share)
  if (spread !== undefined && less !== undefined) return `use ${spread}, or ${less}`
  if (spread !== undefined || less !== undefined) return `use ${spread ?? less}`
  return `no setting of this machine would do: it takes ${workers} workers, and there ${coresFound(load)}`
}

/** The setting that makes the whole load `share` of what it was; undefined when none is left of it. */
export function lessLoad({ users, followsUsers, fixedRates }: Load, share: number): string | undefined {
  const byUsers = Number(followsUsers.byPace) + Number(followsUsers.byRoom)
  const fewer = roundedDown(users * share ** (1 / Math.max(1, byUsers)))
  if (byUsers > 0 && fewer < 1) return undefined
  const parts = byUsers > 0 ? [`-u ${fewer}`] : []
  // Where the room grows with the users, fewer of them lighten fixed rates as well.
  if (!followsUsers.byRoom) {
    parts.push(
      ...fixedRates
        .filter(({ perSecond }) => perSecond > 0)
        .map(({ name, perSecond }) => `a rate of ${rateText(perSecond * share)} for "${name}"`),
    )
  }
  return parts.length === 0 ? undefined : parts.join(' with ')
}

/** By how much workers were beyond their limits. */
export interface Overrun {
  /** Delay ÷ its limit, of the worse of lateness and loop delay; at most 1 when both held. */
  delay: number
  /** Processor time ÷ its limit, of the busiest worker. */
  cpu: number
  /** Limit of the loop delay, ms. */
  loopDelayMs: number
}

/**
 * Why workers were too slow, and what they would have carried. Waiting for a worker grows as ρ ÷ (1 − ρ) with its share ρ
 * of a core, which gives the share at which a delay is back at its limit.
 */
export function forWorkers(load: Load, { delay, cpu, loopDelayMs }: Overrun): string {
  const { workers, framesPerSecond, costUs, cpuShare, audience, coresForWorkers } = load
  const each = workers === 1 ? 'one worker' : `each of ${workers} workers`
  const carried =
    costUs === 0
      ? `${each} used ${figure(cpuShare)} of a core`
      : `${each} carried ${count(framesPerSecond / workers)} deliveries/s at ${count(costUs)} µs of processor time a delivery, ${figure(cpuShare)} of a core`
  const forCpu = 1 / Math.max(cpu, 1)
  if (delay <= 1) return `${carried}: ${lighten(load, SPARE * forCpu)}`
  const demand = cpuShare * workers
  if (workers > coresForWorkers && demand < coresForWorkers && demand > IDLE_SHARE * coresForWorkers) {
    const cores = coresForWorkers === 1 ? 'one core' : `${coresForWorkers} cores`
    return `${carried}: ${workers} workers shared ${cores}, so each waited for its turn: use --workers ${coresForWorkers}`
  }
  const burstMs = (audience * costUs) / 1e3 / workers
  if (burstMs > loopDelayMs) {
    const share = Math.min(forCpu, loopDelayMs / burstMs)
    return `${carried}; a message to ${count(audience)} users is ${figure(burstMs)} ms of work at once: ${lighten(load, SPARE * share)}`
  }
  const busy = Math.min(Math.max(cpuShare, 1e-3), 0.98)
  const wanted = busy / (1 - busy) / delay
  const share = SPARE * Math.min(forCpu, wanted / (1 + wanted) / busy)
  if (cpuShare >= IDLE_SHARE) return `${carried}: ${lighten(load, share)}`
  // A worker that was kept waiting says little about its own load: far from it, a lighter one is no more than a guess.
  const orLighter = share >= LEAST_BELIEVED ? `, or ${lighten(load, share)}` : ''
  const others = load.isTargetHere
    ? `the target or another program on this machine held the processor: give the target a machine of its own (--target)${orLighter}`
    : 'another program held the processor: no setting makes up for it'
  return `${carried}, which alone makes nobody late; ${others}`
}

/** 0.0123 → `0.012`, 1234.5 → `1,235`. */
export function figure(value: number): string {
  return Math.abs(value) >= 100 ? count(value) : String(Number(value.toPrecision(2)))
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** To two digits, so that it neither claims precision nor exceeds what was found. */
export function roundedDown(value: number): number {
  if (value < 10) return Math.floor(value + ROUNDING)
  const step = 10 ** (Math.floor(Math.log10(value)) - 1)
  return Math.floor(value / step + ROUNDING) * step
}

/** Starts a second, to two digits, never more than `perSecond`. */
export function rateText(perSecond: number): string {
  if (perSecond >= 10) return `${roundedDown(perSecond)}/s`
  const step = 10 ** (Math.floor(Math.log10(Math.max(perSecond, 1e-6))) - 1)
  return `${Number((Math.floor(perSecond / step + ROUNDING) * step).toPrecision(2))}/s`
}

// --- internal ---

/** 1000 × 0.8 is not always 800. */
const ROUNDING = 1e-9

/** Below this share of a core a worker's own work does not keep it waiting. */
const IDLE_SHARE = 0.5
const LEAST_BELIEVED = 0.2

function coresFound({ coresForWorkers, isTargetHere }: Load): string {
  const found = coresForWorkers === 1 ? 'is one core' : `are ${coresForWorkers} cores`
  return isTargetHere ? `${found} beside the target's` : found
}
