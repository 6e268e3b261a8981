import { describe, expect, it } from 'vitest'
import type { HistoryEvent } from '../../src/conform/history.ts'
import { settle, type Settlement } from '../../src/conform/settlement.ts'
import { composeContent, TOKEN_LENGTH } from '../../src/measure/token.ts'
import { CONTRACT } from './gate-of.ts'

const RUN = 'test'
const PATIENCE_MS = 1_000

const gate: HistoryEvent = {
  kind: 'gate',
  version: 1,
  startedAt: '2026-11-22T00:00:00Z',
  seed: 1,
  runCode: RUN,
  contract: CONTRACT.digest,
  profile: 'strict',
  patienceMs: PATIENCE_MS,
  isOwn: false,
  members: { 1: [7], 2: [7], 3: [8] },
}

/** The content of user 1's n-th message to room 7. */
const content = (seq: number): string =>
  `${composeContent({ run: RUN, room: 7, sender: 0, seq, attempt: 1, plannedUs: 0 }, TOKEN_LENGTH, 0)} text`

function sent(seq: number, atMs: number, status = 201, roomId = 7): HistoryEvent {
  const request = JSON.stringify({ roomId, message: { message_type: 'text', content: content(seq) } })
  const call = {
    kind: 'call',
    case: 'C',
    actor: 'A',
    userId: 1,
    call: 'send-message',
    method: 'POST',
    roomId: null,
  } as const
  const answer = JSON.stringify({ status: 'sent', messageId: 100 + seq })
  return { ...call, sentMs: atMs, doneMs: atMs + 1, request, status, contentType: 'application/json', answer }
}

function called(name: string, userId: number, atMs: number, roomId: number, status = 201): HistoryEvent {
  const call = { kind: 'call', case: 'C', actor: 'A', userId, call: name, method: 'POST' } as const
  const request = name === 'join-room' ? JSON.stringify({ roomId }) : ''
  const path = name === 'join-room' ? null : roomId
  return {
    ...call,
    roomId: path,
    sentMs: atMs,
    doneMs: atMs + 1,
    request,
    status,
    contentType: '',
    answer: '',
  }
}

function frame(
  connection: string,
  direction: 'in' | 'out',
  atMs: number,
  command: string,
  headers: Record<string, string>,
  body = '',
): HistoryEvent {
  return { kind: 'frame', atMs, connection, direction, command, headers: Object.entries(headers), body }
}

function listening(connection: string, userId: number | null, roomId: number, atMs = 1): HistoryEvent[] {
  return [
    { kind: 'opened', atMs, case: 'C', connection, userId },
    frame(connection, 'out', atMs, 'SUBSCRIBE', {
      id: 's',
      destination: `/exchange/chat.direct/room.${roomId}`,
      receipt: 'r',
    }),
    frame(connection, 'in', atMs + 1, 'RECEIPT', { 'receipt-id': 'r' }),
  ]
}

function came(connection: string, text: string | null, atMs: number, id = 100): HistoryEvent {
  const body = JSON.stringify({ type: 'new_message', message: { id, content: text } })
  return frame(connection, 'in', atMs, 'MESSAGE', { subscription: 's' }, body)
}

const closed = (connection: string, atMs: number): HistoryEvent => ({
  kind: 'closed',
  atMs,
  connection,
  code: 1000,
  isOurs: true,
  fault: null,
})

const settled = (...events: HistoryEvent[]): Settlement =>
  settle({ events: [gate, ...events], contract: CONTRACT })

/** The figures that are not as they should be. */
function wrong({
  lost,
  duplicated,
  reordered,
  refusedYetDelivered,
  strays,
  phantoms,
  corrupted,
}: Settlement): Record<string, number> {
  const figures = {
    lost: lost.total,
    duplicated,
    reordered,
    refusedYetDelivered,
    strays: strays.length,
    phantoms: phantoms.length,
    corrupted: corrupted.length,
  }
  return Object.fromEntries(Object.entries(figures).filter(([, count]) => count !== 0))
}

