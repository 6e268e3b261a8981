import type { CapacityResult, CapacityStep } from '../../measure/capacity.ts'
import {
  bareLoad,
  costBearers,
  HELD_THOUGH_LATE,
  isHeldThoughLate,
  latencyAt,
  loadText,
  OUTCOME_WORD,
  PHASE_MEANING,
  rateText,
  SIGN_OF_OUTCOME,
} from '../capacity-words.ts'
import { bytesText, countText, numbered, shareText, spanText } from '../format.ts'
import { changeText } from '../metric-value.ts'
import { type Timed, timedText } from '../timed.ts'
import { bounded, unbroken } from '../visible.ts'
import { isEvidence, isOfSearch } from './capacity-points.ts'
import { dataTable } from './drawn-figure.ts'
import { status } from './icons.ts'
import { type Content, html, isolated, type Markup } from './markup.ts'
import { pairs } from './pairs.ts'
import { linkBelow } from './report-link.ts'

/** How much is told of how many steps. */
export interface Detail {
  steps: number
  text: number
}

/** Each objective at both ends of the bracket: what had to hold, and the worst that was seen. */
export function objectivesPart(result: CapacityResult): Markup {
  const { plan, bracket } = result
  const seen = (load: number | null, expression: string): Markup => {
    const each = result.steps
      .filter((step) => step.load === load && isOfSearch(step) && isEvidence(step))
      .flatMap(({ objectives }) => objectives.filter((objective) => objective.expression === expression))
    if (each.length === 0) return html`–`
    const broken = each.filter((objective) => objective.status !== 'pass')
    const values = each.filter(({ observed }) => observed !== null)
    const sign =
      broken.length === 0
        ? 'good'
        : broken.some((objective) => objective.status === 'fail')
          ? 'bad'
          : 'unsure'
    const range = values.length === 0 ? 'nothing measured' : rangeText(values)
    return html`${status(sign, `${each.length - broken.length} of ${each.length} held`)}
      <span class="explain">${range}</span>`
  }
  const at = (load: number | null, word: string): string =>
    load === null ? word : `${word} ${loadText(load, plan.unit)}`
  return html`<section id="objectives">
    <h2>Objectives</h2>
    <p class="lead">
      All of them have to hold in a step for its load to hold. Steps whose generator was not fit are left out
      here: they are no evidence.
    </p>
    ${dataTable(
      'Objectives',
      ['Objective', at(bracket.verified, 'At the verified'), at(bracket.refuted, 'At the refuted')],
      plan.objectives.map((expression) => [
        html`<code>${isolated(bounded(expression, 300))}</code>`,
        seen(bracket.verified, expression),
        seen(bracket.refuted, expression),
      ]),
    )}
  </section>`
}

/** Every step in the order in which it was run, as far as there is room. */
export function stepsPart(result: CapacityResult, detail: Detail): Markup {
  const { steps, plan, bracket } = result
  const more = steps.length - detail.steps
  const phases = [...new Set(steps.map(({ phase }) => phase))]
  return html`<section id="steps">
    <h2>Every step</h2>
    <p class="lead">
      ${steps.length === 0 ? 'No step was run.' : `${numbered(steps.length, 'step')} of ${spanText(plan.stepSeconds)} each, in the order in which they were run; each with fresh connections.${endKeys(bracket)}`}
      ${more > 0 && ` The last ${countText(more)} are in result.json alone.`}
    </p>
    ${steps.some(isHeldThoughLate) && html`<p class="lead">${HELD_THOUGH_LATE}</p>`}
    ${
      steps.length > 0 &&
      html`${dataTable(
          'Every step',
          [
            { figure: 'Step' },
            'Phase',
            { figure: `Load, ${plan.unit}` },
            'Ended',
            { figure: 'p50, ms' },
            { figure: 'p99, ms' },
            { figure: 'Deliveries/s' },
            { figure: 'Of plan' },
            { figure: 'Errors' },
            { figure: 'Lost' },
            { figure: 'Seed' },
          ],
          steps.slice(0, detail.steps).map((step) => stepRow(step, bracket, detail.text)),
          { style: 'steps' },
        )}
        <details>
          <summary>What the phases are for</summary>
          <ul>
            ${phases.map((phase) => html`<li>${PHASE_MEANING[phase]}</li>`)}
          </ul>
        </details>`
    }
  </section>`
}

