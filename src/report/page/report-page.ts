import type { RunResult } from '../../measure/result.ts'
import { chartAssets } from './assets.ts'
import type { Sheet } from './chart.ts'
import { driftPart, findingsPart } from './findings.ts'
import { thresholdsPart, validityPart } from './judgement.ts'
import { distributionPart, fanOutPart, heatPart } from './latency.ts'
import { ledgerPart } from './ledger.ts'
import { rankSheet } from './rank-charts.ts'
import { generatorPart, runPart } from './run.ts'
import { generatorCharts, heatChart, loadCharts } from './run-charts.ts'
import { SCRIPT } from './script.ts'
import { shell } from './shell.ts'
import { stepsPart } from './steps.ts'
import { STYLE } from './style.ts'
import { figures, timelinesPart } from './timelines.ts'
import { momentText, tilesPart, verdictPart } from './verdict.ts'
import { html, isolated, jsonBlock, type Markup, textOf } from './markup.ts'
import { MOST_IN_TABLE, timelineView } from './timeline-view.ts'
import { verdictWords } from '../verdict-words.ts'

/** What changes on the page as a run goes on. All of it is data that can be sent as JSON. */
export interface PageParts {
  title: string
  /** HTML of what stands above the list of chapters: notices, verdict, figures. */
  summary: string
  /** HTML within each section, in the page's order. */
  sections: { id: SectionId; html: string }[]
  /** What the script draws. */
  sheets: Sheet[]
}

/**
 * The report of a run as one page that needs nothing else: no network, readable without scripts, light and dark, fit for
 * print. A pure function of the result.
 */
export function reportPage(result: RunResult): string {
  const { title, summary, sections, sheets } = partsOf(result)
  const { run, environment } = result
  const assets = chartAssets()
  return shell({
    title,
    runId: run.id,
    chapters: Object.entries(CHAPTERS),
    body: html`<div id="summary">${summary}</div>`,
    sections: html`${sections.map(([id, part]) => html`<section id="${id}">${part}</section>`)}`,
    footer: html`Stompede ${isolated(environment.stompede)} · result format ${isolated(result.schemaVersion)}
      · the figures are those of <code>result.json</code>`,
    data: sheets.map((sheet) => jsonBlock(`sheet-${sheet.id}`, sheet)),
    styles: [assets.style, STYLE],
    scripts: [assets.script, SCRIPT],
  })
}

/**
 * The parts of the page that follow the result. The page's own script puts such parts in the place of those it shows when
 * an event `stompede:parts` with them as its `detail` is dispatched on `document`.
 */
export function pageParts(result: RunResult): PageParts {
  const { summary, sections, ...rest } = partsOf(result)
  return {
    ...rest,
    summary: textOf(summary),
    sections: sections.map(([id, part]) => ({ id, html: textOf(part) })),
  }
}

/** Sections in the page's order, with their names in the list of chapters. */
export const CHAPTERS = {
  validity: 'Validity',
  thresholds: 'Thresholds',
  deliveries: 'Deliveries',
  latency: 'Latency',
  percentiles: 'Percentiles',
  'fan-out': 'Fan-out',
  load: 'Load',
  steps: 'Steps',
  findings: 'Errors',
  drift: 'Drift',
  generator: 'Generator',
  run: 'This run',
} as const

// --- internal ---

type SectionId = keyof typeof CHAPTERS

function partsOf(result: RunResult): Pick<PageParts, 'title' | 'sheets'> & {
  summary: Markup
  sections: [SectionId, Markup][]
} {
  const { run, plan } = result
  const drawn = timelineView(result.timeline)
  // Tables merge more seconds than charts do, each to its own step.
  const listed = timelineView(result.timeline, MOST_IN_TABLE)
  const heat = heatChart(result, drawn)
  const load = loadCharts(result, drawn)
  const health = generatorCharts(result, drawn)
  const rank = rankSheet(result)
  const content: Record<SectionId, Markup> = {
    validity: validityPart(result),
    thresholds: thresholdsPart(result),
    deliveries: ledgerPart(result),
    latency: heatPart(heat, listed),
    percentiles: distributionPart(result, rank.charts),
    'fan-out': fanOutPart(result, rank.charts),
    load: timelinesPart(load, loadCharts(result, listed), listed),
    steps: stepsPart(result),
    findings: findingsPart(result),
    drift: driftPart(result),
    generator: generatorPart(result, figures(health, generatorCharts(result, listed), listed)),
    run: runPart(result),
  }
  return {
    title: `${verdictWords(result).word}: ${plan.scenario}, ${momentText(run.startedAt)}`,
    summary: html`${verdictPart(result)}${tilesPart(result)}`,
    sections: Object.entries(content) as [SectionId, Markup][],
    sheets: [
      { id: 'time', at: drawn.atSeconds, step: drawn.stepSeconds, charts: [heat, ...load, ...health] },
      rank,
    ],
  }
}
