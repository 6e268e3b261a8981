import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { openContractFiles } from '../../src/chat/contract-files.ts'
import { newCompiler } from '../../src/chat/contract-validators.ts'
import { loadContract } from '../../src/chat/contract.ts'

const directory = fileURLToPath(new URL('../../src/chat/contract/', import.meta.url))
const schemaFiles = readdirSync(`${directory}schemas`).map((file) => `schemas/${file}`)
const documents = new Map(['asyncapi.yaml', 'openapi.yaml', ...schemaFiles].map((file) => [file, load(file)]))
const asyncapi = documents.get('asyncapi.yaml')
const openapi = documents.get('openapi.yaml')

/** The headings of the client guide, in English; deeper ones joined to theirs by a slash. */
const GUIDE_SECTIONS = [
  'Connection data',
  'Connection steps / 1. Asking for the connection data',
  'Connection steps / 2. Opening STOMP over WebSocket',
  '3. Using chat / Sending a message',
  '3. Using chat / Sending the typing status',
  '3. Using chat / Sending the typing status; joining and leaving a room',
  '3. Using chat / Joining and leaving a room',
  'Received message types',
  'Received message types / Chat message',
  'Received message types / User status change',
  'Received message types / Typing status',
  'Received message types / Message read status',
  'Disconnecting',
]

