import type { RunResult } from '../measure/result.ts'

/**
 * Why a run says nothing about its target, for `it …`; null for one that does. Only what the generator did counts: starts that found
 * their user busy, calls without an answer and a threshold that ended the run are what a slow target looks like.
 */
export function whyNoEvidence({ run, validity }: Pick<RunResult, 'run' | 'validity'>): string | null {
  if (run.isPartial && run.stoppedBy !== 'threshold') return `was ended by a ${run.stoppedBy}`
  const unfit = ofGenerator(validity).filter(({ status }) => status === 'invalid')
  return unfit.length === 0 ? null : `was not valid (${unfit.map(({ id }) => id).join(', ')})`
}

/** Checks for which the generator may not have been fit to measure; empty for a run without doubt. */
export function doubtsOf(validity: RunResult['validity']): string[] {
  return ofGenerator(validity)
    .filter(({ status }) => status !== 'ok')
    .map(({ id }) => id)
}

// --- internal ---

/** Checks that a slow target fails: its latencies, its deliveries and its faults say so themselves. */
const OF_TARGET: ReadonlySet<string> = new Set(['dropped', 'drained', 'stationarity'])

function ofGenerator({ checks }: RunResult['validity']): RunResult['validity']['checks'] {
  return checks.filter(({ id }) => !OF_TARGET.has(id))
}
