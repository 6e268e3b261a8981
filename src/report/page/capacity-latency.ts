import type { CapacityResult, CapacityStep } from '../../measure/capacity.ts'
import { isotonic } from '../../statistics/isotonic.ts'
import { mean } from '../../statistics/spread.ts'
import { bareLoad, fittedLoad, latencyAt, loadText, OUTCOME_WORD } from '../capacity-words.ts'
import { msText, numbered } from '../format.ts'
import { highestTimed, lowestTimed, medianTimed, type Timed, timedText } from '../timed.ts'
import { bounded } from '../visible.ts'
import { logAxis, wideAxis } from './axis.ts'
import {
  AFTER_MARK,
  isEvidence,
  isOfSearch,
  latencyLimit,
  markOf,
  OUTCOME_MARK,
  type Statistic,
  statisticOf,
  timedAt,
} from './capacity-points.ts'
import {
  acrossOf,
  drawing,
  type Frame,
  level,
  lineKey,
  markAt,
  markKey,
  path,
  spokenMark,
  upOf,
  upright,
} from './drawing.ts'
import { dataTable, drawnFigure } from './drawn-figure.ts'
import { type Content, html, isolated, type Markup } from './markup.ts'
import { addressBelow } from './report-link.ts'

/**
 * Latency by load: every step as a mark at what the first objective is about, and both ends of the bracket. Where that is p99, also its
 * limit, the estimate, and p99 made monotone.
 */
export function loadLatencyPart(result: CapacityResult): Markup {
  const statistic = statisticOf(result)
  const steps = result.steps.flatMap((step) => timedStep(step, statistic) ?? []).slice(0, MOST_MARKS)
  return html`<section id="latency">
    <h2>Latency by load</h2>
    ${
      steps.length === 0
        ? html`<p class="lead">No step timed what the first objective is about.</p>`
        : html`<p class="lead">
              Every mark is a step with connections of its own; ${named(statistic)} of the first objective’s
              metric,
              <code>${isolated(bounded(result.plan.objectives[0] ?? '–', 200))}</code>.
            </p>
            ${figure(result, steps, statistic)}`
    }
  </section>`
}

/** What of a step stands in a line: `step 12 (refute), 13,020 users: p50 14.2 ms, p99 284 ms, did not hold`. */
export function stepSays(step: CapacityStep, { plan }: Pick<CapacityResult, 'plan'>): string {
  const { number, phase, load, outcome } = step
  const statistic = statisticOf({ plan })
  const timed = timedStep(step, statistic)
  const half = timed === undefined || statistic.name === HALF ? '' : `${HALF} ${timedText(timed.p50)} ms, `
  const main = timed === undefined ? '' : `${statistic.name} ${timedText(timed.main)} ms, `
  return `step ${number} (${phase}), ${loadText(load, plan.unit)}: ${half}${main}${OUTCOME_WORD[outcome]}`
}

// --- internal ---

/** A step that timed what the first objective is about. */
interface TimedStep {
  step: CapacityStep
  p50: Timed
  /** The objective's own statistic. */
  main: Timed
}

const HALF = 'p50'

/** More marks than that hide each other. */
const MOST_MARKS = 400
const HEIGHT = 300

function timedStep(step: CapacityStep, { at }: Statistic): TimedStep | undefined {
  const [p50, main] = [latencyAt(step, '50'), at(step)]
  return p50 === undefined || main === undefined ? undefined : { step, p50, main }
}

function named({ name }: Statistic): string {
  return name === HALF ? `${HALF} is that` : `${HALF} and ${name} are those`
}

