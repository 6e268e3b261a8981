import type { RunResult, ThresholdRow, ValidityCheck } from '../measure/result.ts'
import { measuredText } from './format.ts'
import { type State, status } from './html-icons.ts'
import { marginText } from './margin.ts'
import { html, isolated, type Markup } from './markup.ts'
import { observedText } from './summary-thresholds.ts'
import { validityWords } from './verdict-words.ts'

/** Each threshold with what was observed and how far that is from the limit. */
export function thresholdsPart({ thresholds, validity }: RunResult): Markup {
  return html`<section id="thresholds">
    <h2>Thresholds</h2>
    ${
      thresholds.length === 0
        ? html`<p class="lead">The scenario sets none.</p>`
        : html`<p class="lead">${leadOf(validity)}</p>
            <div class="scroll" tabindex="0" role="region" aria-label="Thresholds">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Metric</th>
                    <th scope="col">Wanted</th>
                    <th scope="col" class="n">Observed</th>
                    <th scope="col" class="n">Margin</th>
                    <th scope="col">Status</th>
                  </tr>
                </thead>
                <tbody>
                  ${thresholds.map((row) => thresholdRow(row, validity))}
                </tbody>
              </table>
            </div>`
    }
  </section>`
}

/** The checks that decide whether the run may say anything at all. */
export function validityPart({ validity }: RunResult): Markup {
  return html`<section id="validity">
    <h2>May this run be believed?</h2>
    <p class="lead">
      ${sentenceOf(validity)} A generator that cannot keep up measures itself; then no verdict is given.
    </p>
    <div class="scroll" tabindex="0" role="region" aria-label="Validity checks">
      <table>
        <thead>
          <tr>
            <th scope="col">What must hold</th>
            <th scope="col" class="n">Measured</th>
            <th scope="col" class="n">Limit</th>
            <th scope="col">Status</th>
          </tr>
        </thead>
        <tbody>
          ${validity.checks.map(checkRow)}
        </tbody>
      </table>
    </div>
  </section>`
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
  return html`<tr>
    <th scope="row"><code>${isolated(row.metric)}</code></th>
    <td><code>${isolated(row.expression)}</code></td>
    <td class="n">${observedText(row)}</td>
    <td class="n">${marginText(row)}</td>
    <td>${status(...thresholdWord(row, validity))}</td>
  </tr>`
}

function checkRow(check: ValidityCheck): Markup {
  const isJudged = check.isJudged !== false
  return html`<tr>
    <th scope="row">${capital(check.says)}${remarks(check)}</th>
    <td class="n">${isJudged ? measuredText(check.value, check.unit) : '–'}</td>
    <td class="n">${measuredText(check.limit, check.unit)}</td>
    <td>${isJudged ? status(...CHECK_WORD[check.status]) : status('quiet', 'not judged')}</td>
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
