import type { RunResult } from '../../measure/result.ts'
import { bytesText, countText } from '../format.ts'
import { bounded } from '../visible.ts'
import { html, isolated, type Markup } from './markup.ts'
import { pairs } from './pairs.ts'
import { momentText } from './verdict.ts'

/** What was measured, by which machine, and when. */
export function environmentPart(
  environment: RunResult['environment'],
  { startedAt, endedAt }: { startedAt: string; endedAt: string },
): Markup {
  const { target, contract } = environment
  return html`<h3>Target</h3>
    ${pairs([
      ['Deployment', target.isOwn ? 'Stompede’s reference target' : 'someone’s own'],
      ['API', target.apiUrl === null ? '–' : html`<code>${short(target.apiUrl)}</code>`],
      ['STOMP', target.stompUrl === null ? '–' : html`<code>${short(target.stompUrl)}</code>`],
      ['Broker', short(target.broker)],
      ...(target.behaviour === null
        ? []
        : [['Told to be', short(target.behaviour)] satisfies [string, Markup]]),
      ['Contract', html`${short(contract.source)} <code>${short(contract.digest)}</code>`],
    ])}
    <h3>Generator</h3>
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

function short(text: string): Markup {
  return isolated(bounded(text, MOST))
}
