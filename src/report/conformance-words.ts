import type { Basis, ConformanceCase, ConformanceResult, State } from '../measure/conformance.ts'
import { sectionName } from '../measure/sections.ts'
import { countText, numbered } from './format.ts'

/** A gate's verdict as a person reads it. */
export interface GateWords {
  word: 'Conformant' | 'Not conformant' | 'Inconclusive' | 'Unreachable'
  /** What the verdict means, in one sentence made of the gate's own figures. */
  sentence: string
  /** What it rests on, one line each; of a green gate what is worth knowing all the same. */
  reasons: readonly string[]
}

/** Puts the verdict of a gate into words. */
export function gateWords(result: ConformanceResult): GateWords {
  const { status, reasons } = result.verdict
  return { word: WORD[status], sentence: `${SENTENCE[status](result)}.`, reasons }
}

/** The states by how much they ask of a reader, the most urgent first. */
export const BY_URGENCY: readonly State[] = [
  'FAIL',
  'XPASS',
  'INCONCLUSIVE',
  'NON-STRICT',
  'XFAIL',
  'SKIP',
  'INFO',
  'PASS',
]

/** What each state is called as a heading, and what it means. */
export const STATE_MEANING: Record<State, { heading: string; says: string }> = {
  FAIL: { heading: 'Failed', says: 'None of the acceptable outcomes came.' },
  XPASS: {
    heading: 'Passed unexpectedly',
    says: 'The known-failures file says that these fail. Take the entries out, so that they stay fixed.',
  },
  INCONCLUSIVE: {
    heading: 'Inconclusive',
    says: 'A precondition, a positive control or the evidence was missing: neither good nor bad.',
  },
  'NON-STRICT': {
    heading: 'Tolerated',
    says: 'An acceptable outcome came, but not the strict one; or the broker’s profile pins the deviation.',
  },
  XFAIL: { heading: 'Known failures', says: 'They failed as the known-failures file says.' },
  SKIP: { heading: 'Skipped', says: 'They cannot be asked of this target.' },
  INFO: { heading: 'For the record', says: 'Nothing to judge; the value is written down.' },
  PASS: { heading: 'Passed', says: 'The strict outcome came.' },
}

/** Whether a case's own state can turn the gate: a MUST, or with `--strict` a SHOULD. */
export function isJudged(
  { level }: Pick<ConformanceCase, 'level'>,
  { selection }: Pick<ConformanceResult, 'selection'>,
): boolean {
  return level === 'MUST' || (level === 'SHOULD' && selection.isStrict)
}

/** How a case stands to the verdict: it makes the gate red, leaves it open, or does neither. */
export function weightOf(each: ConformanceCase, result: ConformanceResult): 'red' | 'open' | 'none' {
  const { state, level, excuse } = each
  if (state === 'XPASS') return 'red'
  if (!isJudged(each, result)) return 'none'
  if (state === 'INCONCLUSIVE') return 'open'
  // Under --strict a SHOULD has to hold strictly, but for what the broker's profile pins.
  const isMissed = state === 'NON-STRICT' && level === 'SHOULD' && excuse?.from !== 'profile'
  return state === 'FAIL' || isMissed ? 'red' : 'none'
}

/**
 * The cases somebody has to look into, in groups of one but for those that are open for one and the same reason (a target
 * that is gone, a gate that was stopped). First what makes the gate red, then what leaves it open, then a SHOULD that
 * failed without being judged.
 */
export function troubles(result: ConformanceResult): [ConformanceCase, ...ConformanceCase[]][] {
  const weighed = result.cases.map((each) => ({ each, weight: weightOf(each, result) }))
  const of = (wanted: 'red' | 'open'): ConformanceCase[] =>
    weighed.filter(({ weight }) => weight === wanted).map(({ each }) => each)
  const red = of('red').toSorted((a, b) => BY_URGENCY.indexOf(a.state) - BY_URGENCY.indexOf(b.state))
  const open = Map.groupBy(of('open'), ({ actual }) => actual)
  const missed = weighed.filter(({ each, weight }) => weight === 'none' && each.state === 'FAIL')
  return [
    ...red.map((each): [ConformanceCase] => [each]),
    ...([...open.values()] as [ConformanceCase, ...ConformanceCase[]][]),
    ...missed.map(({ each }): [ConformanceCase] => [each]),
  ]
}

/** What a report tells beside its verdict: of a target that is gone or lets nobody in, no more than the case that shows it. */
export function toldTroubles(result: ConformanceResult): [ConformanceCase, ...ConformanceCase[]][] {
  const groups = troubles(result)
  if (result.verdict.status !== 'unreachable') return groups
  return groups.filter(([first]) => weightOf(first, result) === 'red')
}

/** The verdict's reasons that no case of its own tells, for reports that tell each of those cases. */
export function furtherReasons(result: ConformanceResult): string[] {
  const told = new Set(troubles(result).flatMap((group) => group.map(({ id }) => id)))
  return result.verdict.reasons.filter((reason) => !told.has(reason.split(' ', 1)[0] as string))
}

