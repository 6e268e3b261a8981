import type { RunResult, ThresholdRow, ValidityCheck } from '../../measure/result.ts'
import { countText, measuredText } from '../format.ts'
import { marginText } from '../margin.ts'
import { verdictWords } from '../verdict-words.ts'
import { cut } from '../visible.ts'
import { isRed, junitDocument, type JunitSuite, type JunitTest, type Outcome } from './junit.ts'
import { element, xmlText } from './xml.ts'

/**
 * The run as JUnit XML: the suites `validity`, `thresholds` and `deliveries`. It is red exactly where the run is: what the target
 * broke is a failure, what the generator did wrong an error, what is not judged or not known is skipped. A run that is red for
 * none of these (users that never connected, a signal) has a testcase `verdict` that says so.
 */
export function runJunit(result: RunResult): string {
  const suites: JunitSuite[] = [
    { name: 'validity', seconds: 0, tests: result.validity.checks.map(validityTest) },
    { name: 'thresholds', seconds: 0, tests: thresholdTests(result.thresholds) },
    { name: 'deliveries', seconds: result.run.durationSeconds, tests: deliveryTests(result) },
  ]
  const isTold = suites.some(({ tests }) => tests.some(isRed))
  if (result.verdict.exitCode !== 0 && !isTold)
    suites.push({ name: 'run', seconds: 0, tests: [verdictTest(result)] })
  return junitDocument(`stompede run ${result.plan.scenario}`, result.run, suites)
}

// --- internal ---

const MOST_CHARACTERS = 500

interface Told {
  suite: string
  name: string
  outcome: Outcome
  /** What a person reads first. */
  message: string
  /** Further lines. */
  text?: readonly string[]
  properties: Readonly<Record<string, string>>
}

function testcase({ suite, name, outcome, message, text = [], properties }: Told): JunitTest {
  const rows = Object.entries(properties).map(([key, value]) =>
    element('property', { name: key, value: cut(value, MOST_CHARACTERS) }),
  )
  const ended =
    outcome === 'passed'
      ? []
      : [
          element(
            outcome,
            {
              message: cut(message, MOST_CHARACTERS),
              ...(outcome === 'skipped' ? {} : { type: `${suite}.${outcome}` }),
            },
            ...(outcome === 'skipped' || text.length === 0
              ? []
              : [xmlText(text.map((line) => cut(line, 4 * MOST_CHARACTERS)).join('\n'))]),
          ),
        ]
  return {
    outcome,
    xml: element(
      'testcase',
      { name, classname: `load.${suite}`, time: '0.000' },
      ...(rows.length === 0 ? [] : [element('properties', {}, ...rows)]),
      ...ended,
    ),
  }
}

/** An invalid check is a fault of the harness; a suspect one leaves its mark, and is red only where the run is. */
function validityTest({
  id,
  says,
  value,
  limit,
  unit,
  status,
  isJudged,
  note,
  proposal,
}: ValidityCheck): JunitTest {
  const outcome =
    status === 'invalid' ? 'error' : status === 'suspect' || isJudged === false ? 'skipped' : 'passed'
  const measured = measuredText(value, unit)
  const word = isJudged === false ? 'not judged' : status
  return testcase({
    suite: 'validity',
    name: id,
    outcome,
    message: `${word}: ${measured}, limit ${measuredText(limit, unit)}; wanted: ${says}${note === undefined ? '' : `; ${note}`}`,
    text: proposal === undefined ? [] : [proposal],
    properties: { measured, limit: measuredText(limit, unit), status: word },
  })
}

const THRESHOLD_OUTCOME: Record<ThresholdRow['status'], Outcome> = {
  pass: 'passed',
  fail: 'failure',
  unknown: 'skipped',
}

/** Consumers take testcases of one name for one. */
function thresholdTests(rows: readonly ThresholdRow[]): JunitTest[] {
  const seen = new Map<string, number>()
  return rows.map((row) => {
    const name = cut(`${row.metric} ${row.expression}`, MOST_CHARACTERS)
    const times = (seen.get(name) ?? 0) + 1
    seen.set(name, times)
    return thresholdTest(row, times === 1 ? name : `${name} (${times})`)
  })
}

function thresholdTest(row: ThresholdRow, name: string): JunitTest {
  const { expression, observed, unit, isAtLeast, status } = row
  const measured = observed === null ? 'nothing' : `${isAtLeast ? '≥ ' : ''}${measuredText(observed, unit)}`
  return testcase({
    suite: 'thresholds',
    name,
    outcome: THRESHOLD_OUTCOME[status],
    message:
      status === 'unknown' ? `not judged: observed ${measured}` : `observed ${measured}, ${marginText(row)}`,
    properties: { measured, limit: expression, margin: marginText(row) },
  })
}

/** What each counter of the ledger must not do, in the order of the ledger. */
const PROMISES: readonly (readonly [counter: string, says: string, count: (result: RunResult) => number])[] =
  [
    ['deliveries_lost', 'every owed message arrived', ({ ledger }) => ledger.messages.lost.total],
    ['deliveries_late', 'every owed message arrived in time', ({ ledger }) => ledger.messages.late],
    ['deliveries_duplicated', 'no message arrived twice', ({ ledger }) => ledger.messages.duplicated],
    ['deliveries_reordered', 'messages kept their order', ({ ledger }) => ledger.messages.reordered],
    ['deliveries_leaked', 'nobody received what was not theirs', ({ ledger }) => ledger.messages.leaked],
    ['deliveries_corrupted', 'messages arrived unchanged', ({ ledger }) => ledger.messages.corrupted],
    ['typing_duplicated', 'no typing event arrived twice', ({ ledger }) => ledger.typing.duplicated],
    [
      'typing_leaked',
      'nobody received typing events that were not theirs',
      ({ ledger }) => ledger.typing.leaked,
    ],
    [
      'contract_violations',
      'every payload kept the contract',
      ({ counters }) => counters.contract_violations,
    ],
    ['connections_lost', 'the other side closed no connection', ({ counters }) => counters.connections_lost],
  ]

/** What the verdict names is held against the target; what it does not name is waived by a threshold, or cannot be judged. */
function deliveryTests(result: RunResult): JunitTest[] {
  const { messages } = result.ledger
  return PROMISES.map(([counter, says, countOf]) => {
    const count = countOf(result)
    const reason = result.verdict.reasons.find((each) => each.startsWith(`${counter}: `))
    const isWaived = result.thresholds.some(({ metric, status }) => metric === counter && status === 'pass')
    const isBlamed = reason !== undefined && result.verdict.status === 'fail'
    const outcome = count === 0 || isWaived ? 'passed' : isBlamed ? 'failure' : 'skipped'
    return testcase({
      suite: 'deliveries',
      name: counter,
      outcome,
      message: isBlamed
        ? `${says}: ${reason}`
        : `${countText(count)}, not held against the target in this run`,
      text: outcome === 'failure' ? [`repeat: ${result.run.command}`] : [],
      properties: {
        measured: countText(count),
        limit: '0',
        ...(counter === 'deliveries_lost' ? { owed: countText(messages.expected) } : {}),
      },
    })
  })
}

function verdictTest(result: RunResult): JunitTest {
  const { word, sentence, reasons } = verdictWords(result)
  return testcase({
    suite: 'run',
    name: 'verdict',
    outcome: result.verdict.status === 'fail' ? 'failure' : 'error',
    message: [`${word}: ${sentence}`, ...reasons].join(' '),
    text: [...reasons, `repeat: ${result.run.command}`],
    properties: {},
  })
}
