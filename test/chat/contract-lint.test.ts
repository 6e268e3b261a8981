import { unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { lintContract } from '../../src/chat/contract-lint.ts'
import { contractCopies, replacing, shipped } from './contract-copy.ts'

const { copy, remove } = contractCopies()
afterEach(remove)

const problems = (directory: string): readonly string[] => lintContract(directory).problems

describe('the lint of a contract', () => {
  it('finds nothing in the shipped one, and says how much it looked at', () => {
    const { directory, problems: found, checked } = lintContract()
    expect(found).toEqual([])
    expect(`${directory}/`).toBe(shipped)
    expect(checked).toMatchObject({ events: 4, calls: 7, schemas: 16 })
    // 53 valid files and what stands in the documents; test/chat/contract-examples holds the files one by one.
    expect(checked.valid).toBeGreaterThan(70)
    expect(checked.invalid).toBeGreaterThan(240)
  })

  it('needs no folder of examples', () => {
    const { problems: found, checked } = lintContract(copy({}))
    expect(found).toEqual([])
    expect(checked).toMatchObject({ invalid: 0 })
  })

  it('tells all problems at once, sorted, each with file and pointer', () => {
    const directory = copy({
      'schemas/id.json': replacing('"minimum": 1', '"minimun": 1'),
      'schemas/user_typing.json': replacing('"isTyping": true', '"isTyping": "yes"'),
      'asyncapi.yaml': replacing("- $ref: '#/servers/broker'", "- $ref: '#/servers/brocker'"),
      'schemas/unused.json': '{ "type": "string" }',
      'notes.yml': 'a: 1',
    })
    expect(problems(directory)).toEqual([
      "asyncapi.yaml#/channels/room/servers/0: $ref '#/servers/brocker': nothing is there",
      'notes.yml: is no part of the contract: neither referred to nor an example of a schema',
      'schemas/id.json#/minimun: is no keyword of JSON Schema',
      'schemas/unused.json: nothing refers to this schema',
    ])
    // A schema that does not compile judges no examples; once it does, they are judged.
    const repaired = copy({ 'schemas/user_typing.json': replacing('"isTyping": true', '"isTyping": "yes"') })
    expect(problems(repaired)).toEqual([
      'schemas/user_typing.json#/examples/0/isTyping: user_typing/type/isTyping: must be boolean, found "yes"',
    ])
  })

  it.each<[what: string, file: string, edit: (text: string) => string, problem: string]>([
    [
      'what loadContract refuses: two messages of one type',
      'schemas/user_typing.json',
      (text) => text.replaceAll('"user_typing"', '"new_message"'),
      'asyncapi.yaml#/components/messages/user_typing: type "new_message" is already that of schemas/new_message.json',
    ],
    [
      'a message no channel carries',
      'asyncapi.yaml',
      (text) =>
        text
          .replace(
            / {6}message_read:\n.*\n {4}x-basis/,
            '      new_message: { $ref: "#/components/messages/new_message" }\n    x-basis',
          )
          .replace(/ {2}publishMessageRead:\n[^]*?\ncomponents/, 'components'),
      'asyncapi.yaml#/components/messages/message_read: no channel carries it',
    ],
    [
      'an example of a message that does not hold',
      'asyncapi.yaml',
      replacing('readerId: 456, readAt', 'reader: 456, readAt'),
      'asyncapi.yaml#/components/messages/message_read/examples/0/payload/readerId: message_read/required/readerId: is missing',
    ],
    [
      'an undocumented field in an example',
      'schemas/room-request.json',
      replacing('[{ "roomId": 1 }]', '[{ "roomId": 1, "rom": 2 }]'),
      'schemas/room-request.json#/examples/0/rom: room-request/additionalProperties: field "rom" is not documented, found 2',
    ],
    [
      'an example inside a field',
      'schemas/send-message-request.json',
      replacing('"type": "string"\n', '"type": "string", "examples": ["text", 5]\n'),
      'schemas/send-message-request.json#/properties/message/properties/message_type/examples/1: send-message-request/type: must be string, found 5',
    ],
    [
      'an example of an HTTP body',
      'openapi.yaml',
      replacing(
        '$ref: schemas/room-request.json',
        '$ref: schemas/room-request.json\n            example: { roomId: one }',
      ),
      'openapi.yaml#/paths/~1typing-start/post/requestBody/content/application~1json/example/roomId: room-request/type/roomId: must be integer, found "one"',
    ],
    [
      'a named example of an HTTP body',
      'openapi.yaml',
      replacing(
        '$ref: schemas/error-body.json',
        '$ref: schemas/error-body.json\n          examples: { mine: { value: { statusCode: 400 } } }',
      ),
      'openapi.yaml#/components/responses/Refused/content/application~1json/examples/mine/value/message: error-body/required/message: is missing',
    ],
    [
      'a keyword that draft-07 does not know',
      'schemas/new_message.json',
      replacing(
        '"required": ["type", "message", "timestamp"],',
        '"required": ["type", "message", "timestamp"], "unevaluatedProperties": false,',
      ),
      'schemas/new_message.json#/unevaluatedProperties: draft-07 does not know this keyword',
    ],
    [
      'prefixItems, deep inside',
      'schemas/error-body.json',
      replacing(
        '"items": { "type": "string" }',
        '"prefixItems": [{ "type": "string" }], "minItems": 1, "items": false',
      ),
      'schemas/error-body.json#/properties/message/prefixItems: draft-07 does not know this keyword',
    ],
    [
      'a keyword beside $ref, which draft-07 passes over',
      'schemas/message_read.json',
      replacing('"$ref": "timestamp.json"', '"$ref": "timestamp.json", "maxLength": 30'),
      'schemas/message_read.json#/properties/readAt: draft-07 ignores what stands beside $ref (maxLength): use allOf',
    ],
    [
      'a payload that names its schema format',
      'asyncapi.yaml',
      replacing(
        '$ref: schemas/user_typing.json',
        'schemaFormat: application/schema+json;version=draft-2020-12\n        schema: { $ref: schemas/user_typing.json }',
      ),
      'asyncapi.yaml#/components/messages/user_typing/payload/schemaFormat: AsyncAPI tools skip payloads that name a schema format',
    ],
    [
      'a $schema',
      'schemas/id.json',
      replacing('"title"', '"$schema": "https://json-schema.org/draft/2020-12/schema", "title"'),
      'schemas/id.json#/$schema: binds the file to one draft; both documents use it, each in its own',
    ],
    [
      'a component that nothing uses and that leads nowhere',
      'openapi.yaml',
      replacing(
        '  responses:\n    Refused:',
        '  parameters:\n    spare: { $ref: "#/components/parameters/other" }\n  responses:\n    Refused:',
      ),
      "openapi.yaml#/components/parameters/spare: $ref '#/components/parameters/other': nothing is there",
    ],
    [
      'a component schema that does not compile, though nothing uses it',
      'openapi.yaml',
      replacing(
        '  responses:\n    Refused:',
        '  schemas:\n    spare: { type: strin }\n  responses:\n    Refused:',
      ),
      'openapi.yaml#/components/schemas/spare/type: is no valid schema: must be equal to one of the allowed values, found "strin"',
    ],
    [
      'a call without the body clients send',
      'openapi.yaml',
      replacing(/( {6}operationId: join-room\n[^]*?) {6}requestBody:[^]*?( {6}responses:)/, '$1$2'),
      'openapi.yaml#/paths/~1join-room/post: documents no requestBody, and clients send one with this call',
    ],
    [
      'a body without a schema',
      'openapi.yaml',
      replacing(
        /application\/json:\n\s+schema:\n\s+\$ref: schemas\/send-message-request.json/,
        'application/json: {}',
      ),
      'openapi.yaml#/paths/~1send-message/post/requestBody: has no JSON schema',
    ],
    [
      'an answer without a schema',
      'openapi.yaml',
      replacing(/application\/json:\n\s+schema:\n\s+\$ref: schemas\/connect-response.json/, 'text/plain: {}'),
      'openapi.yaml#/paths/~1connect/post/responses/2XX: has no JSON schema',
    ],
    [
      'an answer that leaves its body open',
      'openapi.yaml',
      replacing(
        / {10}content:\n\s+application\/json:\n\s+schema:\n\s+\$ref: schemas\/disconnect-response.json\n/,
        '',
      ),
      'openapi.yaml#/paths/~1disconnect/post/responses/2XX: 2XX documents no content; an answer without a body is 204, 205 or 304',
    ],
    [
      'a call without a refusal',
      'openapi.yaml',
      replacing(/ {8}'4XX':\n {10}\$ref: .*\n/, ''),
      'openapi.yaml#/paths/~1connect/post: documents no refusal: neither a 4XX response nor a default',
    ],
    [
      'a path without its parameter',
      'openapi.yaml',
      replacing(/ {6}parameters:\n[^]*?id\.json\n/, ''),
      'openapi.yaml#/paths/~1leave-room~1{roomId}/post: documents no parameter roomId for its path',
    ],
    [
      'a parameter without a schema',
      'openapi.yaml',
      replacing(/ {10}schema:\n {12}\$ref: schemas\/id\.json\n/, ''),
      'openapi.yaml#/paths/~1leave-room~1{roomId}/post/parameters/0: parameter roomId has no schema',
    ],
  ])('finds %s', (_what, file, edit, problem) => {
    expect(problems(copy({ [file]: edit }))).toContain(problem)
  })

  it('judges the example files, and takes an invalid one at its name', () => {
    const directory = copy(
      {
        'examples/new_message/valid/guide.json': replacing('"sender_id": 456', '"sender_id": 0'),
        'examples/new_message/invalid/required.timestamp.json': replacing(
          '{',
          '{ "timestamp": "2024-01-01T12:00:00Z",',
        ),
        'examples/user_typing/invalid/type.isTyping--null.json': replacing('null', 'true'),
        'examples/user_typing/invalid/enum.isTyping.json': '{ "type": "user_typing", "isTyping": 1 }',
        'examples/user_typing/invalid/event.type--other.json': '{ "type": "user_typing" }',
        'examples/user_typing/invalid/some-reason.json': '{ "type": "user_typing", "isTyping": 1 }',
        'examples/user_typing/valid/half.json': '{ "type": "user',
        'examples/user_typing/valids/guide.json': '{}',
        'examples/typping/valid/guide.json': '{}',
        'examples/id/valid/guide.txt': '1',
      },
      { withExamples: true },
    )
    unlinkSync(join(directory, 'examples/leave-room-response/valid/reference.json'))
    expect(problems(directory)).toEqual([
      'examples/id/valid/guide.txt: is no part of the contract: neither referred to nor an example of a schema',
      'examples/new_message/invalid/required.timestamp.json: is accepted, though it is an example of what must be refused',
      'examples/new_message/valid/guide.json#/message/sender_id: new_message/minimum/message.sender_id: must be >= 1, found 0',
      'examples/typping/valid/guide.json: is no part of the contract: neither referred to nor an example of a schema',
      'examples/user_typing/invalid/enum.isTyping.json: is refused by user_typing/required/userId, user_typing/required/timestamp, user_typing/type/isTyping, not by user_typing/enum/isTyping as its name says',
      'examples/user_typing/invalid/event.type--other.json: is refused by user_typing/required/userId, user_typing/required/isTyping, user_typing/required/timestamp, not by event/type as its name says',
      'examples/user_typing/invalid/type.isTyping--null.json: is accepted, though it is an example of what must be refused',
      expect.stringMatching(/^examples\/user_typing\/valid\/half\.json: is no JSON: /),
      'examples/user_typing/valids/guide.json: is no part of the contract: neither referred to nor an example of a schema',
      'schemas/leave-room-response.json: has no valid example in examples/leave-room-response/valid/',
    ])
  })

  it('lets be what is hidden or installed beside a contract, and what lies where there is none', () => {
    const beside = { '.vscode/settings.json': '{}', 'node_modules/a/package.json': '{}', 'README.md': '' }
    expect(problems(copy(beside))).toEqual([])
    const elsewhere = copy({ 'package.json': '{}' })
    for (const document of ['asyncapi.yaml', 'openapi.yaml']) unlinkSync(join(elsewhere, document))
    expect(problems(elsewhere)).toEqual(['asyncapi.yaml: no such file', 'openapi.yaml: no such file'])
  })

  it('of a directory that is not there names both documents', () => {
    expect(problems(join(shipped, 'nowhere'))).toEqual([
      'asyncapi.yaml: no such file',
      'openapi.yaml: no such file',
    ])
  })
})