/** What the target's work costs, so that machines can be planned. */
export function costPart(result: CapacityResult): Markup {
  const { cost } = result
  const bearers = costBearers(result) ?? 'the target’s processes that could be watched'
  const rows: (readonly [string, Content])[] = [
    [
      '1,000 deliveries',
      cost.cpuSecondsPer1000Deliveries === null
        ? '–'
        : `${figure(cost.cpuSecondsPer1000Deliveries)} CPU seconds`,
    ],
    [
      '1,000 users who do nothing',
      cost.cpuCoresPer1000IdleUsers === null ? '–' : `${figure(cost.cpuCoresPer1000IdleUsers)} cores`,
    ],
    [
      '1,000 users’ memory',
      cost.memoryBytesPer1000Users === null ? '–' : bytesText(cost.memoryBytesPer1000Users),
    ],
  ]
  return html`<section id="cost">
    <h2>Cost</h2>
    <p class="lead">
      ${
        rows.some(([, value]) => value !== '–')
          ? html`Of ${isolated(bounded(bearers, 200))}, idle cost included; “–” where one of them does not
            tell.`
          : 'Not known: not all of the target could be seen, or too few steps held.'
      }
    </p>
    ${dataTable(
      'Cost',
      ['What', { figure: 'Takes' }],
      rows.map((row) => [...row]),
      { style: 'narrow' },
    )}
  </section>`
}

/** How far the generator itself could go. */
export function calibrationPart({ calibration, plan }: CapacityResult): Markup {
  return html`<section id="calibration">
    <h2>Generator</h2>
    ${
      calibration === null
        ? html`<p class="lead">
            How much the generator can do was not measured beforehand; each step was judged by the generator’s
            own health.
          </p>`
        : html`<p class="lead">
              The search never goes above
              ${calibration.mostLoad === null ? 'what the generator is fit for' : loadText(calibration.mostLoad, plan.unit)}:
              ${isolated(bounded(calibration.says, 500))}.
            </p>
            ${
              calibration.points.length > 0 &&
              dataTable(
                'Generator against a target that costs nothing',
                [{ figure: `Load, ${plan.unit}` }, { figure: 'Busiest worker' }, 'Run'],
                calibration.points
                  .slice(0, 100)
                  .map(({ load, cpuShare, validity }) => [
                    bareLoad(load),
                    `${shareText(cpuShare)} of a core`,
                    status(
                      validity === 'valid' ? 'good' : validity === 'suspect' ? 'unsure' : 'bad',
                      validity,
                    ),
                  ]),
                { style: 'narrow' },
              )
            }`
    }
  </section>`
}

