import { describe, expect, it } from 'vitest'
import { generator } from '../../src/scenario/random.ts'
import { leastSquares } from '../../src/statistics/least-squares.ts'
import { fitScalability, throughputAt } from '../../src/statistics/scalability.ts'
import { normal } from './simulated-runs.ts'

/** The Cisco benchmark of Schwartz, Practical Scalability Analysis with the Universal Scalability Law: 1 to 32 threads. */
const CISCO = [
  955.16, 1878.91, 2688.01, 3548.68, 4315.54, 5130.43, 5931.37, 6531.08, 7219.8, 7867.61, 8278.71, 8646.7,
  9047.84, 9426.55, 9645.37, 9897.24, 10097.6, 10240.5, 10532.39, 10798.52, 11151.43, 11518.63, 11806,
  12089.37, 12075.41, 12177.29, 12211.41, 12158.93, 12155.27, 12118.04, 12140.4, 12074.39,
].map((throughput, i) => ({ load: i + 1, throughput }))

describe('least squares', () => {
  it('finds the parameters that the book gives for its benchmark', () => {
    const residuals = (logs: readonly number[]): number[] => {
      const [lambda, sigma, kappa] = logs.map(Math.exp) as [number, number, number]
      return CISCO.map(({ load, throughput }) => throughput - throughputAt({ lambda, sigma, kappa }, load))
    }
    const { parameters } = leastSquares(residuals, [1000, 0.1, 0.01].map(Math.log))
    const [lambda, sigma, kappa] = parameters.map(Math.exp)
    expect(lambda).toBeCloseTo(995.6486, 2)
    expect(sigma).toBeCloseTo(0.02671591, 6)
    expect(kappa).toBeCloseTo(7.690945e-4, 8)
  })

  it('solves a line as the formula does, and leaves alone what nothing depends on', () => {
    const data = [1, 3, 2, 5].map((y, x) => ({ x, y }))
    const { parameters, squares } = leastSquares(
      ([a = 0, b = 0]) => data.map(({ x, y }) => y - a - b * x),
      [0, 0, 7],
    )
    expect(parameters.map((value) => Number(value.toFixed(6)))).toEqual([1.1, 1.1, 7])
    expect(squares).toBeCloseTo(2.7, 9)
  })
})

describe('the scalability law', () => {
  const random = (): (() => number) => generator(7, 7)

  it('finds its own parameters again where there is no noise', () => {
    const law = { lambda: 12, sigma: 0.0004, kappa: 2e-7 }
    const points = levels(10, 3000).map((load) => ({ load, throughput: throughputAt(law, load) }))
    const fit = fitScalability(points, random())
    expect(fit).toMatchObject({ isPublished: true })
    if (!fit.isPublished) return
    expect(fit.lambda).toBeCloseTo(12, 4)
    expect(fit.sigma).toBeCloseTo(0.0004, 8)
    expect(fit.kappa).toBeCloseTo(2e-7, 11)
    const peak = Math.sqrt((1 - 0.0004) / 2e-7)
    expect(fit.peakLoad).toBeCloseTo(peak, 0)
    fit.peakInterval?.forEach((end) => expect(end).toBeCloseTo(peak, 0))
  })

  it('comes near to the book’s, though it fits shares and not numbers, and says where throughput is most', () => {
    const fit = fitScalability(CISCO, random())
    if (!fit.isPublished || fit.peakLoad === null || fit.peakInterval === null) expect.unreachable(fit.says)
    expect(fit.lambda).toBeCloseTo(995.6, -2)
    expect(fit.peakLoad / 35.57).toBeGreaterThan(0.93)
    expect(fit.peakLoad / 35.57).toBeLessThan(1.07)
    expect(fit.peakInterval[0]).toBeLessThan(fit.peakLoad)
    expect(fit.peakInterval[1]).toBeGreaterThan(fit.peakLoad)
    expect(fit.says).toMatch(
      /^most throughput at a load of 3\d\.\d \(95 % interval 3\d(\.\d)? to \d\d(\.\d)?\); no statement beyond 48$/,
    )
  })

  it('says the same for the same randomness', () => {
    expect(fitScalability(CISCO, random())).toEqual(fitScalability(CISCO, random()))
  })

  it('is not published for fewer than 8 levels, however many points', () => {
    const points = [...CISCO.slice(0, 7), ...CISCO.slice(0, 7)]
    expect(fitScalability(points, random())).toEqual({
      isPublished: false,
      says: '7 levels of load were measured, 8 are needed',
    })
    expect(fitScalability([...points, { load: 9, throughput: 0 }], random()).isPublished).toBe(false)
    expect(fitScalability([...points, { load: 9, throughput: 7219.8 }], random()).isPublished).toBe(true)
  })

  it('tells no peak that lies beyond what was measured, nor one that is none', () => {
    const law = { lambda: 12, sigma: 0.0004, kappa: 2e-7 }
    const peak = Math.sqrt((1 - law.sigma) / law.kappa)
    const next = generator(3, 1)
    const measured = (most: number, kappa: number) =>
      fitScalability(
        levels(12, most).map((load) => ({
          load,
          throughput: throughputAt({ ...law, kappa }, load) * Math.exp(0.01 * normal(next)),
        })),
        generator(3, 2),
      )
    const short = measured(0.6 * peak, law.kappa)
    expect(short).toMatchObject({ isPublished: true, peakLoad: null, peakInterval: null })
    expect(short.says).toMatch(/^peak not identified: it lies beyond/)
    expect(measured(2000, 1e-12)).toMatchObject({ peakLoad: null })
    // Throughput of a broker that collapsed in some of its steps.
    const collapsing: [load: number, throughput: number][] = [
      [1000, 273],
      [2560, 636],
      [2664, 710],
      [2664, 723],
      [2797, 751],
      [2797, 609],
      [2937, 700],
      [2937, 118],
      [3084, 63],
      [3238, 765],
      [3238, 47],
      [3642, 811],
      [3642, 834],
      [3642, 754],
      [4096, 65],
      [4096, 425],
    ]
    const points = collapsing.map(([load, throughput]) => ({ load, throughput }))
    expect(fitScalability(points, generator(3, 2))).toMatchObject({
      peakLoad: null,
      says: 'peak not identified: its 95 % interval is wider than a decade',
    })
    expect(measured(1.5 * peak, law.kappa)).toMatchObject({ peakLoad: expect.any(Number) as number })
  })

  it('does not go on drawing for ever where the randomness is none', () => {
    expect(fitScalability(CISCO, () => 0.5)).toMatchObject({ peakLoad: null, isPublished: true })
  })
})

function levels(count: number, most: number): number[] {
  return Array.from({ length: count }, (_, i) => (most * (i + 1)) / count)
}
