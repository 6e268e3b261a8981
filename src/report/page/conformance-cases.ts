import type { ConformanceCase, ConformanceResult, State, TranscriptLine } from '../../measure/conformance.ts'
import { framesFile, hasEvidence, safeId, transcriptFile } from '../evidence-paths.ts'
import { channelOf, excerptOf, momentOf, type Room } from '../conformance-transcript.ts'
import { basisText, BY_URGENCY, excuseText, remedyOf, STATE_MEANING, weightOf } from '../conformance-words.ts'
import { countText, msText, numbered } from '../format.ts'
import { signOf, stateStatus } from './conformance-verdict.ts'
import { pairs } from './pairs.ts'
import { type Content, html, isolated, type Markup } from './markup.ts'
import { bounded } from '../visible.ts'

/** How much is told of a case: characters of each text, and of its transcript. */
export interface Detail {
  text: number
  transcript: Room
}

/** Each case that is not PASS, the most urgent first, with all that is known of it. */
export function casesPart(result: ConformanceResult, detail: Detail): Markup {
  const groups = BY_URGENCY.filter((state) => state !== 'PASS')
    .map((state) => ({ state, cases: result.cases.filter((each) => each.state === state) }))
    .filter(({ cases }) => cases.length > 0)
  // Of a target that is gone there is one reason, at the top, and nothing to see.
  let left = result.verdict.status === 'unreachable' ? 0 : MOST_OPEN
  return html`<section id="open">
    <h2>Case by case</h2>
    <p class="lead">${lead(result, groups.length > 0)}</p>
    ${groups.map(
      ({ state, cases }) =>
        html`<h3 class="group">
            ${STATE_MEANING[state].heading} <span class="explain">${countText(cases.length)}</span>
          </h3>
          <p class="explain">${STATE_MEANING[state].says}</p>
          ${cases
            .toSorted((a, b) => WEIGHT[weightOf(a, result)] - WEIGHT[weightOf(b, result)])
            .map((each) =>
              caseBlock(each, detail, isRedOpen(state, result) || (OPEN.includes(state) && left-- > 0)),
            )}`,
    )}
  </section>`
}

// --- internal ---

/** Within a state, what turned the gate comes first. */
const WEIGHT = { red: 0, open: 1, none: 2 } as const

/** Cases whose evidence is in sight without a click. */
const MOST_OPEN = 3
const OPEN: readonly State[] = ['FAIL', 'XPASS', 'INCONCLUSIVE']

function lead({ cases }: ConformanceResult, isAny: boolean): string {
  if (cases.length === 0) return 'No rule was asked.'
  return isAny
    ? 'What did not simply pass: the demand, what came instead, and everything that was sent and received.'
    : 'Every case passed as strictly as can be asked.'
}

function caseBlock(each: ConformanceCase, detail: Detail, isOpen: boolean): Markup {
  const { id, state, level, severity, title, actual, durationMs } = each
  const facts = [
    level,
    ...(severity === null ? [] : [severity]),
    `${msText(Math.max(0, durationMs) * 1e3)} ms`,
  ]
  const short = shortener(detail.text)
  return html`<details class="case ${signOf(state)}" ${isOpen ? html`open` : ''}>
    <summary>
      ${stateStatus(state)} <code>${isolated(bounded(id, 120))}</code>
      <span class="title">${short(title)}</span> <span class="explain">${facts.join(' · ')}</span>
      <span class="came">${isolated(bounded(actual, Math.min(detail.text, 200)))}</span>
    </summary>
    <div class="body" id="case-${safeId(id)}">
      ${pairs(told(each, short))} ${hasEvidence(each) && transcriptBlock(each, detail.transcript)}
      ${repeatBlock(each, short)}
    </div>
  </details>`
}

/** Where nobody was let in, the one case that shows it. */
function isRedOpen(state: State, { verdict }: ConformanceResult): boolean {
  return state === 'FAIL' && verdict.status === 'unreachable'
}

type Shortener = (text: string) => Markup

/** Made visible before it is cut, so that what hides cannot grow beyond the limit afterwards. */
function shortener(most: number): Shortener {
  return (text) => isolated(bounded(text, most))
}

