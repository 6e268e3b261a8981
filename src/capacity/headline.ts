import { EXIT } from '../errors.ts'
import type { Bracket, CapacityResult, LoadUnit, ResourceLimit } from '../measure/capacity.ts'
import type { Ending } from './bracket.ts'
import { loadWords, numberWords } from './loads.ts'
import { type Objective, objectiveWords } from './objective.ts'

/** What the headline and the verdict are made of. */
export interface Findings {
  bracket: Bracket
  limit: ResourceLimit | null
  ending: Ending
  unit: LoadUnit
  objectives: readonly Objective[]
  plannedLoad: number | null
  undecided: readonly string[]
  soak: CapacityResult['soak']
  overload: CapacityResult['overload']
}

/** The answer in one sentence or two. */
export function headlineOf({ bracket, limit, ending, unit, objectives }: Findings): string {
  const { verified, repeats, refuted, refutedRepeats } = bracket
  const at = objectives.map(objectiveWords).join(' and ')
  if (verified === null) return `${nothingVerified(bracket, ending, unit, at)}${limitWords(limit, refuted)}`
  const above =
    refuted === null
      ? `; not refuted: ${WHY_NOT_REFUTED[ending]}`
      : `; refuted at ${numberWords(refuted)}${refutedRepeats === repeats ? '' : ` (${refutedRepeats} runs)`}`
  return `Verified ${loadWords(verified, unit)} at ${at} (${repeats} repeats)${above}.${limitWords(limit, refuted)}`
}

/**
 * What the search ends with. A bracket passes, and so does a load that was verified where the generator ended first; with a
 * planned load, that it is verified.
 */
export function verdictOf(findings: Findings): CapacityResult['verdict'] {
  const { bracket, ending, unit, plannedLoad, undecided } = findings
  const { verified, refuted, outcome } = bracket
  if (ending === 'signal') return { status: 'inconclusive', exitCode: EXIT.signal, reasons: [...undecided] }
  const after = failedAfterwards(findings)
  if (after.length > 0) return { status: 'fail', exitCode: EXIT.threshold, reasons: after }
  if (plannedLoad !== null && verified !== null && plannedLoad <= verified)
    return { status: 'pass', exitCode: EXIT.pass, reasons: [] }
  const planned = plannedLoad === null ? '' : `${loadWords(plannedLoad, unit)} are planned; `
  if (plannedLoad !== null && refuted !== null && plannedLoad >= refuted) {
    const reason =
      verified === null
        ? `${planned}not even ${numberWords(refuted)} hold`
        : `${planned}${numberWords(verified)} are verified, ${numberWords(refuted)} are refuted`
    return { status: 'fail', exitCode: EXIT.threshold, reasons: [reason] }
  }
  if (plannedLoad !== null && refuted !== null) {
    const reason = `${planned}${verified === null ? 'nothing' : numberWords(verified)} is verified, ${numberWords(refuted)} refuted: what lies between is not known`
    return { status: 'inconclusive', exitCode: EXIT.inconclusive, reasons: [reason, ...undecided] }
  }
  if (outcome === 'unmet')
    return {
      status: 'fail',
      exitCode: EXIT.threshold,
      reasons: ['the objectives hold at no load that was tried'],
    }
  const isAnswered = outcome === 'bracketed' || (outcome === 'generator-limited' && verified !== null)
  if (isAnswered && plannedLoad === null) return { status: 'pass', exitCode: EXIT.pass, reasons: [] }
  const reasons = [...undecided]
  if (outcome === 'generator-limited')
    reasons.unshift(
      verified === null
        ? 'too few steps could be measured to confirm a load'
        : 'the generator ended before the target did',
    )
  return { status: 'inconclusive', exitCode: EXIT.inconclusive, reasons }
}

/** How much room a planned load leaves: at least 30 % is ample, below 10 % is short. */
export function headroomOf(verified: number | null, planned: number | null): CapacityResult['headroom'] {
  if (verified === null || planned === null) return null
  const share = (verified - planned) / verified
  return { share, rating: share >= AMPLE ? 'ample' : share >= TIGHT ? 'tight' : 'short' }
}

// --- internal ---

const AMPLE = 0.3
const TIGHT = 0.1

/** What was asked for after the search and did not hold. */
function failedAfterwards({ soak, overload, unit }: Findings): string[] {
  const reasons: string[] = []
  if (soak?.status === 'fail')
    reasons.push(`the soak at ${loadWords(soak.load, unit)} failed: ${soak.reasons.join('; ')}`)
  if (overload !== null && overload.recoverySeconds === null)
    reasons.push(`no recovery from ${loadWords(overload.overloadLoad, unit)}: ${overload.reasons.join('; ')}`)
  return reasons
}

const WHY_NOT_REFUTED: Record<Ending, string> = {
  found: 'the search ended before',
  unmet: 'the search ended before',
  'generator-limited': 'the generator ends there (generator-limited)',
  budget: 'the time ran out',
  faults: 'runs could not be made any more',
  signal: 'the search was stopped',
}

function nothingVerified(
  { refuted, refutedRepeats, outcome }: Bracket,
  ending: Ending,
  unit: LoadUnit,
  at: string,
): string {
  if (refuted !== null) {
    const verb = outcome === 'unmet' ? 'Not even' : 'Nothing verified;'
    return outcome === 'unmet'
      ? `${verb} ${loadWords(refuted, unit)} hold ${at} (refuted by ${refutedRepeats} runs).`
      : `${verb} ${at} refuted at ${loadWords(refuted, unit)} (${refutedRepeats} runs).`
  }
  if (ending === 'generator-limited')
    return `Nothing verified at ${at}: too few steps could be measured (generator-limited).`
  return `Undecided at ${at}: ${WHY_NOT_REFUTED[ending]}.`
}

function limitWords(limit: ResourceLimit | null, refuted: number | null): string {
  if (limit !== null) return ` Limit: ${limit.says}.`
  return refuted === null ? '' : ' Limit: not seen.'
}
