import type { Chart } from './chart.ts'
import { chartFigure } from './chart-figure.ts'
import { timeTable } from './chart-table.ts'
import { html, type Markup } from './markup.ts'
import type { TimelineView } from './timeline-view.ts'

/** Pace, users, deliveries, what was on its way and what failed, under one cursor. */
export function timelinesPart(
  charts: readonly Chart[],
  listed: readonly Chart[],
  view: TimelineView,
): Markup {
  const hasTrouble = charts.some(({ id }) => id === 'faults' || id === 'errors')
  return html`<h2>Load over time</h2>
    <p class="lead">
      What was asked of the target and what came of
      it.${!hasTrouble && view.atSeconds.length > 0 && ' In no second did a delivery, a payload, a call or a session go wrong.'}
    </p>
    ${figures(charts, listed, view)}`
}

/** Charts with the tables of a view that may merge more seconds. */
export function figures(charts: readonly Chart[], listed: readonly Chart[], view: TimelineView): Markup[] {
  return charts.map((chart) => {
    const rows = listed.find(({ id }) => id === chart.id) ?? chart
    return chartFigure(chart, timeTable(rows, view))
  })
}
