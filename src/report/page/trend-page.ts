import type { TrendReport, TrendSeries } from '../../measure/trend.ts'
import { countText, numbered } from '../format.ts'
import { canTell } from '../trend-words.ts'
import { bounded } from '../visible.ts'
import { DRAWING_STYLE } from './drawing-style.ts'
import { dataTable } from './drawn-figure.ts'
import { icon, status } from './icons.ts'
import { html, isolated, type Markup } from './markup.ts'
import { shell } from './shell.ts'
import { STYLE } from './style.ts'
import { THEME_SCRIPT } from './theme.ts'
import { changeSays, lastOf, nameOf, seriesFigure } from './trend-series.ts'
import { momentText } from './verdict.ts'

/**
 * The gated metrics of stored runs over time as one page that needs nothing else, in the shell of a run's page: no network, whole
 * without scripts, at most a megabyte. It lies beside the runs' directories: each point leads to its run.
 */
export function trendPage(report: TrendReport): string {
  let page = ''
  for (const detail of DETAILS) {
    page = pageWith(report, detailFor(report, detail))
    if (Buffer.byteLength(page) <= MOST_BYTES) break
  }
  return page
}

// --- internal ---

const MOST_BYTES = 1_000_000
const MOST_PASSED_OVER = 50
/** In the table of changes. */
const MOST_ROWS = 60

interface Detail {
  series: number
  points: number
  text: number
}

/** Points of all series together, and characters of each remark. The first page that fits is taken. */
const DETAILS = [
  { points: 1_400, text: 300 },
  { points: 800, text: 120 },
  { points: 400, text: 60 },
  { points: 200, text: 40 },
] as const
const MOST_SERIES = 60
const FEWEST_POINTS = 12

/** So many points a series, so many series. */
function detailFor({ series }: TrendReport, { points, text }: (typeof DETAILS)[number]): Detail {
  const drawn = Math.max(1, Math.min(series.length, MOST_SERIES, Math.floor(points / FEWEST_POINTS)))
  return { series: drawn, points: Math.floor(points / drawn), text }
}

/** The list of chapters has room for short names alone. */
function chapterName(scenario: string): string {
  return scenario.length > 24 ? `${bounded(scenario.slice(0, 23), 30)}…` : bounded(scenario, 30)
}

function pageWith(report: TrendReport, detail: Detail): string {
  const shown = report.series.slice(0, detail.series)
  const groups = [...Map.groupBy(shown, keyOf).values()] as [TrendSeries, ...TrendSeries[]][]
  const chapters: [string, string][] = [
    ['changes', 'Changes'],
    ...groups
      .slice(0, 12)
      .map(([{ scenario }], i): [string, string] => [`group-${i}`, chapterName(scenario)]),
    ['passed-over', 'Passed over'],
  ]
  return shell({
    title: `Trend, ${momentText(bounded(report.madeAt, 40))}`,
    runId: momentText(bounded(report.madeAt, 40)),
    chapters,
    body: summary(report),
    sections: html`${changesPart(report)}${groups.map((group, i) => groupPart(group, i, detail))}${
      report.series.length > shown.length &&
      html`<p>
        ${numbered(report.series.length - shown.length, 'series', 'series')} more are not drawn:
        <code>stompede trend --json</code> prints all.
      </p>`
    }${passedOverPart(report)}`,
    footer: html`Made anew from the results each time by <code>stompede trend</code>; notes are in
      <code>notes.ndjson</code>`,
    data: [],
    styles: [STYLE, DRAWING_STYLE],
    scripts: [THEME_SCRIPT],
  })
}