/** The sections in the order of the cases, each with how many of its cases ended in which state. */
export function sectionsOf({
  cases,
}: ConformanceResult): { section: string; name: string; counts: Map<State, number> }[] {
  const sections = new Map<string, Map<State, number>>()
  for (const { section, state } of cases) {
    const counts = sections.get(section) ?? new Map<State, number>()
    sections.set(section, counts.set(state, (counts.get(state) ?? 0) + 1))
  }
  return [...sections].map(([section, counts]) => ({ section, name: sectionName(section), counts }))
}

/** Where a demand comes from, in a line: `STOMP 1.2, CONNECT`. */
export function basisText({ document, section }: Basis): string {
  return section === '' ? document : `${document}, ${section}`
}

/** What to do about a case: its rule's remedy where the rule did not hold. */
export function remedyOf({ state, remedy }: ConformanceCase): string | null {
  return state === 'FAIL' || state === 'XFAIL' || state === 'NON-STRICT' ? remedy : null
}

/** Who excuses a case, and why: `known-failures: shared login (TICKET-1)`. */
export function excuseText({ from, reason, source }: NonNullable<ConformanceCase['excuse']>): string {
  return `${from}: ${reason}${source === '' ? '' : ` (${source})`}`
}

/** How many of the rules were asked, in words: `119 cases`, `8 of 119 rules`. */
export function selectionText({ selection, cases }: ConformanceResult): string {
  return selection.chosen === selection.ofRules
    ? numbered(cases.length, 'case')
    : `${countText(selection.chosen)} of ${numbered(selection.ofRules, 'rule')}`
}

// --- internal ---

const WORD: Record<ConformanceResult['verdict']['status'], GateWords['word']> = {
  conformant: 'Conformant',
  nonconformant: 'Not conformant',
  inconclusive: 'Inconclusive',
  unreachable: 'Unreachable',
}

const SENTENCE: Record<ConformanceResult['verdict']['status'], (result: ConformanceResult) => string> = {
  conformant: whatHeld,
  nonconformant: whatBroke,
  inconclusive: whatIsMissing,
  unreachable: ({ counts }) =>
    counts.FAIL > 0
      ? 'The target answers and lets nobody in, so nothing else was asked of it'
      : 'The target could not be reached, so nothing was asked of it',
}

function statesOf(result: ConformanceResult, level: ConformanceCase['level']): (state: State) => number {
  const states = result.cases.filter((each) => each.level === level).map(({ state }) => state)
  return (wanted) => states.filter((state) => state === wanted).length
}

function mustsOf({ cases }: ConformanceResult): number {
  return cases.filter(({ level }) => level === 'MUST').length
}

function whatHeld(result: ConformanceResult): string {
  const all = mustsOf(result)
  const must = statesOf(result, 'MUST')
  const should = statesOf(result, 'SHOULD')
  const rest = [
    [must('NON-STRICT'), 'tolerated'],
    [must('XFAIL'), 'failed as known'],
    [must('SKIP'), 'could not be asked'],
    [must('INCONCLUSIVE'), 'could not be judged'],
  ] as const
  const others = rest.filter(([count]) => count > 0).map(([count, what]) => `${countText(count)} ${what}`)
  const musts =
    all === 0
      ? 'No MUST rule was chosen'
      : must('PASS') === all
        ? `All ${numbered(all, 'MUST rule')} hold`
        : [`${countText(must('PASS'))} of ${numbered(all, 'MUST rule')} hold`, ...others].join(', ')
  const missed = should('NON-STRICT') + should('FAIL')
  return missed === 0 ? musts : `${musts}; ${numbered(missed, 'SHOULD rule')} missed`
}

function whatBroke(result: ConformanceResult): string {
  const failed = statesOf(result, 'MUST')('FAIL')
  const missed = result.cases.filter(
    (each) => each.level === 'SHOULD' && each.state !== 'XPASS' && weightOf(each, result) === 'red',
  ).length
  const fixed = result.counts.XPASS
  const { expired, unmatched } = result.knownFailures
  const parts = [
    ...(failed > 0 ? [`${countText(failed)} of ${numbered(mustsOf(result), 'MUST rule')} failed`] : []),
    ...(missed > 0 ? [`${numbered(missed, 'SHOULD rule')} missed under --strict`] : []),
    ...(fixed > 0 ? [`${numbered(fixed, 'known failure')} passed`] : []),
    ...(expired.length > 0 ? [`${numbered(expired.length, 'known failure')} expired`] : []),
    ...(unmatched.length > 0 ? [`${numbered(unmatched.length, 'known failure')} of no rule`] : []),
  ]
  return parts.length === 0 ? 'The documented contract is not honoured' : parts.join('; ')
}

function whatIsMissing(result: ConformanceResult): string {
  const missing = result.cases.filter((each) => weightOf(each, result) === 'open')
  if (result.cases.length === 0) return 'Nothing was asked of the target'
  if (missing.length > 0)
    return `${countText(missing.length)} of ${numbered(mustsOf(result), 'MUST rule')} could not be judged`
  return 'The evidence is not enough for a verdict'
}
