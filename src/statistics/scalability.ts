import { leastSquares } from './least-squares.ts'

/**
 * The Universal Scalability Law X(N) = λN / (1 + σ(N − 1) + κN(N − 1)) (Gunther, Guerrilla Capacity Planning, 2007): λ is what
 * one unit of load achieves, σ what queues for what is shared, κ what keeps copies equal. Of means only: it says nothing about
 * percentiles.
 */
export type Scalability =
  | {
      isPublished: true
      lambda: number
      sigma: number
      kappa: number
      /** The load of most throughput, √((1 − σ)/κ); null where it is not identified: `says` tells why. */
      peakLoad: number | null
      /** 95 % interval of `peakLoad`, by case bootstrap. */
      peakInterval: [number, number] | null
      says: string
    }
  | { isPublished: false; says: string }

/** One measured level; several of one load are repeats. */
export interface Achieved {
  load: number
  throughput: number
}

/**
 * Fits the law to what was measured, and publishes only what that allows: at least 8 levels, and a peak only if the levels
 * reach 80 % of it, 97.5 % of the resampled fits have one, and their interval is no wider than a decade. `random` gives uniform numbers in [0, 1).
 */
export function fitScalability(points: readonly Achieved[], random: () => number): Scalability {
  const used = points.filter(
    ({ load, throughput }) => load > 0 && throughput > 0 && Number.isFinite(load / throughput),
  )
  const levels = new Set(used.map(({ load }) => load)).size
  if (levels < FEWEST_LEVELS)
    return { isPublished: false, says: `${levels} levels of load were measured, ${FEWEST_LEVELS} are needed` }
  const most = Math.max(...used.map(({ load }) => load))
  const law = bestFit(used, most)
  if (law === null) return { isPublished: false, says: 'the law does not fit what was measured' }
  const published = { isPublished: true as const, lambda: law.lambda, sigma: law.sigma, kappa: law.kappa }
  const noPeak = (says: string): Scalability => ({ ...published, peakLoad: null, peakInterval: null, says })
  const peak = peakOf(law)
  if (most < LEAST_REACH * peak)
    return noPeak(`peak not identified: it lies beyond what was measured (up to ${round(most)})`)
  const [lo, hi] = bootstrap(used, law, random)
  if (!Number.isFinite(hi)) return noPeak('peak not identified: throughput may as well go on rising')
  if (hi > WIDEST * lo) return noPeak('peak not identified: its 95 % interval is wider than a decade')
  return {
    ...published,
    peakLoad: peak,
    peakInterval: [lo, hi],
    says: `most throughput at a load of ${round(peak)} (95 % interval ${round(lo)} to ${round(hi)}); no statement beyond ${round(MOST_BEYOND * most)}`,
  }
}

/** The throughput that the law gives at a load. Not to be asked beyond 1.5 times the largest load that was measured. */
export function throughputAt({ lambda, sigma, kappa }: Law, load: number): number {
  return (lambda * load) / (1 + sigma * (load - 1) + kappa * load * (load - 1))
}

// --- internal ---

interface Law {
  lambda: number
  sigma: number
  kappa: number
}

const FEWEST_LEVELS = 8
const LEAST_REACH = 0.8
const MOST_BEYOND = 1.5
/** Ends of an interval that say where the peak lies. */
const WIDEST = 10
const RESAMPLES = 500
/** Starts: shares of the largest load's work that queue (σN), and that keep copies equal (κN²). */
const QUEUED = [0.01, 0.3, 3]
const KEPT_EQUAL = [0.01, 0.1, 1, 10]

/** The best of the fits from twelve starts; null where none is a law. */
function bestFit(points: readonly Achieved[], most: number): Law | null {
  const first = Math.max(...points.map(({ load, throughput }) => throughput / load))
  const starts = QUEUED.flatMap((sigma) =>
    KEPT_EQUAL.map((kappa) => [first, sigma / most, kappa / most ** 2].map(Math.log)),
  )
  const fits = starts.map((start) => leastSquares(residualsOf(points), start))
  const best = fits
    .filter(({ squares }) => Number.isFinite(squares))
    .toSorted((a, b) => a.squares - b.squares)[0]
  return best === undefined ? null : lawOf(best.parameters)
}

/** What is left of ln X. Fitted on logarithms: noise is a share of the throughput, and parameters stay above 0. */
function residualsOf(points: readonly Achieved[]): (parameters: readonly number[]) => number[] {
  return (parameters) => {
    const law = lawOf(parameters)
    return points.map(({ load, throughput }) => Math.log(throughput / throughputAt(law, load)))
  }
}

function lawOf(parameters: readonly number[]): Law {
  const [lambda, sigma, kappa] = parameters.map(Math.exp) as [number, number, number]
  return { lambda, sigma, kappa }
}

/** Infinite where throughput only rises; 0 where it falls from the start. */
function peakOf({ sigma, kappa }: Law): number {
  return Math.sqrt(Math.max(0, 1 - sigma) / kappa)
}

/** The middle 95 % of the peaks that points drawn with replacement give, each fitted from where all points led. */
function bootstrap(points: readonly Achieved[], law: Law, random: () => number): [number, number] {
  const start = [law.lambda, law.sigma, law.kappa].map((value) => Math.log(Math.max(value, Number.MIN_VALUE)))
  const peaks: number[] = []
  for (let drawing = 0; drawing < 10 * RESAMPLES && peaks.length < RESAMPLES; drawing++) {
    const drawn = points.map(() => points[Math.floor(random() * points.length)] as Achieved)
    // Three parameters need more than three levels.
    if (new Set(drawn.map(({ load }) => load)).size < 4) continue
    peaks.push(peakOf(lawOf(leastSquares(residualsOf(drawn), start).parameters)))
  }
  if (peaks.length < RESAMPLES) return [0, Number.POSITIVE_INFINITY]
  peaks.sort((a, b) => a - b)
  return [peaks[Math.floor(0.025 * RESAMPLES)] as number, peaks[Math.ceil(0.975 * RESAMPLES) - 1] as number]
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)))
}
