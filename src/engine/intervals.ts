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

/**
 * What an interval's seconds say together, remembered by the last of them: a page of a run that goes on asks for all of them
 * again every few seconds, and only the newest has changed.
 */
function merged(parts: readonly EncodedHistogram[]): EncodedHistogram | null {
  const [first, ...rest] = parts
  const last = rest.at(-1)
  if (first === undefined || last === undefined) return first ?? null
  const known = KNOWN.get(last)
  if (known?.first === first && known.count === parts.length) return known.merged
  const whole = Histogram.decode(first)
  for (const part of rest) whole.merge(Histogram.decode(part))
  const encoded = whole.encode()
  KNOWN.set(last, { first, count: parts.length, merged: encoded })
  return encoded
}

const KNOWN = new WeakMap<
  EncodedHistogram,
  { first: EncodedHistogram; count: number; merged: EncodedHistogram }
>()

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
