import { EXIT } from '../errors.ts'
import type { RunResult } from '../measure/result.ts'
import { countText, numbered, partText } from './format.ts'

/** A run's verdict as a person reads it. */
export interface VerdictWords {
  word: 'Pass' | 'Fail' | 'Inconclusive'
  /** What the verdict means, in one sentence. */
  sentence: string
  /** What it rests on, one line each; empty for a pass. */
  reasons: readonly string[]
}

/** Puts the verdict into words. The sentence of a pass is made of the run's own figures, never of its status alone. */
export function verdictWords(result: RunResult): VerdictWords {
  const { status, exitCode, reasons } = result.verdict
  const sentence = status === 'pass' ? whatHeld(result) : (MEANING[exitCode] ?? UNNAMED[status])
  return { word: WORD[status], sentence, reasons }
}

/** The state of the run's own evidence, in one line: `valid · 7 of 7 checks`. */
export function validityWords({ status, checks }: RunResult['validity']): string {
  const judged = checks.filter(({ isJudged }) => isJudged !== false)
  const good = judged.filter((check) => check.status === 'ok').length
  const rest = checks.length - judged.length
  const notJudged = rest === 0 ? '' : `, ${rest} not judged`
  return `${VALIDITY[status]} · ${good} of ${numbered(judged.length, 'check')} ok${notJudged}`
}

/** Where the faults are planted on purpose, the line that says so. */
export function plantedWords({ planted, environment }: RunResult): string | undefined {
  const counts = new Map(environment.target.faults.map((fault) => [fault.replace(/:1\/\d+$/, ''), 0]))
  for (const [fault, count] of Object.entries(planted)) counts.set(fault, count)
  if (counts.size === 0) return undefined
  return [...counts].map(([fault, count]) => `${fault} × ${countText(count)}`).join(', ')
}

// --- internal ---

const WORD: Record<RunResult['verdict']['status'], VerdictWords['word']> = {
  pass: 'Pass',
  fail: 'Fail',
  inconclusive: 'Inconclusive',
}

const UNDECIDED = 'This run says nothing about the target, neither good nor bad.'

const MEANING: Record<number, string> = {
  [EXIT.delivery]: 'The target broke its delivery promise or the contract.',
  [EXIT.threshold]: 'Every delivery was accounted for, but a threshold failed.',
  [EXIT.scenarioException]: 'The scenario’s own code threw.',
  [EXIT.thresholdAbort]: 'A threshold failed and ended the run early.',
  [EXIT.inconclusive]: UNDECIDED,
  [EXIT.signal]: 'Stopped before its planned end: what follows is a part of the run.',
}

/** For exit codes of later versions. */
const UNNAMED = { fail: 'A promise was broken.', inconclusive: UNDECIDED } as const

const VALIDITY: Record<RunResult['validity']['status'], string> = {
  valid: 'valid',
  suspect: 'suspect',
  invalid: 'not valid',
}

function whatHeld({ ledger: { messages }, counters, thresholds }: RunResult): string {
  const { expected, received, lost, late, duplicated, reordered, leaked, corrupted } = messages
  const faults = expected - received + lost.total + late + duplicated + reordered + leaked + corrupted
  const deliveries =
    expected === 0
      ? 'No message delivery was owed'
      : faults === 0
        ? `All ${countText(expected)} deliveries arrived once, in order and unchanged`
        : `${countText(received)} of ${numbered(expected, 'delivery', 'deliveries')} arrived (${partText(received, expected)})`
  const broken = counters.contract_violations
  const contract = broken === 0 ? 'every payload kept the contract' : numbered(broken, 'contract violation')
  const passed = thresholds.filter(({ status }) => status === 'pass').length
  const limits =
    thresholds.length === 0 ? '' : `; ${passed} of ${numbered(thresholds.length, 'threshold')} held`
  return `${deliveries}; ${contract}${limits}.`
}
