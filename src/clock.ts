/**
 * The one clock: microseconds on the machine's CLOCK_MONOTONIC, as an integer-valued double.
 *
 * `performance.now()` counts from each thread's own start, `process.hrtime` from the same origin in every
 * thread and process of a machine. One offset read at load time gives every thread the same axis, without the
 * array that `process.hrtime()` allocates per call. Doubles hold microseconds exactly for 285 years.
 */
const offsetUs = (() => {
  // The first reads cost milliseconds (lazy loading) and a thread may be preempted between two: the tightest of many counts.
  const monotonicUs = (): number => {
    const [seconds, nanoseconds] = process.hrtime()
    return seconds * 1e6 + nanoseconds / 1e3
  }
  let tightest = Number.POSITIVE_INFINITY
  let offset = 0
  for (let i = 0; i < 100; i++) {
    const before = monotonicUs()
    const now = performance.now() * 1e3
    const after = monotonicUs()
    if (after - before >= tightest) continue
    tightest = after - before
    offset = (before + after) / 2 - now
  }
  return offset
})()

/** Now, in whole microseconds; comparable between threads and processes of one machine, meaningless elsewhere. */
export function nowUs(): number {
  return Math.round(performance.now() * 1e3 + offsetUs)
}
