import type { RunResult } from '../../measure/result.ts'
import { shareText, spanText } from '../format.ts'
import { chartAssets } from './assets.ts'
import { html, isolated, type Markup, textOf } from './markup.ts'
import { CHAPTERS, pageParts, type PageParts } from './report-page.ts'
import { SCRIPT } from './script.ts'
import { LIVE_SCRIPT } from './script-live.ts'
import { shell } from './shell.ts'
import { STYLE } from './style.ts'
import { tilesPart } from './verdict.ts'

/** How far a run is. */
export interface Moment {
  second: number
  plannedSeconds: number
}

/** The report's page before there is anything in it: what fills it comes from the server it was loaded from. */
export function livePage(name: string): string {
  const assets = chartAssets()
  return shell({
    title: `Live: ${name}`,
    runId: 'live',
    chapters: Object.entries(CHAPTERS),
    body: html`<p class="note quiet" id="line" role="status">Waiting for the run to start…</p>
      <div id="summary"></div>`,
    sections: html`${Object.keys(CHAPTERS).map((id) => html`<section id="${id}"></section>`)}`,
    footer: html`Stompede · the run as it goes; its report is written when it is over`,
    data: [],
    styles: [assets.style, STYLE],
    scripts: [assets.script, SCRIPT, LIVE_SCRIPT],
    isConnected: true,
  })
}

/** The page's parts for the run so far. What is only judged at the end says so instead. */
export function liveParts(result: RunResult, moment: Moment): PageParts {
  const { plan } = result
  const parts = pageParts(result)
  return {
    ...parts,
    title: `${shareText(shareOf(moment))} of ${plan.scenario}`,
    summary: textOf(html`${progressPart(result, moment)}${tilesPart(result)}`),
    sections: parts.sections.map(({ id, html: own }) => ({
      id,
      html: id === 'validity' ? textOf(unjudged()) : own,
    })),
  }
}

// --- internal ---

function shareOf({ second, plannedSeconds }: Moment): number {
  return plannedSeconds === 0 ? 1 : Math.min(1, second / plannedSeconds)
}

function progressPart({ plan, environment }: RunResult, moment: Moment): Markup {
  const { second, plannedSeconds } = moment
  const left = plannedSeconds - second
  return html`<div class="verdict quiet">
    <h1>Running</h1>
    <p class="sentence">
      ${left > 0 ? `${spanText(second)} of ${spanText(plannedSeconds)}; ${spanText(left)} to go.` : 'The plan is over: users leave, and what is on its way is waited for.'}
      Nothing is judged yet.
    </p>
    <progress max="1" value="${shareOf(moment)}" aria-label="How much of the plan is over"></progress>
    <p class="facts">
      <span>${isolated(plan.scenario)}</span>
      <span>${plan.users} users</span>
      <span>broker ${isolated(environment.target.broker)}</span>
    </p>
  </div>`
}

function unjudged(): Markup {
  return html`<h2>May this run be believed?</h2>
    <p class="lead">
      That is judged when it is over. Until then <a href="#generator">the generator’s health</a> says whether
      it keeps up.
    </p>`
}
