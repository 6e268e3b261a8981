import { element } from './xml.ts'

// JUnit XML in the subset that CI systems agree on; there is no official specification.

/** How a testcase ended: `failure` = an assertion broke, `error` = the harness did, `skipped` = not judged. */
export type Outcome = 'passed' | 'failure' | 'error' | 'skipped'

export interface JunitTest {
  outcome: Outcome
  /** The element `testcase`. */
  xml: string
}

export interface JunitSuite {
  name: string
  seconds: number
  tests: JunitTest[]
}

/** Whether a consumer shows the testcase in red. */
export function isRed({ outcome }: JunitTest): boolean {
  return outcome === 'failure' || outcome === 'error'
}

/** The whole file; `startedAt` is ISO 8601 in UTC. */
export function junitDocument(
  name: string,
  { startedAt, durationSeconds }: { startedAt: string; durationSeconds: number },
  suites: readonly JunitSuite[],
): string {
  const body = suites.map((suite) =>
    element(
      'testsuite',
      {
        name: suite.name,
        ...countsOf(suite.tests),
        time: suite.seconds.toFixed(3),
        timestamp: startedAt.replace(/(?:\.\d+)?Z$/, ''),
      },
      ...suite.tests.map(({ xml }) => `\n    ${xml}`),
      '\n  ',
    ),
  )
  const root = element(
    'testsuites',
    { name, ...countsOf(suites.flatMap(({ tests }) => tests)), time: durationSeconds.toFixed(3) },
    ...body.map((suite) => `\n  ${suite}`),
    '\n',
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n`
}

// --- internal ---

function countsOf(tests: readonly JunitTest[]): Record<string, number> {
  const count = (wanted: Outcome): number => tests.filter(({ outcome }) => outcome === wanted).length
  return {
    tests: tests.length,
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
  }
}
