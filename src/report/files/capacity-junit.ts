import type { CapacityResult } from '../../measure/capacity.ts'
import { bracketWords, capacityWord, headroomWords, OUTCOME_WORD } from '../capacity-words.ts'
import { cut } from '../visible.ts'
import { isRed, junitDocument, type JunitTest, type Outcome } from './junit.ts'
import { element, xmlText } from './xml.ts'

/**
 * The search as JUnit XML: what was asked of the target as testcases. It is red exactly where the search is; what is red for none of
 * them has a testcase `verdict` that says so.
 */
export function capacityJunit(result: CapacityResult): string {
  const tests = [bracketTest(result), ...plannedTest(result), ...soakTest(result), ...overloadTest(result)]
  if (result.verdict.exitCode !== 0 && !tests.some(isRed)) tests.push(verdictTest(result))
  return junitDocument('stompede capacity', result.run, [
    { name: 'capacity', seconds: result.run.durationSeconds, tests },
  ])
}

// --- internal ---

const MOST_CHARACTERS = 8_000

function bracketTest(result: CapacityResult): JunitTest {
  const { outcome, verified } = result.bracket
  const ended =
    outcome === 'bracketed' || (outcome === 'generator-limited' && verified !== null)
      ? 'passed'
      : outcome === 'unmet'
        ? 'failure'
        : 'error'
  return test(result, 'bracket', ended, bracketWords(result), [result.headline, ...result.undecided])
}

function plannedTest(result: CapacityResult): JunitTest[] {
  const { headroom, plan } = result
  if (plan.plannedLoad === null) return []
  if (headroom === null)
    return [test(result, 'planned load', 'error', 'no load was verified', result.undecided)]
  const says = headroomWords(headroom.share, plan.plannedLoad, plan.unit)
  return [test(result, 'planned load', headroom.share < 0 ? 'failure' : 'passed', says, [])]
}

function soakTest(result: CapacityResult): JunitTest[] {
  const { soak } = result
  if (soak === null) return []
  const outcome = { pass: 'passed', fail: 'failure', generator: 'error', fault: 'error' } as const
  return [test(result, 'soak', outcome[soak.status], OUTCOME_WORD[soak.status], soak.reasons)]
}

function overloadTest(result: CapacityResult): JunitTest[] {
  const { overload } = result
  if (overload === null) return []
  const isBack = overload.recoverySeconds !== null
  return [
    test(
      result,
      'overload',
      isBack ? 'passed' : 'failure',
      isBack ? 'recovered' : 'did not recover',
      overload.reasons,
    ),
  ]
}

function verdictTest(result: CapacityResult): JunitTest {
  const outcome = result.verdict.status === 'fail' ? 'failure' : 'error'
  return test(
    result,
    'verdict',
    outcome,
    `${capacityWord(result)}: ${result.headline}`,
    result.verdict.reasons,
  )
}

/** What is no failure of the search may not be one of the file: there it is skipped, with its reason. */
function test(
  result: CapacityResult,
  name: string,
  ended: Outcome,
  says: string,
  reasons: readonly string[],
): JunitTest {
  const outcome = ended !== 'passed' && result.verdict.exitCode === 0 ? 'skipped' : ended
  const attributes = { name, classname: 'capacity', time: '0.000' }
  const text = [...reasons, `repeat: ${result.run.command}`]
    .map((line) => cut(line, MOST_CHARACTERS))
    .join('\n')
  const message = cut(says, 500)
  const inner =
    outcome === 'passed'
      ? []
      : outcome === 'skipped'
        ? [element('skipped', { message })]
        : [element(outcome, { message, type: name }, xmlText(text))]
  const properties = element('properties', {}, element('property', { name: 'says', value: message }))
  return { outcome, xml: element('testcase', attributes, properties, ...inner) }
}
