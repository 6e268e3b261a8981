import type { CapacityResult, CapacityStep, LoadUnit, StepPhase } from '../measure/capacity.ts'
import { shareText } from './format.ts'
import type { Timed } from './timed.ts'

const CAPACITY_WORD: Record<CapacityResult['verdict']['status'], string> = {
  pass: 'Capacity found',
  fail: 'Not enough',
  inconclusive: 'Inconclusive',
}

/** The verdict of a search as a person reads it: what only the generator bounds is a least, not the capacity. */
export function capacityWord({ verdict, bracket }: Pick<CapacityResult, 'verdict' | 'bracket'>): string {
  const isLeast = verdict.status === 'pass' && bracket.refuted === null
  return isLeast ? 'Capacity: at least' : CAPACITY_WORD[verdict.status]
}

/** How it stands, for the signs of each report. */
export const SIGN_OF_CAPACITY = { pass: 'good', fail: 'bad', inconclusive: 'unsure' } as const

/** How a step ended, in a word. */
export const OUTCOME_WORD: Record<CapacityStep['outcome'], string> = {
  pass: 'held',
  fail: 'did not hold',
  generator: 'generator not fit',
  fault: 'could not be run',
}

/** How a step stands, for the signs of each report. */
export const SIGN_OF_OUTCOME = { pass: 'good', fail: 'bad', generator: 'unsure', fault: 'quiet' } as const

/** What a step was for. */
export const PHASE_MEANING: Record<StepPhase, string> = {
  ramp: 'ramp: the load grows until the objectives no longer hold',
  bisect: 'bisect: between what held and what did not',
  verify: 'verify: repeats at the highest load that held',
  refute: 'refute: repeats at the lowest load that did not',
  soak: 'soak: a longer time below the verified load',
  overload: 'overload: more than it can do, on purpose',
  recover: 'recover: whether it comes back after that',
}

/** A load with its unit: `12,400 users`, `350.5 arrivals/s`. */
export function loadText(load: number, unit: LoadUnit): string {
  const figure = bareLoad(load)
  return unit === 'users' ? `${figure} ${load === 1 ? 'user' : 'users'}` : `${figure} ${unit}`
}

/** A load without its unit; what is not whole to four digits, as loads are run, so that no two of them read the same. */
export function bareLoad(load: number): string {
  return Number.isInteger(load) ? WHOLE.format(load) : FOUR_DIGITS.format(load)
}

/** A load that no step ran, such as an estimate: users are whole. */
export function fittedLoad(load: number, unit: LoadUnit): number {
  return unit === 'users' ? Math.round(load) : load
}

/** Deliveries a second without the unit: `0.0312`, `9.2`, `85.3`, `11,240`. */
export function rateText(perSecond: number): string {
  return perSecond < 10
    ? THREE_DIGITS.format(perSecond)
    : (perSecond < 100 ? TENTHS : WHOLE).format(perSecond)
}

/** Who a cost is of, for a sentence: `api`, `api and broker`, `api, broker and cache`; undefined where that was not kept. */
export function costBearers({ cost }: Pick<CapacityResult, 'cost'>): string | undefined {
  const last = cost.processes.at(-1)
  const others = cost.processes.slice(0, -1)
  return others.length === 0 ? last : `${others.join(', ')} and ${last}`
}

/** A load as it stands beside others of its unit; a dash where there is none. */
export function loadOrDash(load: number | null): string {
  return load === null ? '–' : bareLoad(load)
}

/** A percentile of what a step timed; undefined where it timed nothing. */
export function latencyAt({ latency }: CapacityStep, percentile: '50' | '99'): Timed | undefined {
  if (latency === null) return undefined
  const us = percentile === '50' ? latency.p50Us : latency.p99Us
  return { us, isAtLeast: latency.atLeast.includes(percentile) }
}

/** Whether a step holds although the generator was late. `HELD_THOUGH_LATE` says the rule. */
export function isHeldThoughLate({ outcome, reasons }: CapacityStep): boolean {
  return outcome === 'pass' && reasons.some((reason) => reason.includes('the generator was unfit'))
}

