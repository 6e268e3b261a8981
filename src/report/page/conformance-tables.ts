import { type ConformanceCase, type ConformanceResult, STATES } from '../../measure/conformance.ts'
import { sectionName } from '../../measure/sections.ts'
import { safeId } from '../evidence-paths.ts'
import { BY_URGENCY, sectionsOf, STATE_MEANING } from '../conformance-words.ts'
import { countText, msText, numbered } from '../format.ts'
import type { Detail } from './conformance-cases.ts'
import { signOf, stateStatus } from './conformance-verdict.ts'
import { html, isolated, type Markup } from './markup.ts'
import { bounded } from '../visible.ts'

/** How many cases of each section ended in which state. */
export function matrixPart(result: ConformanceResult): Markup {
  const sections = sectionsOf(result)
  return html`<section id="sections">
    <h2>Sections and states</h2>
    ${
      sections.length === 0
        ? html`<p class="lead">No rule was asked.</p>`
        : html`<p class="lead">
              ${numbered(result.cases.length, 'case')} in ${numbered(sections.length, 'section')}.
            </p>
            <div class="scroll" tabindex="0" role="region" aria-label="Sections and states">
              <table class="matrix">
                <thead>
                  <tr>
                    <th scope="col">Section</th>
                    ${BY_URGENCY.map((state) => html`<th scope="col" class="n">${stateStatus(state)}</th>`)}
                  </tr>
                </thead>
                <tbody>
                  ${sections.map(
                    ({ name, counts }) =>
                      html`<tr>
                        <th scope="row">${isolated(bounded(name, 80))}</th>
                        ${BY_URGENCY.map((state) => cell(counts.get(state) ?? 0, signOf(state)))}
                      </tr>`,
                  )}
                </tbody>
                <tfoot>
                  <tr>
                    <th scope="row">All</th>
                    ${BY_URGENCY.map((state) => cell(result.counts[state], signOf(state)))}
                  </tr>
                </tfoot>
              </table>
            </div>
            <details>
              <summary>What the states mean</summary>
              <dl class="pairs">
                ${BY_URGENCY.map(
                  (state) =>
                    html`<dt>${stateStatus(state)}</dt>
                      <dd>${STATE_MEANING[state].says}</dd>`,
                )}
              </dl>
            </details>`
    }
  </section>`
}

/** Every case in the order of the catalogue; with scripts on, a filter above it. */
export function allCasesPart(result: ConformanceResult, { text }: Detail): Markup {
  const { cases } = result
  if (cases.length === 0)
    return html`<section id="cases">
      <h2>All cases</h2>
      <p class="lead">There are none.</p>
    </section>`
  return html`<section id="cases">
    <h2>All cases</h2>
    <p class="lead">In the order of the catalogue. What did not simply pass leads to its evidence.</p>
    ${filter(result)}
    <div class="scroll" tabindex="0" role="region" aria-label="All cases">
      <table class="all">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Rule</th>
            <th scope="col">Level</th>
            <th scope="col">Section</th>
            <th scope="col" class="n">Time, ms</th>
          </tr>
        </thead>
        <tbody>
          ${cases.map((each) => row(each, Math.min(text, 200)))}
        </tbody>
      </table>
    </div>
  </section>`
}

// --- internal ---

function cell(count: number, sign: string): Markup {
  return count === 0
    ? html`<td class="n zero">0</td>`
    : html`<td class="n ${sign}"><b>${countText(count)}</b></td>`
}

function row(each: ConformanceCase, most: number): Markup {
  const { state, level, section, id, title, durationMs } = each
  const name = html`<code>${isolated(bounded(id, 120))}</code>`
  return html`<tr data-state="${state}" data-level="${level}" data-section="${nameOf(section)}">
    <td>${stateStatus(state)}</td>
    <th scope="row">
      ${state === 'PASS' ? name : html`<a href="#case-${safeId(id)}">${name}</a>`}
      <span class="title">${isolated(bounded(title, most))}</span>
    </th>
    <td>${level}</td>
    <td class="explain">${isolated(nameOf(section))}</td>
    <td class="n">${msText(Math.max(0, durationMs) * 1e3)}</td>
  </tr>`
}

function nameOf(section: string): string {
  return bounded(sectionName(section), 80)
}

/** Hidden until the script is there to obey it. */
function filter(result: ConformanceResult): Markup {
  const choice = (name: string, label: string, values: readonly string[]): Markup =>
    html`<label
      >${label}
      <select name="${name}">
        <option value="">all</option>
        ${values.map((value) => html`<option value="${value}">${value}</option>`)}
      </select></label
    >`
  const states = STATES.filter((state) => result.counts[state] > 0)
  const levels = [...new Set(result.cases.map(({ level }) => level))]
  const sections = sectionsOf(result).map(({ section }) => nameOf(section))
  return html`<form class="filter" hidden>
    <label>Find <input type="search" name="text" placeholder="id or words" autocomplete="off" /></label>
    ${choice('state', 'State', states)} ${choice('level', 'Level', levels)}
    ${choice('section', 'Section', sections)}
    <output aria-live="polite">${numbered(result.cases.length, 'case')}</output>
  </form>`
}
