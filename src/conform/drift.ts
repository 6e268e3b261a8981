import type { DriftReport } from '../measure/conformance.ts'
import { newDrift } from '../measure/drift.ts'
import { chatFramesOf } from './chat-frames.ts'
import type { History } from './history.ts'

/** How the payloads of a gate differ from the text of the contract: every MESSAGE on a chat destination is looked at. */
export function driftOf(history: History): DriftReport {
  const { contract } = history
  const drift = newDrift(contract.shapes, { oneIn: 1 })
  for (const { frame } of chatFramesOf(history)) {
    let isTroubled = false
    const event = contract.readEvent(frame.body, () => (isTroubled = true))
    drift.see(event, frame.body, isTroubled)
  }
  return drift.report()
}
