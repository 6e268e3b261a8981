import type { Chart, ChartSeries } from './chart.ts'
import { clockText, countText, msText, shareText } from './format.ts'
import { html, type Markup } from './markup.ts'

/** A chart's place on the page: title, keys, an empty box for the script, and the same figures as a table. */
export function chartFigure(chart: Chart, atSeconds: readonly number[]): Markup {
  return html`<figure>
    <figcaption>${chart.title}<span class="explain">${chart.subtitle}</span></figcaption>
    <ul class="keys">
      ${chart.series.map(({ label, ink, mark }, i) => html`<li>${key(ink, mark)}${label}<output data-value="${chart.id}:${i}"></output></li>`)}
      ${chart.limits.map(({ label }) => html`<li>${key('soft', 'dashes')}${label}</li>`)}
    </ul>
    <div
      class="chart"
      id="chart-${chart.id}"
      data-chart="${chart.id}"
      role="group"
      aria-label="${chart.title}"
    ></div>
    <details>
      <summary>The same figures as a table</summary>
      <div class="scroll" tabindex="0" role="region" aria-label="${chart.subtitle}">
        <table>
          <thead>
            <tr>
              <th scope="col">Time</th>
              ${chart.series.map(({ label }) => html`<th scope="col" class="n">${label}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${atSeconds.map(
              (second, i) =>
                html`<tr>
                  <th scope="row">${clockText(second)}</th>
                  ${chart.series.map(({ values }) => html`<td class="n">${figure(values[i], chart.unit)}</td>`)}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>
  </figure>`
}

// --- internal ---

/** A sample of how a series is drawn. */
function key(ink: ChartSeries['ink'], mark: ChartSeries['mark']): Markup {
  return html`<svg viewBox="0 0 27 10" class="ink-${ink}" aria-hidden="true">${SAMPLE[mark]}</svg>`
}

const SAMPLE: Record<ChartSeries['mark'], Markup> = {
  line: html`<path d="M0 5h27" stroke-width="2" />`,
  dashes: html`<path d="M0 5h27" stroke-width="2" stroke-dasharray="6 4" />`,
  dots: html`<circle cx="4" cy="5" r="2" /><circle cx="13" cy="5" r="2" /><circle cx="22" cy="5" r="2" />`,
  area: html`<path d="M0 3h27" stroke-width="2" /><path d="M0 3h27v7H0z" stroke="none" opacity=".25" />`,
  bars: html`<path d="M3 10V4h4v6zm8 0V1h4v9zm8 0V6h4v4z" stroke="none" />`,
}

function figure(value: number | null | undefined, unit: Chart['unit']): string {
  if (value === null || value === undefined) return '–'
  if (unit === 'ms') return msText(value * 1e3)
  return unit === 'share' ? shareText(value) : countText(Math.round(value * 10) / 10)
}
