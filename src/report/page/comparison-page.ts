import type { ComparisonResult } from '../../measure/comparison.ts'
import { COMPARISON_WORD } from '../comparison-words.ts'
import { countText, spanText } from '../format.ts'
import { bounded } from '../visible.ts'
import { type Detail, forestPart } from './comparison-forest.ts'
import { shiftPart } from './comparison-shift.ts'
import { absolutePart, noisePart, pairsPart, saysPart, sidesPart } from './comparison-tables.ts'
import { comparisonTilesPart, comparisonVerdictPart } from './comparison-verdict.ts'
import { DRAWING_STYLE } from './drawing-style.ts'
import { contractRow, generatorPart } from './environment.ts'
import { type Content, html, isolated, type Markup } from './markup.ts'
import { pairs } from './pairs.ts'
import { shell } from './shell.ts'
import { STYLE } from './style.ts'
import { THEME_SCRIPT } from './theme.ts'
import { momentText } from './verdict.ts'

/**
 * The report of a comparison as one page that needs nothing else, in the shell of a run's page: no network, whole without scripts,
 * light and dark, fit for print, at most a megabyte. A pure function of the result.
 */
export function comparisonPage(result: ComparisonResult): string {
  let page = ''
  for (const detail of DETAILS) {
    page = pageWith(result, detail)
    if (Buffer.byteLength(page) <= MOST_BYTES) break
  }
  return page
}

// --- internal ---

const MOST_BYTES = 1_000_000

/** How much is told. The first that fits is taken; everything is in `result.json`. */
const DETAILS: readonly Detail[] = [
  { metrics: 80, pairs: 200, text: 500 },
  { metrics: 40, pairs: 100, text: 200 },
  { metrics: 12, pairs: 40, text: 100 },
]

const CHAPTERS = [
  ['metrics', 'Metrics'],
  ['lines', 'In words'],
  ['shift', 'Percentiles'],
  ['absolute', 'Faults'],
  ['pairs', 'Pairs'],
  ['noise', 'Noise'],
  ['sides', 'Sides'],
  ['run', 'This comparison'],
] as const

function pageWith(result: ComparisonResult, detail: Detail): string {
  const { run, plan, environment, verdict } = result
  return shell({
    title: `${COMPARISON_WORD[verdict.status]}: ${bounded(plan.scenario, 200)}, ${momentText(run.startedAt)}`,
    runId: bounded(run.id, 200),
    chapters: CHAPTERS,
    body: html`${comparisonVerdictPart(result)}${comparisonTilesPart(result)}`,
    sections: html`${forestPart(result, detail)}${saysPart(result, detail)}${shiftPart(result)}${absolutePart(result)}${pairsPart(result, detail)}${noisePart(result)}${sidesPart(result)}${runPart(result)}`,
    footer: html`Stompede ${isolated(bounded(environment.stompede, 100))} · result format
      ${isolated(bounded(result.schemaVersion, 100))} · the figures are those of <code>result.json</code>`,
    data: [],
    styles: [STYLE, DRAWING_STYLE],
    scripts: [THEME_SCRIPT],
  })
}

function runPart({ run, plan, environment }: ComparisonResult): Markup {
  const short = (text: string): Markup => isolated(bounded(text, 500))
  return html`<section id="run">
    <h2>This comparison</h2>
    <h3>Do it again</h3>
    <pre class="whole" tabindex="0"><bdi>${bounded(run.command, 4000)}</bdi></pre>
    <div class="two">
      <div>
        <h3>Plan</h3>
        ${pairs([
          ['Scenario', short(plan.scenario)],
          ['Says', short(plan.description)],
          ['File', html`<code>${short(plan.source)}</code>`],
          ['Hash', html`<code>${short(plan.hash)}</code>`],
          ['Seed', plan.seed],
          ['Users', countText(plan.users)],
          ['Length of a run', spanText(plan.durationSeconds)],
          contractRow(environment.contract),
          ...Object.entries(run.tags)
            .slice(0, 40)
            .map(([name, value]): [string, Content] => ['Tag', html`${short(name)} = ${short(value)}`]),
        ])}
      </div>
      <div>${generatorPart(environment, run)}</div>
    </div>
  </section>`
}
