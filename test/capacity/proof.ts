import { type Trial, trial } from './searching.ts'

// Capacity searches against simulated queues whose true rate is known: does the bracket hold it?
// node test/capacity/proof.ts [searches] [arrivals for each truth]

const COUNT = Number(process.argv[2] ?? 200)
const ARRIVALS = Number(process.argv[3] ?? 1_000_000)

const trials: Trial[] = []
for (let n = 1; n <= COUNT; n++) {
  trials.push(trial(n, ARRIVALS))
  if (n % 20 === 0) process.stderr.write(`${n} of ${COUNT}\n`)
}

const share = (of: (each: Trial) => boolean): number => trials.filter(of).length
const isHeld = ({ truth, bracket }: Trial): boolean =>
  bracket.verified !== null &&
  bracket.refuted !== null &&
  bracket.verified <= truth &&
  truth <= bracket.refuted
const sorted = (of: (each: Trial) => number): number[] => trials.map(of).toSorted((a, b) => a - b)
const at = (values: readonly number[], q: number): number =>
  values[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN
const spread = (values: number[], digits = 1): string =>
  `${at(values, 0.05).toFixed(digits)} … ${at(values, 0.5).toFixed(digits)} … ${at(values, 0.95).toFixed(digits)}`

const held = share(isHeld)
const over = share(({ truth, bracket }) => (bracket.verified ?? 0) > truth * 1.02)
const undecided = share(({ bracket }) => bracket.outcome !== 'bracketed')
const below = sorted(({ truth, bracket }) => (1 - (bracket.verified ?? 0) / truth) * 100)
const width = sorted(({ bracket }) => ((bracket.refuted ?? Number.NaN) / (bracket.verified ?? 1) - 1) * 100)
process.stdout.write(`searches                          ${COUNT}
bracket holds the truth           ${held} (${((held / COUNT) * 100).toFixed(1)} %)
verified above the truth by > 2 % ${over}
not bracketed                     ${undecided}
verified below the truth, %       ${spread(below)}   (5 %, median, 95 %)
width of the bracket, %           ${spread(width)}
steps                             ${spread(
  sorted(({ steps }) => steps),
  0,
)}
`)
process.exitCode = held >= 0.95 * COUNT && over === 0 && undecided === 0 ? 0 : 1
