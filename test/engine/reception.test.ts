import { describe, expect, it } from 'vitest'
import { loadContract } from '../../src/chat/contract.ts'
import { openTokens } from '../../src/chat/tokens.ts'
import { type Listening, newReception } from '../../src/engine/reception.ts'
import { newDrift, SAMPLE } from '../../src/measure/drift.ts'
import { Findings } from '../../src/measure/findings.ts'
import { Ledger } from '../../src/measure/ledger.ts'
import { Metrics } from '../../src/measure/metrics.ts'
import { composeContent } from '../../src/measure/token.ts'

const contract = loadContract()

async function twoMembers() {
  const metrics = new Metrics()
  const findings = new Findings()
  const ledger = new Ledger(metrics, { startUs: 0, timeoutUs: 10e6, echo: 'expected' })
  const tokens = await openTokens({
    kind: 'minted',
    key: 'fake',
    algorithm: 'HS256',
    claims: {},
    firstUserId: 100,
    lifetimeS: 60,
  })
  const drift = newDrift(contract.shapes, { oneIn: SAMPLE.oneIn })
  const reception = newReception({
    contract,
    ledger,
    metrics,
    findings,
    drift,
    tokens,
    runCode: 'runa',
    startUs: 0,
  })
  const listening = [0, 1].map((user): Listening => {
    const seat = ledger.seat(1, user)
    ledger.move(seat, 'joining', 0)
    ledger.move(seat, 'joined', 0)
    return { id: 's0', destination: '/exchange/chat.direct/room.1', roomId: 1, seat, onBody: undefined }
  }) as [Listening, Listening]
  const send = (): number => {
    const sent = ledger.publish('messages', 1, 0, 1_000, 1_000)
    ledger.answer(sent, 'accepted', 1_500)
    return sent.seq
  }
  const receive = (to: Listening, body: unknown, destination = to.destination): void => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    reception.receive(
      to,
      {
        subscription: to.id,
        destination,
        body: text,
        bodyBytes: Buffer.from(text),
        wireBytes: text.length,
        header: () => undefined,
      },
      2_000,
    )
  }
  return {
    counters: metrics.counters,
    rules: () => findings.encode().rules.map(({ rule }) => rule),
    listening,
    send,
    receive,
  }
}

function message(seq: number, change: Record<string, unknown> = {}, run = 'runa'): unknown {
  const content = composeContent({ run, room: 1, sender: 0, seq, attempt: 1, plannedUs: 0 }, 120, 33)
  const created_at = '2026-01-01T00:00:00.000Z'
  return {
    type: 'new_message',
    message: { id: 900 + seq, content, message_type: 'text', sender_id: 100, created_at, ...change },
    timestamp: created_at,
  }
}

describe('the receive path', () => {
  it('settles a healthy message without a finding', async () => {
    const { counters, rules, listening, send, receive } = await twoMembers()
    const seq = send()
    for (const to of listening) receive(to, message(seq))
    expect(counters).toMatchObject({
      deliveries_received: 2,
      contract_violations: 0,
      contract_drift: 0,
      ws_msgs_received: 2,
    })
    expect(rules()).toEqual([])
  })

  it('finds a fault in each of its copies', async () => {
    const { counters, listening, send, receive } = await twoMembers()
    const seq = send()
    for (const to of listening) receive(to, message(seq, { sender_id: 101 }))
    expect(counters).toMatchObject({ deliveries_received: 2, contract_violations: 2 })
  })

  it('tells bodies apart that differ in any one octet', async () => {
    const { counters, rules, listening, send, receive } = await twoMembers()
    const seq = send()
    const text = JSON.stringify(message(seq))
    receive(listening[0], text)
    // A digit of the year: well-formed, and the same length.
    const at = text.lastIndexOf('2026') + 3
    for (const i of [0, 1]) {
      const changed = `${text.slice(0, at - i)}x${text.slice(at - i + 1)}`
      receive(listening[1], changed)
    }
    expect(rules()).toEqual(['new_message/format/timestamp'])
    expect(counters.contract_violations).toBe(2)
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['a sender that is not the sender', { sender_id: 101 }, 'chat/sender-id'],
    ['content with one character changed', { content: 'tamper' }, 'chat/content-changed'],
    ['an undocumented field', { mood: 'good' }, 'new_message/additionalProperties/message'],
  ])('names %s', async (_, change, rule) => {
    const { rules, listening, send, receive, counters } = await twoMembers()
    const healthy = message(send()) as { message: { content: string } }
    const content =
      change['content'] === 'tamper'
        ? `${healthy.message.content.slice(0, -1)}\u0000`
        : healthy.message.content
    receive(listening[0], { ...healthy, message: { ...healthy.message, ...change, content } })
    expect(rules()).toEqual([rule])
    expect(counters.deliveries_received).toBe(1)
  })

  it('names an id that differs between subscribers, and one that stands for two messages', async () => {
    const { rules, listening, send, receive } = await twoMembers()
    const first = send()
    receive(listening[0], message(first))
    receive(listening[1], message(first, { id: 7 }))
    receive(listening[0], message(send(), { id: 900 + first }))
    expect(rules()).toEqual(['chat/message-id-differs', 'chat/message-id-reused'])
  })

  it('names a destination that was not subscribed to', async () => {
    const { rules, listening, send, receive } = await twoMembers()
    receive(listening[0], message(send()), '/exchange/chat.direct/room.2')
    expect(rules()).toEqual(['stomp/destination'])
  })

  it('takes messages without this run’s token for other people’s', async () => {
    const { counters, listening, send, receive } = await twoMembers()
    const seq = send()
    receive(listening[0], message(seq, {}, 'runb'))
    receive(listening[0], message(seq, { content: 'hello' }))
    expect(counters).toMatchObject({ deliveries_foreign: 2, deliveries_received: 0, contract_violations: 0 })
  })

  it('calls a damaged token of this run corruption', async () => {
    const { counters, rules, listening, send, receive } = await twoMembers()
    send()
    receive(listening[0], message(0, { content: `~runa${'?'.repeat(60)}` }))
    expect(counters.deliveries_corrupted).toBe(1)
    expect(rules()).toEqual(['chat/content-changed'])
  })

  it.each([
    '',
    'not json',
    'null',
    '[]',
    '{"type":"dance"}',
    '{"type":"new_message"}',
    '{"type":"user_typing"}',
  ])('survives %j and counts it', async (body) => {
    const { counters, listening, receive } = await twoMembers()
    receive(listening[0], body)
    expect(counters.contract_violations).toBeGreaterThan(0)
    expect(counters.ws_msgs_received).toBe(1)
  })
})