/** Why the load of a step holds whose generator was late. */
export const HELD_THOUGH_LATE =
  '“Held although the generator was unfit”: a latency counts from the planned moment, so a generator that is late makes it longer and never shorter. The run is no good measurement and its own report calls it invalid; but an objective that holds in spite of it holds. One that does not hold then says nothing, unless the target’s part alone breaks it.'

/** What the bracket says, in a line. */
export function bracketWords(result: Pick<CapacityResult, 'bracket' | 'plan' | 'run'>): string {
  const { bracket, plan } = result
  const { verified, repeats, refuted, refutedRepeats } = bracket
  const held = verified === null ? '' : `verified ${loadText(verified, plan.unit)} ${times(repeats)}`
  const broke = refuted === null ? '' : `refuted ${loadText(refuted, plan.unit)} ${times(refutedRepeats)}`
  const both = [held, broke].filter((part) => part !== '').join(', ')
  return `${both === '' ? 'nothing was confirmed' : both}; ${endWords(result)}`
}

/** Why a search ended where it did. */
export function endWords({ bracket, run }: Pick<CapacityResult, 'bracket' | 'run'>): string {
  const { outcome, verified } = bracket
  if (outcome === 'undecided') return UNDECIDED[run.stoppedBy]
  return outcome === 'generator-limited' && verified === null
    ? 'the generator was not fit to measure'
    : OUTCOME[outcome]
}

/** The figures most people come for, in words. */
export function capacityFigures({
  bracket,
  plan,
  headroom,
  limit,
}: Pick<CapacityResult, 'bracket' | 'plan' | 'headroom' | 'limit'>): string[] {
  const { verified, refuted, outcome } = bracket
  return [
    verified === null ? 'no load verified' : `${loadText(verified, plan.unit)} verified`,
    ...(refuted === null ? [] : [`${bareLoad(refuted)} refuted`]),
    ...(outcome === 'generator-limited'
      ? [verified === null ? 'the generator was not fit' : 'limited by the generator']
      : []),
    ...(limit === null ? [] : [`${limit.resource} ${shareText(limit.share)}`]),
    ...(headroom === null || plan.plannedLoad === null
      ? []
      : [headroomWords(headroom.share, plan.plannedLoad, plan.unit)]),
  ]
}

/** `27 % of the verified load is free at 9,000 users`, or how much is missing: `2,600 short of 15,000 users`. */
export function headroomWords(share: number, planned: number, unit: LoadUnit): string {
  const load = loadText(planned, unit)
  if (share >= 0) return `${freeText(share)} of the verified load is free at ${load}`
  const verified = planned / (1 - share)
  const missing = planned - verified
  return `${bareLoad(unit === 'users' ? Math.ceil(missing - ROUNDING * planned) : missing)} short of ${load}`
}

/** A headroom in whole per cent, cut and not rounded: nobody is promised more than there is. */
export function freeText(share: number): string {
  return `${Math.floor(share * 100 + ROUNDING)} %`
}

/** What is left open and is no reason of the verdict, which stands elsewhere. */
export function furtherOpen({ undecided, verdict }: Pick<CapacityResult, 'undecided' | 'verdict'>): string[] {
  return undecided.filter((each) => !verdict.reasons.includes(each))
}

// --- internal ---

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const TENTHS = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })
const THREE_DIGITS = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 })
const FOUR_DIGITS = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 })

const OUTCOME: Record<Exclude<CapacityResult['bracket']['outcome'], 'undecided'>, string> = {
  bracketed: 'both ends stand',
  'generator-limited': 'the target held all that this generator can do',
  unmet: 'not even the first load held',
}

/** What ended a search before it had an answer. */
const UNDECIDED: Record<CapacityResult['run']['stoppedBy'], string> = {
  budget: 'time ran out',
  signal: 'a signal stopped the search',
  plan: 'runs could not be made any more',
}

/** 1 − 7 / 10 is not exactly 0.3. */
const ROUNDING = 1e-9

function times(repeats: number): string {
  return repeats === 1 ? 'once' : `${repeats} times`
}
