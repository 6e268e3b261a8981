import type { Axis } from './axis.ts'
import { type Content, html, type Markup } from './markup.ts'

/**
 * A drawing made with the page, as SVG: it needs no script and follows the width and the colours of the page. What lies across
 * stands in per cent of the width, what lies up in px, so that text and marks keep their size on every screen.
 */
export interface Frame {
  x: Axis
  y: Axis
  /** Of what is between the axes. */
  heightPx: number
}

/** What marks a value, each in a shape of its own. */
export type Mark = 'disc' | 'ring' | 'cross' | 'triangle' | 'square' | 'diamond'

/** The drawing with its axes. With `isActive` something in it can be focused. */
export function drawing(
  frame: Frame,
  {
    label,
    xName,
    isActive = false,
    gutterPx = GUTTER,
  }: { label: string; xName: string; isActive?: boolean; gutterPx?: 52 | 0 },
  content: Content,
): Markup {
  const { x, y, heightPx } = frame
  const bottom = TOP + heightPx
  const under = bottom + (xName === '' ? 20 : 36)
  const height = under + (isActive ? READOUT : 0)
  return html`<div class="${gutterPx === 0 ? 'plot bare' : 'plot'}">
    ${
      gutterPx > 0 &&
      html`<svg class="ys" width="${gutterPx}" height="${height}" aria-hidden="true">
        ${y.ticks.map(({ value, text }) => html`<text x="${gutterPx - 7}" y="${upOf(frame, value) + 4}" class="end">${text}</text>`)}
      </svg>`
    }
    <svg class="area" height="${height}" role="${isActive ? 'group' : 'img'}" aria-label="${label}">
      ${y.ticks.map(({ value }) => html`<line class="grid" x1="0" x2="100%" y1="${upOf(frame, value)}" y2="${upOf(frame, value)}" />`)}
      ${x.ticks.map(({ value, text }) => {
        const at = x.at(value)
        return html`<line
            class="tick"
            x1="${acrossOf(frame, value)}"
            x2="${acrossOf(frame, value)}"
            y1="${bottom}"
            y2="${bottom + 4}"
          /><text x="${acrossOf(frame, value)}" y="${bottom + 16}" class="${sideOf(at)}">${text}</text>`
      })}
      <line class="base" x1="0" x2="100%" y1="${bottom}" y2="${bottom}" />
      ${xName !== '' && html`<text x="50%" y="${bottom + 32}" class="middle soft">${xName}</text>`}
      ${isActive && readout(frame, xName, 'hint', 'Point at a mark, or reach it with the Tab key, to read it here.')}
      ${content}
    </svg>
  </div>`
}

/**
 * A mark that says what it stands for under the drawing as long as it is pointed at or has the focus, and leads to `address` where
 * there is one. Only in a drawing that `isActive`.
 */
export function spokenMark(
  frame: Frame,
  {
    across,
    up,
    mark,
    ink,
    says,
    address,
    xName,
  }: {
    across: string
    up: number
    mark: Mark
    ink: string
    says: string
    address: string | undefined
    xName: string
  },
): Markup {
  const inner = html`${markAt(across, up, mark, ink)}<circle
      class="hit"
      cx="${across}"
      cy="${up}"
      r="9"
    />${readout(frame, xName, 'tip', says)}`
  return address === undefined
    ? html`<g class="pt" tabindex="0" role="img" aria-label="${says}">${inner}</g>`
    : html`<a class="pt" href="${address}" aria-label="${says}">${inner}</a>`
}

/** A place across, in per cent; outside of the drawing its edge. */
export function acrossOf({ x }: Frame, value: number): string {
  return percentOf(x.at(value))
}

/** A place across as a share of the width. */
export function percentOf(share: number): string {
  return `${round(100 * Math.min(1, Math.max(0, share)))}%`
}

/** A place up, in px; outside of the drawing its edge. */
export function upOf({ y, heightPx }: Frame, value: number): number {
  return round(TOP + heightPx * (1 - Math.min(1, Math.max(0, y.at(value)))))
}

/** A mark at a place; `size` is half of its width in px. */
export function markAt(across: string, up: number, mark: Mark, ink: string, size = 4.5): Markup {
  return html`<svg x="${across}" y="${up}" class="mark ${ink}">${SHAPE[mark](size)}</svg>`
}