/** What came after the search: a long time below the verified load, and more than it can do. */
export function afterPart({ soak, overload, plan, bracket }: CapacityResult): Markup {
  return html`<section id="after">
    <h2>Soak and overload</h2>
    ${soak === null && overload === null && html`<p class="lead">Neither was asked for, or there was no verified load to begin from.</p>`}
    <div class="two">
      ${
        soak !== null &&
        html`<div>
          <h3>Soak</h3>
          ${pairs([
            ['Ended', status(SIGN_OF_OUTCOME[soak.status], OUTCOME_WORD[soak.status])],
            ['Load', `${loadText(soak.load, plan.unit)}${partOf(soak.load, bracket.verified)}`],
            ['Length', spanText(soak.durationSeconds)],
            [
              'p99',
              soak.p99SlopePerHour === null ? 'not seen' : `${changeText(soak.p99SlopePerHour)} an hour`,
            ],
            [
              'Memory',
              soak.memorySlopeBytesPerHour === null
                ? 'not seen'
                : `${signedBytes(soak.memorySlopeBytesPerHour)} an hour`,
            ],
            ...soak.reasons
              .slice(0, 10)
              .map((reason): [string, Content] => ['Why', isolated(bounded(reason, 300))]),
          ])}
        </div>`
      }
      ${
        overload !== null &&
        html`<div>
          <h3>Overload</h3>
          ${pairs([
            [
              'Ended',
              overload.recoverySeconds === null
                ? status('bad', 'did not recover')
                : status('good', `recovered in ${spanText(overload.recoverySeconds)}`),
            ],
            [
              'Overload',
              `${loadText(overload.overloadLoad, plan.unit)}${partOf(overload.overloadLoad, bracket.verified)}`,
            ],
            ['After it', loadText(overload.recoverLoad, plan.unit)],
            ...overload.reasons
              .slice(0, 10)
              .map((reason): [string, Content] => ['Why', isolated(bounded(reason, 300))]),
          ])}
        </div>`
      }
    </div>
  </section>`
}

// --- internal ---

const MOST_REASONS = 6

const THREE_DIGITS = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 })

function figure(value: number): string {
  return THREE_DIGITS.format(value)
}

/** From the lowest to the highest; whatever lies among timeouts and losses is that or more. */
function rangeText(rows: CapacityStep['objectives']): string {
  const values = rows.map(({ observed }) => observed ?? 0)
  const [low, high] = [figure(Math.min(...values)), figure(Math.max(...values))]
  const sign = (isAtLeast: boolean): string => (isAtLeast ? '≥ ' : '')
  const [all, any] = [rows.every(({ isAtLeast }) => isAtLeast), rows.some(({ isAtLeast }) => isAtLeast)]
  return low === high ? `${sign(any)}${low}` : `${sign(all)}${low} to ${sign(any)}${high}`
}

function timedOrDash(timed: Timed | undefined): string {
  return timed === undefined ? '–' : timedText(timed)
}

function stepRow(step: CapacityStep, bracket: CapacityResult['bracket'], most: number): Content[] {
  const { number, phase, load, outcome, achieved, seed, reasons, result } = step
  const end = load === bracket.verified ? ' V' : load === bracket.refuted ? ' U' : ''
  const told = reasons.slice(0, MOST_REASONS)
  const more = reasons.length - told.length
  return [
    linkBelow(result !== null && result.length < 300 ? result : null, String(number)),
    phase,
    html`${bareLoad(load)}${end !== '' && html`<b title="${end === ' V' ? 'verified' : 'refuted'}">${end}</b>`}`,
    html`${status(SIGN_OF_OUTCOME[outcome], OUTCOME_WORD[outcome])}${
      told.length > 0 &&
      html`<p class="says">
        ${told.map((reason, i) => html`${i > 0 && '; '}${isolated(unbroken(bounded(reason, most)))}`)}${more > 0 && ` and ${more} more`}
      </p>`
    }`,
    timedOrDash(latencyAt(step, '50')),
    timedOrDash(latencyAt(step, '99')),
    rateText(achieved.deliveriesPerSecond),
    shareText(achieved.shareOfPlan),
    shareText(achieved.errorShare),
    countText(achieved.lost),
    seed,
  ]
}

function endKeys({ verified, refuted }: CapacityResult['bracket']): string {
  const keys = [
    ...(verified === null ? [] : ['V: the verified load']),
    ...(refuted === null ? [] : ['U: the refuted load']),
  ]
  return keys.length === 0 ? '' : ` ${keys.join('; ')}.`
}

function partOf(load: number, verified: number | null): string {
  return verified === null || verified === 0
    ? ''
    : ` (${Number((load / verified).toFixed(2))} of the verified load)`
}

function signedBytes(bytes: number): string {
  return `${bytes < 0 ? '−' : '+'}${bytesText(Math.abs(bytes))}`
}
