import type { ConformanceResult } from '../../measure/conformance.ts'
import { countText, partText, spanText } from '../format.ts'
import { driftTables } from './drift.ts'
import { momentText } from './verdict.ts'
import { pairs } from './pairs.ts'
import { type Content, html, isolated, type Markup } from './markup.ts'
import { bounded } from '../visible.ts'

/** How the payloads differ from the contract's text, beside what breaks it. */
export function gateDriftPart({ drift, cases }: ConformanceResult): Markup {
  const { undocumentedTypes, undocumentedFields, neverSeenTypes, neverSeenFields, neverSeenValues } = drift
  const news = undocumentedTypes.length + undocumentedFields.length
  const unseen = neverSeenTypes.length + neverSeenFields.length + neverSeenValues.length
  return html`<section id="drift">
    <h2>Drift</h2>
    <p class="lead">
      ${
        cases.length === 0
          ? 'Nothing was asked, so no payload was seen.'
          : news + unseen === 0
            ? 'The payloads are the contract’s: nothing undocumented came, and nothing documented was missing.'
            : 'Not held against the target: where the contract’s text and the payloads have come apart.'
      }
    </p>
    ${driftTables(drift)}
  </section>`
}

/** How much of the catalogue was asked, and what the known-failures file needs. */
export function coveragePart({ coverage, selection, knownFailures, counts }: ConformanceResult): Markup {
  const { exercised, statements } = coverage
  const { file, expired, unmatched } = knownFailures
  const list = (entries: readonly string[]): Content =>
    entries.length === 0
      ? 'none'
      : html`<ul class="plain">
          ${entries.slice(0, MOST_ROWS).map((entry) => html`<li>${named(entry)}</li>`)}
        </ul>`
  return html`<section id="coverage">
    <h2>Coverage and known failures</h2>
    <p class="lead">
      ${countText(exercised)} of ${countText(statements)} normative statements
      (${partText(exercised, statements)}) had a case that was carried out.
    </p>
    <div class="two">
      <div>
        <h3>Selection</h3>
        ${pairs([
          ['Rules', `${countText(selection.chosen)} of ${countText(selection.ofRules)}`],
          ['Asked for', selection.asked.length === 0 ? 'all' : list(selection.asked)],
          ['SHOULD', selection.isStrict ? 'judged as MUST (--strict)' : 'reported, not judged'],
        ])}
      </div>
      <div>
        <h3>Known failures</h3>
        ${pairs([
          ['File', file === null ? 'none given' : html`<code>${isolated(bounded(file, 500))}</code>`],
          ['Failed as known', countText(counts.XFAIL)],
          ['Passed all the same', countText(counts.XPASS)],
          ['Expired', list(expired)],
          ['Match no rule', list(unmatched)],
        ])}
      </div>
    </div>
  </section>`
}

/** What was asked of what, and how to do it again. */
export function gatePart({ run, environment }: ConformanceResult): Markup {
  const { target, contract, profile, profileFrom, server } = environment
  const url = (address: string | null): Content => (address === null ? '–' : named(address))
  const says = (text: string): Markup => isolated(bounded(text, 500))
  return html`<section id="run">
    <h2>This gate</h2>
    <h3>Do it again</h3>
    <pre class="whole" tabindex="0"><bdi>${bounded(run.command, 4_000)}</bdi></pre>
    <div class="two">
      <div>
        <h3>Target</h3>
        ${pairs([
          ['Deployment', target.isOwn ? 'Stompede’s reference target' : 'someone’s own'],
          ['API', url(target.apiUrl)],
          ['STOMP', url(target.stompUrl)],
          ['Broker', says(target.broker)],
          ['Its server header', server === null ? 'no connection came up' : says(server)],
          ['Profile', html`${named(profile)} <span class="explain">from ${says(profileFrom)}</span>`],
          ['Contract', html`${says(contract.source)} ${named(contract.digest)}`],
        ])}
      </div>
      <div>
        <h3>Checker</h3>
        ${pairs([
          ['Stompede', says(environment.stompede)],
          ['System', html`${says(environment.os)}, Node ${says(environment.node)}`],
          ['Seed', String(run.seed)],
          ['Started', momentText(run.startedAt)],
          ['Ended', momentText(run.endedAt)],
          ['Took', spanText(run.durationSeconds)],
          ...Object.entries(run.tags).map(([name, value]): [string, Content] => [
            'Tag',
            html`${says(name)} = ${says(value)}`,
          ]),
        ])}
      </div>
    </div>
  </section>`
}

// --- internal ---

const MOST_ROWS = 60

function named(text: string): Markup {
  return html`<code>${isolated(bounded(text, 300))}</code>`
}
