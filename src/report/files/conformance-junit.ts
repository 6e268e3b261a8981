import type { ConformanceCase, ConformanceResult } from '../../measure/conformance.ts'
import { transcriptFile } from '../evidence-paths.ts'
import { transcriptText, type Room } from '../conformance-transcript.ts'
import { basisText, excuseText, gateWords, remedyOf, sectionsOf, weightOf } from '../conformance-words.ts'
import { cut } from '../visible.ts'
import { isRed, junitDocument, type JunitSuite, type JunitTest, type Outcome } from './junit.ts'
import { element, xmlText } from './xml.ts'

/**
 * The gate as JUnit XML, in the subset that CI systems agree on: a suite a section, a testcase a rule. It is red exactly
 * where the gate is: what breaks it (FAIL, XPASS) is a failure, what leaves it open (INCONCLUSIVE) an error. SKIP, XFAIL and
 * a SHOULD that failed without being judged are skipped, with their reasons. A gate that is red for none of its cases (nothing could be asked, an entry of the known-failures file expired)
 * has a testcase `verdict` that says so: no consumer may take it for green.
 */
export function junitText(result: ConformanceResult): string {
  const suites = sectionsOf(result).map(({ section, name }): JunitSuite => ({
    name,
    seconds: secondsOf(result.cases.filter((each) => each.section === section)),
    tests: result.cases
      .filter((each) => each.section === section)
      .map((each): JunitTest => ({ outcome: outcomeOf(each, result), xml: testcase(each, result) })),
  }))
  const isTold = suites.some(({ tests }) => tests.some(isRed))
  if (result.verdict.exitCode !== 0 && !isTold)
    suites.push({ name: 'The gate', seconds: 0, tests: [verdictTest(result)] })
  return junitDocument('stompede conform', result.run, suites)
}

// --- internal ---

/** What CI systems show of one case before it gets unreadable or too large to be taken. */
const ROOM: Room = { lines: 120, characters: 2_000 }
const MOST_CHARACTERS = 8_000

function outcomeOf(each: ConformanceCase, result: ConformanceResult): Outcome {
  const weight = weightOf(each, result)
  if (weight === 'red') return 'failure'
  if (weight === 'open') return 'error'
  return each.state === 'PASS' || each.state === 'NON-STRICT' || each.state === 'INFO' ? 'passed' : 'skipped'
}

function testcase(each: ConformanceCase, result: ConformanceResult): string {
  const outcome = outcomeOf(each, result)
  const transcript = transcriptText(each, ROOM, transcriptFile(each)).join('\n')
  return element(
    'testcase',
    { name: each.id, classname: `conformance.${each.section}`, time: secondsOf([each]).toFixed(3) },
    properties(each),
    ...(outcome === 'passed' ? [] : [ended(outcome, each)]),
    ...(transcript === '' ? [] : [element('system-out', {}, xmlText(transcript))]),
  )
}

function properties({ title, level, basis, state, severity }: ConformanceCase): string {
  const rows = { title, level, basis: basisText(basis), state, ...(severity === null ? {} : { severity }) }
  return element(
    'properties',
    {},
    ...Object.entries(rows).map(([name, value]) => element('property', { name, value: cut(value, 500) })),
  )
}

function ended(outcome: Exclude<Outcome, 'passed'>, each: ConformanceCase): string {
  const reason = each.state === 'XFAIL' && each.excuse !== null ? excuseText(each.excuse) : each.actual
  const message = cut(`${each.title}: ${reason}`, 500)
  if (outcome === 'skipped') return element('skipped', { message: cut(`${each.state}: ${reason}`, 500) })
  const remedy = remedyOf(each)
  const text = [
    `${basisText(each.basis)}: “${each.basis.quote}”`,
    `sent: ${each.sends}`,
    ...each.expected.map((outcomeText) => `expected: ${outcomeText}`),
    `actual: ${each.actual}`,
    ...(each.fragment === null ? [] : [`found: ${each.fragment.path}: ${each.fragment.found}`]),
    ...(each.excuse === null ? [] : [`excused: ${excuseText(each.excuse)}`]),
    ...(remedy === null ? [] : [`remedy: ${remedy}`]),
    ...each.reproduce.map((line) => `repeat: ${line}`),
  ]
  return element(
    outcome,
    { message, type: each.state },
    xmlText(text.map((line) => cut(line, MOST_CHARACTERS)).join('\n')),
  )
}

function verdictTest(result: ConformanceResult): JunitTest {
  const { word, sentence, reasons } = gateWords(result)
  const outcome = result.verdict.status === 'nonconformant' ? 'failure' : 'error'
  const told = element(
    outcome,
    { message: cut([sentence, ...reasons].join(' '), 500), type: word },
    xmlText(
      [...reasons, `repeat: ${result.run.command}`].map((line) => cut(line, MOST_CHARACTERS)).join('\n'),
    ),
  )
  return {
    outcome,
    xml: element('testcase', { name: 'verdict', classname: 'conformance.The gate', time: '0.000' }, told),
  }
}

function secondsOf(cases: readonly ConformanceCase[]): number {
  return cases.reduce((sum, { durationMs }) => sum + Math.max(0, durationMs), 0) / 1e3
}
