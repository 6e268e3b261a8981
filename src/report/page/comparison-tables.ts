import type { ComparisonPair, ComparisonResult, ComparisonSide } from '../../measure/comparison.ts'
import { COMPARISON_WORD, gatedFirst } from '../comparison-words.ts'
import { countText, numbered } from '../format.ts'
import { fromToText, roughShare } from '../metric-value.ts'
import { bounded, unbroken } from '../visible.ts'
import type { Detail } from './comparison-forest.ts'
import { dataTable } from './drawn-figure.ts'
import { targetRows } from './environment.ts'
import { status } from './icons.ts'
import { type Content, html, isolated, type Markup } from './markup.ts'
import { pairs } from './pairs.ts'
import { linkBelow } from './report-link.ts'
import { momentText } from './verdict.ts'

/** Every metric's line: figures first, verdict last. */
export function saysPart(result: ComparisonResult, detail: Detail): Markup {
  return html`<section id="lines">
    <h2>In words</h2>
    <p class="lead">One line a metric, with the smallest change these runs could have seen (power 80 %).</p>
    ${dataTable(
      'Every metric in words',
      ['Verdict', 'Line', { figure: 'Could see' }],
      gatedFirst(result.metrics)
        .slice(0, detail.metrics)
        .map(({ verdict, isGated, says, detectable }) => [
          `${COMPARISON_WORD[verdict]}${isGated ? '' : ', for information'}`,
          isolated(unbroken(bounded(says, detail.text))),
          detectable === null ? '–' : roughShare(detectable),
        ]),
    )}
  </section>`
}

/** Every pair with both sides' figures and the runs they come from. */
export function pairsPart(result: ComparisonResult, detail: Detail): Markup {
  const gated = result.metrics.filter(({ isGated }) => isGated).slice(0, 8)
  const shown = result.pairs.slice(0, detail.pairs)
  const more = result.pairs.length - shown.length
  return html`<section id="pairs">
    <h2>Pairs</h2>
    ${
      result.pairs.length === 0
        ? html`<p class="lead">
            ${result.method === 'stored' ? 'Stored results are no pairs: nobody ran them in turns.' : 'None was run.'}
          </p>`
        : html`<p class="lead">
              ${numbered(result.pairs.length, 'pair')}: both sides with the same seed, one after the other in
              an order that was drawn, each with connections of its
              own.${more > 0 && ` The last ${countText(more)} are in result.json alone.`}
            </p>
            ${dataTable(
              'Pairs',
              [
                { figure: 'Pair' },
                { figure: 'Seed' },
                'First',
                ...gated.map(({ name }) => ({ figure: `${bounded(name, 60)}, A → B` })),
                'Results',
              ],
              shown.map((pair) => [
                pair.number,
                pair.seed,
                pair.first.toUpperCase(),
                ...gated.map(({ id, unit }) => fromToText(valueOf(pair.a, id), valueOf(pair.b, id), unit)),
                html`${resultLink(pair.results.a, 'A')} ${resultLink(pair.results.b, 'B')}`,
              ]),
            )}`
    }
  </section>`
}

/** What is absolute, whatever the noise. */
export function absolutePart({ absolute }: ComparisonResult): Markup {
  const worse = absolute.filter((check) => check.status === 'worse').length
  return html`<section id="absolute">
    <h2>Lost, duplicated, broken</h2>
    <p class="lead">
      ${absolute.length === 0 ? 'Nothing was counted.' : worse === 0 ? 'No fault makes B worse.' : `${numbered(worse, 'fault')} that A does not have, or far fewer of.`}
      One message lost is one too many, however noisy the machine.
    </p>
    ${
      absolute.length > 0 &&
      dataTable(
        'Faults on both sides',
        ['Counter', { figure: 'A' }, { figure: 'B' }, 'Verdict'],
        absolute
          .slice(0, 60)
          .map(({ name, a, b, status: state }) => [
            html`<code>${isolated(bounded(name, 120))}</code>`,
            countText(a),
            countText(b),
            status(state === 'worse' ? 'bad' : 'good', ABSOLUTE_WORD[state]),
          ]),
        { style: 'narrow' },
      )
    }
  </section>`
}

/** How far apart runs of the same thing are on this machine. */
export function noisePart({ noise, metrics }: ComparisonResult): Markup {
  const rows = Object.entries(noise?.metrics ?? {})
  return html`<section id="noise">
    <h2>Noise of this machine</h2>
    ${
      noise === null
        ? html`<p class="lead">
            Nobody measured it yet: <code>stompede compare --self-check</code> runs the same thing against
            itself and says which margins this machine can hold.
          </p>`
        : html`<p class="lead">
              From ${numbered(noise.pairs, 'pair')} of the same thing, measured
              ${momentText(bounded(noise.measuredAt, 100))}. With a margin below the least one, most
              comparisons of the same thing end as unknown here.
            </p>
            ${dataTable(
              'Noise of this machine',
              [
                'Metric',
                { figure: 'Scatter of the ratios (SD)' },
                { figure: 'Least margin, 20 pairs' },
                { figure: 'Margin here' },
              ],
              rows.slice(0, 60).map(([id, { sd, leastMargin }]) => {
                const metric = metrics.find((each) => each.id === id)
                return [
                  isolated(bounded(metric?.name ?? id, 120)),
                  roughShare(sd),
                  roughShare(leastMargin),
                  metric === undefined
                    ? '–'
                    : html`${roughShare(metric.margin)}${metric.isGated && metric.margin < leastMargin && html` ${status('unsure', 'tighter than this machine allows')}`}`,
                ]
              }),
              { style: 'narrow' },
            )}`
    }
  </section>`
}

/** Both sides and how they were started. */
export function sidesPart({ sides, method }: ComparisonResult): Markup {
  const side = (name: string, { name: called, source, runs, discarded, target }: ComparisonSide): Markup =>
    html`<div>
      <h3>${name}</h3>
      ${pairs([
        ['Name', isolated(bounded(called, 300))],
        [
          method === 'stored' ? 'Results' : 'Started by',
          html`<code>${isolated(bounded(source, 1000))}</code>`,
        ],
        ['Runs', countText(runs)],
        ['Thrown away', countText(discarded)],
        ...(target === null ? [] : targetRows(target)),
      ] satisfies [string, Content][])}
    </div>`
  return html`<section id="sides">
    <h2>What was compared</h2>
    <div class="two">${side('A, the base', sides.a)}${side('B, which is judged', sides.b)}</div>
  </section>`
}

// --- internal ---

const ABSOLUTE_WORD = { ok: 'no worse', worse: 'worse', better: 'better' } as const

function valueOf(values: ComparisonPair['a'], id: string): number | null | undefined {
  return Object.hasOwn(values, id) ? values[id] : null
}

function resultLink(path: string, name: string): Markup {
  return path.length > 300 ? html`${name}` : linkBelow(path, name)
}
