import { afterEach, describe, expect, it } from 'vitest'
import { diffContracts } from '../../src/chat/contract-diff.ts'
import { StompedeError } from '../../src/errors.ts'
import { contractCopies, replacing, shipped } from './contract-copy.ts'

const { copy, remove } = contractCopies()
afterEach(remove)

/** `class kind where path` of each change. */
function changes(from: string, to: string): string[] {
  return diffContracts(from, to).changes.map((change) =>
    [change.class, change.kind, change.where, change.path].join(' | '),
  )
}

const twice = (response: string): string =>
  `'201':\n          description: Made.\n          content:\n            application/json:\n              schema:\n                $ref: schemas/${response}.json\n        '2XX':`

describe('the difference of two contracts', () => {
  it('of a contract to itself is none, and to its copy neither', () => {
    const { changes: none, counts, from, to } = diffContracts(shipped, copy({}))
    expect(none).toEqual([])
    expect(counts).toEqual({ breaking: 0, unclear: 0, 'non-breaking': 0 })
    expect(from.digest).toBe(to.digest)
  })

  it.each<[what: string, file: string, edit: (text: string) => string, there: string[], back: string[]]>([
    [
      'a field of an event',
      'schemas/user_typing.json',
      (text) => text.replaceAll('isTyping', 'typing'),
      ['breaking | field-renamed | event user_typing | isTyping'],
      ['breaking | field-renamed | event user_typing | typing'],
    ],
    [
      'a field of an event, optional now',
      'schemas/new_message.json',
      replacing('"required": ["id", "content",', '"required": ["id",'),
      ['breaking | field-optional | event new_message | message.content'],
      ['non-breaking | field-required | event new_message | message.content'],
    ],
    [
      'a request that wants more',
      'schemas/room-request.json',
      replacing(
        '"required": ["roomId"],\n  "properties": {',
        '"required": ["roomId", "device"],\n  "properties": {\n "device": { "type": "string" },',
      ),
      [
        'breaking | field-added | call typing-start: request | device',
        'breaking | field-added | call typing-end: request | device',
        'breaking | field-added | call join-room: request | device',
      ],
      [
        'unclear | field-removed | call typing-start: request | device',
        'unclear | field-removed | call typing-end: request | device',
        'unclear | field-removed | call join-room: request | device',
      ],
    ],
    [
      'an answer that says less',
      'schemas/connect-response.json',
      replacing(
        '"required": ["stompUrl", "username", "password", "vhost"]',
        '"required": ["stompUrl", "username", "password"]',
      ),
      ['breaking | field-optional | call connect: 2XX | connectionInfo.vhost'],
      ['non-breaking | field-required | call connect: 2XX | connectionInfo.vhost'],
    ],
    [
      'an answer nobody was promised',
      'schemas/typing-response.json',
      replacing('"const": "success"', '"const": "ok"'),
      [
        'unclear | enum-changed | call typing-start: 2XX | status',
        'unclear | enum-changed | call typing-end: 2XX | status',
      ],
      [
        'unclear | enum-changed | call typing-start: 2XX | status',
        'unclear | enum-changed | call typing-end: 2XX | status',
      ],
    ],
    [
      'an event more',
      'asyncapi.yaml',
      (text) =>
        text.replace(
          '    messages:\n      new_message:',
          '    messages:\n      room_renamed: { payload: { type: object, properties: { type: { const: room_renamed, type: string } } } }\n      new_message:',
        ),
      ['unclear | event-added | event room_renamed | '],
      ['breaking | event-removed | event room_renamed | '],
    ],
    [
      'another address',
      'asyncapi.yaml',
      replacing('/exchange/chat.direct/user.{userId}', '/exchange/chat.topic/user.{userId}'),
      [
        'breaking | channel-removed | event message_read | ',
        'unclear | channel-added | event message_read | ',
      ],
      [
        'breaking | channel-removed | event message_read | ',
        'unclear | channel-added | event message_read | ',
      ],
    ],
    [
      'another name for an address’s parameter: nothing',
      'asyncapi.yaml',
      replacing('/exchange/chat.direct/user.{userId}', '/exchange/chat.direct/user.{id}'),
      [],
      [],
    ],
    [
      'another path',
      'openapi.yaml',
      replacing('  /disconnect:', '  /bye:'),
      ['breaking | path-changed | call disconnect | '],
      ['breaking | path-changed | call disconnect | '],
    ],
    [
      'a parameter more, wanted',
      'openapi.yaml',
      replacing(
        '      parameters:\n',
        '      parameters:\n        - { name: reason, in: query, required: true, schema: { type: string } }\n',
      ),
      ['breaking | parameter-added | call leave-room: query parameter reason | '],
      ['unclear | parameter-removed | call leave-room: query parameter reason | '],
    ],
    [
      'a parameter for every operation of a path, allowed',
      'openapi.yaml',
      replacing(
        '  /disconnect:\n',
        '  /disconnect:\n    parameters:\n      - { name: reason, in: query, schema: { type: string } }\n',
      ),
      ['non-breaking | parameter-added | call disconnect: query parameter reason | '],
      ['unclear | parameter-removed | call disconnect: query parameter reason | '],
    ],
    [
      'a body where there was none',
      'openapi.yaml',
      replacing(
        'operationId: disconnect\n',
        'operationId: disconnect\n      requestBody: { required: true, content: { application/json: { schema: { $ref: schemas/room-request.json } } } }\n',
      ),
      ['breaking | body-added | call disconnect: request | '],
      ['unclear | body-removed | call disconnect: request | '],
    ],
    [
      'a body that may be left out',
      'openapi.yaml',
      replacing('requestBody:\n        required: true', 'requestBody:\n        required: false'),
      ['non-breaking | body-optional | call send-message: request | '],
      ['breaking | body-required | call send-message: request | '],
    ],
    [
      'another media type of requests',
      'openapi.yaml',
      replacing(
        /content:\n {10}application\/json:(?=\n.*\n.*send-message-request)/,
        'content:\n          application/vnd.chat+json:',
      ),
      [
        'breaking | media-type-removed | call send-message: request | ',
        'non-breaking | media-type-added | call send-message: request | ',
      ],
      [
        'breaking | media-type-removed | call send-message: request | ',
        'non-breaking | media-type-added | call send-message: request | ',
      ],
    ],
    [
      'another media type of an answer',
      'openapi.yaml',
      replacing(
        /content:\n {12}application\/json:(?=\n.*\n.*connect-response)/,
        'content:\n            application/vnd.chat+json:',
      ),
      ['unclear | media-type-changed | call connect: 2XX | '],
      ['unclear | media-type-changed | call connect: 2XX | '],
    ],
    [
      'an answer without a body',
      'openapi.yaml',
      replacing(/ {10}content:\n {12}application\/json:\n.*\n.*connect-response.json\n/, ''),
      ['breaking | body-removed | call connect: 2XX | '],
      ['non-breaking | body-added | call connect: 2XX | '],
    ],
    [
      'one success where any could come',
      'openapi.yaml',
      replacing(/(operationId: join-room[^]*?)'2XX'/, "$1'201'"),
      [],
      ['breaking | status-widened | call join-room: 2XX | '],
    ],
    [
      'one success with a body of its own, within the documented range',
      'openapi.yaml',
      (text) =>
        text.replace(
          /(operationId: join-room[^]*?)'2XX':/,
          (_, before) => `${before}${twice('connect-response')}`,
        ),
      [
        'breaking | field-removed | call join-room: 201 | subscription',
        'breaking | enum-changed | call join-room: 201 | status',
        'non-breaking | field-added | call join-room: 201 | connectionInfo',
        'non-breaking | field-added | call join-room: 201 | subscriptions',
        'non-breaking | field-added | call join-room: 201 | userInfo',
      ],
      [
        'breaking | field-removed | call join-room: 201 | connectionInfo',
        'breaking | field-removed | call join-room: 201 | subscriptions',
        'breaking | field-removed | call join-room: 201 | userInfo',
        'breaking | enum-changed | call join-room: 201 | status',
        'non-breaking | field-added | call join-room: 201 | subscription',
      ],
    ],
    [
      'a refusal nobody documents any more',
      'openapi.yaml',
      replacing(/(operationId: disconnect[^]*?) {8}'4XX':\n.*Refused'\n/, '$1'),
      ['unclear | status-removed | call disconnect: 4XX | '],
      ['unclear | status-added | call disconnect: 4XX | '],
    ],
    [
      'how clients get in',
      'asyncapi.yaml',
      replacing('heartbeatOutgoingMs: 4000', 'heartbeatOutgoingMs: 10000'),
      ['unclear | connection-changed | connection | '],
      ['unclear | connection-changed | connection | '],
    ],
    [
      'the tokens',
      'openapi.yaml',
      replacing('scheme: bearer', 'scheme: basic'),
      ['unclear | connection-changed | connection | '],
      ['unclear | connection-changed | connection | '],
    ],
  ])('tells %s', (_what, file, edit, there, back) => {
    const edited = copy({ [file]: edit })
    expect(changes(shipped, edited)).toEqual(there)
    expect(changes(edited, shipped)).toEqual(back)
  })

  it('tells one success in the place of another', () => {
    const success = (status: string) => replacing(/(operationId: join-room[^]*?)'2XX'/, `$1'${status}'`)
    const [from, to] = [copy({ 'openapi.yaml': success('200') }), copy({ 'openapi.yaml': success('201') })]
    expect(
      diffContracts(from, to).changes.map(({ class: of, kind, where }) => `${of} ${kind} ${where}`),
    ).toEqual([
      'breaking status-added call join-room: 201',
      'non-breaking status-removed call join-room: 200',
    ])
  })

  it('puts what breaks first, and counts', () => {
    const edited = copy({
      'schemas/new_message.json': replacing(
        '"properties": {',
        '"properties": { "extra": { "type": "string" },',
      ),
      'schemas/message_read.json': replacing(
        '"required": ["type", "messageId", "readerId", "readAt"]',
        '"required": ["type", "messageId", "readerId"]',
      ),
      'asyncapi.yaml': replacing('heartbeatOutgoingMs: 4000', 'heartbeatOutgoingMs: 10000'),
    })
    const diff = diffContracts(shipped, edited)
    expect(diff.counts).toEqual({ breaking: 1, unclear: 1, 'non-breaking': 1 })
    expect(diff.changes.map(({ where, path, detail }) => `${where} ${path}: ${detail}`)).toEqual([
      'event message_read readAt: required field is optional now',
      'connection : asyncapi.yaml#/servers/broker/x-stomp/heartbeatOutgoingMs: 4000 → 10000',
      'event new_message extra: new optional field',
    ])
  })

  it('is not made of a contract that has faults', () => {
    const broken = copy({ 'schemas/id.json': '{' })
    expect(() => diffContracts(shipped, broken)).toThrow(StompedeError)
    expect(() => diffContracts(broken, shipped)).toThrow(/has \d+ faults?$/)
  })
})
