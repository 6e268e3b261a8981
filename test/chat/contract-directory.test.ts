import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { EXIT, StompedeError } from '../../src/errors.ts'
import { loadContract, type Contract, type ContractIssue } from '../../src/chat/contract.ts'

const shipped = fileURLToPath(new URL('../../src/chat/contract/', import.meta.url))
const made: string[] = []

afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true })
})

describe('a contract of one’s own', () => {
  it('brings its events, wherever its schemas stand', () => {
    const contract = loadContract(
      copy({
        'asyncapi.yaml': `
          asyncapi: 3.1.0
          channels:
            board:
              address: /topic/board
              messages:
                posted: { payload: { $ref: 'schemas/posted.json' } }
                moved: { $ref: '#/components/messages/moved' }
          components:
            messages:
              moved:
                payload:
                  type: object
                  required: [type, x]
                  properties:
                    type: { type: string, const: moved }
                    x: { $ref: '#/components/schemas/coordinate' }
            schemas:
              coordinate: { type: number, minimum: 0 }`,
        'schemas/posted.json': `{
          "type": "object", "required": ["type", "by"],
          "properties": { "type": { "type": "string", "const": "posted" }, "by": { "$ref": "../people.json#/$defs/a~1b%20c" } } }`,
        'people.json': `{ "$defs": { "a/b c": { "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } } } } }`,
      }),
    )
    expect(contract.eventTypes).toEqual(['posted', 'moved'])
    expect(rules(contract, { type: 'posted', by: { name: 'Kim' } })).toEqual([])
    expect(rules(contract, { type: 'posted', by: { nick: 'Kim' } })).toEqual([
      'violation posted/required/by.name',
      'drift posted/additionalProperties/by',
    ])
    expect(rules(contract, { type: 'moved', x: -1 })).toEqual(['violation moved/minimum/x'])
    expect(rules(contract, { type: 'new_message' })).toEqual(['violation event/type'])
  })

  it('may have other paths, statuses and an answer without a body', () => {
    const contract = loadContract(
      edited('openapi.yaml', (text) =>
        text
          .replace('http://localhost:5700/chat-ws', 'https://chat.example.com/v2/')
          .replace('/leave-room/{roomId}:', '/rooms/{roomId}/leave:')
          .replace(
            /(operationId: disconnect[\s\S]*?)'2XX':[\s\S]*?'4XX'/,
            "$1'204':\n          description: gone\n        '4XX'",
          ),
      ),
    )
    expect(contract.calls['leave-room'].path(3)).toBe('/v2/rooms/3/leave')
    const issues: ContractIssue[] = []
    const read = (status: number): unknown =>
      contract.readResponse('disconnect', status, undefined, '', (issue) => issues.push(issue))
    expect(read(204)).toBeUndefined()
    expect(issues).toEqual([])
    read(200)
    expect(issues.map(({ detail }) => detail)).toEqual([
      'http/disconnect/status: must be one of 204, 4xx, found 200',
    ])
  })

  it('sees through composed schemas when it looks for undocumented fields', () => {
    const contract = loadContract(
      withEvent({
        allOf: [{ $ref: 'base.json' }],
        oneOf: [
          { type: 'object', required: ['text'], properties: { text: { type: 'string' } } },
          { type: 'object', required: ['image'], properties: { image: { $ref: 'image.json' } } },
        ],
      }),
    )
    expect(rules(contract, { type: 'posted', at: 1, text: 'hi' })).toEqual([])
    expect(rules(contract, { type: 'posted', at: 1, image: { url: 'a' } })).toEqual([])
    expect(rules(contract, { type: 'posted', at: 1, text: 'hi', more: 1 })).toEqual([
      'drift posted/unevaluatedProperties',
    ])
    const nested = rules(contract, { type: 'posted', at: 1, image: { url: 'a', size: 2 } })
    expect(nested).toContain('drift posted/additionalProperties/image')
    expect(nested.filter((rule) => rule.startsWith('violation'))).toEqual([])
    expect(rules(contract, { type: 'posted', text: 'hi' })).toEqual(['violation posted/required/at'])
  })

  it('takes the fields beside a $ref together with those behind it', () => {
    const contract = loadContract(
      withEvent({ $ref: 'base.json', type: 'object', properties: { text: { type: 'string' } } }),
    )
    expect(rules(contract, { type: 'posted', at: 1, text: 'hi' })).toEqual([])
    expect(rules(contract, { type: 'posted', at: 1, more: 'hi' })).toEqual([
      'drift posted/unevaluatedProperties',
    ])
  })

  it('does not turn a prohibition into a permission by tightening it', () => {
    const contract = loadContract(
      withEvent({
        type: 'object',
        properties: { type: { type: 'string', const: 'posted' }, old: { type: 'number' } },
        not: { type: 'object', required: ['old'], properties: { old: { type: 'number' } } },
      }),
    )
    expect(rules(contract, { type: 'posted' })).toEqual([])
    expect(rules(contract, { type: 'posted', old: 1 })).toEqual(['violation posted/not'])
  })

  it('may carry one message on two channels', () => {
    const directory = edited('asyncapi.yaml', (text) =>
      text.replace(
        "      message_read:\n        $ref: '#/components/messages/message_read'\n",
        (found) => `${found}      new_message:\n        $ref: '#/components/messages/new_message'\n`,
      ),
    )
    expect(
      readFileSync(join(directory, 'asyncapi.yaml'), 'utf8').match(/messages\/new_message'/g),
    ).toHaveLength(3)
    expect(loadContract(directory).eventTypes).toEqual(loadContract().eventTypes)
  })

  it('may document one answer for whatever status has no other', () => {
    const contract = loadContract(edited('openapi.yaml', (text) => text.replace("'4XX':", 'default:')))
    const judged = (status: number): string[] => {
      const issues: ContractIssue[] = []
      contract.readResponse('connect', status, 'application/json', '{}', (issue) => issues.push(issue))
      return issues.map(({ rule }) => rule)
    }
    expect(judged(503)).toEqual(['error-body/required/statusCode', 'error-body/required/message'])
    expect(judged(200)).toContain('connect-response/required/status')
  })

  it('may close an object or open it for good; both are taken at their word', () => {
    const contract = loadContract(
      withEvent({
        type: 'object',
        properties: {
          type: { type: 'string', const: 'posted' },
          shut: { type: 'object', properties: { a: { type: 'number' } }, additionalProperties: false },
          wide: { type: 'object', properties: { a: { type: 'number' } }, additionalProperties: true },
          map: { type: 'object', additionalProperties: { type: 'number' } },
          free: { type: 'object' },
        },
      }),
    )
    expect(rules(contract, { type: 'posted', shut: { b: 1 } })).toEqual([
      'violation posted/additionalProperties/shut',
    ])
    expect(rules(contract, { type: 'posted', wide: { b: 1 }, free: { b: 1 }, map: { b: 1 } })).toEqual([])
    expect(rules(contract, { type: 'posted', map: { anything: 'x' } })).toEqual([
      'violation posted/type/map.*',
    ])
  })

  it('may hold schemas that refer to themselves', () => {
    const contract = loadContract(
      withEvent({
        type: 'object',
        required: ['type'],
        properties: {
          type: { type: 'string', const: 'posted' },
          replies: { type: 'array', items: { $ref: 'posted.json' } },
        },
      }),
    )
    expect(rules(contract, { type: 'posted', replies: [{ type: 'posted', replies: [] }] })).toEqual([])
    expect(rules(contract, { type: 'posted', replies: [{ type: 'posted', replies: [{}] }] })).toEqual([
      'violation posted/required/replies[].replies[].type',
    ])
  })

  it('its digest follows the content and not the place, and examples do not count', () => {
    const { digest } = loadContract()
    expect(digest).toMatch(/^[0-9a-f]{16}$/)
    expect(loadContract(copy({})).digest).toBe(digest)
    expect(loadContract(copy({ 'examples/new_message/valid/other.json': '{}' })).digest).toBe(digest)
    const other = edited('schemas/id.json', (text) => text.replace('"minimum": 1', '"minimum": 0'))
    expect(loadContract(other).digest).not.toBe(digest)
  })
})

describe('a broken contract', () => {
  it('that is not there names both documents', () => {
    expect(problems(join(tmpdir(), 'no-such-contract'))).toEqual([
      'asyncapi.yaml: no such file',
      'openapi.yaml: no such file',
    ])
  })

  it('ends the process as an invalid configuration does, and says how many faults it has', () => {
    const directory = copy({ 'schemas/id.json': '{' })
    const error = failure(directory)
    expect(error.code).toBe('CONTRACT_INVALID')
    expect(error.exitCode).toBe(EXIT.invalidScenario)
    expect(error.message).toBe(`the contract in ${directory} has 1 fault`)
  })

  it.each<[what: string, file: string, from: string, to: string, problem: string | RegExp]>([
    [
      'YAML that does not parse',
      'openapi.yaml',
      'info:',
      'info: [',
      /^openapi\.yaml: .*at line \d+, column \d+$/,
    ],
    [
      'a key given twice in YAML',
      'asyncapi.yaml',
      'channels:',
      'info: {}\nchannels:',
      /^asyncapi\.yaml: Map keys must be unique at line/,
    ],
    [
      'JSON that does not parse',
      'schemas/new_message.json',
      '"title":',
      '"title"',
      /^schemas\/new_message\.json: .*JSON.*line 2/,
    ],
    [
      'another AsyncAPI',
      'asyncapi.yaml',
      'asyncapi: 3.0.0',
      'asyncapi: 2.6.0',
      'asyncapi.yaml: asyncapi must be 3.x, not "2.6.0"',
    ],
    [
      'another OpenAPI',
      'openapi.yaml',
      'openapi: 3.1.0',
      'openapi: 3.0.3',
      'openapi.yaml: openapi must be 3.1.x, not "3.0.3"',
    ],
    [
      'a reference to no file',
      'asyncapi.yaml',
      'schemas/new_message.json',
      'schemas/nope.json',
      'schemas/nope.json: no such file (referred to by asyncapi.yaml#/components/messages/new_message/payload)',
    ],
    [
      'a reference to nothing in a file',
      'asyncapi.yaml',
      'schemas/new_message.json',
      "'schemas/new_message.json#/$defs/nope'",
      "asyncapi.yaml#/components/messages/new_message/payload: $ref 'schemas/new_message.json#/$defs/nope': nothing is there",
    ],
    [
      'a reference to the network',
      'schemas/new_message.json',
      '"id.json"',
      '"https://example.com/id.json"',
      "schemas/new_message.json#/properties/message/properties/id: $ref 'https://example.com/id.json': only files of this directory can be referred to, by relative paths",
    ],
    [
      'a reference out of the directory',
      'schemas/new_message.json',
      '"id.json"',
      '"../../../etc/passwd"',
      "schemas/new_message.json#/properties/message/properties/id: $ref '../../../etc/passwd': leads out of the contract directory",
    ],
    [
      'a reference to itself',
      'asyncapi.yaml',
      '$ref: schemas/new_message.json',
      "$ref: '#/components/messages/new_message/payload'",
      "asyncapi.yaml#/components/messages/new_message/payload: $ref '#/components/messages/new_message/payload': refers to itself",
    ],
    [
      'a type that is none',
      'schemas/user_typing.json',
      '"type": "boolean"',
      '"type": "bool"',
      /^schemas\/user_typing\.json#\/properties\/isTyping\/type: is no valid schema: .*found "bool"$/,
    ],
    [
      'a keyword that is none',
      'schemas/user_typing.json',
      '"required"',
      '"requires"',
      'schemas/user_typing.json#/requires: is no keyword of JSON Schema',
    ],
    [
      'a format nobody knows',
      'schemas/timestamp.json',
      'date-time',
      'datetime',
      'schemas/timestamp.json#/format: is no known format: "datetime"',
    ],
    [
      'a pattern that is none',
      'schemas/room-destination.json',
      '[0-9]+$',
      '[0-9+$',
      /^schemas\/room-destination\.json#\/pattern: is no regular expression: "/,
    ],
    [
      'a required field nobody describes',
      'schemas/message_read.json',
      '"readerId", "readAt"]',
      '"readerId", "readtAt"]',
      /^schemas\/message_read\.json: does not compile: .*"readtAt"/,
    ],
    [
      'an event without a const to know it by',
      'schemas/user_typing.json',
      ', "const": "user_typing"',
      '',
      'schemas/user_typing.json: has no const for the property type, so its events cannot be told apart',
    ],
    [
      'two events with one const',
      'schemas/user_typing.json',
      '"const": "user_typing"',
      '"const": "new_message"',
      'asyncapi.yaml#/components/messages/user_typing: type "new_message" is already that of schemas/new_message.json',
    ],
    [
      'a message no channel carries',
      'asyncapi.yaml',
      "      message_read:\n        $ref: '#/components/messages/message_read'\n",
      '      new_message:\n        $ref: "#/components/messages/new_message"\n',
      'asyncapi.yaml#/components/messages/message_read: no channel carries it',
    ],
    [
      'a message without a payload',
      'asyncapi.yaml',
      '      payload:\n        $ref: schemas/new_message.json\n',
      '',
      'asyncapi.yaml#/components/messages/new_message: has no payload',
    ],
    [
      'a channel without an address',
      'asyncapi.yaml',
      '    address: /exchange/chat.direct/user.{userId}\n',
      '',
      'asyncapi.yaml#/channels/user: has no address',
    ],
    [
      'an operation with a message of another channel',
      'asyncapi.yaml',
      "- $ref: '#/channels/room/messages/user_typing'",
      "- $ref: '#/channels/user/messages/message_read'",
      'asyncapi.yaml#/operations/publishUserTyping/messages/0: is no message of asyncapi.yaml#/channels/room',
    ],
    [
      'an operation nobody knows',
      'openapi.yaml',
      'operationId: typing-end',
      'operationId: typing-stop',
      'openapi.yaml#/paths/~1typing-end/post: operationId must be one of connect, send-message, typing-start, typing-end, join-room, leave-room, disconnect, not "typing-stop"',
    ],
    [
      'a call that is missing',
      'openapi.yaml',
      'operationId: typing-end',
      'operationId: typing-stop',
      'openapi.yaml#/paths: no operation has the operationId typing-end',
    ],
    [
      'a call given twice',
      'openapi.yaml',
      'operationId: typing-end',
      'operationId: typing-start',
      'openapi.yaml#/paths/~1typing-end/post: operationId "typing-start" is used twice',
    ],
    [
      'a call that is no POST',
      'openapi.yaml',
      '/disconnect:\n    post:',
      '/disconnect:\n    delete:',
      'openapi.yaml#/paths/~1disconnect/delete: disconnect must be a POST',
    ],
    [
      'a path with another parameter',
      'openapi.yaml',
      '/leave-room/{roomId}',
      '/leave-room/{room}',
      'openapi.yaml#/paths/~1leave-room~1{room}/post: the path may hold {roomId} alone, not {room}',
    ],
    [
      'a status that is none',
      'openapi.yaml',
      "'4XX':",
      "'44X':",
      'openapi.yaml#/paths/~1connect/post/responses/44X: is no HTTP status, range (2XX) or default',
    ],
    [
      'a call without a good answer',
      'openapi.yaml',
      "'2XX':",
      "'3XX':",
      'openapi.yaml#/paths/~1connect/post: documents no 2XX response',
    ],
    [
      'a basis that is none',
      'schemas/user_typing.json',
      '"x-basis": "guide"',
      '"x-basis": "rumour"',
      'schemas/user_typing.json: x-basis must be guide or reference-choice, not "rumour"',
    ],
  ])('with %s says where', (_what, file, from, to, problem) => {
    const directory = edited(file, (text) => {
      expect(text).toContain(from)
      return text.replace(from, to)
    })
    const found = problems(directory)
    if (typeof problem === 'string') expect(found).toContain(problem)
    else expect(found.filter((line) => problem.test(line))).toHaveLength(1)
  })

  it('with bytes that are no UTF-8 names the file', () => {
    const directory = copy({})
    writeFileSync(join(directory, 'schemas/id.json'), Buffer.from('{"title":"\u00e9"}', 'latin1'))
    expect(problems(directory)).toEqual([
      'schemas/id.json: ERR_ENCODING_INVALID_ENCODED_DATA: The encoded data was not valid for encoding utf-8',
    ])
  })

  it('tells every fault of every file at once, each once', () => {
    const directory = copy({
      'schemas/timestamp.json': '{ "type": "strin", "formt": "date-time" }',
      'schemas/user_typing.json': 'no JSON',
      'schemas/unused.json': '{ "type": 7 }',
    })
    const text = readFileSync(join(directory, 'openapi.yaml'), 'utf8')
    writeFileSync(
      join(directory, 'openapi.yaml'),
      text.replace('operationId: connect', 'operationId: conect'),
    )
    const found = problems(directory)
    expect(found.map((line) => line.replace(/:.*/, '')).toSorted()).toEqual([
      'openapi.yaml#/paths',
      'openapi.yaml#/paths/~1connect/post',
      'schemas/timestamp.json#/formt',
      'schemas/timestamp.json#/type',
      'schemas/unused.json#/type',
      'schemas/user_typing.json',
    ])
  })

  it('that is a bomb of YAML aliases is a fault and no hang', () => {
    const layers = Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}, *a${n}]`)
    const found = problems(copy({ 'asyncapi.yaml': `a0: &a0 [x]\n${layers.join('\n')}\n` }))
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(/^asyncapi\.yaml: .*alias/i)
  })
})

/** A copy of the shipped contract with some files replaced or added. */
function copy(replaced: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'contract-'))
  made.push(directory)
  cpSync(shipped, directory, {
    recursive: true,
    filter: (source) => !/examples|\.ts$/.test(source.slice(shipped.length)),
  })
  for (const [file, text] of Object.entries(replaced)) {
    mkdirSync(dirname(join(directory, file)), { recursive: true })
    writeFileSync(join(directory, file), text)
  }
  return directory
}

function edited(file: string, edit: (text: string) => string): string {
  return copy({ [file]: edit(readFileSync(join(shipped, file), 'utf8')) })
}

/** The shipped contract with `posted` as its one event. */
function withEvent(schema: object): string {
  return copy({
    'asyncapi.yaml':
      'asyncapi: 3.0.0\nchannels: { c: { address: /topic/c, messages: { posted: { payload: { $ref: schemas/posted.json } } } } }',
    'schemas/posted.json': JSON.stringify(schema),
    'schemas/base.json':
      '{"type":"object","required":["type","at"],"properties":{"type":{"type":"string","const":"posted"},"at":{"type":"number"}}}',
    'schemas/image.json': '{"type":"object","properties":{"url":{"type":"string"}}}',
  })
}

function rules(contract: Contract, event: object): string[] {
  const issues: ContractIssue[] = []
  contract.readEvent(JSON.stringify(event), (issue) => issues.push(issue))
  return issues.map(({ kind, rule }) => `${kind} ${rule}`)
}

function failure(directory: string): StompedeError {
  try {
    loadContract(directory)
  } catch (thrown) {
    if (thrown instanceof StompedeError) return thrown
    throw thrown
  }
  throw new Error('the contract was accepted')
}

function problems(directory: string): readonly string[] {
  return failure(directory).problems
}
