import type { RunResult, ThresholdRow, ValidityCheck } from '../../measure/result.ts'
import { measuredText } from '../format.ts'
import { type State, status } from './icons.ts'
import { limitOf, marginText, observedText } from '../margin.ts'
import { html, isolated, type Markup } from './markup.ts'
import { validityWords } from '../verdict-words.ts'

/** Whether the run may say anything at all: in words, with the checks behind it. */
export function validityPart({ validity }: RunResult): Markup {
  const odd = validity.checks.filter((check) => check.isJudged !== false && check.status !== 'ok')
  return html`<h2>May this run be believed?</h2>
    <p class="lead">
      ${sentenceOf(validity)} A generator that cannot keep up measures itself; then no verdict is given.
    </p>
    ${odd.length > 0 && checksTable('Checks that did not hold', odd)}
    <details>
      <summary>${odd.length > 0 ? 'Every check' : 'What was checked'}</summary>
      ${checksTable('Validity checks', validity.checks)}
    </details>`
}

/** Each threshold with what was observed and how far that is from the limit. */
export function thresholdsPart({ thresholds, validity }: RunResult): Markup {
  return html`<h2>Thresholds</h2>
    ${
      thresholds.length === 0
        ? html`<p class="lead">The scenario sets none.</p>`
        : html`<p class="lead">${leadOf(validity)}</p>
            <div class="scroll" tabindex="0" role="region" aria-label="Thresholds">
              <table class="thresholds">
                <thead>
                  <tr>
                    <th scope="col">Status</th>
                    <th scope="col">Metric and limit</th>
                    <th scope="col" class="n">Observed</th>
                    <th scope="col" class="n">Margin</th>
                    <td class="strip-cell"></td>
                  </tr>
                </thead>
                <tbody>
                  ${thresholds.map((row) => thresholdRow(row, validity))}
                </tbody>
              </table>
            </div>`
    }`
}

// --- internal ---

/** `unknown` has three reasons: nothing to measure, a run that may not say, a value that lies beyond the timeouts. */
function thresholdWord(row: ThresholdRow, validity: RunResult['validity']): [State, string] {
  if (row.status === 'pass') return ['good', 'holds']
  if (row.status === 'fail') return ['bad', 'broken']
  if (row.observed === null) return ['unsure', 'not measured']
  return ['unsure', validity.status === 'invalid' ? 'not judged' : 'cannot be said']
}

const CHECK_WORD: Record<ValidityCheck['status'], [State, string]> = {
  ok: ['good', 'ok'],
  suspect: ['unsure', 'suspect'],
  invalid: ['bad', 'not so'],
}

function thresholdRow(row: ThresholdRow, validity: RunResult['validity']): Markup {
  const word = thresholdWord(row, validity)
  return html`<tr>
    <td>${status(...word)}</td>
    <th scope="row">
      <code>${isolated(row.metric)}</code> <code class="limit">${isolated(row.expression)}</code>
    </th>
    <td class="n">${observedText(row)}</td>
    <td class="n">${marginText(row)}</td>
    <td class="strip-cell">${gauge(row, word[0])}</td>
  </tr>`
}

/** Where the limit stands on a gauge of 150 px: what is beyond it has the rest. */
const LIMIT_AT = 100

/** What was observed as a bar against the limit; none where there is no distance. */
function gauge({ expression, observed }: ThresholdRow, state: State): Markup | undefined {
  const limit = limitOf(expression)
  if (limit === undefined || observed === null || limit.value <= 0) return undefined
  const width = Math.max(1.5, Math.min(150, (observed / limit.value) * LIMIT_AT))
  return html`<svg class="strip gauge ${state}" viewBox="0 0 150 16" aria-hidden="true">
    <rect class="track" x="0" y="6" width="150" height="4" rx="2" />
    <rect class="fill" x="0" y="6" width="${width.toFixed(1)}" height="4" rx="2" />
    <line class="limit" x1="${LIMIT_AT}" x2="${LIMIT_AT}" y1="1" y2="15" />
  </svg>`
}

function checksTable(label: string, checks: readonly ValidityCheck[]): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">
    <table>
      <thead>
        <tr>
          <th scope="col">Status</th>
          <th scope="col">What must hold</th>
          <th scope="col" class="n">Measured</th>
          <th scope="col" class="n">Limit</th>
        </tr>
      </thead>
      <tbody>
        ${checks.map(checkRow)}
      </tbody>
    </table>
  </div>`
}

function checkRow(check: ValidityCheck): Markup {
  const isJudged = check.isJudged !== false
  return html`<tr>
    <td>${isJudged ? status(...CHECK_WORD[check.status]) : status('quiet', 'not judged')}</td>
    <th scope="row">${capital(check.says)}${remarks(check)}</th>
    <td class="n">${isJudged ? measuredText(check.value, check.unit) : '–'}</td>
    <td class="n">${measuredText(check.limit, check.unit)}</td>
  </tr>`
}

function remarks({ note, proposal }: ValidityCheck): Markup {
  return html`${note !== undefined && html`<p class="explain">${isolated(note)}</p>`}${proposal !== undefined && html`<p class="proposal">→ ${isolated(proposal)}</p>`}`
}

function leadOf(validity: RunResult['validity']): string {
  const asked = 'What the scenario asks of the target.'
  return validity.status === 'invalid' ? `${asked} This run is no evidence: they are not judged.` : asked
}

function sentenceOf(validity: RunResult['validity']): string {
  return `${capital(validityWords(validity))}.`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
