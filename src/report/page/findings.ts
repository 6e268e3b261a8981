import type { ErrorCount, Finding } from '../../measure/findings.ts'
import type { RunResult } from '../../measure/result.ts'
import { clockText, countText, numbered } from '../format.ts'
import { driftTables } from './drift.ts'
import type { State } from './icons.ts'
import { html, isolated, type Markup } from './markup.ts'
import { cut } from '../visible.ts'

/** Broken rules with the payloads that broke them, and what failed. */
export function findingsPart({ violations, errors, counters }: RunResult): Markup {
  return html`<h2>Violations and errors</h2>
    <p class="lead">${contractSentence(violations, counters)}</p>
    ${violations.slice(0, MOST_KINDS).map((finding, i) => findingBlock(finding, 'bad', i < MOST_OPEN))}${moreKinds(violations.length)}
    ${errors.length === 0 ? html`<p class="explain">No call, connection or activity failed.</p>` : errorTable(errors)}`
}

/** What nobody documented: worth knowing, not held against the target. */
export function driftPart({ drift, contractDrift }: RunResult): Markup {
  return html`<h2>Drift</h2>
    <p class="lead">
      ${
        drift.length === 0
          ? 'Nothing undocumented was seen.'
          : `${numbered(drift.length, 'kind')} of undocumented content. Not held against the target; the contract may want an update.`
      }
    </p>
    ${drift.slice(0, MOST_KINDS).map((finding) => findingBlock(finding, 'unsure', false))}${moreKinds(drift.length)}
    ${contractDrift !== null && driftTables(contractDrift)}`
}

// --- internal ---

const MOST_KINDS = 50
/** Kinds whose examples are in sight without a click. */
const MOST_OPEN = 3
/** Longest text of a target that the page shows in one place. */
const MOST_CHARACTERS = 4_000

function contractSentence(
  violations: readonly Finding[],
  { ws_msgs_received, http_reqs, contract_violations }: RunResult['counters'],
): string {
  if (violations.length > 0) {
    const kinds = numbered(violations.length, 'kind')
    return `${numbered(contract_violations, 'violation')} of ${kinds}. Payloads are shown as they came; characters that would hide are spelled out.`
  }
  return ws_msgs_received + http_reqs === 0
    ? 'Nothing was received, so nothing could be checked.'
    : `Every payload kept the contract: ${numbered(ws_msgs_received, 'frame')} and ${numbered(http_reqs, 'HTTP answer')} were checked.`
}

function findingBlock(
  { rule, path, detail, count, examples }: Finding,
  state: State,
  isOpen: boolean,
): Markup {
  const says = detail.startsWith(`${rule}: `) ? detail.slice(rule.length + 2) : detail
  return html`<article class="finding ${state}">
    <h3><span class="times">${countText(count)} ×</span><code>${isolated(cut(rule, 300))}</code></h3>
    <p>
      ${isolated(cut(says, MOST_CHARACTERS))}${path !== '' && html` <span class="explain">at <code>${isolated(cut(path, 300))}</code></span>`}
    </p>
    ${
      examples.length > 0 &&
      html`<details ${isOpen ? html`open` : ''}>
        <summary>${numbered(examples.length, 'example')}</summary>
        ${examples.map(
          ({ atMs, where, payload }) =>
            html`<p class="explain">${clockText(atMs / 1e3)} · ${isolated(cut(where, 300))}</p>
              <pre tabindex="0"><bdi>${cut(payload, MOST_CHARACTERS)}</bdi></pre>`,
        )}
      </details>`
    }
  </article>`
}

function moreKinds(kinds: number): Markup | undefined {
  return kinds > MOST_KINDS
    ? html`<p class="explain">and ${numbered(kinds - MOST_KINDS, 'more kind')} in result.json</p>`
    : undefined
}

function errorTable(errors: readonly ErrorCount[]): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Errors">
      <table>
        <thead>
          <tr>
            <th scope="col">What failed</th>
            <th scope="col" class="n">Times</th>
            <th scope="col" class="n">First at</th>
            <th scope="col">In its words</th>
          </tr>
        </thead>
        <tbody>
          ${errors.slice(0, MOST_KINDS).map(
            (error) =>
              html`<tr>
                <th scope="row">${isolated(cut(error.class, 300))}</th>
                <td class="n wrong">${countText(error.count)}</td>
                <td class="n">${clockText(error.firstAtMs / 1e3)}</td>
                <td class="explain">${isolated(cut(error.example, MOST_CHARACTERS))}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${moreKinds(errors.length)}`
}
