import type { CapacityResult, CapacityStep, ScalabilityFit } from '../../measure/capacity.ts'
import { bareLoad, fittedLoad, loadText, rateText } from '../capacity-words.ts'
import { countText, numbered, shareText } from '../format.ts'
import { bounded } from '../visible.ts'
import { linearAxis, wideAxis } from './axis.ts'
import { AFTER_MARK, markOf, noThroughput, OUTCOME_MARK } from './capacity-points.ts'
import {
  acrossOf,
  column,
  drawing,
  type Frame,
  lineKey,
  markAt,
  markKey,
  path,
  upOf,
  upright,
} from './drawing.ts'
import { dataTable, drawnFigure } from './drawn-figure.ts'
import { html, isolated, type Markup } from './markup.ts'

/** Deliveries a second by load; with the model of it only where its rules allow. */
export function throughputPart(result: CapacityResult): Markup {
  const steps = result.steps.filter(({ outcome }) => outcome !== 'fault').slice(0, MOST_MARKS)
  const { scalability } = result
  return html`<section id="throughput">
    <h2>Throughput by load</h2>
    <p class="lead">
      ${
        scalability.isPublished
          ? html`Model (Universal Scalability Law): ${isolated(bounded(scalability.says, 500))}.`
          : html`No model is drawn: ${isolated(bounded(scalability.says, 500))}.`
      }
    </p>
    ${steps.length > 0 && figure(result, steps)}
  </section>`
}

// --- internal ---

const MOST_MARKS = 400
const HEIGHT = 240
/** A model is believed no further beyond what was measured. */
const FARTHEST = 1.5

type Published = Extract<ScalabilityFit, { isPublished: true }>

function figure(result: CapacityResult, steps: readonly CapacityStep[]): Markup {
  const { plan, maxThroughput, scalability } = result
  const loads = steps.map(({ load }) => load)
  const model = scalability.isPublished ? scalability : undefined
  const farthest = Math.max(...loads) * FARTHEST
  const curve = model === undefined ? [] : curveOf(model, Math.min(...loads), farthest)
  const most = Math.max(
    ...steps.map(({ achieved }) => achieved.deliveriesPerSecond),
    ...curve.map(([, value]) => value),
    1,
  )
  const frame: Frame = {
    x: wideAxis(model === undefined ? loads : [...loads, farthest], bareLoad),
    y: linearAxis(0, most * 1.15, (value) => countText(Math.round(value * 10) / 10)),
    heightPx: HEIGHT,
  }
  const used = new Set(steps.map((step) => markOf(step)))
  return drawnFigure({
    id: 'load-throughput',
    title:
      maxThroughput === null
        ? noThroughput(result).replace('no', 'No')
        : `Without a loss: ${rateText(maxThroughput.deliveriesPerSecond)} deliveries a second at most, at ${loadText(maxThroughput.load, plan.unit)}`,
    subtitle: `across: load in ${plan.unit}; up: deliveries a second while activities ran`,
    keys: [
      ...[...Object.values(OUTCOME_MARK), AFTER_MARK]
        .filter((each) => used.has(each))
        .map(({ mark, ink, word }) => ({ sample: markKey(mark, ink), text: word })),
      ...(model === undefined
        ? []
        : [{ sample: lineKey('max'), text: 'model, up to 1.5 times of what was measured' }]),
    ],
    drawing: drawing(
      frame,
      { label: `Deliveries a second by load: ${numbered(steps.length, 'step')}`, xName: plan.unit },
      html`${model?.peakInterval != null && column(frame, model.peakInterval[0], model.peakInterval[1], 'zone-quiet')}
      ${model !== undefined && path(frame, curve, 'max')}
      ${model?.peakLoad != null && model.peakLoad <= farthest && upright(frame, model.peakLoad, 'max', `model’s peak ${bareLoad(fittedLoad(model.peakLoad, plan.unit))}`)}
      ${steps.map((step) => {
        const { mark, ink } = markOf(step)
        return markAt(acrossOf(frame, step.load), upOf(frame, step.achieved.deliveriesPerSecond), mark, ink)
      })}`,
    ),
    table: dataTable(
      'Throughput by load',
      [
        { figure: `Load, ${plan.unit}` },
        { figure: 'Step' },
        { figure: 'Deliveries/s' },
        { figure: 'Sent/s' },
        { figure: 'Of plan' },
        { figure: 'Lost' },
      ],
      steps
        .toSorted((a, b) => a.load - b.load)
        .map(({ load, number, achieved }) => [
          bareLoad(load),
          number,
          rateText(achieved.deliveriesPerSecond),
          rateText(achieved.sentPerSecond),
          shareText(achieved.shareOfPlan),
          countText(achieved.lost),
        ]),
    ),
  })
}

/** X(N) = λN / (1 + σ(N − 1) + κN(N − 1)) (Gunther). */
function curveOf({ lambda, sigma, kappa }: Published, from: number, to: number): [number, number][] {
  return Array.from({ length: 80 }, (_, i) => {
    const load = from * (to / from) ** (i / 79)
    return [load, (lambda * load) / (1 + sigma * (load - 1) + kappa * load * (load - 1))]
  })
}
