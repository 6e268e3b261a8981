import type { DriftReport } from '../../measure/conformance.ts'
import { countText, numbered } from '../format.ts'
import { type Content, html, isolated, type Markup } from './markup.ts'
import { bounded } from '../visible.ts'

/** What came and is not documented, and what is documented and never came: two tables, each only where it has rows. */
export function driftTables({
  undocumentedTypes,
  undocumentedFields,
  neverSeenTypes,
  neverSeenFields,
  neverSeenValues,
}: DriftReport): Markup {
  const news = undocumentedTypes.length + undocumentedFields.length
  const unseen = neverSeenTypes.length + neverSeenFields.length + neverSeenValues.length
  const of = (type: string, path: string): Markup => html`${named(type)} ${named(path)}`
  return html`${
    news > 0 &&
    table(
      'Seen, but not documented',
      ['What', 'Seen'],
      [
        ...undocumentedTypes.map(({ type, seen }) => [html`type ${named(type)}`, countText(seen)]),
        ...undocumentedFields.map(({ type, path, seen }) => [of(type, path), countText(seen)]),
      ],
    )
  }
  ${
    unseen > 0 &&
    table(
      'Documented, but never seen',
      ['What', 'Values'],
      [
        ...neverSeenTypes.map((type) => [html`type ${named(type)}`, '']),
        ...neverSeenFields.map(({ type, path }) => [of(type, path), '']),
        ...neverSeenValues.map(({ type, path, values }) => [of(type, path), named(values.join(', '))]),
      ],
    )
  }`
}

// --- internal ---

const MOST_ROWS = 60

function named(text: string): Markup {
  return html`<code>${isolated(bounded(text, 300))}</code>`
}

function table(
  title: string,
  [what, second]: readonly [string, string],
  rows: readonly (readonly Content[])[],
): Markup {
  const more = rows.length - MOST_ROWS
  return html`<h3>${title}</h3>
    <div class="scroll" tabindex="0" role="region" aria-label="${title}">
      <table>
        <thead>
          <tr>
            <th scope="col">${what}</th>
            <th scope="col" class="n">${second}</th>
          </tr>
        </thead>
        <tbody>
          ${rows.slice(0, MOST_ROWS).map(
            ([name, value]) =>
              html`<tr>
                <th scope="row">${name}</th>
                <td class="n">${value}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${more > 0 && html`<p class="explain">and ${numbered(more, 'more')} in <code>result.json</code></p>`}`
}