function figure(result: CapacityResult, steps: readonly TimedStep[], statistic: Statistic): Markup {
  const { plan, bracket } = result
  const { name, isP99 } = statistic
  const estimate = isP99 ? result.estimate : null
  const hasHalf = name !== HALF
  const limit = latencyLimit(result)
  const values = steps
    .flatMap(({ p50, main }) => (hasHalf ? [p50.us / 1e3, main.us / 1e3] : [main.us / 1e3]))
    .filter((ms) => ms > 0)
  const reached = [...values, ...(limit === undefined ? [] : [limit.ms])]
  const frame: Frame = {
    x: wideAxis(
      steps.map(({ step }) => step.load),
      bareLoad,
    ),
    y: logAxis(Math.min(...reached, 1e6) / 1.25, Math.max(...reached, 0.01) * 1.4, tickText),
    heightPx: HEIGHT,
  }
  const fit = isP99 ? monotone(steps) : []
  const used = new Set(steps.map(({ step }) => markOf(step)))
  return drawnFigure({
    id: 'load-latency',
    title: finding(result, limit, statistic),
    subtitle: `across: load in ${plan.unit}; up: latency in ms, each step the same ratio`,
    keys: [
      ...[...Object.values(OUTCOME_MARK), AFTER_MARK]
        .filter((each) => used.has(each))
        .map(({ mark, ink, word }) => ({ sample: markKey(mark, ink), text: `${name}, ${word}` })),
      ...(hasHalf ? [{ sample: markKey('ring', 'of-p50'), text: HALF }] : []),
      ...(fit.length > 1 ? [{ sample: lineKey('quiet'), text: 'p99 made monotone' }] : []),
      ...(estimate === null
        ? []
        : [
            {
              sample: markKey('diamond', 'of-quiet'),
              text: `estimate ${loadText(fittedLoad(estimate.load, plan.unit), plan.unit)}`,
            },
          ]),
    ],
    drawing: drawing(
      frame,
      { label: `Latency by load: ${numbered(steps.length, 'step')}`, xName: plan.unit, isActive: true },
      html`${fit.length > 1 && path(frame, fit, 'quiet')}
      ${limit !== undefined && level(frame, limit.ms, 'bad', bounded(limit.text, 60))}
      ${bracket.verified !== null && upright(frame, bracket.verified, 'good', `verified ${bareLoad(bracket.verified)}`)}
      ${bracket.refuted !== null && upright(frame, bracket.refuted, 'bad', `refuted ${bareLoad(bracket.refuted)}`, 1)}
      ${hasHalf && steps.map(({ step, p50 }) => markAt(acrossOf(frame, step.load), upOf(frame, p50.us / 1e3), 'ring', 'of-p50', 3))}
      ${
        estimate !== null &&
        limit !== undefined &&
        markAt(acrossOf(frame, estimate.load), upOf(frame, limit.ms), 'diamond', 'of-quiet', 5)
      }
      ${steps.map(({ step, main }) => {
        const { mark, ink } = markOf(step)
        return spokenMark(frame, {
          across: acrossOf(frame, step.load),
          up: upOf(frame, main.us / 1e3),
          mark,
          ink,
          says: stepSays(step, result),
          address: step.result === null ? undefined : addressBelow(step.result),
          xName: plan.unit,
        })
      })}`,
    ),
    table: dataTable(
      'Latency by load',
      [
        { figure: `Load, ${plan.unit}` },
        { figure: 'Steps' },
        ...(hasHalf ? [{ figure: 'p50, ms' }] : []),
        { figure: `${name}, ms` },
        { figure: `Lowest ${name}` },
        { figure: `Highest ${name}` },
        { figure: 'Held' },
      ],
      byLoad(steps).map(([load, each]): Content[] => {
        const mains = each.map(({ main }) => main)
        return [
          bareLoad(load),
          each.length,
          ...(hasHalf ? [middleText(each.map(({ p50 }) => p50))] : []),
          middleText(mains),
          timedText(lowestTimed(mains)),
          timedText(highestTimed(mains)),
          `${each.filter(({ step }) => step.outcome === 'pass').length} of ${each.length}`,
        ]
      }),
      {
        caption: `${hasHalf ? `${HALF} and ${name} are the medians` : `${name} is the median`} of the steps at each load.`,
      },
    ),
  })
}

function tickText(ms: number): string {
  return ms >= 1000 ? `${Number((ms / 1e3).toPrecision(3))} s` : `${Number(ms.toPrecision(3))} ms`
}

function middleText(values: readonly Timed[]): string {
  const middle = medianTimed(values)
  return middle === undefined ? '–' : timedText(middle)
}

function finding(result: CapacityResult, limit: { ms: number } | undefined, statistic: Statistic): string {
  const { verified, refuted } = result.bracket
  const at = (load: number | null): string | undefined => {
    const timed = timedAt(result, load, statistic)
    return timed === undefined || load === null
      ? undefined
      : `${timedText(timed)} ms at ${loadText(load, result.plan.unit)}`
  }
  const ends = [at(verified), at(refuted)].filter((end) => end !== undefined)
  const of = limit === undefined ? '' : `; the limit is ${msText(limit.ms * 1e3)} ms`
  return ends.length === 0 ? `No load was confirmed${of}` : `${statistic.name} is ${ends.join(' and ')}${of}`
}

function byLoad(steps: readonly TimedStep[]): [number, TimedStep[]][] {
  return [...Map.groupBy(steps, ({ step }) => step.load)].toSorted(([a], [b]) => a - b)
}

/** p99 by load, made to never fall: the line that the estimate is read from. */
function monotone(steps: readonly TimedStep[]): [number, number][] {
  const levels = byLoad(steps.filter(({ step, main }) => isOfSearch(step) && isEvidence(step) && main.us > 0))
  const logs = levels.map(([, each]) => mean(each.map(({ main }) => Math.log(main.us / 1e3))))
  const fit = isotonic(
    logs,
    levels.map(([, each]) => each.length),
  )
  return levels.map(([load], i) => [load, Math.exp(fit[i] as number)])
}
