import type { ComparisonResult } from '../../measure/comparison.ts'
import {
  asItIs,
  COMPARISON_WORD,
  gatedFirst,
  intervalText,
  isScatter,
  methodWords,
  sentenceOf,
  SIGN_OF_COMPARISON,
} from '../comparison-words.ts'
import { countText, numbered, spanText } from '../format.ts'
import { changeText } from '../metric-value.ts'
import { bounded, unbroken } from '../visible.ts'
import { icon } from './icons.ts'
import { html, isolated, type Markup } from './markup.ts'
import { note, tiles } from './tile.ts'
import { momentText } from './verdict.ts'

/** The comparison's verdict in words with what it rests on; above it whatever limits what it may say. */
export function comparisonVerdictPart(result: ComparisonResult): Markup {
  const { run, plan, verdict, sides } = result
  const sign = SIGN_OF_COMPARISON[verdict.status]
  const more = verdict.reasons.length - MOST_REASONS
  return html`${notices(result)}
    <div class="verdict ${sign}">
      <h1>${icon(sign)}${COMPARISON_WORD[verdict.status]}</h1>
      <p class="sentence">${short(sentenceOf(result))}</p>
      ${meaning(result)}
      ${
        verdict.reasons.length > 0 &&
        html`<ul>
          ${verdict.reasons.slice(0, MOST_REASONS).map((reason) => html`<li>${short(reason)}</li>`)}
          ${more > 0 && html`<li>and ${countText(more)} more in <code>result.json</code></li>`}
        </ul>`
      }
      <p class="facts">
        <span>${short(plan.scenario)}</span>
        <span>A ${short(sides.a.name)} → B ${short(sides.b.name)}</span>
        <span>${methodWords(result)}</span>
        <span>${numbered(plan.users, 'user')}</span>
        <span>${spanText(run.durationSeconds)}</span>
        <span>${momentText(run.startedAt)}</span>
        <span>exit code ${verdict.exitCode}</span>
      </p>
    </div>`
}

/** The gated metrics at a glance: at most four. */
export function comparisonTilesPart({ metrics }: ComparisonResult): Markup {
  const gated = gatedFirst(metrics).filter(({ isGated }) => isGated)
  return html`${
    gated.length > 0 &&
    tiles(
      metrics
        .filter(({ isGated }) => isGated)
        .slice(0, MOST_TILES)
        .map((metric) => ({
          name: isolated(bounded(metric.name, 80)),
          figure: metric.change === null ? '–' : changeText(asItIs(metric, metric.change.estimate)),
          more: html`${COMPARISON_WORD[metric.verdict].toLowerCase()}${metric.change !== null && html`<br />${intervalText(metric)}`}`,
          isBad: metric.verdict === 'worse',
        })),
    )
  }`
}

// --- internal ---

const MOST_REASONS = 12
const MOST_TILES = 8

function short(text: string): Markup {
  return isolated(unbroken(bounded(text, 500)))
}

/** What the word above means, where the figures alone do not say. */
function meaning(result: ComparisonResult): Markup | false {
  if (result.method === 'self-check')
    return html`<p>Both sides were the same thing: what differs here is this machine’s noise.</p>`
  return (
    isScatter(result) && html`<p>These runs cannot tell: the change may be none, or more than the margin.</p>`
  )
}

function notices({ run, advisory, sides }: ComparisonResult): Markup {
  const faults = (
    [
      ['A', sides.a],
      ['B', sides.b],
    ] as const
  ).flatMap(([name, { target }]) =>
    target === null || target.faults.length === 0 ? [] : [`of ${name}: ${target.faults.join(', ')}`],
  )
  const discarded = sides.a.discarded + sides.b.discarded
  return html`${
    advisory.length > 0 &&
    note(
      html`${icon('unsure')}This is advice and nothing more`,
      html`<ul>
        ${advisory.slice(0, MOST_REASONS).map((reason) => html`<li>${short(reason)}</li>`)}
      </ul>`,
    )
  }
  ${
    run.isPartial &&
    note(
      html`${icon('unsure')}This is a part of a comparison`,
      html`<p>${STOPPED[run.stoppedBy]} Figures cover what was run until then.</p>`,
    )
  }
  ${
    discarded > 0 &&
    note(
      html`${icon('unsure')}${numbered(discarded, 'run')} thrown away`,
      html`<p>
        The generator was not fit to measure then: ${sides.a.discarded} of A, ${sides.b.discarded} of B.
      </p>`,
    )
  }
  ${
    faults.length > 0 &&
    note(
      html`${icon('unsure')}A target breaks on purpose`,
      html`<p>Faults planted in the reference target ${short(faults.join('; '))}.</p>`,
    )
  }`
}

const STOPPED: Record<ComparisonResult['run']['stoppedBy'], string> = {
  plan: 'It ended before its planned end.',
  signal: 'A signal stopped it.',
  budget: 'Its time was up.',
  fault: 'A side did not start, or a run could not be made.',
}
