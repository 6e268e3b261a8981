import { nowUs } from '../clock.ts'
import type { Ledger } from '../measure/ledger.ts'
import type { Counters, Metrics } from '../measure/metrics.ts'
import { type PublishedNews, publishIn } from './relay.ts'

/** What was on its way during a span, told by counting it at moments of chance: no time stamp of a delivery is used. */
export interface InFlight {
  /** The area under the number of deliveries on their way: delivery-µs. Divided by the span it is their mean number. */
  areaUs: number
  /** Variance of that area, since it is known at some moments only: (delivery-µs)². */
  varianceUs2: number
  /** Service time of copies that came and need not have: they are in the histograms, and were never counted here. */
  optionalUs: number
}

/** Samples how many deliveries are on their way. */
export interface InFlightSampler {
  /** What was on its way since the last call. */
  take(): InFlight
  /** Adds deliveries that this shard heard of only `areaUs` after they had been sent: nobody could count them here. */
  heardLate(areaUs: number): void
  stop(): void
}

/**
 * Counts what is on its way every 10 ms on average. The gaps are exponential: work that is sent at even intervals would
 * look ever full or ever empty at even intervals. Timers are 1 ms coarse, ours and those that send: so it is counted before
 * and after what the event loop does in that millisecond. Between two counts the number is taken to go straight.
 */
export function sampleInFlight(
  count: () => number,
  books: Pick<Ledger['books'], 'withdrawnUs' | 'optionalUs'>,
): InFlightSampler {
  let { withdrawnUs, optionalUs } = books
  let lastUs = nowUs()
  let last = count()
  let areaUs = 0
  let varianceUs2 = 0
  const sample = (): void => {
    const atUs = nowUs()
    const now = count()
    const part = inFlightBetween(last, now, atUs - lastUs)
    areaUs += part.areaUs
    varianceUs2 += part.varianceUs2
    lastUs = atUs
    last = now
  }
  let timer: NodeJS.Timeout
  let isStopped = false
  const schedule = (): void => {
    timer = setTimeout(
      () => {
        sample()
        setImmediate(() => {
          sample()
          if (!isStopped) schedule()
        })
      },
      -Math.log(1 - Math.random()) * MEAN_GAP_MS,
    )
  }
  schedule()
  return {
    take() {
      sample()
      // What was withdrawn was on its way and counted, and will be in no histogram.
      const taken = {
        areaUs: areaUs - (books.withdrawnUs - withdrawnUs),
        varianceUs2,
        optionalUs: books.optionalUs - optionalUs,
      }
      ;({ withdrawnUs, optionalUs } = books)
      areaUs = varianceUs2 = 0
      return taken
    },
    heardLate: (lateUs) => {
      areaUs += lateUs
    },
    stop: () => {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

/**
 * The area between two counts. What the number did between them is unknown: half the square of the difference between
 * neighbours is its variance when they are independent, and next to nothing when it moves slowly.
 */
export function inFlightBetween(before: number, after: number, gapUs: number): Omit<InFlight, 'optionalUs'> {
  return {
    areaUs: (gapUs * (before + after)) / 2,
    varianceUs2: (gapUs ** 2 * (after - before) ** 2) / 2,
  }
}

/** How many deliveries are on their way now, by the books: owed, and neither received nor given up. */
export function deliveriesOnTheWay(counters: Counters): number {
  const { deliveries_expected, deliveries_received, deliveries_late, deliveries_lost } = counters
  return deliveries_expected - deliveries_received - deliveries_late - deliveries_lost
}

/**
 * Publishes what another shard's user sent, and makes up for what of it was on its way before this shard heard of it:
 * copies that came first are settled at this moment, the others have been on their way since the sending.
 */
export function publishHeard(
  { ledger, metrics }: { ledger: Ledger; metrics: Metrics },
  sampler: InFlightSampler,
  item: PublishedNews,
): void {
  const service = metrics.trend('message_delivery{basis:service}').interval
  const owedUs = (): number => service.sumUs - ledger.books.optionalUs
  const beforeUs = owedUs()
  const sent = publishIn(ledger, item)
  if (item.kind === 'messages') {
    sampler.heardLate(owedUs() - beforeUs + sent.pending * Math.max(0, nowUs() - item.sentUs))
  }
}

export function addInFlight(parts: readonly InFlight[]): InFlight {
  return {
    areaUs: parts.reduce((sum, part) => sum + part.areaUs, 0),
    varianceUs2: parts.reduce((sum, part) => sum + part.varianceUs2, 0),
    // Events of earlier versions do not have it.
    optionalUs: parts.reduce((sum, part) => sum + (part.optionalUs ?? 0), 0),
  }
}

// --- internal ---

const MEAN_GAP_MS = 10
