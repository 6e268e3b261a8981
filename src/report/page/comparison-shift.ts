import type { ComparisonResult } from '../../measure/comparison.ts'
import { changeText } from '../metric-value.ts'
import { type Axis, linearAxis } from './axis.ts'
import { acrossOf, drawing, type Frame, level, lineKey, markAt, path, upOf } from './drawing.ts'
import { dataTable, drawnFigure } from './drawn-figure.ts'
import { html, type Markup } from './markup.ts'

/** How each percentile of the last receipt changed: whether it was everybody, or the slowest few. */
export function shiftPart({ shift }: ComparisonResult): Markup {
  return html`<section id="shift">
    <h2>For whom did it change?</h2>
    ${
      shift.length === 0
        ? html`<p class="lead">
            No percentile could be compared: too few pairs, or too few messages in each.
          </p>`
        : html`<p class="lead">
              The time until the last member had a message, B over A, by percentile. Each further nine has the
              same room.
            </p>
            ${figure(shift.toSorted((a, b) => a.percentile - b.percentile))}`
    }
  </section>`
}

// --- internal ---

type Shift = ComparisonResult['shift']

const HEIGHT = 220

function figure(shift: Shift): Markup {
  const frame: Frame = { x: rankAxis(shift), y: ratioAxis(shift), heightPx: HEIGHT }
  const band: [number, number][] = [
    ...shift.map(({ percentile, hi }): [number, number] => [percentile, hi]),
    ...shift.toReversed().map(({ percentile, lo }): [number, number] => [percentile, lo]),
  ]
  return drawnFigure({
    id: 'shift-curve',
    title: finding(shift),
    subtitle: 'across: percentile; up: B over A, each step the same ratio; above the line B is slower',
    keys: [
      { sample: lineKey('p99'), text: 'estimate' },
      {
        sample: html`<svg viewBox="0 0 20 10" class="swatch" aria-hidden="true">
          <rect class="zone-quiet" width="20" height="10" />
        </svg>`,
        text: '95 % interval of each percentile',
      },
    ],
    drawing: drawing(
      frame,
      { label: 'Change by percentile', xName: 'percentile' },
      html`${path(frame, band, 'zone-quiet', true)} ${level(frame, 1, 'ink', 'no change')}
      ${path(
        frame,
        shift.map(({ percentile, ratio }) => [percentile, ratio] as const),
        'p99',
      )}
      ${shift.map(({ percentile, ratio }) => markAt(acrossOf(frame, percentile), upOf(frame, ratio), 'disc', 'of-p99', 3.5))}`,
    ),
    table: dataTable(
      'Change by percentile',
      ['Percentile', { figure: 'Change' }, { figure: 'From' }, { figure: 'To' }],
      shift.map(({ percentile, ratio, lo, hi }) => [
        `p${percentile}`,
        ...[ratio, lo, hi].map((value) => changeText(value - 1)),
      ]),
      { style: 'narrow' },
    ),
  })
}

function finding(shift: Shift): string {
  const of = (wanted: (each: Shift[number]) => boolean): string[] =>
    shift.filter(wanted).map(({ percentile }) => `p${percentile}`)
  const [slower, faster] = [of(({ lo }) => lo > 1), of(({ hi }) => hi < 1)]
  if (slower.length === 0 && faster.length === 0) return 'No percentile clearly moved'
  const parts = [
    ...(slower.length === 0 ? [] : [`${listed(slower)} slower`]),
    ...(faster.length === 0 ? [] : [`${listed(faster)} faster`]),
  ]
  return `Clearly moved: ${parts.join('; ')}`
}

function listed(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names[0]} to ${names.at(-1)}`
}

/** Decades of one-in-so-many: p90, p99 and p99.9 are equally far apart. */
function rankAxis(shift: Shift): Axis {
  const decade = (percentile: number): number => -Math.log10(1 - Math.min(percentile, 99.9999) / 100)
  const values = shift.map(({ percentile }) => decade(percentile))
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const span = high - low || 1
  const at = (percentile: number): number => (decade(percentile) - low) / span
  const ticks: { value: number; text: string }[] = []
  for (const { percentile } of shift)
    if (ticks.every(({ value }) => at(percentile) - at(value) > 0.07))
      ticks.push({ value: percentile, text: `p${percentile}` })
  return { at, ticks }
}

function ratioAxis(shift: Shift): Axis {
  const logs = shift.flatMap(({ lo, hi }) => [Math.log(lo), Math.log(hi)]).filter(Number.isFinite)
  const [low, high] = [Math.min(-0.01, ...logs), Math.max(0.01, ...logs)]
  const room = (high - low) * 0.08
  const [from, to] = [low - room, high + room]
  const { ticks } = linearAxis(Math.exp(from) - 1, Math.exp(to) - 1, changeText, 5)
  return {
    at: (ratio) => (Math.log(Math.max(1e-9, ratio)) - from) / (to - from),
    ticks: ticks.map(({ value, text }) => ({
      value: 1 + value,
      text: Math.abs(value) < 1e-9 ? '0 %' : text,
    })),
  }
}
