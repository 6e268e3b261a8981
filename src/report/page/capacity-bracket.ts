import type { CapacityResult } from '../../measure/capacity.ts'
import { bareLoad, bracketWords, fittedLoad, headroomWords, loadText } from '../capacity-words.ts'
import { type Axis, linearAxis } from './axis.ts'
import { acrossOf, column, drawing, type Frame, markAt, percentOf } from './drawing.ts'
import { html, type Markup } from './markup.ts'

/** What was confirmed, what was refuted, and where the planned load lies, on one line from nothing to more than enough. */
export function bracketPart(result: CapacityResult): Markup {
  const { plan, headroom } = result
  const words = bracketWords(result)
  return html`<section id="bracket">
    <h2>How much does it hold?</h2>
    <p class="lead">
      ${words.charAt(0).toUpperCase()}${words.slice(1)}.
      ${headroom !== null && plan.plannedLoad !== null && `Headroom: ${headroomWords(headroom.share, plan.plannedLoad, plan.unit)}${headroom.share < 0 ? '' : ` (${headroom.rating})`}.`}
    </p>
    ${picture(result)}
  </section>`
}

// --- internal ---

/** Of the bar, in px under the top. */
const BAR = { from: 34, height: 22 }
const NOTHING: Axis = { at: () => 0, ticks: [] }

function picture(result: CapacityResult): Markup | false {
  const { bracket, plan, calibration, estimate } = result
  const { verified, refuted } = bracket
  const isGeneratorsEnd = bracket.outcome === 'generator-limited' && verified !== null
  const most = isGeneratorsEnd ? (calibration?.mostLoad ?? null) : null
  const loads = [verified, refuted, plan.plannedLoad, most].filter((load) => load !== null)
  if (loads.length === 0) return false
  const top = Math.max(...loads) * 1.15
  const frame: Frame = { x: linearAxis(0, top, bareLoad), y: NOTHING, heightPx: BAR.from + BAR.height + 46 }
  const zone = (from: number, to: number, style: string): Markup =>
    html`<svg y="${BAR.from - 10}" height="${BAR.height}" class="bar-zone">
      ${column({ ...frame, heightPx: BAR.height }, from, to, style)}
    </svg>`
  return html`<div class="bracket">
    ${drawing(
      frame,
      { label: bracketWords(result), xName: plan.unit, gutterPx: 0 },
      html`${zone(0, verified ?? 0, 'zone-good')} ${zone(verified ?? 0, refuted ?? top, 'zone-unsure')}
      ${refuted !== null && zone(refuted, top, 'zone-bad')}
      ${plan.plannedLoad !== null && flag(frame, plan.plannedLoad, 'ink', `planned ${bareLoad(plan.plannedLoad)}`, 'deep')}
      ${verified !== null && flag(frame, verified, 'good', `verified ${bareLoad(verified)}`, 'above')}
      ${refuted !== null && flag(frame, refuted, 'bad', `refuted ${bareLoad(refuted)}`, 'below')}
      ${most !== null && flag(frame, most, 'unsure', `end of the generator ${bareLoad(most)}`, 'below')}
      ${estimate !== null && markAt(acrossOf(frame, estimate.load), BAR.from + BAR.height / 2, 'diamond', 'of-quiet', 4)}`,
    )}
    <ul class="keys">
      ${verified !== null && html`<li>${swatch('zone-good')}held</li>`}
      <li>${swatch('zone-unsure')}not known</li>
      ${refuted !== null && html`<li>${swatch('zone-bad')}did not hold</li>`}
      ${
        estimate !== null &&
        html`<li>
          <svg viewBox="-8 -6 16 12" class="key of-quiet" aria-hidden="true">
            <path class="filled" d="M0 -5L5 0L0 5L-5 0Z" /></svg
          >estimate ${loadText(fittedLoad(estimate.load, plan.unit), plan.unit)}, beside the bracket and never
          instead of it
        </li>`
      }
    </ul>
  </div>`
}

/** A load with its name above the bar, under it, or deep under it, so that no two names meet. */
function flag(
  frame: Frame,
  load: number,
  ink: string,
  name: string,
  row: 'above' | 'below' | 'deep',
): Markup {
  const share = frame.x.at(load)
  const across = percentOf(share)
  const [from, to, text] = {
    above: [BAR.from - 12, BAR.from + BAR.height, BAR.from - 16],
    below: [BAR.from, BAR.from + BAR.height + 8, BAR.from + BAR.height + 20],
    deep: [BAR.from, BAR.from + BAR.height + 24, BAR.from + BAR.height + 37],
  }[row] as [number, number, number]
  const side = share < 0.2 ? 'start' : share > 0.75 ? 'end' : 'middle'
  return html`<line class="${ink} solid" x1="${across}" x2="${across}" y1="${from}" y2="${to}" /><text
      x="${across}"
      y="${text}"
      class="big ${side} ${ink}"
      >${name}</text
    >`
}

function swatch(style: string): Markup {
  return html`<svg viewBox="0 0 20 10" class="swatch" aria-hidden="true">
    <rect class="${style}" width="20" height="10" />
  </svg>`
}
