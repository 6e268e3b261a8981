import type { CapacityResult } from '../../measure/capacity.ts'

/** How to go on with a search that has no answer yet; undefined where there is nothing to go on with. */
export function goOnText(
  { run: { stoppedBy }, bracket }: Pick<CapacityResult, 'run' | 'bracket'>,
  directory: string,
): string | undefined {
  const text = `to go on: the same command with --resume ${directory}`
  if (stoppedBy === 'signal') return text
  // What is left of the budget was too little for another step, and would be again.
  if (stoppedBy === 'budget') return `${text} and a larger --budget`
  // A search that nobody stopped leaves something undecided only where runs could not be made; they are made again.
  return bracket.outcome === 'undecided' ? text : undefined
}
