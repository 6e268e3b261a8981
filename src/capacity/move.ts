import type { LoadUnit, StepPhase } from '../measure/capacity.ts'
import type { Objective } from './objective.ts'

/** What is searched, and within which bounds. */
export interface SearchSettings {
  unit: LoadUnit
  objectives: readonly Objective[]
  startLoad: number
  /** The search never goes above it; null: no bound is known. */
  mostLoad: number | null
}

/** How much time there is. */
export interface Clock {
  /** Infinity without a budget. */
  secondsLeft: number
  /** What a step takes, from start to start. */
  secondsPerStep: number
}

/** What to do next: a step, or to stop and why. */
export type Move =
  | { kind: 'step'; phase: SearchPhase; load: number }
  | { kind: 'end'; why: 'found' | 'unmet' | 'generator-limited' | 'budget' | 'faults'; open: string[] }

export type SearchPhase = Exclude<StepPhase, 'soak' | 'overload' | 'recover'>
