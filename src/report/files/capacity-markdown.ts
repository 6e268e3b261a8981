import type { CapacityResult } from '../../measure/capacity.ts'
import { capacityFacts } from '../capacity-facts.ts'
import { levelsOf } from '../capacity-levels.ts'
import { bareLoad, capacityWord, furtherOpen, rateText } from '../capacity-words.ts'
import { countText, numbered, spanText } from '../format.ts'
import { timedText } from '../timed.ts'
import { cut, visibleLine } from '../visible.ts'
import { code, fenced, plainMarkdown, tableRow } from './markdown.ts'

/**
 * The search as Markdown for a pull request's comment and GitHub's step summary: verdict, what was found, latency by load. At most
 * 60 lines, each of bounded length, so that it fits wherever Markdown is taken.
 */
export function capacityMarkdown(result: CapacityResult): string {
  return `${[
    ...head(result),
    ...factTable(result),
    ...levelTable(result),
    ...openNote(result),
    ...fenced(cut(visibleLine(result.run.command), MOST_LINE), 'sh'),
  ].join('\n')}\n`
}

// --- internal ---

const MOST_REASONS = 6
const MOST_LEVELS = 12
const MOST_OPEN = 5
const MOST_CELL = 300
const MOST_LINE = 1_500

const SIGN: Record<CapacityResult['verdict']['status'], string> = {
  pass: '✅',
  fail: '❌',
  inconclusive: '⚠️',
}

function head(result: CapacityResult): string[] {
  const { verdict, plan, run, environment, steps, headline } = result
  const more = verdict.reasons.length - MOST_REASONS
  const facts = [
    numbered(steps.length, 'step'),
    spanText(run.durationSeconds) + (run.isPartial ? ', a part of the search' : ''),
    code(environment.target.apiUrl ?? environment.target.stompUrl ?? 'no address'),
    `broker ${code(environment.target.broker)}`,
    `seed ${plan.seed}`,
    `exit code ${verdict.exitCode}`,
  ]
  return [
    `## ${SIGN[verdict.status]} ${capacityWord(result)}: ${plainMarkdown(plan.scenario, 120)}`,
    '',
    plainMarkdown(headline, MOST_LINE),
    '',
    ...verdict.reasons.slice(0, MOST_REASONS).map((reason) => `- ${plainMarkdown(reason, 500)}`),
    ...(more > 0 ? [`- and ${countText(more)} more`] : []),
    ...(verdict.reasons.length > 0 ? [''] : []),
    facts.join(' · '),
    '',
  ]
}

function factTable(result: CapacityResult): string[] {
  const { plan } = result
  return [
    '| | |',
    '| --- | --- |',
    tableRow([
      'objectives',
      plan.objectives
        .slice(0, 6)
        .map((each) => code(each))
        .join(', '),
    ]),
    ...capacityFacts(result).map(({ name, says }) => tableRow([name, plainMarkdown(says, MOST_CELL)])),
    '',
  ]
}

function levelTable(result: CapacityResult): string[] {
  const levels = levelsOf(result, MOST_LEVELS)
  if (levels.length === 0) return []
  const end = { verified: '**verified**', refuted: '**refuted**' } as const
  return [
    tableRow([result.plan.unit, 'held', 'p50, ms', 'p99, ms', 'deliveries/s', '']),
    '| --: | --: | --: | --: | --: | --- |',
    ...levels.map((level) =>
      tableRow([
        bareLoad(level.load),
        `${level.held} of ${level.steps}`,
        level.p50 === undefined ? '–' : timedText(level.p50),
        level.p99 === undefined ? '–' : timedText(level.p99),
        rateText(level.deliveriesPerSecond),
        level.end === undefined ? '' : end[level.end],
      ]),
    ),
    '',
  ]
}

function openNote(result: CapacityResult): string[] {
  const undecided = furtherOpen(result)
  const more = undecided.length - MOST_OPEN
  return [
    ...undecided.slice(0, MOST_OPEN).map((each) => `- left open: ${plainMarkdown(each, 500)}`),
    ...(more > 0 ? [`- and ${countText(more)} more`] : []),
    ...(undecided.length > 0 ? [''] : []),
  ]
}
