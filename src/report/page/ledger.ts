import type { LedgerSummary, RunResult } from '../../measure/result.ts'
import { countText, numbered, partText } from '../format.ts'
import { html, isolated, type Markup } from './markup.ts'

/** What was sent, what was owed to whom, and what became of every single delivery. */
export function ledgerPart({ ledger }: RunResult): Markup {
  const { messages, typing } = ledger
  return html`<h2>Delivery ledger</h2>
    <p class="lead">
      Every message is owed once to every member of its room.
      ${ledger.isDrained ? 'All obligations were settled before the run was judged.' : 'Some were still on their way when the run was judged.'}
    </p>
    ${barOf(messages)}
    <p class="sum">
      <b>${countText(messages.expected)}</b> <span>owed =</span> <b>${countText(messages.received)}</b>
      <span>arrived (${partText(messages.received, messages.expected)}) +</span>
      <b>${countText(messages.late)}</b> <span>late +</span> <b>${countText(messages.lost.total)}</b>
      <span>lost</span
      >${messages.pending > 0 && html` <span>+</span> <b>${countText(messages.pending)}</b> <span>on their way</span>`}
    </p>
    <div class="scroll" tabindex="0" role="region" aria-label="Delivery ledger">
      <table class="ledger">
        <thead>
          <tr>
            <th scope="col">Outcome</th>
            <th scope="col" class="n">Messages</th>
            <th scope="col" class="n">Typing events</th>
            <th scope="col">Meaning</th>
          </tr>
        </thead>
        <tbody>
          ${outcomesOf(messages, typing).map(outcomeRow)}
        </tbody>
      </table>
    </div>
    ${ledger.examples.length > 0 && examplesOf(ledger.examples)}`
}

// --- internal ---

interface Outcome {
  name: string
  messages: number
  /** undefined where typing events have no such outcome. */
  typing?: number
  meaning: string
  /** Anything above zero is a broken promise. */
  isFault?: boolean
  isPart?: boolean
}

function outcomesOf(
  messages: LedgerSummary['messages'],
  typing: LedgerSummary['typing'],
): (Outcome | string)[] {
  const { lost } = messages
  return [
    'Published',
    {
      name: 'Sent',
      messages: messages.sent,
      typing: typing.sent,
      meaning: 'handed to the API or the broker, retries not counted',
    },
    {
      name: 'rejected',
      messages: messages.rejected,
      meaning: 'refused by the API: owed to nobody',
      isPart: true,
    },
    {
      name: 'answer unknown',
      isPart: true,
      messages: messages.unknown,
      meaning: `no clear answer; ${countText(messages.recovered)} of them reached somebody, ${countText(messages.partial)} only some`,
    },
    'Owed',
    {
      name: 'Owed',
      messages: messages.expected,
      typing: typing.expected,
      meaning: 'a message and a member who is subscribed',
    },
    { name: 'Arrived', messages: messages.received, typing: typing.received, meaning: 'in time' },
    { name: 'Late', messages: messages.late, meaning: 'after it had been given up', isFault: true },
    { name: 'Lost', messages: lost.total, typing: typing.lost, meaning: 'never arrived', isFault: true },
    { name: 'head', messages: lost.head, meaning: 'before the first arrival from that sender', isPart: true },
    { name: 'middle', messages: lost.middle, meaning: 'between two arrivals', isPart: true },
    { name: 'tail', messages: lost.tail, meaning: 'after the last arrival', isPart: true },
    ...(messages.pending === 0
      ? []
      : [
          {
            name: 'On its way',
            messages: messages.pending,
            meaning: 'the record ends before it arrived or was given up',
          },
        ]),
    'Arrived wrongly',
    {
      name: 'Duplicated',
      messages: messages.duplicated,
      typing: typing.duplicated,
      meaning: 'received twice by the same member',
      isFault: true,
    },
    {
      name: 'Reordered',
      messages: messages.reordered,
      meaning: 'overtaken by a later message of the same sender',
      isFault: true,
    },
    {
      name: 'Leaked',
      messages: messages.leaked,
      typing: typing.leaked,
      meaning: 'received by someone not entitled',
      isFault: true,
    },
    {
      name: 'Corrupted',
      messages: messages.corrupted,
      meaning: 'received with changed content',
      isFault: true,
    },
    'Excused',
    {
      name: 'Lost in a gap',
      messages: messages.gapLost,
      meaning: 'published while the member was reconnecting',
    },
    {
      name: 'At the edge',
      messages: messages.optional,
      meaning: 'received while joining or leaving: allowed, not owed',
    },
    {
      name: 'Doubled by a retry',
      messages: messages.retryDuplicated,
      meaning: 'the sender’s documented retry had sent it twice',
    },
    { name: 'Foreign', messages: messages.foreign, meaning: 'not sent by this run' },
  ]
}

function outcomeRow(outcome: Outcome | string): Markup {
  if (typeof outcome === 'string')
    return html`<tr class="group">
      <th colspan="4" scope="rowgroup">${outcome}</th>
    </tr>`
  const { name, messages, typing, meaning, isFault = false, isPart = false } = outcome
  return html`<tr class="${isPart && 'part'}">
    <th scope="row">${name}</th>
    <td class="n ${toneOf(messages, isFault)}">${countText(messages)}</td>
    <td class="n ${typing !== undefined && toneOf(typing, isFault)}">
      ${typing !== undefined && countText(typing)}
    </td>
    <td class="explain">${meaning}</td>
  </tr>`
}

function toneOf(count: number, isFault: boolean): string {
  return count === 0 ? 'zero' : isFault ? 'wrong' : ''
}

/** Shares of what was owed as a bar; a share above zero is never too thin to be seen. */
function barOf({ expected, received, late, lost, pending }: LedgerSummary['messages']): Markup | undefined {
  if (expected === 0) return undefined
  const least = (count: number): number => (count === 0 ? 0 : Math.max(4, (count / expected) * 1000))
  const lateWidth = least(late)
  const lostWidth = least(lost.total)
  const arrived = received === 0 ? 0 : Math.max(0, 1000 - lateWidth - lostWidth - least(pending))
  return html`<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
    <rect class="arrived" x="0" y="0" width="${arrived.toFixed(1)}" height="10" />
    <rect class="late" x="${arrived.toFixed(1)}" y="0" width="${lateWidth.toFixed(1)}" height="10" />
    <rect
      class="lost"
      x="${(arrived + lateWidth).toFixed(1)}"
      y="0"
      width="${lostWidth.toFixed(1)}"
      height="10"
    />
  </svg>`
}

function examplesOf(examples: LedgerSummary['examples']): Markup {
  return html`<details>
    <summary>${numbered(examples.length, 'example')}: which message, whose, when</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="Examples from the ledger">
      <table>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Kind</th>
            <th scope="col" class="n">Room</th>
            <th scope="col" class="n">Sender</th>
            <th scope="col" class="n">Number</th>
            <th scope="col" class="n">Receiver</th>
            <th scope="col" class="n">At</th>
            <th scope="col">Note</th>
          </tr>
        </thead>
        <tbody>
          ${examples.map(
            ({ what, kind, room, sender, seq, user, atMs, note }) =>
              html`<tr>
                <th scope="row">${what}</th>
                <td>${kind}</td>
                <td class="n">${room}</td>
                <td class="n">${sender}</td>
                <td class="n">${seq}</td>
                <td class="n">${user}</td>
                <td class="n">${(atMs / 1e3).toFixed(3)} s</td>
                <td class="explain">${isolated(note)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`
}
