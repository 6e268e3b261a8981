import { type Content, html, type Markup } from './markup.ts'

/** A figure whose drawing is part of the page: finding, what is drawn, keys, drawing, and the same figures as a table. */
export interface DrawnFigure {
  id: string
  /** The finding, in a sentence. */
  title: Content
  subtitle: Content
  keys: readonly { sample: Markup; text: Content }[]
  drawing: Markup
  table: Markup
  /** What the fold over the table is called. */
  tableName?: string
}

/** The figure as part of a page. */
export function drawnFigure({ id, title, subtitle, keys, drawing, table, tableName }: DrawnFigure): Markup {
  return html`<figure id="figure-${id}">
    <figcaption>${title}<span class="explain">${subtitle}</span></figcaption>
    ${
      keys.length > 0 &&
      html`<ul class="keys">
        ${keys.map(({ sample, text }) => html`<li>${sample}${text}</li>`)}
      </ul>`
    }
    ${drawing}
    <details>
      <summary>${tableName ?? 'The same figures as a table'}</summary>
      ${table}
    </details>
  </figure>`
}

/** A head of a table's column; figures stand at its right. */
export type Head = string | { figure: string }

/** A table that can be scrolled sideways where there is no room; the first cell of each row names it. */
export function dataTable(
  label: string,
  heads: readonly Head[],
  rows: readonly (readonly Content[])[],
  { caption, style }: { caption?: Content; style?: string } = {},
): Markup {
  const isFigure = heads.map((head) => typeof head !== 'string')
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">
    <table class="${style}">
      ${
        caption !== undefined &&
        html`<caption>
          ${caption}
        </caption>`
      }
      <thead>
        <tr>
          ${heads.map((head, i) => html`<th scope="col" class="${isFigure[i] && 'n'}">${typeof head === 'string' ? head : head.figure}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([name, ...cells]) =>
            html`<tr>
              <th scope="row" class="${isFigure[0] && 'n'}">${name}</th>
              ${cells.map((cell, i) => html`<td class="${isFigure[i + 1] && 'n'}">${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}
