import type { RunResult } from '../../measure/result.ts'
import { countText, msText, numbered, partText, spanText } from '../format.ts'
import { icon, type State, status } from './icons.ts'
import { html, isolated, type Markup } from './markup.ts'
import { plantedWords, validityWords, verdictWords } from '../verdict-words.ts'

/** The verdict in words with what it rests on; above it whatever limits what the run may say. */
export function verdictPart(result: RunResult): Markup {
  const { word, sentence, reasons } = verdictWords(result)
  const { run, plan, environment, verdict } = result
  return html`${notices(result)}
    <div class="verdict ${VERDICT_STATE[verdict.status]}">
      <h1>${icon(VERDICT_STATE[verdict.status])}${word}</h1>
      <p class="sentence">${sentence}</p>
      ${
        reasons.length > 0 &&
        html`<ul>
          ${reasons.map((reason) => html`<li>${isolated(reason)}</li>`)}
        </ul>`
      }
      <p class="validity">
        ${status(VALIDITY_STATE[result.validity.status], `Evidence: ${validityWords(result.validity)}`)}
      </p>
      <p class="facts">
        <span>${isolated(plan.scenario)}</span>
        <span>${numbered(plan.users, 'user')}</span>
        <span
          >${spanText(run.durationSeconds)}${run.isPartial && ` of ${spanText(plan.durationSeconds)}`}</span
        >
        <span>${momentText(run.startedAt)}</span>
        <span>broker ${isolated(environment.target.broker)}</span>
        <span>exit code ${verdict.exitCode}</span>
      </p>
    </div>`
}

/** The five figures most people come for. */
export function tilesPart({ ledger: { messages }, trends, timeline, plan, counters }: RunResult): Markup {
  const delivery = trends['message_delivery']
  const last = trends['message_last_delivery']
  const most = Math.max(0, ...(timeline.columns['users_connected'] ?? []))
  const lateness = (percentile: string, of: typeof delivery): Markup =>
    of === undefined
      ? html`–`
      : html`${of.atLeast.includes(percentile) && '≥ '}${msText(of.percentilesUs[percentile] ?? 0)}
          <small>ms</small>`
  return html`<dl class="tiles">
    ${tile(
      'Delivered',
      html`${partText(messages.received, messages.expected)}`,
      `${countText(messages.received)} of ${countText(messages.expected)} owed`,
      messages.received < messages.expected,
    )}
    ${tile(
      'Message delivery, p99',
      lateness('99', delivery),
      delivery === undefined
        ? 'nothing was delivered'
        : `p50 ${msText(delivery.percentilesUs['50'] ?? 0)} ms`,
      delivery?.atLeast.includes('99') === true,
    )}
    ${tile('Last receipt, p99', lateness('99', last), 'whole room reached', last?.atLeast.includes('99') === true)}
    ${tile('Users connected', html`${countText(most)}`, `at once, of ${countText(plan.users)}`, most < plan.users)}
    ${tile(
      'Contract violations',
      html`${countText(counters.contract_violations)}`,
      `in ${numbered(counters.ws_msgs_received, 'frame')}`,
      counters.contract_violations > 0,
    )}
  </dl>`
}

/** A moment of the wall clock, in the zone it was written in: `2026-11-22 10:15:30 UTC`. */
export function momentText(iso: string): string {
  return iso.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/, '$1 $2 UTC')
}

// --- internal ---

/** How a verdict stands. */
const VERDICT_STATE: Record<RunResult['verdict']['status'], State> = {
  pass: 'good',
  fail: 'bad',
  inconclusive: 'unsure',
}

/** How the run's own evidence stands. */
const VALIDITY_STATE: Record<RunResult['validity']['status'], State> = {
  valid: 'good',
  suspect: 'unsure',
  invalid: 'bad',
}

function tile(name: string, figure: Markup, more: string, isBad: boolean): Markup {
  return html`<div class="${isBad && 'bad'}">
    <dt>${name}</dt>
    <dd class="figure">${figure}</dd>
    <dd class="more">${more}</dd>
  </div>`
}

function notices(result: RunResult): Markup {
  const { validity, run } = result
  const planted = plantedWords(result)
  return html`${
    validity.status !== 'valid' &&
    html`<div class="note ${validity.status === 'invalid' ? 'bad' : 'unsure'}" role="note">
      <h2>${icon(validity.status === 'invalid' ? 'bad' : 'unsure')}${NOT_VALID[validity.status]}</h2>
      ${proposals(validity)}
      <p><a href="#validity">The checks</a> say what was outside its limits.</p>
    </div>`
  }
  ${
    run.isPartial &&
    html`<div class="note unsure" role="note">
      <h2>${icon('unsure')}This is a part of a run</h2>
      <p>${STOPPED[run.stoppedBy]} Figures cover the time until then.</p>
    </div>`
  }
  ${
    planted !== undefined &&
    html`<div class="note unsure" role="note">
      <h2>${icon('unsure')}This target breaks on purpose</h2>
      <p>Faults planted in the reference target: ${isolated(planted)}.</p>
    </div>`
  }`
}

/** What to change so that the next run is evidence, each once. */
function proposals({ checks }: RunResult['validity']): Markup {
  const each = new Set(checks.flatMap(({ proposal }) => proposal ?? []))
  return html`${
    each.size > 0 &&
    html`<ul>
      ${[...each].map((proposal) => html`<li>${isolated(proposal)}</li>`)}
    </ul>`
  }`
}

const NOT_VALID = {
  suspect: 'Read this run with care',
  invalid: 'This run is no evidence',
} as const

const STOPPED: Record<RunResult['run']['stoppedBy'], string> = {
  plan: 'It ended before its planned end.',
  signal: 'A signal stopped it.',
  threshold: 'A threshold stopped it.',
  fault: 'A worker died.',
  killed: 'The generator was killed; this was rebuilt from its events.',
}
