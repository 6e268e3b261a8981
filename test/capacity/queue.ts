// An independent simulation of servers with one queue, first come first served: what a search is held against.

/** What is simulated. Service times are log-normal. */
export interface Queue {
  servers: number
  medianMs: number
  sigma: number
}

/** How arrivals come: at random (a Poisson process) or evenly spaced. */
export type Arrivals = 'random' | 'even'

/** Uniform numbers in (0, 1): a 32-bit counter through a mixer (splitmix32). */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4_294_967_296 + 2 ** -33
  }
}

/** A draw from the standard normal distribution (Box and Muller 1958). */
export function normal(next: () => number): number {
  const radius = Math.sqrt(-2 * Math.log(next()))
  return radius * Math.cos(2 * Math.PI * next())
}

/** Draws log-normal service times. */
export function logNormal({ medianMs, sigma }: Queue, next: () => number): () => number {
  return () => medianMs * Math.exp(sigma * normal(next))
}

/** Most arrivals a second that the servers could ever serve. */
export function saturation({ servers, medianMs, sigma }: Queue): number {
  return (servers * 1e3) / (medianMs * Math.exp(sigma ** 2 / 2))
}

/** What is asked of servers, and what of it is wanted. */
export interface Asked {
  perSecond: number
  arrivals: Arrivals
  /** Arrivals that count, after `skip` others. */
  count: number
  skip: number
  percentile: number
}

/** Where service times come from, and what a message takes beside waiting and service, in ms. */
export interface Times {
  service: () => number
  beside?: () => number
}

/**
 * The time at a percentile, in ms, that arrivals stay. A server that is free first takes who waits longest, so the next
 * free server serves the next arrival: no event list is needed.
 */
export function sojournMs(
  asked: Asked,
  servers: number,
  { service, beside }: Times,
  next: () => number,
): number {
  const { perSecond, arrivals, count, skip, percentile } = asked
  const free = new Float64Array(servers)
  const stays = new Float64Array(count)
  const gapMs = 1e3 / perSecond
  let atMs = 0
  for (let i = -skip; i < count; i++) {
    atMs += arrivals === 'even' ? gapMs : -Math.log(next()) * gapMs
    let first = 0
    for (let server = 1; server < servers; server++) {
      if ((free[server] as number) < (free[first] as number)) first = server
    }
    const endMs = Math.max(atMs, free[first] as number) + service()
    free[first] = endMs
    if (i >= 0) stays[i] = endMs - atMs + (beside?.() ?? 0)
  }
  stays.sort()
  return stays[Math.min(count - 1, Math.ceil((count * percentile) / 100) - 1)] as number
}

/**
 * The rate at which the percentile reaches the limit: bisection over long simulations on the same random numbers. `most` is
 * more than the servers could do.
 */
export function trueRate(
  { limitMs, most, ...asked }: Omit<Asked, 'perSecond' | 'skip'> & { limitMs: number; most: number },
  servers: number,
  timesWith: (next: () => number) => Times,
): number {
  let [lo, hi] = [most / 50, most]
  for (let i = 0; i < 13; i++) {
    const perSecond = Math.sqrt(lo * hi)
    const next = uniforms(4242)
    const stay = sojournMs({ ...asked, perSecond, skip: 10_000 }, servers, timesWith(next), next)
    if (stay <= limitMs) lo = perSecond
    else hi = perSecond
  }
  return Math.sqrt(lo * hi)
}
