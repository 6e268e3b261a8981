import { alignPoints, countText } from '../format.ts'
import { html, isolated, type Markup } from './markup.ts'
import { maxText, percentileText, SHOWN_PERCENTILES, type Step } from '../steps.ts'

/** Latencies as a table: count, percentiles, largest, and a strip of each on a common logarithmic scale. */
export function latencyTable(label: string, steps: readonly Step[], hasGroups: boolean): Markup {
  const scale = scaleOf(steps)
  const cells = [
    ...SHOWN_PERCENTILES.map((p) => column(steps.map((step) => percentileText(step, p)))),
    column(steps.map(maxText)),
  ]
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">
      <table class="latencies">
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col" class="n">Count</th>
            ${SHOWN_PERCENTILES.map((p) => html`<th scope="col" class="n">p${p}</th>`)}
            <th scope="col" class="n">Max</th>
            <td class="strip-cell">${axis(scale)}</td>
          </tr>
        </thead>
        <tbody>
          ${steps.map((step, i) => [
            hasGroups &&
              step.group !== steps[i - 1]?.group &&
              html`<tr class="group">
                <th colspan="8" scope="rowgroup">${step.group}</th>
              </tr>`,
            row(
              step,
              cells.map((texts) => texts[i] as string),
              scale,
            ),
          ])}
        </tbody>
      </table>
    </div>
    <p class="explain">
      In milliseconds. Strip: bar from p50 to p99, dashed to the largest
      value.${steps.some(isFew) && ' * fewer than 10 samples lie beyond it: read it as a maximum.'}
    </p>`
}

// --- internal ---

/** Decades that hold every value; what comes last in the table (whole activities) may lie beyond them. */
interface Scale {
  lowUs: number
  decades: number
}

/** Width of a strip in pixels. */
const STRIP = 150

function row(step: Step, cells: readonly string[], scale: Scale): Markup {
  // The parent's name stands above: a part is told by its label alone.
  const name = step.isPart ? step.metric.slice(step.metric.indexOf('{')) : step.metric
  const few = SHOWN_PERCENTILES.map((p) => isFewAt(step, p))
  return html`<tr class="${step.isPart && 'part'}">
    <th scope="row">
      <code>${isolated(name)}</code
      >${step.group !== 'HTTP calls' && html`<span class="explain">${isolated(step.meaning)}</span>`}
    </th>
    <td class="n">${countText(step.trend.count)}</td>
    ${cells.map((cell, i) => (few[i] === true ? fewCell(cell) : html`<td class="n">${cell}</td>`))}
    <td class="strip-cell">${strip(step, scale)}</td>
  </tr>`
}

/** The mark stands in the room of the padding, so that the points stay under each other. */
function fewCell(cell: string): Markup {
  const value = cell.trimEnd()
  return html`<td class="n dim">${value}<span class="few">*</span>${cell.slice(value.length)}</td>`
}

/** Figure and punctuation spaces are as wide as what they stand for. */
function column(texts: readonly string[]): string[] {
  return alignPoints(texts, '\u2007', '\u2008')
}

function isFewAt({ trend }: Step, percentile: string): boolean {
  return trend.count * (1 - Number(percentile) / 100) < 10
}

function isFew(step: Step): boolean {
  return SHOWN_PERCENTILES.some((p) => isFewAt(step, p))
}

function scaleOf(steps: readonly Step[]): Scale {
  const shown = steps.some(({ group }) => group !== 'Other')
    ? steps.filter(({ group }) => group !== 'Other')
    : steps
  const lows = shown.map(({ trend }) => Math.max(1, trend.percentilesUs['50'] ?? 1))
  const low = Math.floor(Math.log10(Math.min(...lows)))
  const high = Math.ceil(Math.log10(Math.max(10, ...shown.map(({ trend }) => trend.maxUs))))
  return { lowUs: 10 ** low, decades: Math.max(1, high - low) }
}

function place(us: number, { lowUs, decades }: Scale): number {
  return Math.max(0, Math.min(1, Math.log10(Math.max(us, 1) / lowUs) / decades)) * (STRIP - 8) + 4
}

function strip({ trend }: Step, scale: Scale): Markup {
  const [from, to, end] = [trend.percentilesUs['50'] ?? 0, trend.percentilesUs['99'] ?? 0, trend.maxUs].map(
    (us) => place(us, scale),
  ) as [number, number, number]
  return html`<svg class="strip" viewBox="0 0 ${STRIP} 16" aria-hidden="true">
    ${rules(scale)}
    <line class="tail" x1="${to.toFixed(1)}" x2="${end.toFixed(1)}" y1="8" y2="8" />
    <line class="tick" x1="${end.toFixed(1)}" x2="${end.toFixed(1)}" y1="4" y2="12" />
    <rect
      class="body"
      x="${from.toFixed(1)}"
      y="5.5"
      width="${Math.max(1, to - from).toFixed(1)}"
      height="5"
      rx="2.5"
    />
    <circle class="mid" cx="${from.toFixed(1)}" cy="8" r="3.2" />
  </svg>`
}

function rules(scale: Scale): Markup[] {
  return Array.from({ length: scale.decades + 1 }, (_, i) => {
    const x = place(scale.lowUs * 10 ** i, scale).toFixed(1)
    return html`<line class="rule" x1="${x}" x2="${x}" y1="0" y2="16" />`
  })
}

function axis(scale: Scale): Markup {
  const every = Math.ceil((scale.decades + 1) / 5)
  const labels = Array.from({ length: scale.decades + 1 }, (_, i) => {
    if (i % every !== 0) return undefined
    const us = scale.lowUs * 10 ** i
    const anchor = i === 0 ? 'start' : i === scale.decades ? 'end' : 'middle'
    return html`<text x="${place(us, scale).toFixed(1)}" y="12" text-anchor="${anchor}"
      >${decadeText(us)}</text
    >`
  })
  return html`<svg
    class="strip"
    viewBox="0 0 ${STRIP} 16"
    role="img"
    aria-label="Logarithmic scale of the strips"
  >
    ${labels}
  </svg>`
}

function decadeText(us: number): string {
  return us >= 1e6 ? `${us / 1e6} s` : String(us / 1e3)
}
