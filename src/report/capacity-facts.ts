import type { CapacityResult } from '../measure/capacity.ts'
import {
  bareLoad,
  costBearers,
  fittedLoad,
  headroomWords,
  loadText,
  OUTCOME_WORD,
  rateText,
} from './capacity-words.ts'
import { bytesText, spanText } from './format.ts'
import { changeText } from './metric-value.ts'

/** What a search found, a line each under a short name, for reports that have no drawings. What was not seen has no line. */
export function capacityFacts(result: CapacityResult): { name: string; says: string }[] {
  const { bracket, plan, estimate, limit, headroom, maxThroughput, calibration } = result
  const { verified, repeats, refuted, refutedRepeats } = bracket
  return [
    ...fact(
      'verified',
      verified === null ? 'no load was confirmed' : `${loadText(verified, plan.unit)}, ${timesText(repeats)}`,
    ),
    ...fact(
      'refuted',
      refuted === null ? null : `${loadText(refuted, plan.unit)}, ${timesText(refutedRepeats)}`,
    ),
    ...fact(
      'estimate',
      estimate === null
        ? null
        : `${loadText(fittedLoad(estimate.load, plan.unit), plan.unit)}, beside the bracket and never instead of it`,
    ),
    ...fact(
      'headroom',
      headroom === null || plan.plannedLoad === null
        ? null
        : `${headroomWords(headroom.share, plan.plannedLoad, plan.unit)}${headroom.share < 0 ? '' : `: ${headroom.rating}`}`,
    ),
    ...fact('limit', limit === null ? null : limit.says),
    ...fact(
      'throughput',
      maxThroughput === null
        ? null
        : `${rateText(maxThroughput.deliveriesPerSecond)} deliveries a second without a loss, at ${loadText(maxThroughput.load, plan.unit)}`,
    ),
    ...fact('model', result.scalability.isPublished ? result.scalability.says : null),
    ...fact('cost', costText(result)),
    ...fact(
      'generator',
      calibration === null || calibration.mostLoad === null
        ? null
        : `fit for ${bareLoad(calibration.mostLoad)} ${plan.unit}: ${calibration.says}`,
    ),
    ...fact('soak', soakText(result)),
    ...fact('overload', overloadText(result)),
  ]
}

// --- internal ---

function fact(name: string, says: string | null): { name: string; says: string }[] {
  return says === null ? [] : [{ name, says }]
}

function timesText(repeats: number): string {
  return repeats === 1 ? 'confirmed once' : `confirmed ${repeats} times`
}

const THREE_DIGITS = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 })

function costText(result: CapacityResult): string | null {
  const { cost } = result
  const bearers = costBearers(result)
  const parts = [
    ...(cost.cpuSecondsPer1000Deliveries === null
      ? []
      : [`${THREE_DIGITS.format(cost.cpuSecondsPer1000Deliveries)} CPU s per 1,000 deliveries`]),
    ...(cost.cpuCoresPer1000IdleUsers === null
      ? []
      : [`${THREE_DIGITS.format(cost.cpuCoresPer1000IdleUsers)} cores per 1,000 idle users`]),
    ...(cost.memoryBytesPer1000Users === null
      ? []
      : [`${bytesText(cost.memoryBytesPer1000Users)} per 1,000 users`]),
  ]
  if (parts.length === 0) return null
  return `${parts.join(', ')}${bearers === undefined ? '' : `, of ${bearers}`}`
}

function soakText({ soak, plan }: CapacityResult): string | null {
  if (soak === null) return null
  const { load, durationSeconds, status, p99SlopePerHour, memorySlopeBytesPerHour } = soak
  const grown = [
    ...(p99SlopePerHour === null ? [] : [`p99 ${changeText(p99SlopePerHour)} an hour`]),
    ...(memorySlopeBytesPerHour === null
      ? []
      : [
          `memory ${memorySlopeBytesPerHour < 0 ? '−' : '+'}${bytesText(Math.abs(memorySlopeBytesPerHour))} an hour`,
        ]),
  ]
  return [
    `${OUTCOME_WORD[status]}: ${loadText(load, plan.unit)} for ${spanText(durationSeconds)}`,
    ...grown,
  ].join(', ')
}

function overloadText({ overload, plan }: CapacityResult): string | null {
  if (overload === null) return null
  const { overloadLoad, recoverLoad, recoverySeconds } = overload
  const from = `${loadText(overloadLoad, plan.unit)}, then ${bareLoad(recoverLoad)}`
  return recoverySeconds === null
    ? `did not recover: ${from}`
    : `recovered in ${spanText(recoverySeconds)}: ${from}`
}
