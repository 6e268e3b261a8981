import { generator } from '../scenario/random.ts'
import { LOOKS } from '../statistics/verdict.ts'

/** Most pairs of a comparison: every further look would add its share of false alarms. */
export const MOST_PAIRS = Math.max(...LOOKS)

/** The number of pairs at which a comparison of at most `most` pairs is judged next, once `done` are run. */
export function nextLook(done: number, most: number): number {
  return Math.min(most, LOOKS.find((look) => look > done) ?? most)
}

/** Whether a comparison is judged after so many pairs. */
export function isLook(done: number, most: number): boolean {
  return done === most || LOOKS.some((look) => look === done)
}

/** The seed of every run of a pair, and which side begins. Pairs differ, the runs of a pair do not. */
export interface PairPlan {
  /** From 1. */
  number: number
  seed: number
  first: 'a' | 'b'
}

/** The pair of that number in a comparison with that seed: a pure function, so that a comparison can be repeated. */
export function pairPlan(seed: number, number: number): PairPlan {
  const next = generator(seed, STREAM_OF_PAIRS + number)
  // Seeds are 32 bits wide on the command line.
  return { number, seed: Math.floor(next() * 2 ** 32), first: next() < 0.5 ? 'a' : 'b' }
}

// --- internal ---

/** Far from the streams that a run draws from. */
const STREAM_OF_PAIRS = 1_000_000
