import type { RunResult, TrendSummary } from '../../measure/result.ts'
import { countText, measuredText, msText, numbered, partText, spanText } from '../format.ts'
import { marginText } from '../margin.ts'
import { stepsOf } from '../steps.ts'
import { plantedWords, validityWords, verdictWords } from '../verdict-words.ts'
import { cut, visibleLine } from '../visible.ts'
import { code, fenced, MOST_BYTES, plainHtml, plainMarkdown, tableRow } from './markdown.ts'

/**
 * The run as Markdown for a pull request's comment and GitHub's step summary: verdict, validity, thresholds, what became of every
 * delivery, latencies; behind `<details>` each broken rule and error with an example, as far as MOST_BYTES has room.
 */
export function runMarkdown(result: RunResult): string {
  let text = [
    ...head(result),
    ...notes(result),
    ...thresholdTable(result),
    ...ledgerTable(result),
    ...latencyTable(result),
    ...fenced(cut(visibleLine(result.run.command), MOST_LINE), 'sh'),
  ].join('\n')
  const troubles = troublesOf(result)
  let shown = 0
  for (const each of troubles) {
    const block = `\n\n${details(each)}`
    if (Buffer.byteLength(text) + Buffer.byteLength(block) > MOST_BYTES - ROOM_FOR_NOTE) break
    text += block
    shown++
  }
  const rest = result.violations.length + result.errors.length - shown
  return rest > 0
    ? `${text}\n\n${numbered(rest, 'more kind')} of violations and errors: see \`report.html\`.\n`
    : `${text}\n`
}

// --- internal ---

const ROOM_FOR_NOTE = 120
const MOST_REASONS = 8
const MOST_THRESHOLDS = 20
const MOST_STEPS = 25
const MOST_TROUBLES = 20
const MOST_CELL = 240
const MOST_LINE = 1_500
const SHOWN_PERCENTILES = ['50', '90', '99', '99.9'] as const

const SIGN: Record<RunResult['verdict']['status'], string> = { pass: '✅', fail: '❌', inconclusive: '⚠️' }
const THRESHOLD_SIGN = { pass: '✅ pass', fail: '❌ **fail**', unknown: '⚠️ unknown' } as const

function head(result: RunResult): string[] {
  const { word, sentence, reasons } = verdictWords(result)
  const { run, plan, environment, verdict, validity } = result
  const more = reasons.length - MOST_REASONS
  const facts = [
    numbered(plan.users, 'user'),
    spanText(run.durationSeconds) + (run.isPartial ? ` of ${spanText(plan.durationSeconds)}` : ''),
    code(environment.target.apiUrl ?? environment.target.stompUrl ?? 'no address'),
    `broker ${code(environment.target.broker)}`,
    `seed ${plan.seed}`,
    `exit code ${verdict.exitCode}`,
  ]
  return [
    `## ${SIGN[verdict.status]} ${word}: ${plainMarkdown(plan.scenario, 120)}`,
    '',
    plainMarkdown(sentence, MOST_LINE),
    '',
    ...reasons.slice(0, MOST_REASONS).map((reason) => `- ${plainMarkdown(reason, 500)}`),
    ...(more > 0 ? [`- and ${countText(more)} more`] : []),
    ...(reasons.length > 0 ? [''] : []),
    facts.join(' · '),
    '',
    `Run: ${validityWords(validity)}.`,
    '',
  ]
}

/** What limits what the run may say. */
function notes(result: RunResult): string[] {
  const planted = plantedWords(result)
  const broken = result.validity.checks.filter(({ status }) => status !== 'ok')
  return [
    ...broken.map(({ id, status, value, limit, unit, proposal }) => {
      const figures = `${measuredText(value, unit)}, limit ${measuredText(limit, unit)}`
      const advice = proposal === undefined ? '' : `; ${plainMarkdown(proposal, 300)}`
      return `- ${status}: ${code(id)} ${figures}${advice}`
    }),
    ...(broken.length > 0 ? [''] : []),
    ...(planted === undefined
      ? []
      : [`This target breaks on purpose: ${plainMarkdown(planted, MOST_LINE)}.`, '']),
  ]
}

