import type { ConformanceCase, State } from '../measure/conformance.ts'

/** The directory beside result.json. */
export const EVIDENCE = 'evidence'

/** The cases that leave files behind: those that ended in any other way than PASS, SKIP or INFO. */
export function hasEvidence({ state }: ConformanceCase): boolean {
  return !NO_EVIDENCE.includes(state)
}

/** An id as part of a path or an address in a page: rule ids stay as they are, whatever else could lead away is `_`. */
export function safeId(id: string): string {
  return id.slice(0, 120).replaceAll(/[^\w-]/g, '_')
}

/** The file with a case's whole transcript, from result.json's directory on. */
export function transcriptFile({ id }: ConformanceCase): string {
  return `${EVIDENCE}/${safeId(id)}.txt`
}

/** The file with the bytes a case sent to the broker. */
export function framesFile({ id }: ConformanceCase): string {
  return `${EVIDENCE}/${safeId(id)}.frames`
}

// --- internal ---

const NO_EVIDENCE: readonly State[] = ['PASS', 'SKIP', 'INFO']
