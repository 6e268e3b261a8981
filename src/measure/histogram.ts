import {
  type Histogram as Hdr,
  type JsHistogram,
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
} from 'hdr-histogram-js'

/** Largest latency a histogram holds: ten minutes. Larger samples are recorded there and counted as overflow. */
export const HIGHEST_US = 600_000_000

/** Percentiles every report prints, in order. */
export const PERCENTILES = [50, 90, 95, 99, 99.9] as const

/**
 * A mergeable latency histogram in whole microseconds (HdrHistogram layout, Gil Tene).
 * Relative error is below 10^-digits. Merging adds counts, so percentiles of merged histograms are exact to that
 * error: they are never averaged.
 */
export class Histogram {
  /** Samples that only say "at least this long": timeouts and losses. They are in the counts as well. */
  censored = 0
  /** Negative or non-finite samples: clock faults. They are refused, never clamped into the counts. */
  refused = 0
  /** Samples above HIGHEST_US, counted at HIGHEST_US. */
  overflow = 0
  sumUs = 0
  minUs = Number.POSITIVE_INFINITY
  maxUs = 0
  private readonly hdr: Hdr

  constructor(digits: 2 | 3, hdr?: Hdr) {
    this.hdr =
      hdr ??
      build({
        bitBucketSize: 32,
        autoResize: false,
        lowestDiscernibleValue: 1,
        highestTrackableValue: HIGHEST_US,
        numberOfSignificantValueDigits: digits,
        useWebAssembly: false,
      })
  }

  get count(): number {
    return this.hdr.totalCount
  }

  get meanUs(): number {
    return this.count === 0 ? 0 : this.sumUs / this.count
  }

  /** Records one sample in microseconds. */
  record(valueUs: number): void {
    // The comparison is false for NaN too, so one test refuses everything that is not a latency.
    if (!(valueUs >= 0 && valueUs < Number.POSITIVE_INFINITY)) {
      this.refused++
      return
    }
    let sample = Math.round(valueUs)
    if (sample > HIGHEST_US) {
      this.overflow++
      sample = HIGHEST_US
    }
    this.hdr.recordValue(sample)
    this.sumUs += sample
    if (sample < this.minUs) this.minUs = sample
    if (sample > this.maxUs) this.maxUs = sample
  }

  /** Records that the true value is at least `valueUs` (a timeout or a loss). */
  recordCensored(valueUs: number): void {
    this.record(valueUs)
    this.censored++
  }

  /** The value below which `percentile` % of the samples lie, in µs; 0 when empty. */
  valueAt(percentile: number): number {
    return this.count === 0 ? 0 : Math.min(this.hdr.getValueAtPercentile(percentile), this.maxUs)
  }

  /** Whether `percentile` reaches into the censored share, so that the true value can only be called "at least". */
  isCensoredAt(percentile: number): boolean {
    return this.censored > 0 && percentile / 100 > 1 - this.censored / this.count
  }

  /**
   * How many samples lie at or below each of these values in µs, which ascend: the cumulative buckets of Prometheus. A sample
   * that the histogram cannot tell from a value counts as at it.
   */
  countsUpTo(valuesUs: readonly number[]): number[] {
    // `build` and `decode` were told to make no other kind.
    const hdr = this.hdr as JsHistogram
    let next = 0
    let count = 0
    return valuesUs.map((valueUs) => {
      const last = hdr.countsArrayIndex(Math.min(Math.floor(valueUs), HIGHEST_US))
      for (; next <= last; next++) count += hdr.getCountAtIndex(next)
      return count
    })
  }

  /** Visits every value that was recorded, smallest first, as `valueAt` would say it, with how often it was. */
  forEachValue(visit: (valueUs: number, count: number) => void): void {
    // As above: `build` and `decode` make no other kind.
    const hdr = this.hdr as JsHistogram
    let left = this.count
    for (let i = 0; left > 0 && i < hdr.countsArrayLength; i++) {
      const count = hdr.getCountAtIndex(i)
      if (count === 0) continue
      left -= count
      visit(Math.min(hdr.highestEquivalentValue(hdr.valueFromIndex(i)), this.maxUs), count)
    }
  }

  /** Adds another histogram's samples to this one. */
  merge(other: Histogram): void {
    this.hdr.add(other.hdr)
    this.censored += other.censored
    this.refused += other.refused
    this.overflow += other.overflow
    this.sumUs += other.sumUs
    this.minUs = Math.min(this.minUs, other.minUs)
    this.maxUs = Math.max(this.maxUs, other.maxUs)
  }

  reset(): void {
    this.hdr.reset()
    this.censored = this.refused = this.overflow = this.sumUs = this.maxUs = 0
    this.minUs = Number.POSITIVE_INFINITY
  }

  encode(): EncodedHistogram {
    return {
      count: this.count,
      censored: this.censored,
      refused: this.refused,
      overflow: this.overflow,
      sumUs: this.sumUs,
      minUs: this.count === 0 ? 0 : this.minUs,
      maxUs: this.maxUs,
      hdr: encodeIntoCompressedBase64(this.hdr),
    }
  }

  static decode(encoded: EncodedHistogram): Histogram {
    const histogram = new Histogram(3, decodeFromCompressedBase64(encoded.hdr, 32, false))
    histogram.censored = encoded.censored
    histogram.refused = encoded.refused
    histogram.overflow = encoded.overflow
    histogram.sumUs = encoded.sumUs
    histogram.minUs = encoded.count === 0 ? Number.POSITIVE_INFINITY : encoded.minUs
    histogram.maxUs = encoded.maxUs
    return histogram
  }
}

/** Two encoded histograms as one; the first may be missing. */
export function mergeEncoded(whole: EncodedHistogram | undefined, part: EncodedHistogram): EncodedHistogram {
  if (whole === undefined) return part
  const merged = Histogram.decode(whole)
  merged.merge(Histogram.decode(part))
  return merged.encode()
}

/** A histogram on the wire and in files: exact figures beside the counts, which are HdrHistogram V2, deflated, base64. */
export interface EncodedHistogram {
  count: number
  censored: number
  refused: number
  overflow: number
  sumUs: number
  minUs: number
  maxUs: number
  hdr: string
}
