import type { IndexEntry } from '../run-index.ts'
import { countText, numbered, spanText } from '../format.ts'
import { bounded } from '../visible.ts'
import { status } from './icons.ts'
import { html, isolated, type Markup } from './markup.ts'
import { shell } from './shell.ts'
import { STYLE } from './style.ts'
import { THEME_SCRIPT } from './theme.ts'
import { momentText } from './verdict.ts'

/**
 * The list of runs, gates, searches and comparisons as a page in the shell of their own pages, linking to each. It needs no network and no scripts.
 * `older` is how many are not listed.
 */
export function indexPage(entries: readonly IndexEntry[], older: number): string {
  const counts = Object.entries(KINDS)
    .map(([word, kinds]) => ({ word, count: entries.filter(({ kind }) => kinds.includes(kind)).length }))
    .filter(({ word, count }) => count > 0 || word === 'run')
  return shell({
    title: 'Runs',
    runId: numbered(entries.length + older, 'report'),
    chapters: [['runs', 'All reports']],
    body: html`<h1>Reports</h1>`,
    sections: html`<section id="runs">
      <h2>The newest first</h2>
      <p class="lead">
        ${LISTED.format(counts.map(({ word, count }) => numbered(count, word, MANY[word])))}.${older > 0 && ` ${countText(older)} older ones are not listed.`}
      </p>
      ${
        entries.length === 0
          ? html`<p>Nothing has been run yet.</p>`
          : html`<div class="scroll" tabindex="0" role="region" aria-label="Reports">
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
    scripts: [THEME_SCRIPT],
  })
}

// --- internal ---

const MOST_CHARACTERS = 160

/** What is counted together under a word. */
const KINDS: Record<string, readonly IndexEntry['kind'][]> = {
  run: ['run', 'unfinished', 'unreadable'],
  gate: ['gate'],
  'capacity search': ['capacity'],
  comparison: ['comparison'],
}
const MANY: Record<string, string> = { 'capacity search': 'capacity searches' }
const KIND_WORD: Record<IndexEntry['kind'], string> = {
  run: 'run',
  gate: 'gate',
  capacity: 'capacity search',
  comparison: 'comparison',
  unfinished: 'run',
  unreadable: 'run',
}
const LISTED = new Intl.ListFormat('en-US', { type: 'conjunction' })

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
      <p class="explain">${KIND_WORD[kind]} <code>${isolated(short(directory))}</code></p>
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
