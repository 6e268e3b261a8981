import { afterEach, describe, expect, it } from 'vitest'
import { loadContract } from '../../src/chat/contract.ts'
import type { FieldShape } from '../../src/chat/contract-shape.ts'
import { contractCopies } from './contract-copy.ts'

const { copy, remove } = contractCopies()
afterEach(remove)

/** The paths of a shape, `…?` where other fields are no drift. */
function paths({ path, fields, items, isOpen }: FieldShape): string[] {
  const own = path === '' ? [] : [fields.length > 0 && isOpen ? `${path}…?` : path]
  return [...own, ...fields.flatMap(paths), ...(items === undefined ? [] : paths(items))]
}

/** The shape of `posted`, which the schema describes. */
function shapeOf(schema: object, schemas: Readonly<Record<string, string>> = {}): FieldShape {
  const contract = loadContract(
    copy({
      'asyncapi.yaml': `
        asyncapi: 3.0.0
        channels: { board: { address: /topic/board, messages: { posted: { payload: { $ref: schemas/posted.json } } } } }`,
      'schemas/posted.json': JSON.stringify({ ...schema }),
      ...schemas,
    }),
  )
  const [shape] = contract.shapes
  if (shape === undefined) throw new Error('no shape')
  return shape
}

const type = { type: 'string', const: 'posted' }

describe('the shape of an event', () => {
  it('has every documented field of the shipped contract', () => {
    const { shapes } = loadContract()
    expect(shapes.map((shape) => [shape.type, ...paths(shape)].join(' '))).toEqual([
      'new_message type message message.id message.content message.message_type message.sender_id message.created_at timestamp',
      'user_typing type userId isTyping timestamp',
      'user_status_changed type userId status timestamp',
      'message_read type messageId readerId readAt',
    ])
    const status = shapes[2]?.fields.find(({ key }) => key === 'status')
    expect(status?.values).toEqual(['online', 'offline'])
  })

  it('sees through references, compositions and lists', () => {
    const shape = shapeOf(
      {
        type: 'object',
        allOf: [{ $ref: 'base.json' }],
        oneOf: [
          { type: 'object', properties: { text: { type: 'string' } } },
          { type: 'object', properties: { images: { type: 'array', items: { $ref: 'image.json' } } } },
        ],
      },
      {
        'schemas/base.json': JSON.stringify({
          type: 'object',
          properties: { type, kind: { enum: ['a', 'b'] } },
        }),
        'schemas/image.json': JSON.stringify({ type: 'object', properties: { url: { type: 'string' } } }),
      },
    )
    expect(paths(shape)).toEqual(['type', 'kind', 'text', 'images', 'images[]', 'images[].url'])
    expect(shape.isOpen).toBe(false)
  })

  it('is open where the contract allows more, and ends where a schema holds itself', () => {
    const shape = shapeOf({
      type: 'object',
      properties: {
        type,
        wide: { type: 'object', properties: { a: { type: 'number' } }, additionalProperties: true },
        map: { type: 'object', additionalProperties: { type: 'number' } },
        shut: { type: 'object', properties: { a: { type: 'number' } }, additionalProperties: false },
        replies: { type: 'array', items: { $ref: 'posted.json' } },
      },
    })
    expect(paths(shape)).toEqual([
      'type',
      'wide…?',
      'wide.a',
      'map',
      'shut',
      'shut.a',
      'replies',
      'replies[]',
    ])
    expect(shape.fields.find(({ key }) => key === 'map')?.isOpen).toBe(true)
    expect(shape.fields.find(({ key }) => key === 'replies')?.items?.isOpen).toBe(true)
  })
})
