import { type EncodedHistogram, Histogram } from '../measure/histogram.ts'
import type { Intervals } from '../measure/result.ts'
import type { Second } from './timeline.ts'

/**
 * The run's histograms over time for those who plot them: what users wait for, and how late we were ourselves.
 * Where the run is too long for a histogram a second, seconds are merged, so that however long a run is the file has no
 * more than MOST_INTERVALS of each latency.
 */
export function intervalsOf(seconds: readonly Pick<Second, 'second' | 'histograms'>[]): Intervals {
  const lastSecond = seconds.at(-1)?.second ?? 0
  const stepSeconds =
    STEPS_S.find((step) => lastSecond <= step * MOST_INTERVALS) ?? Math.ceil(lastSecond / MOST_INTERVALS)
  const count = Math.ceil(lastSecond / stepSeconds)
  const series: Intervals['series'] = {}
  for (const metric of PLOTTED) {
    const parts: EncodedHistogram[][] = Array.from({ length: count }, () => [])
    for (const { second, histograms } of seconds) {
      const part = histograms[metric]
      if (part !== undefined) parts[Math.floor((second - 1) / stepSeconds)]?.push(part)
    }
    if (parts.some((each) => each.length > 0)) series[metric] = parts.map(merged)
  }
  return { stepSeconds, series }
}

// --- internal ---

function merged([first, ...rest]: readonly EncodedHistogram[]): EncodedHistogram | null {
  if (first === undefined || rest.length === 0) return first ?? null
  const whole = Histogram.decode(first)
  for (const part of rest) whole.merge(Histogram.decode(part))
  return whole.encode()
}

/** Ten minutes make 120 of five seconds. */
const MOST_INTERVALS = 150
const STEPS_S = [1, 2, 5, 10, 30, 60]

const PLOTTED = [
  'message_delivery',
  'message_delivery{basis:service}',
  'message_last_delivery',
  'typing_delivery',
  'http_req_duration{call:send-message}',
  'stomp_sending',
  'generator_lateness',
] as const
