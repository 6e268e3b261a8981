import { type Content, html, type Markup } from './markup.ts'

/** Names with their values, under each other; a name that repeats the one above is left out. */
export function pairs(rows: readonly (readonly [string, Content])[]): Markup {
  return html`<dl class="pairs">
    ${rows.map(
      ([name, value], i) =>
        html`<dt>${name === rows[i - 1]?.[0] ? '' : name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`
}