function summary({ series, madeAt }: TrendReport): Markup {
  const open = series.flatMap(({ changes }) => changes.filter(({ isAcknowledged }) => !isAcknowledged))
  const worse = open.filter(({ verdict }) => verdict === 'worse').length
  const points = series.reduce((sum, each) => sum + each.points.length, 0)
  const isTold = series.some((each) => canTell(each.points))
  const sign = worse > 0 ? 'unsure' : isTold ? 'good' : 'quiet'
  const words =
    points === 0
      ? 'Nothing to show yet'
      : worse > 0
        ? `${numbered(worse, 'change')} for the worse that nobody explained`
        : isTold
          ? 'No unexplained change for the worse'
          : 'Too few points on one environment to tell'
  return html`<div class="verdict ${sign}">
    <h1>${icon(sign)}${words}</h1>
    <p class="sentence">
      ${points === 0 ? 'There are no runs of a kind that a trend is made of.' : `${numbered(series.length, 'series', 'series')} of ${countText(points)} points. This is advice: a change shows some five to eight commits after it came, and one found here is worth a comparison.`}
    </p>
    <p class="facts"><span>${momentText(bounded(madeAt, 40))}</span></p>
  </div>`
}

/** Every change in one table, those that nobody explained first, the newest first. */
function changesPart({ series }: TrendReport): Markup {
  const rows = series
    .flatMap((each) =>
      each.changes.map((change) => ({ series: each, change, point: each.points[change.at] })),
    )
    .toSorted(
      (a, b) =>
        Number(a.change.isAcknowledged) - Number(b.change.isAcknowledged) ||
        (b.point?.at ?? '').localeCompare(a.point?.at ?? ''),
    )
  return html`<section id="changes">
    <h2>Changes</h2>
    <p class="lead">
      ${rows.length === 0 ? (series.length === 0 || series.some(({ points }) => canTell(points)) ? 'None was found.' : 'There are too few points on one environment to tell.') : 'Found where a level holds for some points before and after; those that nobody explained first.'}
    </p>
    ${
      rows.length > 0 &&
      dataTable(
        'Changes',
        ['Change', 'Metric', 'Since', 'At', { figure: 'p' }, 'Scenario'],
        rows
          .slice(0, MOST_ROWS)
          .map(({ series: { metric, scenario }, change, point }) => [
            status(
              change.isAcknowledged ? 'quiet' : change.verdict === 'worse' ? 'bad' : 'good',
              changeSays(change, metric),
            ),
            isolated(bounded(metric.name, 80)),
            point === undefined ? '–' : html`<code>${isolated(nameOf(point))}</code>`,
            point === undefined ? '–' : momentText(bounded(point.at, 40)),
            change.pValue < 0.0001 ? '< 0.0001' : String(Number(change.pValue.toPrecision(2))),
            isolated(bounded(scenario, 80)),
          ]),
        { style: 'changes' },
      )
    }
    ${rows.length > MOST_ROWS && html`<p>and ${countText(rows.length - MOST_ROWS)} more: <code>stompede trend --json</code> prints all.</p>`}
  </section>`
}

/** Series that differ by anything but their metric stand apart. */
function keyOf({ scenario, planHash, users, machine }: TrendSeries): string {
  return JSON.stringify([scenario, planHash, users, machine])
}

function groupPart(
  group: readonly [TrendSeries, ...TrendSeries[]],
  place: number,
  { points, text }: Detail,
): Markup {
  const [{ scenario, users, planHash, machine }] = group
  return html`<section id="group-${place}">
    <h2>${isolated(bounded(scenario, 120))}${users !== null && `, ${numbered(users, 'user')}`}</h2>
    <p class="lead">
      ${isolated(bounded(machine, 300))}; plan <code>${isolated(bounded(planHash, 120))}</code>. Grey: mean ±
      4 SD of the last 40 points of the last environment. A wide bar: something about the machine changed, and
      the line breaks. A diamond has a note.
    </p>
    <div class="multiples">
      ${group.map((series, i) => seriesFigure(lastOf(series, points), `series-${place}-${i}`, text))}
    </div>
  </section>`
}

function passedOverPart({ passedOver }: TrendReport): Markup {
  const more = passedOver.length - MOST_PASSED_OVER
  return html`<section id="passed-over">
    <h2>Passed over</h2>
    ${
      passedOver.length === 0
        ? html`<p class="lead">Every result could be read.</p>`
        : html`<ul>
            ${passedOver.slice(0, MOST_PASSED_OVER).map((each) => html`<li>${isolated(bounded(each, 300))}</li>`)}
            ${more > 0 && html`<li>and ${countText(more)} more</li>`}
          </ul>`
    }
  </section>`
}
