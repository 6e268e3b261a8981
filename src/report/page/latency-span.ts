import { type EncodedHistogram, Histogram } from '../../measure/histogram.ts'

/** Bands a latency is sorted into, to a doubling: 9 % wide. */
export const BANDS_PER_OCTAVE = 8

/** Latencies of a span of time. */
export interface LatencySpan {
  count: number
  p50Us: number
  p99Us: number
  /** Its p99 lies among losses and timeouts: the true one is at least that. */
  isP99AtLeast: boolean
  maxUs: number
  /** Counts by band; band b begins at 1 ms × 2^(b / BANDS_PER_OCTAVE). */
  bands: ReadonlyMap<number, number>
}

/**
 * What the histograms of a span say together; undefined where nothing was recorded. Percentiles are those of the added
 * counts, never an average of percentiles. Remembered by the histograms themselves, so that the page of a run that goes
 * on decodes each only once.
 */
export function latencySpan(histograms: readonly (EncodedHistogram | null)[]): LatencySpan | undefined {
  const parts = histograms.filter((part) => part !== null && part.count > 0) as EncodedHistogram[]
  const [first, last] = [parts[0], parts.at(-1)]
  if (first === undefined || last === undefined) return undefined
  const known = KNOWN.get(last)?.get(parts.length)
  if (known?.first === first) return known.span
  const span = spanOf(parts)
  const ofLast = KNOWN.get(last) ?? new Map<number, Known>()
  KNOWN.set(last, ofLast.set(parts.length, { first, span }))
  return span
}

/** From where to where a band goes, in µs. */
export function bandEdgesUs(band: number): [fromUs: number, toUs: number] {
  return [1e3 * 2 ** (band / BANDS_PER_OCTAVE), 1e3 * 2 ** ((band + 1) / BANDS_PER_OCTAVE)]
}

// --- internal ---

interface Known {
  first: EncodedHistogram
  span: LatencySpan
}

/** Spans by their last histogram and their number of histograms. */
const KNOWN = new WeakMap<EncodedHistogram, Map<number, Known>>()

function spanOf([first, ...rest]: readonly EncodedHistogram[]): LatencySpan {
  const whole = Histogram.decode(first as EncodedHistogram)
  for (const part of rest) whole.merge(Histogram.decode(part))
  const bands = new Map<number, number>()
  whole.forEachValue((us, count) => {
    const band = Math.floor(BANDS_PER_OCTAVE * Math.log2(Math.max(1, us) / 1e3))
    bands.set(band, (bands.get(band) ?? 0) + count)
  })
  return {
    count: whole.count,
    p50Us: whole.valueAt(50),
    p99Us: whole.valueAt(99),
    isP99AtLeast: whole.isCensoredAt(99),
    maxUs: whole.maxUs,
    bands,
  }
}
