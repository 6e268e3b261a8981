import { generator } from '../../src/scenario/random.ts'
import { shift } from '../../src/statistics/hodges-lehmann.ts'
import { fitScalability, throughputAt } from '../../src/statistics/scalability.ts'
import { detectable, judge, leastMargin } from '../../src/statistics/verdict.ts'
import { CALM, gate, gateRates, machine, normal, type NoiseModel, pairs } from './simulated-runs.ts'
import { seriesRates } from './simulated-series.ts'

// Repeats every simulation of docs/statistics.md and prints its tables: node test/statistics/proof.ts [comparisons a row].
// The seed is fixed, so that the same count prints the same.

const COMPARISONS = Number(process.argv[2] ?? 4000)
const next = generator(20_260_101, 1)

print(
  'Gate: pairs, looks at 8, 12, 16 and 20',
  ['run noise', 'margin', 'change', 'worse', 'better', 'same', 'unknown', 'pairs'],
  [0.03, 0.06, 0.1].flatMap((run) =>
    [0.05, 0.1].flatMap((margin) =>
      [0, 0.1, 0.15, 0.2].map((change) => {
        const said = gateRates(COMPARISONS, { change, margin, noise: { ...CALM, run } }, next)
        const { worse, better, same, unknown } = said
        return [run, margin, change]
          .map(whole)
          .concat([worse, better, same, unknown].map(share), said.pairs.toFixed(1))
      }),
    ),
  ),
)

print(
  'Simpler rules, run noise 3 %, margin 5 %',
  ['rule', 'same build: worse', 'better', '+10 %: worse', 'better'],
  [
    ['one run of each, more than 5 % apart', oneRunEach] as const,
    ['five runs, then five of the other, interval above 0', fiveThenFive] as const,
  ].map(([name, rule]) => [name, ...[0, 0.1].flatMap((change) => rates(rule, change).map(share))]),
)

const worseOfHundred = Array.from({ length: Math.ceil(COMPARISONS / 20) }, () =>
  Math.round(100 * gateRates(100, { change: 0, margin: 0.05, noise: CALM }, next).worse),
)
print(
  'A hundred comparisons of the same build, run noise 3 %, margin 5 %: how many say worse',
  ['none', 'one', 'two', 'more'],
  [
    [0, 1, 2]
      .map((count) => share(partOf(worseOfHundred, (each) => each === count)))
      .concat(share(partOf(worseOfHundred, (each) => each > 2))),
  ],
)

print(
  'What 8, 12, 16 and 20 pairs say they could see, and how often they see it',
  ['pairs', 'run noise', 'size', 'seen'],
  [8, 12, 16, 20].map((count) => {
    const quiet: NoiseModel = { run: 0.05, outliers: 0, drift: 0, driftKept: 0 }
    const sizes = Array.from({ length: 999 }, () => detectable(pairs(count, 0, quiet, next)))
    const size = sizes.toSorted((a, b) => a - b)[499] as number
    const isSeen = (): boolean => judge(pairs(count, size, quiet, next), 1e-6, 0.0125).verdict === 'worse'
    return [String(count), '5 %', share(size), share(chance(isSeen))]
  }),
)

print(
  'The margin that 20 pairs of a self-check propose: how often the same build is then called the same, and worse',
  ['run noise', 'median margin', 'same', 'worse'],
  [0.03, 0.06, 0.1].map((run) => {
    const noise = { ...CALM, run }
    const margins: number[] = []
    const verdicts = Array.from({ length: COMPARISONS }, () => {
      const margin = leastMargin(pairs(20, 0, noise, next))
      margins.push(margin)
      return gate(pairs(20, 0, noise, next), margin).verdict
    })
    const middle = margins.toSorted((a, b) => a - b)[COMPARISONS >> 1] as number
    return [
      whole(run),
      share(middle),
      ...['same', 'worse'].map((word) => share(partOf(verdicts, (each) => each === word))),
    ]
  }),
)

print(
  'Change points: 60 values without a change, and 52 values before a step of +10 %',
  ['noise', 'disturbed', 'false point', ...[3, 4, 5, 8, 12].map((after) => `found after ${after}`)],
  [0.03, 0.05, 0.1].flatMap((noise) =>
    [0, 0.05].map((outliers) => [
      whole(noise),
      whole(outliers),
      share(seriesRates(COMPARISONS, { before: 60, after: 0, step: 0, noise, outliers }, next).others),
      ...[3, 4, 5, 8, 12].map((after) =>
        share(seriesRates(COMPARISONS, { before: 52, after, step: 0.1, noise, outliers }, next).found),
      ),
    ]),
  ),
)

print(
  'Scalability: the load of most throughput from 10 levels with noise of 2 %, by how far they reach',
  ['reach', 'published', 'error of the middle 90 %', 'interval holds it'],
  [0.5, 0.8, 1, 1.5].map(scalability),
)

// --- internal ---

function oneRunEach(change: number): 'worse' | 'better' | 'other' {
  const [ratio = 0] = pairs(1, change, CALM, next)
  return ratio > Math.log(1.05) ? 'worse' : ratio < -Math.log(1.05) ? 'better' : 'other'
}

function fiveThenFive(change: number): 'worse' | 'better' | 'other' {
  const runOn = machine(CALM, next)
  const [a, b] = [0, change].map((by) => Array.from({ length: 5 }, () => runOn(by))) as [number[], number[]]
  const { estimate, lo, hi } = shift(a, b, 0.05)
  if (lo > 0 && estimate >= Math.log(1.05)) return 'worse'
  return hi < 0 && estimate <= -Math.log(1.05) ? 'better' : 'other'
}

function rates(rule: (change: number) => string, change: number): number[] {
  const said = Array.from({ length: COMPARISONS }, () => rule(change))
  return ['worse', 'better'].map((word) => partOf(said, (each) => each === word))
}

function scalability(reach: number): string[] {
  const peak = 1000
  const law = { lambda: 10, sigma: 0.0002, kappa: (1 - 0.0002) / peak ** 2 }
  const [errors, fits]: [number[], number] = [[], Math.max(20, Math.round(COMPARISONS / 20))]
  let holds = 0
  for (let i = 0; i < fits; i++) {
    const points = Array.from({ length: 10 }, (_, level) => {
      const load = (peak * reach * (level + 1)) / 10
      return { load, throughput: throughputAt(law, load) * Math.exp(0.02 * normal(next)) }
    })
    const fit = fitScalability(points, next)
    if (!fit.isPublished || fit.peakLoad === null || fit.peakInterval === null) continue
    errors.push(fit.peakLoad / peak - 1)
    if (fit.peakInterval[0] <= peak && peak <= fit.peakInterval[1]) holds++
  }
  errors.sort((a, b) => a - b)
  const at = (part: number): string =>
    share(errors[Math.min(errors.length - 1, Math.floor(part * errors.length))] ?? Number.NaN)
  const some = errors.length > 0
  return [
    whole(reach),
    share(errors.length / fits),
    some ? `${at(0.05)} to ${at(0.95)}` : '-',
    some ? share(holds / errors.length) : '-',
  ]
}

function chance(isTrue: () => boolean): number {
  return partOf(
    Array.from({ length: COMPARISONS }, () => isTrue()),
    (each) => each,
  )
}

function partOf<T>(all: readonly T[], is: (each: T) => boolean): number {
  return all.filter((each) => is(each)).length / all.length
}

function share(value: number): string {
  return `${(100 * value).toFixed(1)} %`
}

function whole(value: number): string {
  return `${Math.round(100 * value)} %`
}

function print(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`
  process.stdout.write(`\n${title}\n\n${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`)
}
