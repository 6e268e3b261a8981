import type { ComparedMetric, ComparisonResult } from '../../measure/comparison.ts'
import { asItIs, COMPARISON_WORD, gatedFirst, intervalText, SIGN_OF_COMPARISON } from '../comparison-words.ts'
import { changeText, fromToText, roughShare } from '../metric-value.ts'
import { numbered } from '../format.ts'
import { bounded } from '../visible.ts'
import { type Axis, linearAxis } from './axis.ts'
import { percentOf, sideOf } from './drawing.ts'
import { status } from './icons.ts'
import { html, isolated, type Markup } from './markup.ts'

/** How much is told of how many metrics and pairs. */
export interface Detail {
  metrics: number
  pairs: number
  text: number
}

/** Every metric with its interval, its margin and its pairs on one axis: left is better, right is worse. */
export function forestPart(result: ComparisonResult, detail: Detail): Markup {
  const metrics = gatedFirst(result.metrics).slice(0, detail.metrics)
  const more = result.metrics.length - metrics.length
  const gated = metrics.filter(({ isGated }) => isGated)
  const rest = metrics.filter(({ isGated }) => !isGated)
  const axis = changeAxis(metrics)
  return html`<section id="metrics">
    <h2>${finding(result)}</h2>
    <p class="lead">
      The bar is the interval of the change, its middle the estimate, each dot a pair, the grey zone the
      margin: a change is worse where its bar lies right of no change and its estimate at or beyond the
      margin. For what is worse when it falls, the axis shows A over B.
      ${more > 0 && ` ${numbered(more, 'metric')} more in result.json.`}
    </p>
    <div class="scroll" tabindex="0" role="region" aria-label="Metrics">
      <table class="forest">
        <thead>
          <tr>
            <th scope="col">Metric</th>
            <th scope="col" class="n">A → B</th>
            <th scope="col" class="n">Change, interval</th>
            <th scope="col" class="picture">${scale(axis)}</th>
            <th scope="col">Verdict</th>
          </tr>
        </thead>
        <tbody>
          ${heading(gated, 'These gate')} ${gated.map((metric) => row(metric, axis, detail))}
          ${heading(rest, 'These inform, adjusted for their number (Holm), and fail nothing')}
          ${rest.map((metric) => row(metric, axis, detail))}
        </tbody>
      </table>
    </div>
    ${metrics.length === 0 && html`<p>Nothing was compared.</p>`}
  </section>`
}

// --- internal ---

const HEIGHT = 46

function finding({ metrics }: ComparisonResult): string {
  const gated = metrics.filter(({ isGated }) => isGated)
  const count = (verdict: ComparedMetric['verdict']): number =>
    gated.filter((metric) => metric.verdict === verdict).length
  const parts = (['worse', 'better', 'same', 'unknown'] as const)
    .filter((verdict) => count(verdict) > 0)
    .map((verdict) => `${count(verdict)} ${COMPARISON_WORD[verdict].toLowerCase()}`)
  return parts.length === 0
    ? 'Nothing gates'
    : `Of ${numbered(gated.length, 'gated metric')}: ${parts.join(', ')}`
}

/** Equal ratios both ways from no change, as far as intervals, margins and all but the farthest pairs reach. */
function changeAxis(metrics: readonly ComparedMetric[]): Axis {
  const reached = metrics.flatMap(({ change, margin, logRatios }) => [
    Math.log(1 + margin),
    ...(change === null ? [] : [Math.abs(Math.log(1 + change.lo)), Math.abs(Math.log(1 + change.hi))]),
    ...logRatios.map(Math.abs),
  ])
  const most = Math.min(
    Math.log(3),
    Math.max(0.02, ...reached.filter((value) => Number.isFinite(value))) * 1.06,
  )
  const percent = 100 * (Math.exp(most) - 1)
  const { ticks } = linearAxis(0, percent, String, 2)
  return {
    at: (change) => (Math.log(1 + Math.max(-0.999, change)) + most) / (2 * most),
    ticks: [
      ...ticks
        .filter(({ value }) => value > 0)
        .toReversed()
        .map(({ value }) => ({ value: 1 / (1 + value / 100) - 1, text: roughShare(value / 100) })),
      { value: 0, text: '0' },
      ...ticks
        .filter(({ value }) => value > 0)
        .map(({ value }) => ({ value: value / 100, text: roughShare(value / 100) })),
    ],
  }
}

