import type { RunResult } from '../../measure/result.ts'
import { spanText } from '../format.ts'
import { latencyTable } from './latency-table.ts'
import { html, type Markup } from './markup.ts'
import { stepsOf } from '../steps.ts'

/** The latency of every step in one table, each with a strip on a common logarithmic scale. */
export function stepsPart({ trends, plan }: RunResult): Markup {
  const steps = stepsOf(trends)
  if (steps.length === 0)
    return html`<h2>Latency by step</h2>
      <p class="lead">Nothing was measured.</p>`
  return html`<h2>Latency by step</h2>
    <p class="lead">
      Response time counts from the planned moment, so that a late start is not hidden; service time from the
      moment really
      sent.${plan.warmUpSeconds > 0 && ` What began in the warm-up, the first ${spanText(plan.warmUpSeconds)} of the activities, is left out.`}${steps.some(({ trend }) => trend.censored > 0) && ' ≥ marks values among timeouts and losses: the true one is at least that.'}
    </p>
    ${latencyTable('Latency by step', steps, true)}`
}
