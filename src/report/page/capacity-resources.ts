import type { CapacityResult, CapacityStep, ResourceUse } from '../../measure/capacity.ts'
import { bareLoad, loadText } from '../capacity-words.ts'
import { bytesText, shareText } from '../format.ts'
import { bounded } from '../visible.ts'
import { linearAxis, wideAxis } from './axis.ts'
import { markOf } from './capacity-points.ts'
import { acrossOf, drawing, type Frame, level, markAt, upOf, upright } from './drawing.ts'
import { dataTable, drawnFigure } from './drawn-figure.ts'
import { html, isolated, type Markup } from './markup.ts'

/** What each process and the machine used by load, against the cores there are for it. */
export function resourcesPart(result: CapacityResult): Markup {
  const names = [...new Set(result.steps.flatMap(({ resources }) => resources.map(({ name }) => name)))]
  const { limit, bracket } = result
  return html`<section id="resources">
    <h2>What ran out?</h2>
    <p class="lead">
      ${
        limit === null
          ? bracket.refuted === null
            ? 'No load was confirmed not to hold: nothing is known to have run out.'
            : 'It could not be seen what ran out.'
          : html`Limit at the lowest load that did not hold: ${isolated(bounded(limit.says, 500))}.`
      }
    </p>
    ${
      names.length === 0
        ? html`<p>No step’s processes could be watched.</p>`
        : html`<div class="small">
            ${names.slice(0, MOST_NAMES).map((name, i) => figure(result, name, i))}
          </div>`
    }
  </section>`
}

// --- internal ---

const MOST_NAMES = 12
const MOST_MARKS = 300
const HEIGHT = 130

interface Use {
  step: CapacityStep
  use: ResourceUse
}

function figure(result: CapacityResult, name: string, place: number): Markup {
  const { plan, bracket } = result
  const uses = result.steps
    .flatMap((step): Use[] => step.resources.filter((use) => use.name === name).map((use) => ({ step, use })))
    .slice(0, MOST_MARKS)
  const cores = Math.max(...uses.map(({ use }) => use.cores))
  const most = uses.reduce((top, each) => (each.use.cpuCores > top.use.cpuCores ? each : top))
  // A process that is far from its cores would be a line at the bottom of them.
  const top =
    most.use.cpuCores > cores * 0.5 ? Math.max(cores, most.use.cpuCores) * 1.12 : most.use.cpuCores * 1.3 || 1
  const frame: Frame = {
    x: wideAxis(
      result.steps.map(({ load }) => load),
      bareLoad,
      4,
    ),
    y: linearAxis(0, top, (value) => String(Number(value.toPrecision(3))), 4),
    heightPx: HEIGHT,
  }
  const shown = bounded(name, 60)
  const figureOf = (value: number): string => String(Number(value.toPrecision(3)))
  // A broker that tells only of itself says nothing of its processor time.
  const isTold = cores > 0 || most.use.cpuCores > 0
  return drawnFigure({
    id: `use-${place}`,
    title: isTold
      ? html`${isolated(shown)}: ${figureOf(most.use.cpuCores)} of ${coresText(cores)}, at
        ${loadText(most.step.load, plan.unit)}`
      : html`${isolated(shown)}: processor time not told`,
    subtitle: 'cores kept busy, by load; marks and lines as above',
    keys: [],
    drawing: drawing(
      frame,
      { label: `Processor use of ${shown} by load`, xName: '' },
      html`${cores <= top && level(frame, cores, 'ink', coresText(cores))}
      ${bracket.verified !== null && upright(frame, bracket.verified, 'good', '')}
      ${bracket.refuted !== null && upright(frame, bracket.refuted, 'bad', '')}
      ${(isTold ? uses : []).map(({ step, use }) => {
        const { mark, ink } = markOf(step)
        return markAt(acrossOf(frame, step.load), upOf(frame, use.cpuCores), mark, ink, 3.5)
      })}`,
    ),
    table: dataTable(
      `What ${shown} used`,
      [
        { figure: 'Load' },
        { figure: 'Step' },
        { figure: 'Cores' },
        { figure: 'CPU s' },
        { figure: 'Memory' },
        'Shares of limits',
      ],
      uses
        .toSorted((a, b) => a.step.load - b.step.load)
        .map(({ step, use }) => [
          bareLoad(step.load),
          step.number,
          isTold ? figureOf(use.cpuCores) : '–',
          isTold ? figureOf(use.cpuSeconds) : '–',
          use.memoryBytes === null ? '–' : bytesText(use.memoryBytes),
          isolated(sharesText(use)),
        ]),
    ),
  })
}

function coresText(cores: number): string {
  return cores === 1 ? '1 core' : `${Number(cores.toPrecision(3))} cores`
}

function sharesText({ shares }: ResourceUse): string {
  const each = Object.entries(shares).map(([name, share]) => `${bounded(name, 40)} ${shareText(share)}`)
  return each.length === 0 ? '–' : each.slice(0, 6).join(', ')
}
