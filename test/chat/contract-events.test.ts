import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadContract, type ChatEvent, type ContractIssue } from '../../src/chat/contract.ts'

const contract = loadContract()

/** The values of the guide's four examples. */
const guide: Record<ChatEvent['type'], ChatEvent> = {
  new_message: {
    type: 'new_message',
    message: {
      id: 123,
      content: '안녕하세요',
      message_type: 'text',
      sender_id: 456,
      created_at: '2024-01-01T12:00:00Z',
    },
    timestamp: '2024-01-01T12:00:00.000Z',
  },
  user_status_changed: {
    type: 'user_status_changed',
    userId: 456,
    status: 'online',
    timestamp: '2024-01-01T12:00:00.000Z',
  },
  user_typing: { type: 'user_typing', userId: 456, isTyping: true, timestamp: '2024-01-01T12:00:00.000Z' },
  message_read: {
    type: 'message_read',
    messageId: 123,
    readerId: 456,
    readAt: '2024-01-01T12:00:00.000Z',
  },
}
const events = Object.entries(guide)
const message = JSON.stringify(guide.new_message)

describe('readEvent', () => {
  it('knows the four documented types', () => {
    expect(contract.eventTypes.toSorted()).toEqual(Object.keys(guide).toSorted())
  })

  it.each(events)("returns the guide's %s as it stands, without an issue", (_type, event) => {
    expect(read(JSON.stringify(event))).toEqual({ event, issues: [] })
    expect(read(JSON.stringify(event, null, 2))).toEqual({ event, issues: [] })
  })

  describe.each(events)('given a %s', (type, event) => {
    const fields = pathsOf(event).filter((path) => path !== 'type')

    it.each(fields)('without %s names the missing field', (path) => {
      const { event: returned, issues } = read(JSON.stringify(changed(event, path, undefined)))
      expect(issues.map(({ kind, rule, path: at }) => [kind, rule, at])).toEqual([
        ['violation', `${type}/required/${path}`, `/${path.replace('.', '/')}`],
      ])
      expect(returned).toMatchObject({ type })
    })

    it.each(fields)('with %s of every wrong type names the field and the type', (path) => {
      const right = jsonTypeOf(valueAt(event, path))
      for (const wrong of [null, true, 7, 7.5, 'seven', [], {}]) {
        if (jsonTypeOf(wrong) === right) continue
        const { issues } = read(JSON.stringify(changed(event, path, wrong)))
        expect(issues.map(({ kind, rule }) => [kind, rule])).toEqual([['violation', `${type}/type/${path}`]])
      }
    })

    it('with a field nobody documented drifts, and names field and place', () => {
      for (const path of ['extra', ...(type === 'new_message' ? ['message.extra'] : [])]) {
        const parent = path.includes('.') ? `/${path.split('.')[0]}` : ''
        const { event: returned, issues } = read(JSON.stringify(changed(event, path, { deep: [1] })))
        expect(issues).toEqual([
          {
            kind: 'drift',
            rule: `${type}/additionalProperties${parent}`,
            path: `${parent}/extra`,
            detail: `${type}/additionalProperties${parent}: field "extra" is not documented, found object {deep}`,
          },
        ])
        expect(returned).toEqual(changed(event, path, { deep: [1] }))
      }
    })

    it('cut off anywhere is no JSON, once', () => {
      const text = JSON.stringify(event)
      for (let length = 0; length < text.length; length += 1) {
        const { event: returned, issues } = read(text.slice(0, length))
        expect(returned).toBeUndefined()
        expect(issues.map(({ rule }) => rule)).toEqual(['event/json'])
      }
    })
  })

  it('reports every fault of a payload, violations before drift', () => {
    const { issues } = read(
      '{"type":"new_message","message":{"id":"1","content":"a","message_type":"text","created_at":"now","x":1},"y":2}',
    )
    expect(issues.map(({ kind, rule, path }) => `${kind} ${rule} ${path}`)).toEqual([
      'violation new_message/required/timestamp /timestamp',
      'violation new_message/required/message.sender_id /message/sender_id',
      'violation new_message/type/message.id /message/id',
      'violation new_message/format/message.created_at /message/created_at',
      'drift new_message/additionalProperties /y',
      'drift new_message/additionalProperties/message /message/x',
    ])
  })

  it('calls a value drift that the guide neither shows nor excludes', () => {
    const { issues } = read(JSON.stringify({ ...guide.user_status_changed, status: 'away' }))
    expect(issues).toEqual([
      {
        kind: 'drift',
        rule: 'user_status_changed/enum/status',
        path: '/status',
        detail: 'user_status_changed/enum/status: must be one of "online", "offline", found "away"',
      },
    ])
  })

  it.each([
    ['an unknown type', '{"type":"room_closed","roomId":1}', 'event/type', '"room_closed"'],
    ['no type', '{"userId":1}', 'event/type', 'undefined'],
    ['a type that is a number', '{"type":7}', 'event/type', '7'],
    ['a type named like a built-in', '{"type":"__proto__"}', 'event/type', '"__proto__"'],
    ['an array', `[${message}]`, 'event/object', 'array of 1'],
    ['a string', '"new_message"', 'event/object', '"new_message"'],
    ['null', 'null', 'event/object', 'null'],
    ['nothing', '', 'event/json', '""'],
    ['two documents', message + message, 'event/json', '…'],
    ['a byte order mark', `\ufeff${message}`, 'event/json', '"\\u{feff}'],
    ['a NUL byte after the document', `${message}\0`, 'event/json', '…'],
    ['NaN', '{"type":"user_typing","userId":NaN}', 'event/json', 'NaN'],
  ])('given %s returns nothing and names the rule', (_what, text, rule, found) => {
    const { event, issues } = read(text)
    expect(event).toBeUndefined()
    expect(issues.map((issue) => issue.rule)).toEqual([rule])
    expect(issues[0]?.detail).toContain(found)
    expect(issues[0]?.kind).toBe('violation')
  })
})

