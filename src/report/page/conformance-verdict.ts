import type { ConformanceResult, State } from '../../measure/conformance.ts'
import { gateWords, selectionText } from '../conformance-words.ts'
import { countText, numbered, partText, spanText } from '../format.ts'
import { icon, status, type State as Sign } from './icons.ts'
import { momentText } from './verdict.ts'
import { html, isolated, type Markup } from './markup.ts'
import { bounded } from '../visible.ts'

/** The sign each state of a case has on pages. */
const SIGN_OF: Record<State, Sign> = {
  PASS: 'good',
  'NON-STRICT': 'unsure',
  INFO: 'quiet',
  FAIL: 'bad',
  INCONCLUSIVE: 'unsure',
  SKIP: 'quiet',
  XFAIL: 'unsure',
  XPASS: 'bad',
}

/** The sign of a case's state. */
export function signOf(state: State): Sign {
  return SIGN_OF[state]
}

/** A case's state in its word with its sign. */
export function stateStatus(state: State): Markup {
  return status(SIGN_OF[state], state)
}

/** The address of the deployment that was asked. */
export function targetText({ environment: { target } }: ConformanceResult): string {
  return target.apiUrl ?? target.stompUrl ?? 'no address'
}

/** The gate's verdict in words with what it rests on; above it whatever limits what the gate may say. */
export function gateVerdictPart(result: ConformanceResult): Markup {
  const { word, sentence, reasons } = gateWords(result)
  const { run, environment, verdict } = result
  const sign = VERDICT_SIGN[verdict.status]
  const more = reasons.length - MOST_REASONS
  return html`${notices(result)}
    <div class="verdict ${sign}">
      <h1>${icon(sign)}${word}</h1>
      <p class="sentence">${sentence}</p>
      ${
        reasons.length > 0 &&
        html`<ul>
          ${reasons.slice(0, MOST_REASONS).map((reason) => html`<li>${isolated(short(reason))}</li>`)}
          ${more > 0 && html`<li>and ${countText(more)} more in <code>result.json</code></li>`}
        </ul>`
      }
      <p class="facts">
        <span>${isolated(short(targetText(result)))}</span>
        <span>profile ${isolated(short(environment.profile))}</span>
        <span>${selectionText(result)}${result.selection.isStrict && ', strict'}</span>
        <span>${spanText(run.durationSeconds)}</span>
        <span>${momentText(run.startedAt)}</span>
        <span>seed ${run.seed}</span>
        <span>exit code ${verdict.exitCode}</span>
      </p>
    </div>`
}

/** The figures most people come for. */
export function gateTilesPart(result: ConformanceResult): Markup {
  const { cases, counts, coverage } = result
  const must = cases.filter(({ level }) => level === 'MUST')
  const held = must.filter(({ state }) => state === 'PASS').length
  const undecided = counts.INCONCLUSIVE
  return html`<dl class="tiles">
    ${tile('MUST rules that hold', html`${countText(held)} <small>of ${countText(must.length)}</small>`, partText(held, must.length), false)}
    ${tile('Failed', html`${countText(counts.FAIL)}`, counts.XPASS > 0 ? `and ${numbered(counts.XPASS, 'known failure')} passed` : 'no acceptable outcome came', counts.FAIL + counts.XPASS > 0)}
    ${tile('Inconclusive', html`${countText(undecided)}`, 'the evidence is missing', false)}
    ${tile('Tolerated', html`${countText(counts['NON-STRICT'] + counts.XFAIL)}`, `${countText(counts['NON-STRICT'])} not strict, ${countText(counts.XFAIL)} known to fail`, false)}
    ${tile('Demands exercised', html`${partText(coverage.exercised, coverage.statements)}`, `${countText(coverage.exercised)} of ${countText(coverage.statements)}`, false)}
  </dl>`
}

// --- internal ---

const MOST_REASONS = 12

const VERDICT_SIGN: Record<ConformanceResult['verdict']['status'], Sign> = {
  conformant: 'good',
  nonconformant: 'bad',
  inconclusive: 'unsure',
  unreachable: 'unsure',
}

function short(text: string): string {
  return bounded(text, 500)
}

function tile(name: string, figure: Markup, more: string, isBad: boolean): Markup {
  return html`<div class="${isBad && 'bad'}">
    <dt>${name}</dt>
    <dd class="figure">${figure}</dd>
    <dd class="more">${more}</dd>
  </div>`
}

function notices({ run, environment, knownFailures }: ConformanceResult): Markup {
  const { faults } = environment.target
  const { expired } = knownFailures
  return html`${
    run.isPartial &&
    html`<div class="note unsure" role="note">
      <h2>${icon('unsure')}This is a part of a gate</h2>
      <p>It was stopped before every chosen rule was asked.</p>
    </div>`
  }
  ${
    faults.length > 0 &&
    html`<div class="note unsure" role="note">
      <h2>${icon('unsure')}This target breaks on purpose</h2>
      <p>Faults planted in the reference target: ${isolated(short(faults.join(', ')))}.</p>
    </div>`
  }
  ${
    expired.length > 0 &&
    html`<div class="note unsure" role="note">
      <h2>${icon('unsure')}${numbered(expired.length, 'known failure')} expired</h2>
      <p>
        ${isolated(short(expired.join(', ')))}: fix what fails or decide anew;
        <a href="#coverage">the list</a>.
      </p>
    </div>`
  }`
}
