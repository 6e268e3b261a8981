import type { Contract } from '../chat/contract.ts'
import { CATALOGUE } from '../conform/catalogue.ts'
import { replay, type Replayed } from '../conform/replay.ts'
import { EXIT } from '../errors.ts'

/**
 * `stompede conform --replay DIR`: judges a recorded history again with the passive rules and says where it comes to
 * another verdict than the gate did. Throws RESULT_UNREADABLE for a directory without a readable history.
 */
export async function replayGate(directory: string, contract: Contract): Promise<number> {
  const { cases, differing } = await replay(directory, CATALOGUE, contract)
  for (const line of cases.map(lineOf)) process.stdout.write(`${line}\n`)
  for (const line of differing) process.stdout.write(`differs from the gate: ${line}\n`)
  // What the gate excused stays excused: only it knew the profile and the known failures.
  const isRed = ({ rule, outcome, stored }: Replayed): boolean =>
    rule.level === 'MUST' && outcome.state === 'FAIL' && stored !== 'XFAIL' && stored !== 'NON-STRICT'
  const isOpen = ({ rule, outcome }: Replayed): boolean =>
    rule.level === 'MUST' && outcome.state === 'INCONCLUSIVE'
  if (cases.some(isRed)) return EXIT.conformance
  return cases.some(isOpen) || differing.length > 0 ? EXIT.inconclusive : EXIT.pass
}

// --- internal ---

function lineOf({ rule, outcome }: Replayed): string {
  return `${outcome.state.padEnd(12)} ${rule.id.padEnd(14)} ${outcome.actual}`
}