function told(each: ConformanceCase, short: Shortener): (readonly [string, Content])[] {
  const { basis, sends, expected, actual, fragment, excuse, state } = each
  const remedy = remedyOf(each)
  return [
    [
      'Demand',
      html`<blockquote>${short(basis.quote)}</blockquote>
        <span class="explain">${short(basisText(basis))}</span>`,
    ],
    ['Sent', short(sends)],
    [
      'Expected',
      expected.length === 1
        ? short(expected[0] as string)
        : html`<ol>
            ${expected.slice(0, MOST_OUTCOMES).map((outcome) => html`<li>${short(outcome)}</li>`)}
          </ol>`,
    ],
    [state === 'SKIP' || state === 'INCONCLUSIVE' ? 'Reason' : 'What came', html`<b>${short(actual)}</b>`],
    ...(fragment === null
      ? []
      : [
          [
            'Found',
            html`at <code>${short(fragment.path === '' ? '/' : fragment.path)}</code>
              <pre tabindex="0">${short(fragment.found)}</pre>`,
          ] as const,
        ]),
    ...(excuse === null ? [] : [['Excused by', short(excuseText(excuse))] as const]),
    ...(remedy === null ? [] : [['What to do', short(remedy)] as const]),
  ]
}

const MOST_OUTCOMES = 12

function repeatBlock(each: ConformanceCase, short: Shortener): Markup | undefined {
  const { reproduce, frames } = each
  if (reproduce.length === 0 && frames.length === 0) return undefined
  return html`<h4>Do it again</h4>
    ${reproduce.slice(0, 4).map((line) => html`<pre class="whole" tabindex="0">${short(line)}</pre>`)}
    ${
      frames.length > 0 &&
      hasEvidence(each) &&
      html`<p class="explain">
        The bytes of the ${numbered(frames.length, 'message')} sent to the broker are in
        <code>${framesFile(each)}</code>.
      </p>`
    }`
}

function transcriptBlock(each: ConformanceCase, room: Room): Markup {
  const { head, leftOut, tail } = excerptOf(each.transcript, room)
  const whole = html`<code>${transcriptFile(each)}</code>`
  if (each.transcript.length === 0) return html`<p class="explain">It has no transcript of its own.</p>`
  const rows = (lines: readonly TranscriptLine[]): Markup[] =>
    lines.map((line) => transcriptRow(line, each, room))
  const gap =
    leftOut > 0 &&
    html`<tr class="gap">
      <td colspan="5">${numbered(leftOut, 'line')} left out; all are in ${whole}</td>
    </tr>`
  return html`<h4>What was sent and received</h4>
    <p class="explain">
      One clock: ms after the case began, which was ${msText(each.startedMs * 1e3)} ms after the gate did.
      Uncut in ${whole}.
    </p>
    <div class="scroll" tabindex="0" role="region" aria-label="Transcript of ${safeId(each.id)}">
      <table class="transcript">
        <thead>
          <tr>
            <th scope="col" class="n">ms</th>
            <th scope="col">Who</th>
            <th scope="col">By</th>
            <th scope="col"><span class="unseen">Direction</span></th>
            <th scope="col">What</th>
          </tr>
        </thead>
        <tbody>
          ${rows(head)}${gap}${rows(tail)}
        </tbody>
      </table>
    </div>`
}

const DIRECTION: Record<TranscriptLine['direction'], string> = { '→': 'sent', '←': 'received', '·': 'remark' }

function transcriptRow(line: TranscriptLine, each: ConformanceCase, room: Room): Markup {
  const { actor, direction, text } = line
  return html`<tr>
    <td class="n">${momentOf(line, each)}</td>
    <td>${isolated(bounded(actor, 40))}</td>
    <td>${channelOf(line)}</td>
    <td class="arrow">
      <span aria-hidden="true">${direction}</span><span class="unseen">${DIRECTION[direction]}</span>
    </td>
    <td class="text"><bdi>${bounded(text.trimEnd(), room.characters)}</bdi></td>
  </tr>`
}
