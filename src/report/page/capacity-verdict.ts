import type { CapacityResult } from '../../measure/capacity.ts'
import {
  bareLoad,
  bracketWords,
  capacityWord,
  endWords,
  freeText,
  furtherOpen,
  headroomWords,
  loadOrDash,
  rateText,
  SIGN_OF_CAPACITY,
} from '../capacity-words.ts'
import { countText, shareText, spanText } from '../format.ts'
import { bounded, unbroken } from '../visible.ts'
import { isEvidence, isOfSearch, noThroughput } from './capacity-points.ts'
import { icon } from './icons.ts'
import { html, isolated, type Markup } from './markup.ts'
import { note, tiles } from './tile.ts'
import { momentText } from './verdict.ts'

/** The search's verdict in words with what it rests on; above it whatever limits what the search may say. */
export function capacityVerdictPart(result: CapacityResult): Markup {
  const { run, plan, verdict, environment, steps } = result
  const sign = SIGN_OF_CAPACITY[verdict.status]
  const more = verdict.reasons.length - MOST_REASONS
  return html`${notices(result)}
    <div class="verdict ${sign}">
      <h1>${icon(sign)}${capacityWord(result)}</h1>
      <p class="sentence">${short(result.headline)}</p>
      ${
        verdict.reasons.length > 0 &&
        html`<ul>
          ${verdict.reasons.slice(0, MOST_REASONS).map((reason) => html`<li>${short(reason)}</li>`)}
          ${more > 0 && html`<li>and ${countText(more)} more in <code>result.json</code></li>`}
        </ul>`
      }
      <p class="facts">
        <span>${short(plan.scenario)}</span>
        <span>${steps.length === 1 ? '1 step' : `${countText(steps.length)} steps`}</span>
        <span>${spanText(run.durationSeconds)}</span>
        <span>${momentText(run.startedAt)}</span>
        <span>broker ${short(environment.target.broker)}</span>
        <span>seed ${plan.seed}</span>
        <span>exit code ${verdict.exitCode}</span>
      </p>
    </div>`
}

/** The five figures most people come for. */
export function capacityTilesPart(result: CapacityResult): Markup {
  const { bracket, plan, limit, maxThroughput, headroom } = result
  const times = (repeats: number): string => (repeats === 1 ? 'confirmed once' : `confirmed ${repeats} times`)
  return tiles([
    {
      name: 'Verified',
      figure: html`${loadOrDash(bracket.verified)} <small>${plan.unit}</small>`,
      more: bracket.verified === null ? 'no load was confirmed' : times(bracket.repeats),
    },
    {
      name: 'Refuted',
      figure: html`${loadOrDash(bracket.refuted)} <small>${plan.unit}</small>`,
      more: bracket.refuted === null ? refutedNone(result) : times(bracket.refutedRepeats),
    },
    {
      name: 'Limit',
      figure: limit === null ? '–' : html`${shareText(limit.share)}`,
      more: limit !== null ? short(limit.resource) : bracket.refuted === null ? 'none reached' : 'not seen',
    },
    {
      name: 'Most throughput',
      figure:
        maxThroughput === null ? '–' : html`${rateText(maxThroughput.deliveriesPerSecond)} <small>/s</small>`,
      more:
        maxThroughput === null
          ? noThroughput(result)
          : `deliveries, at ${bareLoad(maxThroughput.load)} ${plan.unit}`,
    },
    {
      name: 'Headroom',
      figure: headroom === null ? '–' : headroom.share < 0 ? 'none' : freeText(headroom.share),
      more:
        plan.plannedLoad === null
          ? 'no load was planned'
          : headroom === null
            ? `${bareLoad(plan.plannedLoad)} ${plan.unit} are planned, none verified`
            : headroomMore(headroomWords(headroom.share, plan.plannedLoad, plan.unit), headroom),
      isBad: headroom?.rating === 'short' && headroom.share < 0,
    },
  ])
}

// --- internal ---

const MOST_REASONS = 12

/** Why no load is refuted. */
function refutedNone(result: CapacityResult): string {
  const { outcome, verified } = result.bracket
  if (outcome === 'bracketed') return 'no load was refuted'
  if (outcome === 'unmet') return 'see the steps'
  return outcome === 'generator-limited' && verified !== null
    ? 'the generator’s end came first'
    : endWords(result)
}

/** The words of a headroom without the figure that stands above them. */
function headroomMore(words: string, { share, rating }: NonNullable<CapacityResult['headroom']>): string {
  return share < 0 ? words : `${words.slice(freeText(share).length + 1)}: ${rating}`
}

function short(text: string): Markup {
  return isolated(unbroken(bounded(text, 500)))
}

function notices(result: CapacityResult): Markup {
  const { run, environment, bracket } = result
  const { faults } = environment.target
  const open = furtherOpen(result).slice(0, MOST_REASONS)
  return html`${
    run.isPartial &&
    note(
      html`${icon('unsure')}This is a part of a search`,
      html`<p>
        ${STOPPED[run.stoppedBy]}${bracket.verified !== null && ` What was confirmed until then stands: ${bracketWords(result)}.`}
      </p>`,
    )
  }
  ${bracket.outcome === 'generator-limited' && generatorNote(result)}
  ${
    open.length > 0 &&
    note(
      html`${icon('unsure')}Left open`,
      html`<ul>
        ${open.map((each) => html`<li>${short(each)}</li>`)}
      </ul>`,
    )
  }
  ${
    faults.length > 0 &&
    note(
      html`${icon('unsure')}This target breaks on purpose`,
      html`<p>Faults planted in the reference target: ${short(faults.join(', '))}.</p>`,
    )
  }`
}

/** What a search says that ended with the generator, and what would tell more. */
function generatorNote({ bracket, steps }: CapacityResult): Markup {
  if (bracket.verified !== null) {
    return note(
      html`${icon('unsure')}The generator ended before the target did`,
      html`<p>
        The target held everything this generator could do: its capacity is at least that, and may be far
        more. More workers, or more machines, would tell.
      </p>`,
    )
  }
  const ofSearch = steps.filter(isOfSearch)
  const isAny = ofSearch.some(isEvidence)
  return note(
    html`${icon('unsure')}The generator was not fit to measure${!isAny && ' at any load that was tried'}`,
    html`<p>
      ${isAny ? 'Too few steps say anything about the target to confirm a load.' : 'Nothing is known about the target.'}
      Give the generator a machine of its own or with less else to do, more workers (<code>--workers</code>),
      or a lower load to begin with (<code>--start</code>); what it lacked stands beside each
      <a href="#steps">step</a>.
    </p>`,
  )
}

const STOPPED: Record<CapacityResult['run']['stoppedBy'], string> = {
  plan: 'It ended before its planned end.',
  signal: 'A signal stopped it.',
  budget: 'Its time was up.',
}
