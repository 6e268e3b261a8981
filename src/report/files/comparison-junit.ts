import type { ComparedMetric, ComparisonResult } from '../../measure/comparison.ts'
import { COMPARISON_WORD, sentenceOf } from '../comparison-words.ts'
import { cut } from '../visible.ts'
import { isRed, junitDocument, type JunitSuite, type JunitTest, type Outcome } from './junit.ts'
import { element, xmlText } from './xml.ts'

/**
 * The comparison as JUnit XML: a testcase a metric and a fault. It is red exactly where the comparison is: what is worse is a failure
 * where the verdict is, what could not be told an error; metrics that inform are never red. What is red for none of them has a testcase
 * `verdict` that says so.
 */
export function comparisonJunit(result: ComparisonResult): string {
  const { metrics, absolute, run, verdict } = result
  const seconds = run.durationSeconds
  const suites: JunitSuite[] = [
    {
      name: 'metrics',
      seconds,
      tests: metrics.filter(({ isGated }) => isGated).map((each) => metricTest(each, result)),
    },
    {
      name: 'faults',
      seconds: 0,
      tests: absolute.map(({ name, a, b, status }) =>
        test(
          result,
          'faults',
          name,
          status === 'worse' ? redFor(result) : 'passed',
          `${a} in A, ${b} in B: ${status}`,
        ),
      ),
    },
    {
      name: 'for information',
      seconds: 0,
      tests: metrics
        .filter(({ isGated }) => !isGated)
        .map(({ name, verdict: found, says }) =>
          test(
            result,
            'for information',
            name,
            found === 'same' || found === 'better' ? 'passed' : 'skipped',
            says,
          ),
        ),
    },
  ].filter(({ tests }) => tests.length > 0)
  if (verdict.exitCode !== 0 && !suites.some(({ tests }) => tests.some(isRed)))
    suites.push({
      name: 'comparison',
      seconds: 0,
      tests: [
        test(
          result,
          'comparison',
          'verdict',
          verdict.status === 'worse' ? 'failure' : 'error',
          `${COMPARISON_WORD[verdict.status]}: ${sentenceOf(result)}`,
        ),
      ],
    })
  return junitDocument('stompede compare', run, suites)
}

// --- internal ---

const MOST_CHARACTERS = 8_000

function metricTest(metric: ComparedMetric, result: ComparisonResult): JunitTest {
  const { name, verdict, says } = metric
  const ended: Outcome =
    verdict === 'worse'
      ? redFor(result)
      : verdict === 'unknown'
        ? result.verdict.status === 'unknown' && result.verdict.exitCode !== 0
          ? 'error'
          : 'skipped'
        : 'passed'
  return test(result, 'metrics', name, ended, says)
}

/** What something that is worse is in the file: a failure only where the verdict says worse, too. */
function redFor({ verdict }: ComparisonResult): Outcome {
  if (verdict.exitCode === 0) return 'skipped'
  return verdict.status === 'worse' ? 'failure' : 'error'
}

function test(
  result: ComparisonResult,
  suite: string,
  name: string,
  outcome: Outcome,
  says: string,
): JunitTest {
  const message = cut(says, 500)
  const text = [says, `repeat: ${result.run.command}`].map((line) => cut(line, MOST_CHARACTERS)).join('\n')
  const inner =
    outcome === 'passed'
      ? []
      : outcome === 'skipped'
        ? [element('skipped', { message })]
        : [element(outcome, { message, type: COMPARISON_WORD[result.verdict.status] }, xmlText(text))]
  const properties = element('properties', {}, element('property', { name: 'says', value: message }))
  return {
    outcome,
    xml: element(
      'testcase',
      { name: cut(name, 200), classname: `comparison.${suite}`, time: '0.000' },
      properties,
      ...inner,
    ),
  }
}
