import type { RunResult } from '../../measure/result.ts'
import type { Chart } from './chart.ts'
import { chartFigure } from './chart-figure.ts'
import { heatTable, rankTable } from './chart-table.ts'
import { latencyTable } from './latency-table.ts'
import { html, type Markup } from './markup.ts'
import { distributionCurves, fanOutCurves } from './rank-charts.ts'
import { msText, numbered } from '../format.ts'
import { stepsOf } from '../steps.ts'
import type { TimelineView } from './timeline-view.ts'

/** Every delivery over time, as a heatmap. */
export function heatPart(heat: Chart, listed: TimelineView): Markup {
  return html`<h2>Latency over time</h2>
    <p class="lead">
      One cursor for all charts over time: point at one, or focus it and use the arrow keys. Drag to zoom,
      double-click or press Escape to zoom out.
    </p>
    <noscript
      ><p class="explain">Charts need scripts; the tables below them have the same figures.</p></noscript
    >
    ${chartFigure(heat, heatTable(listed))}`
}

/** What share of the deliveries took how long. */
export function distributionPart(result: RunResult, charts: readonly Chart[]): Markup {
  return html`<h2>Percentiles</h2>
    <p class="lead">
      Response time counts from the planned moment, service time from the sending. Where they part, the wait
      was on our side: see the generator.
    </p>
    ${figureOf('distribution', charts, distributionCurves(result))}`
}

/** How long a message took to its first, each and its last member. */
export function fanOutPart(result: RunResult, charts: readonly Chart[]): Markup {
  const steps = stepsOf(result.trends).filter(({ metric }) => FAN_OUT.test(metric))
  const median = result.trends['message_delivery']?.percentilesUs['50']
  return html`<h2>Fan-out</h2>
    <p class="lead">${leadOf(result)}</p>
    ${figureOf('fan-out', charts, fanOutCurves(result))}
    ${
      steps.length > 0 &&
      html`<h3>By receipt and by audience</h3>
        ${latencyTable('Fan-out', steps, false)}`
    }
    ${
      median !== undefined &&
      html`<p class="explain">
        When the median member of each room had a message is not known: of each message the first and the last
        receipt are kept, not those between. Over all receipts of all messages the median was
        ${msText(median)} ms.
      </p>`
    }`
}

// --- internal ---

const FAN_OUT = /^message_(first|last)_delivery|^message_delivery$/

function leadOf({ trends, ledger: { messages } }: RunResult): string {
  const last = trends['message_last_delivery']
  if (last === undefined || last.count === 0) return 'No message reached anybody.'
  const reached = messages.received + messages.optional
  const mean = messages.sent === 0 ? 0 : reached / messages.sent
  return `${numbered(messages.sent, 'message')} reached ${mean.toFixed(1)} members each, on average. A message is as late as its last receipt.`
}

function figureOf(
  id: string,
  charts: readonly Chart[],
  curves: ReturnType<typeof distributionCurves>,
): Markup | undefined {
  const chart = charts.find((each) => each.id === id)
  return chart === undefined
    ? html`<p class="explain">Fewer than 20 samples: too few for a curve.</p>`
    : chartFigure(chart, rankTable(chart.title, curves))
}
