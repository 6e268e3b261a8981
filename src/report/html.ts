import type { RunResult } from '../measure/result.ts'
import { chartAssets } from './html-assets.ts'
import { chartFigure } from './html-charts.ts'
import { driftPart, findingsPart } from './html-findings.ts'
import { thresholdsPart, validityPart } from './html-judgement.ts'
import { ledgerPart } from './html-ledger.ts'
import { generatorPart, runPart } from './html-run.ts'
import { SCRIPT } from './html-script.ts'
import { shell } from './html-shell.ts'
import { stepsPart } from './html-steps.ts'
import { STYLE } from './html-style.ts'
import { momentText, tilesPart, verdictPart } from './html-verdict.ts'
import { html, isolated, jsonBlock, type Markup } from './markup.ts'
import { generatorCharts, runCharts } from './run-charts.ts'
import { timelineView } from './timeline-view.ts'
import { verdictWords } from './verdict-words.ts'

/**
 * The report of a run as one page that needs nothing else: no network, readable without scripts, light and dark, fit for
 * print. A pure function of the result.
 */
export function reportPage(result: RunResult): string {
  const { run, plan } = result
  const view = timelineView(result.timeline)
  const charts = runCharts(result, view)
  const health = generatorCharts(view)
  const assets = chartAssets()
  const data = (id: string, sheet: typeof charts): Markup =>
    jsonBlock(id, { id, atSeconds: view.atSeconds, charts: sheet })
  return shell({
    title: `${verdictWords(result).word}: ${plan.scenario}, ${momentText(run.startedAt)}`,
    runId: run.id,
    chapters: CHAPTERS,
    body: html`${verdictPart(result)}${tilesPart(result)}`,
    sections: html`${thresholdsPart(result)}${validityPart(result)}${ledgerPart(result)}
      <section id="latency">
        <h2>Latency and load over time</h2>
        <p class="lead">
          One cursor for all: move it, or focus a chart and use the arrow keys. Drag to zoom, double-click to
          zoom out.
        </p>
        <noscript
          ><p class="explain">Charts need scripts; the tables below them have the same figures.</p></noscript
        >
        ${charts.map((chart) => chartFigure(chart, view.atSeconds))}
      </section>
      ${stepsPart(result)}${findingsPart(result)}${driftPart(result)}${generatorPart(result, health, view.atSeconds)}${runPart(result)}`,
    footer: html`Stompede ${isolated(result.environment.stompede)} · result format
      ${isolated(result.schemaVersion)} · the figures are those of <code>result.json</code>`,
    data: [data('run-charts', charts), data('generator-charts', health)],
    styles: [assets.style, STYLE],
    scripts: [assets.script, SCRIPT],
  })
}

// --- internal ---

const CHAPTERS = [
  ['thresholds', 'Thresholds'],
  ['validity', 'Validity'],
  ['deliveries', 'Deliveries'],
  ['latency', 'Over time'],
  ['steps', 'Steps'],
  ['findings', 'Violations and errors'],
  ['drift', 'Drift'],
  ['generator', 'Generator'],
  ['run', 'This run'],
] as const