describe('the documents', () => {
  it('are AsyncAPI 3.0 over STOMP and OpenAPI 3.1 with bearer tokens', () => {
    expect(at(asyncapi, 'asyncapi')).toBe('3.0.0')
    expect(at(asyncapi, 'servers', 'broker', 'protocol')).toBe('stomp')
    expect(at(openapi, 'openapi')).toBe('3.1.0')
    expect(at(openapi, 'security')).toEqual([{ token: [] }])
    expect(at(openapi, 'components', 'securitySchemes', 'token')).toMatchObject({
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
    })
  })

  it('refer to nothing that is not there', () => {
    const references = [...documents].flatMap(([file, document]) =>
      nodesOf(document).flatMap(([, node]) =>
        typeof node['$ref'] === 'string' ? [[file, node['$ref']]] : [],
      ),
    )
    expect(references.length).toBeGreaterThan(50)
    for (const [file = '', reference = ''] of references) {
      expect(resolve(file, reference), `${file} refers to ${reference}`).toBeDefined()
    }
  })

  it('let every message arrive on a channel, and every operation send one of its channel', () => {
    const carried = nodesOf(at(asyncapi, 'channels'))
      .map(([, node]) => String(node['$ref']))
      .filter((reference) => reference.startsWith('#/components/messages/'))
    const messages = Object.keys(Object(at(asyncapi, 'components', 'messages')))
    expect(carried.toSorted()).toEqual(messages.map((name) => `#/components/messages/${name}`).toSorted())
    expect(messages.toSorted()).toEqual(loadContract().eventTypes.toSorted())
    const addresses = ['room', 'user'].map((channel) => at(asyncapi, 'channels', channel, 'address'))
    expect(addresses).toEqual(['/exchange/chat.direct/room.{roomId}', '/exchange/chat.direct/user.{userId}'])
  })

  it('use every schema file', () => {
    const used = new Set<string>()
    for (const [file, document] of documents) {
      for (const [, node] of nodesOf(document)) {
        if (typeof node['$ref'] !== 'string' || node['$ref'].startsWith('#')) continue
        used.add(posix.join(posix.dirname(file), node['$ref'].replace(/#.*/, '')))
      }
    }
    expect([...used].toSorted()).toEqual(schemaFiles.toSorted())
  })

  it('name the section of the guide where they are based on it, and the reason or nothing else', () => {
    const marked = [...documents].flatMap(([file, document]) =>
      nodesOf(document).map(([path, node]) => ({ file, path, node })),
    )
    const bases = marked.filter(({ node }) => 'x-basis' in node)
    expect(bases.length).toBeGreaterThan(40)
    for (const { file, path, node } of bases) {
      const where = `${file}#${path}`
      expect(['guide', 'reference-choice'], where).toContain(node['x-basis'])
      if (node['x-basis'] === 'guide') expect(GUIDE_SECTIONS, where).toContain(node['x-guide-section'])
      else expect(node, where).not.toHaveProperty('x-guide-section')
    }
  })

  it('say of every schema, message, operation and good answer who documents it', () => {
    for (const file of schemaFiles) expect(at(documents.get(file), 'x-basis'), file).toBeDefined()
    for (const group of [['channels'], ['operations'], ['components', 'messages'], ['servers']]) {
      for (const [name, node] of Object.entries(Object(at(asyncapi, ...group)))) {
        expect(node, name).toHaveProperty('x-basis')
      }
    }
    const operations = nodesOf(at(openapi, 'paths')).filter(([, node]) => 'operationId' in node)
    expect(operations).toHaveLength(7)
    for (const [path, operation] of operations) {
      expect(operation, path).toHaveProperty('x-basis')
      expect(at(operation, 'responses', '2XX', 'x-basis'), path).toBeDefined()
      expect(at(operation, 'responses', '4XX')).toEqual({ $ref: '#/components/responses/Refused' })
    }
    expect(at(openapi, 'components', 'responses', 'Refused', 'x-basis')).toBe('reference-choice')
  })

  it('leave to the reference target exactly what the guide leaves open', () => {
    const chosen = [...documents].flatMap(([file, document]) =>
      nodesOf(document)
        .filter(([, node]) => node['x-basis'] === 'reference-choice' || 'x-reference-choice' in node)
        .map(([path, node]) => {
          const parts =
            node['x-basis'] === 'reference-choice'
              ? 'all'
              : Object.keys(Object(node['x-reference-choice'])).join()
          return `${file}#${path} ${parts}`
        }),
    )
    expect(chosen.toSorted()).toEqual(
      [
        'asyncapi.yaml#/channels/user messages',
        'asyncapi.yaml#/operations/publishNewMessage audience',
        'asyncapi.yaml#/operations/publishUserTyping channel,audience',
        'asyncapi.yaml#/operations/publishUserStatusChanged all',
        'asyncapi.yaml#/operations/publishMessageRead all',
        'openapi.yaml#/paths/~1typing-start/post/responses/2XX all',
        'openapi.yaml#/paths/~1typing-end/post/responses/2XX all',
        'openapi.yaml#/paths/~1leave-room~1{roomId}/post/responses/2XX all',
        'openapi.yaml#/paths/~1disconnect/post/responses/2XX all',
        'openapi.yaml#/components/responses/Refused all',
        'schemas/id.json# minimum',
        'schemas/user_status_changed.json#/properties/status enum',
        'schemas/send-message-response.json# all',
        'schemas/typing-response.json# all',
        'schemas/leave-room-response.json# all',
        'schemas/disconnect-response.json# all',
        'schemas/error-body.json# all',
      ].toSorted(),
    )
  })
})

describe('the schemas', () => {
  it.each(schemaFiles)('%s has a title, a description and examples that hold', (file) => {
    const schema = documents.get(file)
    expect(at(schema, 'title')).toMatch(/^[A-Z][A-Za-z]+$/)
    expect(at(schema, 'description')).toMatch(/^[A-Z].*\.$/)
    const examples = at(schema, 'examples')
    expect(Array.isArray(examples) && examples.length > 0).toBe(true)
    const files = openContractFiles(directory)
    const whole = files.open(file)
    if (whole === undefined || !Array.isArray(examples)) throw new Error(`${file} did not open`)
    const { strict } = newCompiler(files).compile(whole, 'x', 'guide')
    for (const example of examples) expect(strict(example)).toBe(true)
  })

  it('are open, and mean the same in draft-07 and 2020-12', () => {
    const beyond = [
      'unevaluatedProperties',
      'unevaluatedItems',
      'prefixItems',
      '$dynamicRef',
      'dependentSchemas',
      '$defs',
    ]
    for (const file of schemaFiles) {
      for (const [path, node] of nodesOf(documents.get(file))) {
        expect(node['additionalProperties'], `${file}#${path}`).not.toBe(false)
        for (const keyword of [...beyond, 'schemaFormat', '$schema', '$id']) {
          expect(node, `${file}#${path}`).not.toHaveProperty([keyword])
        }
      }
    }
  })

  it('are shown at work by the AsyncAPI document', () => {
    const contract = loadContract()
    for (const type of contract.eventTypes) {
      const examples = at(asyncapi, 'components', 'messages', type, 'examples')
      if (!Array.isArray(examples) || examples.length === 0) throw new Error(`${type} has no example`)
      for (const example of examples) {
        const issues: unknown[] = []
        const payload: unknown = at(example, 'payload')
        expect(contract.readEvent(JSON.stringify(payload), (issue) => issues.push(issue))).toEqual(payload)
        expect(issues).toEqual([])
      }
    }
  })
})

function load(file: string): unknown {
  const text = readFileSync(directory + file, 'utf8')
  return file.endsWith('.json') ? (JSON.parse(text) as unknown) : (parse(text) as unknown)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function at(value: unknown, ...keys: string[]): unknown {
  return keys.reduce((inner, key) => (isObject(inner) ? inner[key] : undefined), value)
}

/** Every object in a document, with its JSON pointer. */
function nodesOf(value: unknown, path = ''): [path: string, node: Record<string, unknown>][] {
  if (!isObject(value)) return []
  const inner = Object.entries(value).flatMap(([key, child]) =>
    nodesOf(child, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  )
  return Array.isArray(value) ? inner : [[path, value], ...inner]
}

/** What a reference leads to, found without the code under test. */
function resolve(file: string, reference: string): unknown {
  const [address = '', pointer = ''] = reference.split('#')
  const target = address === '' ? file : posix.join(posix.dirname(file), address)
  const keys = pointer.split('/').slice(1)
  return at(documents.get(target), ...keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~')))
}
