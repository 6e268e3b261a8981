import type { ComparedMetric, ComparisonResult } from '../../measure/comparison.ts'
import { COMPARISON_WORD, furtherReasons, gatedFirst, methodWords, sentenceOf } from '../comparison-words.ts'
import { countText, numbered, spanText } from '../format.ts'
import { cut, visibleLine } from '../visible.ts'
import { code, fenced, plainMarkdown, tableRow } from './markdown.ts'

/**
 * The comparison as Markdown for a pull request's comment and GitHub's step summary: verdict, the line of every gated metric, faults of
 * one side; the metrics that inform behind `<details>`. At most 60 lines, each of bounded length.
 */
export function comparisonMarkdown(result: ComparisonResult): string {
  const metrics = gatedFirst(result.metrics)
  return `${[
    ...head(result),
    ...lineTable(
      metrics.filter(({ isGated }) => isGated),
      MOST_GATED,
    ),
    ...faultTable(result),
    ...informing(metrics.filter(({ isGated }) => !isGated)),
    ...fenced(cut(visibleLine(result.run.command), MOST_LINE), 'sh'),
  ].join('\n')}\n`
}

// --- internal ---

const MOST_REASONS = 6
const MOST_GATED = 8
const MOST_INFORMING = 12
const MOST_FAULTS = 8
const MOST_CELL = 400
const MOST_LINE = 1_500

const SIGN: Record<ComparedMetric['verdict'], string> = {
  worse: '❌',
  better: '✅',
  same: '✅',
  unknown: '⚠️',
}

function head(result: ComparisonResult): string[] {
  const { verdict, plan, run, sides, advisory } = result
  const reasons = [...advisory.map((each) => `advice only: ${each}`), ...furtherReasons(result)]
  const more = reasons.length - MOST_REASONS
  const discarded = sides.a.discarded + sides.b.discarded
  const facts = [
    `A ${code(cut(sides.a.name, 80))}`,
    `B ${code(cut(sides.b.name, 80))}`,
    methodWords(result) + (run.isPartial ? ', a part of the comparison' : ''),
    numbered(plan.users, 'user'),
    spanText(run.durationSeconds),
    ...(discarded > 0 ? [`${numbered(discarded, 'run')} thrown away`] : []),
    `exit code ${verdict.exitCode}`,
  ]
  return [
    `## ${SIGN[verdict.status]} ${COMPARISON_WORD[verdict.status]}: ${plainMarkdown(plan.scenario, 120)}`,
    '',
    plainMarkdown(sentenceOf(result), MOST_LINE),
    '',
    ...reasons.slice(0, MOST_REASONS).map((reason) => `- ${plainMarkdown(reason, 500)}`),
    ...(more > 0 ? [`- and ${countText(more)} more`] : []),
    ...(reasons.length > 0 ? [''] : []),
    facts.join(' · '),
    '',
  ]
}

function lineTable(metrics: readonly ComparedMetric[], most: number): string[] {
  if (metrics.length === 0) return []
  const more = metrics.length - most
  return [
    '| | metric |',
    '| --- | --- |',
    ...metrics
      .slice(0, most)
      .map(({ verdict, says }) =>
        tableRow([
          `${SIGN[verdict]} ${COMPARISON_WORD[verdict].toLowerCase()}`,
          plainMarkdown(says, MOST_CELL),
        ]),
      ),
    ...(more > 0 ? [tableRow(['', `and ${numbered(more, 'more', 'more')}`])] : []),
    '',
  ]
}

function faultTable({ absolute }: ComparisonResult): string[] {
  const odd = absolute.filter(({ status }) => status !== 'ok')
  if (odd.length === 0) return absolute.length === 0 ? [] : ['No fault makes B worse.', '']
  const more = odd.length - MOST_FAULTS
  return [
    '| faults | A | B | |',
    '| --- | --: | --: | --- |',
    ...odd
      .slice(0, MOST_FAULTS)
      .map(({ name, a, b, status }) =>
        tableRow([
          code(cut(name, 80)),
          countText(a),
          countText(b),
          status === 'worse' ? '❌ **worse**' : '✅ better',
        ]),
      ),
    ...(more > 0 ? [tableRow([`and ${numbered(more, 'more', 'more')}`, '', '', ''])] : []),
    '',
  ]
}

function informing(metrics: readonly ComparedMetric[]): string[] {
  if (metrics.length === 0) return []
  return [
    `<details><summary>${numbered(metrics.length, 'metric')} for information</summary>`,
    '',
    ...lineTable(metrics, MOST_INFORMING),
    '</details>',
    '',
  ]
}
