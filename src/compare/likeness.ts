import { createHash } from 'node:crypto'
import type { RunResult } from '../measure/result.ts'

type Environment = RunResult['environment']
type Plan = RunResult['plan']

/** What a machine and the generator on it are made of, as a short name. Runs with the same one may be held against each other. */
export function fingerprintOf(environment: Environment): string {
  return createHash('sha256')
    .update(JSON.stringify(TRAITS.map(([, read]) => read(environment))))
    .digest('hex')
    .slice(0, 16)
}

/**
 * What differs between the environments of all runs, one phrase each: `processor: X against Y`. Runs of one side that are of several
 * machines differ too, though the other side has the same ones.
 */
export function environmentDifferences(a: readonly Environment[], b: readonly Environment[]): string[] {
  return TRAITS.flatMap(([name, read]) => {
    const [ofA, ofB] = [a.map(read), b.map(read)]
    return new Set([...ofA, ...ofB]).size > 1 ? [`${name}: ${unique(ofA)} against ${unique(ofB)}`] : []
  })
}

/**
 * What differs between the plans of two sides, one phrase each, hashes last; empty where both sides ran the same plans. The seed
 * is a part of a plan: sides that ran several seeds have to have run the same ones, each in the same share of its runs.
 */
export function planDifferences(a: readonly Plan[], b: readonly Plan[]): string[] {
  const hashes = difference(
    'plan',
    a.map(({ hash }) => hash),
    b.map(({ hash }) => hash),
  )
  if (hashes.length === 0) return shareDifferences(a, b)
  const told = PARTS.flatMap(([name, read]) => difference(name, a.map(read), b.map(read)))
  const hidden =
    told.length > 0
      ? []
      : ['something that the results do not tell: rooms, texts, or the code of an activity']
  return [...told, ...hidden, ...hashes]
}

// --- internal ---

/** What a run's speed depends on beside its target. */
const TRAITS: readonly [name: string, read: (environment: Environment) => string][] = [
  ['processor', ({ cpu }) => cpu],
  ['cores', ({ cores }) => String(cores)],
  // Machines of one kind differ by what their firmware keeps.
  ['memory', ({ memoryBytes }) => `${Math.round(memoryBytes / 2 ** 30)} GiB`],
  ['system', ({ os }) => os],
  ['Node', ({ node }) => node],
  ['Stompede', ({ stompede }) => stompede],
  ['workers', ({ workers }) => String(workers)],
  ['driver', ({ driver }) => driver],
  ['flavour', ({ flavour }) => flavour],
]

const PARTS: readonly [name: string, read: (plan: Plan) => string][] = [
  ['scenario', ({ scenario }) => scenario],
  ['users', ({ users }) => String(users)],
  ['duration', ({ durationSeconds }) => `${durationSeconds} s`],
  ['warm-up', ({ warmUpSeconds }) => `${warmUpSeconds} s`],
  ['rooms', ({ rooms }) => String(rooms)],
  ['seed', ({ seed }) => String(seed)],
  [
    'activities',
    ({ activities }) =>
      activities
        .map(
          ({ name, executor, planned }) => `${name} (${executor}${planned === null ? '' : `, ${planned}`})`,
        )
        .join(', ') || 'none',
  ],
]

/** Of sides that ran the same plans: those that one of them ran more often than the other, as shares of all its runs. */
function shareDifferences(a: readonly Plan[], b: readonly Plan[]): string[] {
  const plans = new Map(a.map((plan) => [plan.hash, plan]))
  return [...plans.values()].flatMap(({ hash, seed }) => {
    const [inA, inB] = [a, b].map((side) => side.filter((plan) => plan.hash === hash).length) as [
      number,
      number,
    ]
    if (inA * b.length === inB * a.length) return []
    return [`plan ${hash} (seed ${seed}): ${inA} of ${a.length} runs against ${inB} of ${b.length}`]
  })
}

/** Empty where both sides have the same values, however often. */
function difference(name: string, a: readonly string[], b: readonly string[]): string[] {
  const [ofA, ofB] = [unique(a), unique(b)]
  return ofA === ofB ? [] : [`${name}: ${ofA} against ${ofB}`]
}

function unique(values: readonly string[]): string {
  return [...new Set(values)].toSorted().join(', ')
}
