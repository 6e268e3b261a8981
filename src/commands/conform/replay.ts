import type { Contract } from '../../chat/contract.ts'
import { CATALOGUE } from '../../conform/catalogue.ts'
import { replay, type Replayed, type ReplayChanges } from '../../conform/replay.ts'
import { EXIT } from '../../errors.ts'

/**
 * `stompede conform --replay DIR`: judges a recorded history again, as the gate did unless told otherwise, and says where
 * it comes to another state. Resolves with the exit code: that of the verdict, inconclusive where only a state differs.
 */
export async function replayGate(
  directory: string,
  contract: Contract,
  changes: ReplayChanges,
): Promise<number> {
  const { cases, differing, verdict } = await replay(directory, CATALOGUE, contract, changes)
  for (const line of cases.map(lineOf)) process.stdout.write(`${line}\n`)
  for (const line of differing) process.stdout.write(`differs from the gate: ${line}\n`)
  const { status, exitCode } = verdict
  const code = exitCode === EXIT.pass && differing.length > 0 ? EXIT.inconclusive : exitCode
  process.stdout.write(`${status}, exit ${code}\n`)
  return code
}

// --- internal ---

function lineOf({ rule, judgement }: Replayed): string {
  const { state, actual, excuse } = judgement
  const why = excuse === null ? '' : ` (${excuse.from}: ${excuse.reason})`
  return `${state.padEnd(12)} ${rule.id.padEnd(14)} ${actual}${why}`
}