/** A sample of a mark for the keys beside a drawing. */
export function markKey(mark: Mark, ink: string): Markup {
  return html`<svg viewBox="-8 -6 16 12" class="key ${ink}" aria-hidden="true">${SHAPE[mark](4.5)}</svg>`
}

/** A sample of a line for the keys beside a drawing. */
export function lineKey(style: string): Markup {
  return html`<svg viewBox="0 -6 27 12" class="key stroke ${style}" aria-hidden="true">
    <path d="M0 0h27" />
  </svg>`
}

/** A line through points, or what lies within them. Points are of the frame's axes. */
export function path(
  frame: Frame,
  points: readonly (readonly [x: number, y: number])[],
  style: string,
  isClosed = false,
): Markup {
  const { x, heightPx } = frame
  const steps = points.map(
    ([across, up], i) =>
      `${i === 0 ? 'M' : 'L'}${round(1000 * Math.min(1, Math.max(0, x.at(across))))} ${upOf(frame, up)}`,
  )
  const height = TOP + heightPx
  return html`<svg
    class="stretch"
    width="100%"
    height="${height}"
    viewBox="0 0 1000 ${height}"
    preserveAspectRatio="none"
  >
    <path class="${style}" d="${steps.join('')}${isClosed ? 'Z' : ''}" />
  </svg>`
}

/** A level across the whole drawing, with its name above it at the left. */
export function level(frame: Frame, value: number, style: string, name: string): Markup {
  const up = upOf(frame, value)
  return html`<line class="${style}" x1="0" x2="100%" y1="${up}" y2="${up}" />
    ${name !== '' && html`<text x="4" y="${up - 5}" class="start halo ${style}">${name}</text>`}`
}

/** A value of the axis across, from bottom to top, with its name at the top. */
export function upright(frame: Frame, value: number, style: string, name: string, row = 0): Markup {
  const at = frame.x.at(value)
  const across = percentOf(at)
  const side = at > 0.86 || (at > 0.5 && row === 0) ? 'end' : 'start'
  return html`<line class="${style}" x1="${across}" x2="${across}" y1="${TOP}" y2="${TOP + frame.heightPx}" />
    <svg x="${across}" class="mark">
      <text x="${side === 'end' ? -5 : 5}" y="${TOP + 10 + 15 * row}" class="halo ${side} ${style}">
        ${name}
      </text>
    </svg>`
}

/** What lies between two values of the axis across. */
export function column(frame: Frame, from: number, to: number, style: string): Markup {
  const share = (value: number): number => Math.min(1, Math.max(0, frame.x.at(value)))
  const width = Math.max(0, share(to) - share(from))
  return html`<rect
    class="${style}"
    x="${percentOf(share(from))}"
    width="${percentOf(width)}"
    y="${TOP}"
    height="${frame.heightPx}"
  />`
}

/** Which side of its place a text lies on, so that it stays within the drawing. */
export function sideOf(share: number): 'start' | 'middle' | 'end' {
  return share < 0.06 ? 'start' : share > 0.94 ? 'end' : 'middle'
}

/** Room above, for what stands on the highest value. */
export const TOP = 10

// --- internal ---

const GUTTER = 52
/** Room for two lines of what a mark says. */
const READOUT = 40

function readout({ heightPx }: Frame, xName: string, style: 'hint' | 'tip', says: string): Markup {
  const up = TOP + heightPx + (xName === '' ? 22 : 38)
  return html`<foreignObject class="${style}" x="0" y="${up}" width="100%" height="${READOUT - 2}"
    ><div>${says}</div></foreignObject
  >`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

const SHAPE: Record<Mark, (size: number) => Markup> = {
  disc: (size) => html`<circle r="${size}" class="filled" />`,
  ring: (size) => html`<circle r="${size}" class="open" />`,
  cross: (size) =>
    html`<path class="open" d="M${-size} ${-size}L${size} ${size}M${-size} ${size}L${size} ${-size}" />`,
  triangle: (size) => html`<path class="open" d="M0 ${-size - 0.5}L${size + 0.5} ${size}H${-size - 0.5}Z" />`,
  square: (size) => html`<path class="open" d="M${-size} ${-size}H${size}V${size}H${-size}Z" />`,
  diamond: (size) =>
    html`<path class="filled" d="M0 ${-size - 1}L${size + 1} 0L0 ${size + 1}L${-size - 1} 0Z" />`,
}
