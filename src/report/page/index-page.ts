import type { IndexEntry } from '../run-index.ts'
import { countText, numbered, spanText } from '../format.ts'
import { bounded } from '../visible.ts'
import { status } from './icons.ts'
import { html, isolated, type Markup } from './markup.ts'
import { shell } from './shell.ts'
import { STYLE } from './style.ts'
import { THEME } from './theme.ts'
import { momentText } from './verdict.ts'

/**
 * The list of runs and gates as a page in the shell of their own pages, linking to each. It needs no network and no scripts.
 * `older` is how many are not listed.
 */
export function indexPage(entries: readonly IndexEntry[], older: number): string {
  const runs = entries.filter(({ kind }) => kind !== 'gate').length
  const gates = entries.length - runs
  return shell({
    title: 'Runs',
    runId: numbered(entries.length + older, 'report'),
    chapters: [['runs', 'Runs and gates']],
    body: html`<h1>Runs and gates</h1>`,
    sections: html`<section id="runs">
      <h2>The newest first</h2>
      <p class="lead">
        ${numbered(runs, 'run')} and
        ${numbered(gates, 'gate')}.${older > 0 && ` ${countText(older)} older ones are not listed.`}
      </p>
      ${
        entries.length === 0
          ? html`<p>Nothing has been run yet.</p>`
          : html`<div class="scroll" tabindex="0" role="region" aria-label="Runs and gates">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Started</th>
                    <th scope="col">What</th>
                    <th scope="col">Verdict</th>
                    <th scope="col">Key figures</th>
                    <th scope="col">Length</th>
                    <th scope="col">Validity</th>
                  </tr>
                </thead>
                <tbody>
                  ${entries.map(row)}
                </tbody>
              </table>
            </div>`
      }
    </section>`,
    footer: html`Written after every run and by <code>stompede report</code>; what is said here is in each
      <code>result.json</code>`,
    data: [],
    styles: [STYLE],
    scripts: [SCRIPT],
  })
}

// --- internal ---

const SCRIPT = `(() => { const redraw = () => {}; ${THEME} })()`

const MOST_CHARACTERS = 160

function row(entry: IndexEntry): Markup {
  const { directory, kind, what, startedAt, durationSeconds, verdict, validity, figures, page } = entry
  const { exitCode } = verdict
  return html`<tr>
    <td>${startedAt === null ? '–' : isolated(short(momentText(startedAt)))}</td>
    <th scope="row">
      ${
        page === null
          ? html`${isolated(short(what))}`
          : html`<a href="${addressOf(directory, page)}">${isolated(short(what))}</a>`
      }
      <p class="explain">${kind === 'gate' ? 'gate' : 'run'} <code>${isolated(short(directory))}</code></p>
    </th>
    <td>
      ${status(verdict.status, verdict.word)}
      ${exitCode !== null && html`<br /><span class="explain">exit code ${short(String(exitCode))}</span>`}
    </td>
    <td>${isolated(short(figures.join(' · ')))}</td>
    <td class="n">${typeof durationSeconds === 'number' ? spanText(durationSeconds) : '–'}</td>
    <td>${validity === null ? '–' : isolated(short(validity))}</td>
  </tr>`
}

function short(text: string): string {
  return bounded(text, MOST_CHARACTERS)
}

/** From the list to a page beneath it; no name of a directory leads anywhere else. */
function addressOf(directory: string, page: string): string {
  return `./${encodeURIComponent(directory.toWellFormed())}/${encodeURIComponent(page)}`
}
