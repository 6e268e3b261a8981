import type { RunResult } from '../../measure/result.ts'
import { bytesText, countText } from '../format.ts'
import { bounded } from '../visible.ts'
import { type Content, html, isolated, type Markup } from './markup.ts'
import { pairs } from './pairs.ts'
import { momentText } from './verdict.ts'

/** What was measured, by which machine, and when. */
export function environmentPart(environment: RunResult['environment'], span: Span): Markup {
  return html`<h3>Target</h3>
    ${pairs([...targetRows(environment.target), contractRow(environment.contract)])}
    ${generatorPart(environment, span)}`
}

/** What a target is, a row each. */
export function targetRows(target: RunResult['environment']['target']): [string, Content][] {
  return [
    ['Deployment', target.isOwn ? 'Stompede’s reference target' : 'someone’s own'],
    ['API', target.apiUrl === null ? '–' : html`<code>${short(target.apiUrl)}</code>`],
    ['STOMP', target.stompUrl === null ? '–' : html`<code>${short(target.stompUrl)}</code>`],
    ['Broker', short(target.broker)],
    ...(target.behaviour === null
      ? []
      : [['Told to be', short(target.behaviour)] satisfies [string, Markup]]),
  ]
}

/** What the target was held to. */
export function contractRow({ source, digest }: RunResult['environment']['contract']): [string, Content] {
  return ['Contract', html`${short(source)} <code>${short(digest)}</code>`]
}

/** The machine that measured, and when. */
export function generatorPart(environment: RunResult['environment'], { startedAt, endedAt }: Span): Markup {
  return html`<h3>Generator</h3>
    ${pairs([
      [
        'Machine',
        html`${short(environment.cpu)}, ${environment.cores} cores, ${bytesText(environment.memoryBytes)}`,
      ],
      ['System', html`${short(environment.os)}, Node ${short(environment.node)}`],
      ['Driver', html`${short(environment.driver)}, as ${short(environment.flavour)} clients connect`],
      ['Workers', countText(environment.workers)],
      ['Started', momentText(bounded(startedAt, MOST))],
      ['Ended', momentText(bounded(endedAt, MOST))],
    ])}`
}

// --- internal ---

const MOST = 500

interface Span {
  startedAt: string
  endedAt: string
}

function short(text: string): Markup {
  return isolated(bounded(text, MOST))
}
