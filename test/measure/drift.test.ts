import { describe, expect, it } from 'vitest'
import { loadContract } from '../../src/chat/contract.ts'
import { newDrift, SAMPLE, type Drift } from '../../src/measure/drift.ts'

const contract = loadContract()
const at = '2024-01-01T12:00:00.000Z'
const typing = { type: 'user_typing', userId: 1, isTyping: true, timestamp: at }
const message = {
  type: 'new_message',
  message: { id: 1, content: 'x', message_type: 'text', sender_id: 1, created_at: at },
  timestamp: at,
}

/** As the receive path does: the contract reads the body, and what it makes of it is counted. */
function receive(drift: Drift, ...payloads: readonly unknown[]): void {
  for (const payload of payloads) {
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload)
    let issues = 0
    const event = contract.readEvent(body, () => issues++)
    drift.see(event, body, issues > 0)
  }
}

describe('the drift counters', () => {
  it('list every documented type as never seen before anything came, and none of its fields', () => {
    expect(newDrift(contract.shapes, { oneIn: 1 }).report()).toEqual({
      undocumentedTypes: [],
      undocumentedFields: [],
      neverSeenTypes: ['new_message', 'user_typing', 'user_status_changed', 'message_read'],
      neverSeenFields: [],
      neverSeenValues: [],
    })
  })

  it('list the fields and values that never came of the types that did', () => {
    const drift = newDrift(contract.shapes, { oneIn: 1 })
    receive(
      drift,
      { type: 'user_status_changed', userId: 1, status: 'online', timestamp: at },
      { type: 'new_message', message: { id: 1, content: 'x' } },
      { type: 'message_read' },
    )
    const { neverSeenTypes, neverSeenFields, neverSeenValues } = drift.report()
    expect(neverSeenTypes).toEqual(['user_typing'])
    expect(neverSeenFields.map(({ type, path }) => `${type} ${path}`)).toEqual([
      'new_message message.message_type',
      'new_message message.sender_id',
      'new_message message.created_at',
      'new_message timestamp',
      'message_read messageId',
      'message_read readerId',
      'message_read readAt',
    ])
    expect(neverSeenValues).toEqual([{ type: 'user_status_changed', path: 'status', values: ['offline'] }])
  })

  it('name of a part that never came the part alone', () => {
    const drift = newDrift(contract.shapes, { oneIn: 1 })
    receive(drift, { type: 'new_message', timestamp: at })
    expect(drift.report().neverSeenFields).toEqual([{ type: 'new_message', path: 'message' }])
  })

  it('count undocumented types and fields, those seen most first', () => {
    const drift = newDrift(contract.shapes, { oneIn: 1 })
    receive(
      drift,
      { type: 'room_renamed' },
      { ...typing, device: 'phone' },
      { ...message, message: { ...message.message, edited: true, reactions: [] } },
      { ...typing, device: null },
      { type: 'room_closed' },
      { type: 'room_renamed', name: 'x' },
      'no JSON',
      '[1]',
      { type: 5 },
    )
    const { undocumentedTypes, undocumentedFields } = drift.report()
    expect(undocumentedTypes).toEqual([
      { type: 'room_renamed', seen: 2 },
      { type: 'room_closed', seen: 1 },
    ])
    expect(undocumentedFields).toEqual([
      { type: 'user_typing', path: 'device', seen: 2 },
      { type: 'new_message', path: 'message.edited', seen: 1 },
      { type: 'new_message', path: 'message.reactions', seen: 1 },
    ])
  })

  it('agree with the contract about what is undocumented', () => {
    const payload = { ...message, extra: 1, message: { ...message.message, more: { deep: 1 } } }
    const drift = newDrift(contract.shapes, { oneIn: 1 })
    receive(drift, payload)
    const found: string[] = []
    contract.readEvent(JSON.stringify(payload), ({ kind, path }) => found.push(`${kind} ${path}`))
    expect(
      drift
        .report()
        .undocumentedFields.map(({ path }) => `drift /${path.replaceAll('.', '/')}`)
        .toSorted(),
    ).toEqual(found.toSorted())
  })

  it('count nulls beside what was seen, and no field that an object merely inherits', () => {
    const drift = newDrift(
      [
        {
          type: 't',
          path: '',
          key: '',
          values: [],
          items: undefined,
          isOpen: true,
          fields: [leaf('toString'), leaf('a')],
        },
      ],
      { oneIn: 1 },
    )
    const event = { type: 't', a: null }
    drift.see(event, '', false)
    expect(drift.encode().types['t']).toEqual({
      seen: 1,
      looked: 1,
      fields: {
        '': { seen: 1, nulls: 0, values: [] },
        toString: { seen: 0, nulls: 0, values: [] },
        a: { seen: 1, nulls: 1, values: [] },
      },
    })
  })

  it('look into lists, and count an undocumented field of their items once a message', () => {
    const items = {
      ...leaf(''),
      path: 'rooms[]',
      isOpen: false,
      fields: [{ ...leaf('id'), path: 'rooms[].id' }],
    }
    const rooms = { ...leaf('rooms'), items }
    const drift = newDrift([{ ...leaf(''), type: 't', fields: [leaf('type'), rooms] }], { oneIn: 1 })
    const event = {
      type: 't',
      rooms: [
        { id: 1, x: 1 },
        { id: 2, x: 2 },
      ],
    }
    drift.see(event, '', true)
    expect(drift.encode().types['t']?.fields['rooms[].id']?.seen).toBe(2)
    expect(drift.report().undocumentedFields).toEqual([{ type: 't', path: 'rooms[].x', seen: 1 }])
  })

  it('look at the first of each type and then at one in so many, and at every one with trouble', () => {
    const drift = newDrift(contract.shapes, { oneIn: SAMPLE.oneIn })
    const many = SAMPLE.first + 10 * SAMPLE.oneIn
    for (let n = 0; n < many; n++) receive(drift, typing)
    expect(drift.encode().types['user_typing']).toMatchObject({ seen: many, looked: SAMPLE.first + 10 })
    for (let n = 1; n <= 3; n++) receive(drift, { ...typing, device: n })
    expect(drift.report().undocumentedFields).toEqual([{ type: 'user_typing', path: 'device', seen: 3 }])
    // A type that comes for the first time after all those is looked at: sampling is by type.
    receive(drift, message)
    expect(drift.encode().types['new_message']).toMatchObject({ seen: 1, looked: 1 })
  })

  it('of shards add up to those of one', () => {
    const payloads = [
      message,
      typing,
      { ...typing, isTyping: null },
      { ...typing, device: 1 },
      { type: 'odd' },
      message,
    ]
    const whole = newDrift(contract.shapes, { oneIn: 1 })
    receive(whole, ...payloads)
    const sum = newDrift(contract.shapes, { oneIn: 1 })
    for (const part of [payloads.slice(0, 2), payloads.slice(2)]) {
      const shard = newDrift(contract.shapes, { oneIn: 1 })
      receive(shard, ...part)
      sum.add(structuredClone(shard.encode()))
    }
    expect(sum.encode()).toEqual(whole.encode())
    expect(sum.report()).toEqual(whole.report())
    expect(sum.report().undocumentedTypes).toEqual([{ type: 'odd', seen: 1 }])
  })

  it('hold a bounded number of names, each short and harmless, whatever a target sends', () => {
    const drift = newDrift(contract.shapes, { oneIn: 1 })
    for (let n = 0; n < 600; n++) receive(drift, { ...typing, [`field${n}`]: 1 }, { type: `type${n}` })
    receive(drift, { ...typing, field0: 1 }, { type: 'type0' })
    const { undocumentedFields, undocumentedTypes } = drift.report()
    expect(undocumentedFields).toHaveLength(500)
    expect(undocumentedTypes).toHaveLength(500)
    expect(undocumentedFields[0]).toEqual({ type: 'user_typing', path: 'field0', seen: 2 })
    expect(undocumentedTypes[0]).toEqual({ type: 'type0', seen: 2 })
    const other = newDrift(contract.shapes, { oneIn: 1 })
    receive(other, { ...typing, [`\u001b[31m${'x'.repeat(200)}`]: 1 })
    const [field] = other.report().undocumentedFields
    expect(field?.path).toMatch(/^\\u\{1b\}\[31mx+…$/)
    expect(field?.path.length).toBeLessThan(100)
  })
})

function leaf(key: string) {
  return { path: key, key, values: [], items: undefined, isOpen: false, fields: [] }
}