function thresholdTable({ thresholds }: RunResult): string[] {
  if (thresholds.length === 0) return []
  const more = thresholds.length - MOST_THRESHOLDS
  return [
    tableRow(['threshold', 'observed', 'margin', '']),
    '| --- | --: | --: | --- |',
    ...thresholds.slice(0, MOST_THRESHOLDS).map((row) => {
      const { metric, expression, observed, unit, isAtLeast, status } = row
      const value = observed === null ? '–' : `${isAtLeast ? '≥ ' : ''}${measuredText(observed, unit)}`
      return tableRow([code(`${metric} ${expression}`), value, marginText(row), THRESHOLD_SIGN[status]])
    }),
    ...(more > 0 ? [tableRow([`and ${numbered(more, 'more', 'more')}`, '', '', ''])] : []),
    '',
  ]
}

function ledgerTable({ ledger: { messages, typing, isDrained }, counters }: RunResult): string[] {
  const { lost } = messages
  const places = `head ${countText(lost.head)}, middle ${countText(lost.middle)}, tail ${countText(lost.tail)}`
  const bad = (count: number): string => (count > 0 ? `**${countText(count)}**` : '0')
  const row = (what: string, ofMessages: string, ofTyping: string): string =>
    tableRow([what, ofMessages, ofTyping])
  return [
    row('deliveries', 'messages', 'typing events'),
    '| --- | --: | --: |',
    row('sent', countText(messages.sent), countText(typing.sent)),
    row('owed', countText(messages.expected), countText(typing.expected)),
    row(
      'delivered',
      `${countText(messages.received)} (${partText(messages.received, messages.expected)})`,
      `${countText(typing.received)} (${partText(typing.received, typing.expected)})`,
    ),
    row('lost', bad(lost.total) + (lost.total > 0 ? ` (${places})` : ''), bad(typing.lost)),
    row('late', bad(messages.late), ''),
    ...(messages.pending > 0 ? [row('on their way at the end', bad(messages.pending), '')] : []),
    row('duplicated', bad(messages.duplicated), bad(typing.duplicated)),
    row('reordered', bad(messages.reordered), ''),
    row('leaked', bad(messages.leaked), bad(typing.leaked)),
    row('corrupted', bad(messages.corrupted), ''),
    row('lost in a reconnect gap, not judged', countText(messages.gapLost), ''),
    '',
    `${numbered(counters.contract_violations, 'contract violation')} in ${numbered(counters.ws_msgs_received, 'frame')}.` +
      (isDrained ? '' : ' Deliveries were still on their way at the end.'),
    '',
  ]
}

function latencyTable({ trends }: RunResult): string[] {
  const steps = stepsOf(trends)
  if (steps.length === 0) return []
  const more = steps.length - MOST_STEPS
  return [
    tableRow(['latency, ms', 'count', ...SHOWN_PERCENTILES.map((p) => `p${p}`), 'max']),
    tableRow(['---', '--:', ...SHOWN_PERCENTILES.map(() => '--:'), '--:']),
    ...steps
      .slice(0, MOST_STEPS)
      .map(({ metric, trend }) =>
        tableRow([
          code(metric),
          countText(trend.count),
          ...SHOWN_PERCENTILES.map((p) => percentileText(trend, p)),
          `${trend.censored > 0 ? '≥ ' : ''}${msText(trend.maxUs)}`,
        ]),
      ),
    ...(more > 0
      ? [tableRow([`and ${numbered(more, 'more', 'more')}`, '', ...SHOWN_PERCENTILES.map(() => ''), ''])]
      : []),
    '',
  ]
}

function percentileText({ percentilesUs, atLeast }: TrendSummary, percentile: string): string {
  const us = percentilesUs[percentile]
  return us === undefined ? '–' : `${atLeast.includes(percentile) ? '≥ ' : ''}${msText(us)}`
}

interface Trouble {
  count: number
  name: string
  says: string
  example: string
}

/** The most frequent of each, violations first. */
function troublesOf({ violations, errors }: RunResult): Trouble[] {
  const broken = violations.slice(0, MOST_TROUBLES)
  return [
    ...broken.map(({ count, rule, detail, examples: [first] }) => ({
      count,
      name: rule,
      says: detail,
      example: first === undefined ? '' : `${cut(first.where, 200)}\n${cut(first.payload, 600)}`,
    })),
    ...errors.slice(0, MOST_TROUBLES - broken.length).map(({ count, class: name, example }) => ({
      count,
      name,
      says: '',
      example: cut(example, 600),
    })),
  ]
}

function details({ count, name, says, example }: Trouble): string {
  return [
    `<details><summary>${countText(count)} × <code>${plainHtml(name, 120)}</code></summary>`,
    '',
    ...(says === '' ? [] : [plainMarkdown(says, MOST_CELL), '']),
    ...(example === '' ? [] : fenced(example, 'text')),
    '',
    '</details>',
  ].join('\n')
}
