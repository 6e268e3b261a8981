import type { Chart } from './chart.ts'
import { clockText, countText, msText, shareText } from '../format.ts'
import { BANDS_PER_OCTAVE } from './latency-span.ts'
import { type Content, html, type Markup } from './markup.ts'
import { curveAt, decadeOf } from './percentile-curve.ts'
import type { distributionCurves } from './rank-charts.ts'
import type { TimelineView } from './timeline-view.ts'

/** A chart over time as a table, a row for each span of the view it was made of. */
export function timeTable(chart: Chart, { atSeconds, stepSeconds }: TimelineView): Markup {
  return table(
    chart.subtitle,
    `${rowsText(stepSeconds)}${stepSeconds > 1 ? ': rates are averages over it, levels the largest in it' : ''}.`,
    ['Time', ...chart.series.map(({ label }) => label)],
    atSeconds.map((second, i) => [
      clockText(second),
      ...chart.series.map(({ values }) => figure(values[i], chart.unit)),
    ]),
  )
}

/** The heatmap as a table: percentiles of each span, and how many deliveries fell between which latencies. */
export function heatTable({ latency, atSeconds, stepSeconds }: TimelineView): Markup {
  const bands = latency.flatMap((span) => [...(span?.bands.keys() ?? [])])
  const low = Math.floor(Math.min(...bands, 0) / BANDS_PER_OCTAVE)
  const high = Math.floor(Math.max(...bands, 0) / BANDS_PER_OCTAVE)
  const octaves = Math.max(1, Math.ceil((high - low + 1) / MOST_BANDS))
  const columns = Array.from({ length: Math.ceil((high - low + 1) / octaves) }, (_, i) => low + i * octaves)
  const edge = (octave: number): string => msText(1e3 * 2 ** octave)
  return table(
    'deliveries by time and latency',
    `${rowsText(stepSeconds)}, the percentiles those of its deliveries. The columns on the right count deliveries by latency in ms.`,
    [
      'Time',
      'Deliveries',
      'p50',
      'p99',
      'max',
      ...columns.map((from) => `${edge(from)} – ${edge(from + octaves)}`),
    ],
    atSeconds.map((second, i) => {
      const span = latency[i]
      if (span === undefined) return [clockText(second), '0', '–', '–', '–', ...columns.map(() => '')]
      const counts = columns.map((from) => {
        let count = 0
        for (let band = from * BANDS_PER_OCTAVE; band < (from + octaves) * BANDS_PER_OCTAVE; band++)
          count += span.bands.get(band) ?? 0
        return count === 0 ? '' : countText(count)
      })
      const { count, p50Us, p99Us, isP99AtLeast, maxUs } = span
      const p99 = `${isP99AtLeast ? '≥ ' : ''}${msText(p99Us)}`
      return [clockText(second), countText(count), msText(p50Us), p99, msText(maxUs), ...counts]
    }),
  )
}

/** Curves of percentiles as a table. */
export function rankTable(subtitle: string, curves: ReturnType<typeof distributionCurves>): Markup {
  const points = curves.map(({ trend }) => curveAt(trend, PERCENTILES.map(decadeOf)))
  return table(
    subtitle,
    'In milliseconds. A dash: fewer than ten samples lie beyond. ≥: it lies among timeouts and losses.',
    ['Percentile', ...curves.map(({ label }) => label)],
    PERCENTILES.map((p, i) => [
      `p${p}`,
      ...points.map((curve) => {
        const point = curve[i]
        return point === undefined ? '–' : `${point.isAtLeast ? '≥ ' : ''}${msText(point.us)}`
      }),
    ]),
  )
}

// --- internal ---

/** Columns of latencies that a table has room for. */
const MOST_BANDS = 12

const PERCENTILES = [50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.999]

function table(
  label: string,
  caption: string,
  [first, ...heads]: readonly string[],
  rows: readonly (readonly Content[])[],
): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table: ${label}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          <th scope="col">${first}</th>
          ${heads.map((head) => html`<th scope="col" class="n"><bdi>${head}</bdi></th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([name, ...cells]) =>
            html`<tr>
              <th scope="row">${name}</th>
              ${cells.map((cell) => html`<td class="n">${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

function rowsText(stepSeconds: number): string {
  return stepSeconds === 1 ? 'Each row is a second' : `Each row is ${stepSeconds} s`
}

function figure(value: number | null | undefined, unit: Chart['unit']): string {
  if (value === null || value === undefined) return '–'
  if (unit === 'ms') return msText(value * 1e3)
  return unit === 'share' ? shareText(value) : countText(Math.round(value * 10) / 10)
}
