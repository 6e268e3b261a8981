import type { CapacityResult } from '../../measure/capacity.ts'
import { bareLoad, capacityWord } from '../capacity-words.ts'
import { spanText } from '../format.ts'
import { bounded } from '../visible.ts'
import { bracketPart } from './capacity-bracket.ts'
import { loadLatencyPart } from './capacity-latency.ts'
import { resourcesPart } from './capacity-resources.ts'
import {
  afterPart,
  calibrationPart,
  costPart,
  type Detail,
  objectivesPart,
  stepsPart,
} from './capacity-tables.ts'
import { throughputPart } from './capacity-throughput.ts'
import { capacityTilesPart, capacityVerdictPart } from './capacity-verdict.ts'
import { DRAWING_STYLE } from './drawing-style.ts'
import { environmentPart } from './environment.ts'
import { type Content, html, isolated, type Markup } from './markup.ts'
import { pairs } from './pairs.ts'
import { shell } from './shell.ts'
import { STYLE } from './style.ts'
import { THEME_SCRIPT } from './theme.ts'
import { momentText } from './verdict.ts'

/**
 * The report of a capacity search as one page that needs nothing else, in the shell of a run's page: no network, whole without
 * scripts, light and dark, fit for print, at most a megabyte. A pure function of the result.
 */
export function capacityPage(result: CapacityResult): string {
  let page = ''
  for (const detail of DETAILS) {
    page = pageWith(result, detail)
    if (Buffer.byteLength(page) <= MOST_BYTES) break
  }
  return page
}

// --- internal ---

const MOST_BYTES = 1_000_000

/** How much is told of the steps. The first that fits is taken; everything is in `result.json`. */
const DETAILS: readonly Detail[] = [
  { steps: 500, text: 500 },
  { steps: 300, text: 200 },
  { steps: 150, text: 80 },
]

const CHAPTERS = [
  ['bracket', 'Capacity'],
  ['latency', 'Latency'],
  ['throughput', 'Throughput'],
  ['resources', 'Resources'],
  ['objectives', 'Objectives'],
  ['steps', 'Steps'],
  ['cost', 'Cost'],
  ['calibration', 'Generator'],
  ['after', 'Soak and overload'],
  ['run', 'This search'],
] as const

function pageWith(result: CapacityResult, detail: Detail): string {
  const { run, plan, environment } = result
  return shell({
    title: `${capacityWord(result)}: ${bounded(plan.scenario, 200)}, ${momentText(run.startedAt)}`,
    runId: bounded(run.id, 200),
    chapters: CHAPTERS,
    body: html`${capacityVerdictPart(result)}${capacityTilesPart(result)}`,
    sections: html`${bracketPart(result)}${loadLatencyPart(result)}${throughputPart(result)}${resourcesPart(result)}${objectivesPart(result)}${stepsPart(result, detail)}${costPart(result)}${calibrationPart(result)}${afterPart(result)}${searchPart(result)}`,
    footer: html`Stompede ${isolated(bounded(environment.stompede, 100))} · result format
      ${isolated(bounded(result.schemaVersion, 100))} · the figures are those of <code>result.json</code>`,
    data: [],
    styles: [STYLE, DRAWING_STYLE],
    scripts: [THEME_SCRIPT],
  })
}

function searchPart({ run, plan, environment }: CapacityResult): Markup {
  const short = (text: string): Markup => isolated(bounded(text, 500))
  return html`<section id="run">
    <h2>This search</h2>
    <h3>Do it again</h3>
    <pre class="whole" tabindex="0"><bdi>${bounded(run.command, 4000)}</bdi></pre>
    <div class="two">
      <div>
        <h3>Plan</h3>
        ${pairs([
          ['Scenario', short(plan.scenario)],
          ['Says', short(plan.description)],
          ['File', html`<code>${short(plan.source)}</code>`],
          ['Seed', plan.seed],
          ['Unit of load', plan.unit],
          ['Begins with', bareLoad(plan.startLoad)],
          ['Step', spanText(plan.stepSeconds)],
          ['Time at most', plan.budgetSeconds === null ? 'no limit' : spanText(plan.budgetSeconds)],
          ['Planned load', plan.plannedLoad === null ? '–' : bareLoad(plan.plannedLoad)],
          ...Object.entries(run.tags)
            .slice(0, 40)
            .map(([name, value]): [string, Content] => ['Tag', html`${short(name)} = ${short(value)}`]),
        ])}
      </div>
      <div>${environmentPart(environment, run)}</div>
    </div>
  </section>`
}
