import { html, type Content, type Markup } from './markup.ts'

/** A figure that most people come for, with its name and what it means. */
export interface Tile {
  name: Content
  figure: Content
  more: Content
  isBad?: boolean | undefined
}

/** Tiles beside each other. */
export function tiles(each: readonly Tile[]): Markup {
  return html`<dl class="tiles">
    ${each.map(
      ({ name, figure, more, isBad }) =>
        html`<div class="${isBad === true && 'bad'}">
          <dt>${name}</dt>
          <dd class="figure">${figure}</dd>
          <dd class="more">${more}</dd>
        </div>`,
    )}
  </dl>`
}

/** A note above the verdict: what limits what the result may say. */
export function note(heading: Content, body: Content): Markup {
  return html`<div class="note unsure" role="note">
    <h2>${heading}</h2>
    ${body}
  </div>`
}