describe('hostile payloads', () => {
  it('a megabyte of content is read as any other', () => {
    const content = '가'.repeat(350_000)
    const { event, issues } = read(JSON.stringify(changed(guide.new_message, 'message.content', content)))
    expect(issues).toEqual([])
    expect(event).toHaveProperty('message.content', content)
  })

  it('a megabyte that is not JSON is one short issue', () => {
    const { issues } = read('x'.repeat(1_000_000))
    expect(issues.map(({ rule }) => rule)).toEqual(['event/json'])
    expect(issues[0]?.detail.length).toBeLessThan(100)
  })

  it.each([
    ['as the whole', (deep: string) => deep, 'event/object'],
    [
      'in a documented field',
      (deep: string) => message.replace('"안녕하세요"', deep),
      'new_message/type/message.content',
    ],
    [
      'in a foreign field',
      (deep: string) => message.replace('{', `{"x":${deep},`),
      'new_message/additionalProperties',
    ],
  ])('ten thousand nested arrays %s are one issue', (_where, place, rule) => {
    const { issues } = read(place('['.repeat(10_000) + ']'.repeat(10_000)))
    expect(issues.map((issue) => issue.rule)).toEqual([rule])
  })

  it('a __proto__ field is a foreign field and changes no prototype', () => {
    const { event, issues } = read(message.replace('{', '{"__proto__":{"polluted":true},'))
    expect(issues.map(({ kind, path }) => [kind, path])).toEqual([['drift', '/__proto__']])
    expect(Object.getPrototypeOf(event)).toBe(Object.prototype)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('a field that only a prototype has is missing', () => {
    const { issues } = read(
      '{"type":"message_read","__proto__":{"messageId":1,"readerId":2,"readAt":"2024-01-01T12:00:00Z"}}',
    )
    expect(issues.map(({ rule }) => rule)).toEqual([
      'message_read/required/messageId',
      'message_read/required/readerId',
      'message_read/required/readAt',
      'message_read/additionalProperties',
    ])
  })

  it('of a field given twice the last one counts', () => {
    expect(read(message.replace('"id":123', '"id":"first","id":124')).issues).toEqual([])
    expect(read(message.replace('"id":123', '"id":124,"id":"last"')).issues.map(({ rule }) => rule)).toEqual([
      'new_message/type/message.id',
    ])
  })

  it('an infinite number is no integer', () => {
    expect(read(message.replace('123', '1e999')).issues.map(({ rule }) => rule)).toEqual([
      'new_message/type/message.id',
    ])
  })

  it('fifty thousand foreign fields are fifty issues, and the rest is counted', () => {
    const foreign = Array.from({ length: 50_000 }, (_, index) => `"f${index}":0`).join()
    const { issues } = read(message.replace('{', `{${foreign},`))
    expect(issues).toHaveLength(50)
    expect(issues[49]?.detail).toMatch(/ \(and 49950 more\)$/)
  })

  it('nothing a target sends can widen the set of rules or break a line', () => {
    const evil = '\n\u001b[2J\u202e\u2028\ud800'.repeat(30)
    const { issues } = read(JSON.stringify({ ...guide.user_typing, [evil]: evil, userId: evil }))
    expect(issues.map(({ rule }) => rule)).toEqual([
      'user_typing/type/userId',
      'user_typing/additionalProperties',
    ])
    for (const { path, detail } of issues) {
      expect(path + detail).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
      expect(detail.length).toBeLessThan(250)
      expect(path.length).toBeLessThan(70)
    }
  })

  it('no text makes it throw, and whoever gets nothing gets one issue', () => {
    const field = fc.constantFrom(
      'type',
      'message',
      'userId',
      'status',
      'isTyping',
      'timestamp',
      'x',
      '__proto__',
    )
    const near = fc
      .dictionary(field, fc.jsonValue())
      .map((value) => JSON.stringify({ type: 'new_message', ...value }))
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), near), (text) => {
        const { event, issues } = read(text)
        if (event === undefined) expect(issues).toHaveLength(1)
        for (const { rule } of issues) expect(rule).toMatch(/^[\w/.-]+$/)
      }),
      { numRuns: 2000, seed: 7 },
    )
  })
})

function read(text: string): { event: ChatEvent | undefined; issues: ContractIssue[] } {
  const issues: ContractIssue[] = []
  return { event: contract.readEvent(text, (issue) => issues.push(issue)), issues }
}

/** `message`, `message.id`, … for every field of an object, one level deep. */
function pathsOf(value: object): string[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    isObject(inner) ? [key, ...Object.keys(inner).map((name) => `${key}.${name}`)] : [key],
  )
}

function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce((inner, key) => (isObject(inner) ? inner[key] : undefined), value)
}

/** A copy of `value` with another value at `path`; undefined takes the field out. */
function changed(value: object, path: string, other: unknown): object {
  const [key = '', ...rest] = path.split('.')
  const inner = valueAt(value, key)
  const copy: Record<string, unknown> = { ...value }
  copy[key] = rest.length > 0 && isObject(inner) ? changed(inner, rest.join('.'), other) : other
  return copy
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function jsonTypeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}