describe('a history is settled:', () => {
  it('what came once and in order is delivered', () => {
    const settlement = settled(
      ...listening('b', 2, 7),
      sent(0, 10),
      came('b', content(0), 12),
      sent(1, 20),
      came('b', content(1), 20.5),
      closed('b', 30),
    )
    expect(wrong(settlement)).toEqual({})
    expect([settlement.sent, settlement.owed, settlement.delivered]).toEqual([2, 2, 2])
  })

  it('what a later message of the sender has overtaken for good is lost, however soon the connection ended', () => {
    const settlement = settled(
      ...listening('b', 2, 7),
      sent(0, 10),
      sent(1, 20),
      came('b', content(1), 22),
      closed('b', 30),
    )
    expect(wrong(settlement)).toEqual({ lost: 1 })
    expect(settlement.examples('lost')).toEqual([{ words: 'message 0 of sender 0 in room 7 on b', atMs: 10 }])
  })

  it('what did not come while the connection was open for long enough is lost', () => {
    const late = 10 + PATIENCE_MS + 100
    expect(wrong(settled(...listening('b', 2, 7), sent(0, 10), closed('b', late)))).toEqual({ lost: 1 })
  })

  it('what was on its way when we closed is owed to nobody', () => {
    const settlement = settled(...listening('b', 2, 7), sent(0, 10), closed('b', 12))
    expect(wrong(settlement)).toEqual({})
    expect(settlement.owed).toBe(0)
  })

  it('nobody is owed what was sent before the RECEIPT, after a leave, or to a bare connection', () => {
    const after = 2 * PATIENCE_MS
    expect(wrong(settled(sent(0, 0), ...listening('b', 2, 7), closed('b', after)))).toEqual({})
    expect(
      wrong(settled(...listening('b', 2, 7), called('leave-room', 2, 5, 7), sent(0, 10), closed('b', after))),
    ).toEqual({})
    expect(wrong(settled(...listening('x', null, 7), sent(0, 10), closed('x', after)))).toEqual({})
  })

  it('who has joined again is owed again, and who was refused is not', () => {
    const away = [called('leave-room', 2, 5, 7), called('join-room', 2, 8, 7)]
    const after = 2 * PATIENCE_MS
    expect(wrong(settled(...listening('b', 2, 7), ...away, sent(0, 10), closed('b', after)))).toEqual({
      lost: 1,
    })
    const refused = [called('join-room', 3, 8, 7, 403)]
    expect(wrong(settled(...listening('c', 3, 7), ...refused, sent(0, 10), closed('c', after)))).toEqual({})
  })

  it('a second copy is a duplicate, on another subscription it is not', () => {
    const both = [...listening('b', 2, 7), ...listening('b2', 2, 7)]
    const one = [sent(0, 10), came('b', content(0), 12), came('b2', content(0), 12)]
    expect(wrong(settled(...both, ...one))).toEqual({})
    expect(wrong(settled(...both, ...one, came('b', content(0), 13)))).toEqual({ duplicated: 1 })
  })

  it('order binds only calls that did not overlap', () => {
    const swapped = [came('b', content(1), 32), came('b', content(0), 33)]
    expect(wrong(settled(...listening('b', 2, 7), sent(0, 10), sent(1, 20), ...swapped))).toEqual({
      reordered: 1,
    })
    expect(wrong(settled(...listening('b', 2, 7), sent(0, 10), sent(1, 10.5), ...swapped))).toEqual({})
  })

  it('what was refused must not come, whether it does before the answer or after it', () => {
    expect(wrong(settled(...listening('b', 2, 7), sent(0, 10, 403), came('b', content(0), 12)))).toEqual({
      refusedYetDelivered: 1,
    })
    expect(wrong(settled(...listening('b', 2, 7), sent(0, 10, 403), came('b', content(0), 10.5)))).toEqual({
      refusedYetDelivered: 1,
    })
  })

  it('an unclear answer owes nothing and forbids nothing', () => {
    const after = 2 * PATIENCE_MS
    expect(wrong(settled(...listening('b', 2, 7), sent(0, 10, 0), closed('b', after)))).toEqual({})
    expect(
      wrong(
        settled(...listening('b', 2, 7), sent(0, 10, 500), came('b', content(0), 12), closed('b', after)),
      ),
    ).toEqual({})
  })

  it('a subscription watches when it hears its own room after something was sent elsewhere', () => {
    const watched = (...events: HistoryEvent[]): number => settled(...events).watched
    const elsewhere = [
      ...listening('b', 2, 7),
      ...listening('c', 3, 8),
      sent(0, 10),
      came('b', content(0), 12),
    ]
    const own = (seq: number, atMs: number): HistoryEvent => sent(seq, atMs, 201, 8)
    const control = [own(1, 20), came('c', content(1), 22, 101)]
    // Nothing was heard of C, or only what was sent before.
    expect(watched(...elsewhere)).toBe(0)
    expect(
      watched(
        ...listening('c', 3, 8),
        ...listening('b', 2, 7),
        own(1, 5),
        sent(0, 10),
        came('c', content(1), 22, 101),
      ),
    ).toBe(0)
    expect(watched(...elsewhere, ...control)).toBe(1)
    // Who came later could not have heard it.
    expect(watched(...listening('b', 2, 7), sent(0, 10), ...listening('c', 3, 8, 15), ...control)).toBe(0)
  })

  it('a message in another room strays', () => {
    const all = [...listening('b', 2, 7), ...listening('c', 3, 8), sent(0, 10), came('b', content(0), 12)]
    expect(wrong(settled(...all, came('c', content(0), 12)))).toEqual({ strays: 1 })
  })

  it('a content nobody sent is a phantom, a changed one is found by what is left of it', () => {
    const all = [...listening('b', 2, 7), sent(0, 10)]
    expect(wrong(settled(...all, came('b', content(0), 12), came('b', content(5), 13, 0)))).toEqual({
      phantoms: 1,
    })
    expect(wrong(settled(...all, came('b', `${content(0)}!`, 12)))).toEqual({ corrupted: 1 })
    expect(wrong(settled(...all, came('b', content(0).slice(0, 25), 12, 0)))).toEqual({ corrupted: 1 })
    // What is no text at all is for EVT-ALL-01 to say.
    expect(wrong(settled(...all, came('b', null, 12, 100)))).toEqual({})
  })

  it('what a case sent to the broker itself, and what it POSTed twice, is for its own rule to judge', () => {
    const forged = JSON.stringify({ type: 'new_message', message: { content: content(3) } })
    const send = frame('b', 'out', 5, 'SEND', { destination: '/exchange/chat.direct/room.7' }, forged)
    expect(wrong(settled(...listening('b', 2, 7), send, came('b', content(3), 6)))).toEqual({})
    const twice = [sent(0, 10), sent(0, 20), came('b', content(0), 12), came('b', content(0), 22)]
    expect(wrong(settled(...listening('b', 2, 7), ...twice))).toEqual({})
  })

  it('what was repeated while its first copy was on the way is owed to nobody', () => {
    const settlement = settled(
      ...listening('b', 2, 7),
      sent(0, 10),
      sent(0, 13),
      came('b', content(0), 14, 100),
      came('b', content(0), 15, 101),
      sent(1, 20),
      came('b', content(1), 22),
      closed('b', 30),
    )
    expect([wrong(settlement), settlement.owed]).toEqual([{}, 1])
  })

  it('who leaves may still be reached by what it was owed before', () => {
    const settlement = settled(
      ...listening('b', 2, 7),
      sent(0, 10),
      called('leave-room', 2, 11, 7),
      came('b', content(0), 11.5),
      called('join-room', 2, 13, 7),
      sent(1, 20),
      came('b', content(1), 22),
      closed('b', 30),
    )
    expect(wrong(settlement)).toEqual({})
  })

  it('what came after bytes that could not be read was not seen, and owed to nobody', () => {
    const broken = { ...closed('b', 10 + 2 * PATIENCE_MS), fault: 'missing-nul' } as HistoryEvent
    expect(wrong(settled(...listening('b', 2, 7), sent(0, 10), broken))).toEqual({})
  })

  it('what names no subscription belongs to one of its destination that has not got it yet', () => {
    const bare = (atMs: number): HistoryEvent =>
      frame(
        'b',
        'in',
        atMs,
        'MESSAGE',
        { destination: '/exchange/chat.direct/room.7' },
        JSON.stringify({ type: 'new_message', message: { id: 100, content: content(0) } }),
      )
    const second = frame('b', 'out', 5, 'SUBSCRIBE', {
      id: 't',
      destination: '/exchange/chat.direct/room.7',
      receipt: 'u',
    })
    const both = [...listening('b', 2, 7), second, frame('b', 'in', 6, 'RECEIPT', { 'receipt-id': 'u' })]
    expect(wrong(settled(...both, sent(0, 10), bare(12), bare(13), closed('b', 30)))).toEqual({})
    expect(wrong(settled(...both, sent(0, 10), bare(12), bare(13), bare(14), closed('b', 30)))).toEqual({
      duplicated: 1,
    })
  })

  it('of a body that is no JSON, or has no content, only what it is about is believed', () => {
    const cut = frame('b', 'in', 12, 'MESSAGE', { subscription: 's' }, `{"message":{"content":"${content(0)}`)
    expect(wrong(settled(...listening('b', 2, 7), sent(0, 10), cut, closed('b', 30)))).toEqual({})
    const empty = came('b', null, 12)
    expect(wrong(settled(...listening('b', 2, 7), sent(0, 10), empty, closed('b', 30)))).toEqual({})
  })

  it('a content that some request had is not taken for a changed one, whatever id it comes with', () => {
    const plain = {
      ...sent(1, 20),
      request: JSON.stringify({ roomId: 7, message: { content: 'x' } }),
    } as HistoryEvent
    const settlement = settled(
      ...listening('b', 2, 7),
      sent(0, 10),
      came('b', content(0), 12, 100),
      plain,
      came('b', 'x', 22, 100),
      closed('b', 30),
    )
    expect(wrong(settlement)).toEqual({})
  })

  it('what was sent into no room that can be told is for its own rule to judge', () => {
    const odd = {
      ...sent(0, 10),
      request: JSON.stringify({ roomId: [7], message: { content: content(0) } }),
    } as HistoryEvent
    expect(wrong(settled(...listening('b', 2, 7), odd, came('b', content(0), 12), closed('b', 30)))).toEqual(
      {},
    )
  })

  it('foreign traffic counts for nothing', () => {
    const settlement = settled(...listening('b', 2, 7), came('b', 'hello from somebody else', 12, 0))
    expect([wrong(settlement), settlement.delivered]).toEqual([{}, 0])
  })
})
