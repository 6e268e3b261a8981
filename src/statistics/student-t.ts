/**
 * The chance that Student's t with so many degrees of freedom (any number above 0) lies at least as far from 0 as `t`, on
 * either side: I(ν / (ν + t²); ν/2, ½), Abramowitz & Stegun 26.7.1.
 */
export function tTail(t: number, degreesOfFreedom: number): number {
  if (!Number.isFinite(t)) return Number.isNaN(t) ? Number.NaN : 0
  const square = t * t
  const whole = degreesOfFreedom + square
  return incompleteBeta(degreesOfFreedom / whole, square / whole, degreesOfFreedom / 2, 0.5)
}

/** The t below which Student's t lies with this probability (0 to 1, both excluded; else ±Infinity or NaN). */
export function tQuantile(probability: number, degreesOfFreedom: number): number {
  if (!(probability >= 0 && probability <= 1)) return Number.NaN
  if (probability < 0.5) return -tQuantile(1 - probability, degreesOfFreedom)
  if (probability === 0.5) return 0
  if (probability === 1) return Number.POSITIVE_INFINITY
  const bothTails = 2 * (1 - probability)
  let lo = 0
  let hi = 1
  while (tTail(hi, degreesOfFreedom) > bothTails) hi *= 2
  // The tail falls from 1 to 0 without a break, so halving finds it to the last bit.
  for (;;) {
    const middle = (lo + hi) / 2
    if (middle <= lo || middle >= hi) return middle
    if (tTail(middle, degreesOfFreedom) > bothTails) lo = middle
    else hi = middle
  }
}

// --- internal ---

/**
 * The regularized incomplete beta function I(x; a, b); `rest` is 1 − x, given so that nothing is lost where x is almost 1.
 * By the continued fraction of DLMF 8.17.22, which converges fast below (a + 1) / (a + b + 2), and its mirror image above.
 */
function incompleteBeta(x: number, rest: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (rest <= 0) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(rest, x, b, a)
  const front = Math.exp(
    a * Math.log(x) + b * Math.log(rest) + logGamma(a + b) - logGamma(a) - logGamma(b) - Math.log(a),
  )
  return front / betaFraction(x, a, b)
}

const TINY = 1e-300

/** 1 + d₁/(1 + d₂/(1 + …)) of DLMF 8.17.22 by Lentz's method (Numerical Recipes 5.2, as modified by Thompson & Barnett). */
function betaFraction(x: number, a: number, b: number): number {
  let value = 1
  let c = 1
  let d = 0
  for (let n = 1; n <= 10_000; n++) {
    const m = n >> 1
    const term =
      n % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / away(1 + term * d)
    c = away(1 + term / c)
    value *= c * d
    if (Math.abs(c * d - 1) < 1e-15) break
  }
  return value
}

function away(value: number): number {
  return Math.abs(value) < TINY ? TINY : value
}

/** ln Γ(x) for x > 0: Stirling's series (DLMF 5.11.1) from 10 on, by Γ(x + 1) = x Γ(x) below. */
function logGamma(x: number): number {
  let shifted = 0
  let z = x
  for (; z < 10; z++) shifted += Math.log(z)
  const square = 1 / (z * z)
  const series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))) / z
  return (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + series - shifted
}