function heading(metrics: readonly ComparedMetric[], name: string): Markup | false {
  return metrics.length === 0
    ? false
    : html`<tr class="group">
        <th scope="rowgroup" colspan="5">${name}</th>
      </tr>`
}

/** The axis over the column of pictures. */
function scale({ at, ticks }: Axis): Markup {
  return html`<span class="unseen">Change, better to worse</span>
    <svg class="area" height="34" aria-hidden="true">
      <text x="0" y="12" class="start">← better</text>
      <text x="100%" y="12" class="end">worse →</text>
      ${ticks.map(({ value, text }) => html`<line class="tick" x1="${percentOf(at(value))}" x2="${percentOf(at(value))}" y1="30" y2="34" /><text x="${percentOf(at(value))}" y="27" class="${sideOf(at(value))}">${text}</text>`)}
    </svg>`
}

function row(metric: ComparedMetric, axis: Axis, { text }: Detail): Markup {
  const { name, unit, a, b, change, verdict, isErratic, says } = metric
  return html`<tr>
    <th scope="row">
      ${isolated(bounded(name, 120))}
      <p class="says">margin ${roughShare(metric.margin)}${isErratic && ', erratic'}</p>
    </th>
    <td class="n">${fromToText(a, b, unit)}</td>
    <td class="n">
      ${change === null ? '–' : html`<b>${changeText(asItIs(metric, change.estimate))}</b>`}
      <p class="says">${intervalText(metric)}</p>
    </td>
    <td class="picture" title="${bounded(says, text)}">${picture(metric, axis)}</td>
    <td>
      ${status(metric.isGated || verdict === 'worse' ? SIGN_OF_COMPARISON[verdict] : 'quiet', COMPARISON_WORD[verdict])}
    </td>
  </tr>`
}

/** Interval, margin and pairs of a metric. The table around it says the same in figures. */
function picture(
  { change, margin, logRatios, verdict, isGated }: ComparedMetric,
  { at, ticks }: Axis,
): Markup {
  const x = (value: number): string => percentOf(at(value))
  const ink = isGated || verdict === 'worse' ? INK[verdict] : 'of-quiet'
  const middle = HEIGHT / 2 - 4
  const [from, to] = [at(1 / (1 + margin) - 1), at(margin)].map((share) =>
    Math.min(1, Math.max(0, share)),
  ) as [number, number]
  return html`<svg class="area" height="${HEIGHT}" aria-hidden="true">
    <rect
      class="zone-quiet"
      x="${percentOf(from)}"
      width="${percentOf(to - from)}"
      y="0"
      height="${HEIGHT}"
    />
    ${ticks.map(({ value }) => html`<line class="${value === 0 ? 'zero' : 'grid'}" x1="${x(value)}" x2="${x(value)}" y1="0" y2="${HEIGHT}" />`)}
    ${
      change !== null &&
      html`<g class="${ink}">
        <line class="bar-line" x1="${x(change.lo)}" x2="${x(change.hi)}" y1="${middle}" y2="${middle}" />
        ${end(at(change.lo), middle)}${end(at(change.hi), middle)}
        <svg x="${x(change.estimate)}" y="${middle}"><path class="arrow" d="M0 -6.5L6 0L0 6.5L-6 0Z" /></svg>
      </g>`
    }
    ${logRatios.map((ratio, i) => {
      const share = at(Math.exp(ratio) - 1)
      return html`<circle
        class="pair"
        cx="${percentOf(share)}"
        cy="${HEIGHT - 11 + ((i * 5) % 9) - 4}"
        r="${share < 0 || share > 1 ? 1.5 : 2.6}"
      />`
    })}
  </svg>`
}

const INK: Record<ComparedMetric['verdict'], string> = {
  worse: 'of-bad',
  better: 'of-good',
  same: 'of-good',
  unknown: 'of-unsure',
}

/** An end of the bar; an arrow where the interval goes on beyond the axis. */
function end(share: number, middle: number): Markup {
  const x = percentOf(share)
  if (share < 0) return html`<svg x="${x}" y="${middle}"><path class="arrow" d="M-2 0L7 -5V5Z" /></svg>`
  if (share > 1) return html`<svg x="${x}" y="${middle}"><path class="arrow" d="M2 0L-7 -5V5Z" /></svg>`
  return html`<line class="bar-end" x1="${x}" x2="${x}" y1="${middle - 5}" y2="${middle + 5}" />`
}
