import type { Chart, ChartSeries } from './chart.ts'
import { numbered } from '../format.ts'
import { html, type Markup } from './markup.ts'

/** A chart's place on the page: finding, keys, an empty box for the script, and the same figures as a table. */
export function chartFigure(chart: Chart, table: Markup): Markup {
  return html`<figure id="figure-${chart.id}">
    <figcaption>${unbroken(chart.title)}<span class="explain">${chart.subtitle}</span></figcaption>
    <ul class="keys">
      ${chart.series.map(({ label, ink, mark }, i) => html`<li>${key(ink, mark, i)}<bdi>${label}</bdi><output data-value="${chart.id}:${i}"></output></li>`)}
      ${chart.limits.map(({ label }) => html`<li>${LIMIT_KEY}<bdi>${label}</bdi></li>`)}
      ${chart.heat?.columns.some((column) => column.length > 0) === true && heatKey(chart)}
    </ul>
    <div
      class="chart"
      id="chart-${chart.id}"
      data-chart="${chart.id}"
      tabindex="0"
      role="group"
      aria-label="Chart: ${chart.title}"
    ></div>
    <details>
      <summary>The same figures as a table</summary>
      ${table}
    </details>
  </figure>`
}

// --- internal ---

/** A sentence in which no line ends between a figure and its unit. */
function unbroken(title: string): string {
  return title.replaceAll(/(\d) (?=(?:ms|s|%)(?:\W|$))/g, '$1\u00a0')
}

/** A sample of how a series is drawn. */
function key(ink: ChartSeries['ink'], mark: ChartSeries['mark'], place: number): Markup {
  const sample = mark === 'bars' ? TEXTURES[place % TEXTURES.length] : SAMPLE[mark]
  return html`<svg viewBox="0 0 27 10" class="ink-${ink}" aria-hidden="true">${sample}</svg>`
}

const LIMIT_KEY = html`<svg viewBox="0 0 27 10" class="ink-bad" aria-hidden="true">
  <path d="M0 5h27" stroke-width="1.5" stroke-dasharray="2 3" />
</svg>`

const SAMPLE: Record<Exclude<ChartSeries['mark'], 'bars'>, Markup> = {
  line: html`<path d="M0 5h27" stroke-width="2" />`,
  dashes: html`<path d="M0 5h27" stroke-width="2" stroke-dasharray="6 4" />`,
  dots: html`<circle cx="4" cy="5" r="2" /><circle cx="13" cy="5" r="2" /><circle cx="22" cy="5" r="2" />`,
  area: html`<path d="M0 3h27" stroke-width="2" /><path d="M0 3h27v7H0z" stroke="none" opacity=".25" />`,
}

/** Textures of bars in the order of the script's: whole, rising, falling, level, upright, dotted. */
const TEXTURES: readonly Markup[] = [
  html`<path d="M0 0h27v10H0z" stroke="none" />`,
  html`<path
    d="M0 10 10 0M6 10 16 0M12 10 22 0M18 10 27 1M0 4l4-4M24 10l3-3"
    fill="none"
    stroke-width="2"
  />`,
  html`<path d="M0 0l10 10M6 0l10 10M12 0l10 10M18 0l9 9M0 6l4 4M24 0l3 3" fill="none" stroke-width="2" />`,
  html`<path d="M0 1.5h27M0 5h27M0 8.5h27" stroke-width="1.8" />`,
  html`<path d="M2 0v10M6.5 0v10M11 0v10M15.5 0v10M20 0v10M24.5 0v10" stroke-width="2" />`,
  html`<path
    d="M1 2.5h3m3 0h3m3 0h3m3 0h3m3 0h2M1 7.5h3m3 0h3m3 0h3m3 0h3m3 0h2"
    fill="none"
    stroke-width="2.6"
  />`,
]

/** Steps of colour with the counts they stand for, few to many. */
function heatKey({ id, heat }: Chart): Markup {
  const most = Math.max(1, ...(heat?.columns ?? []).map(([, ...counts]) => Math.max(0, ...counts)))
  return html`<li class="heat-key">
    1
    <svg viewBox="0 0 80 10" aria-hidden="true">
      ${[0, 1, 2, 3, 4, 5, 6, 7].map((i) => html`<path class="heat-${i}" d="M${i * 10} 0h10v10h-10z" />`)}
    </svg>
    ${numbered(most, 'delivery', 'deliveries')}<output data-cell="${id}"></output>
  </li>`
}
