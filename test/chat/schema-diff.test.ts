import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openContractFiles } from '../../src/chat/contract-files.ts'
import { bundle, type Bundle } from '../../src/chat/contract-schema.ts'
import { diffSchemas } from '../../src/chat/schema-diff.ts'

const directory = mkdtempSync(join(tmpdir(), 'schemas-'))
mkdirSync(join(directory, 'schemas'))
afterAll(() => rmSync(directory, { recursive: true }))
let made = 0

const string = { type: 'string' }
const fields = (properties: object, required: readonly string[] = Object.keys(properties)): object => ({
  type: 'object',
  required,
  properties,
})
const field = (schema: unknown): object => fields({ x: schema })

/** `class kind path` of each change. */
function changes(before: unknown, after: unknown, direction: 'read' | 'write'): string[] {
  return diffSchemas(bundled(before), bundled(after), direction).map((change) =>
    `${change.class} ${change.kind} ${change.path}`.trim(),
  )
}

function bundled(schema: unknown): Bundle {
  const file = `schemas/${made++}.json`
  writeFileSync(join(directory, file), JSON.stringify(schema))
  writeFileSync(join(directory, 'schemas/id.json'), JSON.stringify({ type: 'integer', minimum: 1 }))
  const files = openContractFiles(directory)
  const root = files.open(file)
  if (root === undefined) throw new Error(`${file} was not written`)
  const whole = bundle(files, root, 'open', 'guide')
  expect(files.problems).toEqual([])
  return whole
}

describe('two schemas of one payload', () => {
  it.each<[what: string, before: unknown, after: unknown, read: string[], write: string[]]>([
    ['the same', fields({ a: string }), fields({ a: string }), [], []],
    [
      'a required field gone',
      fields({ a: string, b: { type: 'number' } }),
      fields({ a: string }),
      ['breaking field-removed b'],
      ['unclear field-removed b'],
    ],
    [
      'an optional field gone',
      fields({ a: string, b: { type: 'number' } }, ['a']),
      fields({ a: string }),
      ['unclear field-removed b'],
      ['unclear field-removed b'],
    ],
    [
      'a field gone from an object that allows no others',
      { ...fields({ a: string, b: string }, []), additionalProperties: false },
      { ...fields({ a: string }, []), additionalProperties: false },
      ['unclear field-removed b'],
      ['breaking field-removed b'],
    ],
    [
      'a renamed field',
      fields({ a: string, old: { type: 'boolean' } }),
      fields({ a: string, new: { type: 'boolean' } }),
      ['breaking field-renamed old'],
      ['breaking field-renamed old'],
    ],
    [
      'one gone and one come that differ: no renaming',
      fields({ a: string, old: { type: 'boolean' } }),
      fields({ a: string, new: { type: 'integer' } }),
      ['breaking field-removed old', 'non-breaking field-added new'],
      ['unclear field-removed old', 'breaking field-added new'],
    ],
    [
      'two alike gone, one come: nobody can tell which was renamed',
      fields({ a: string, b: string }),
      fields({ c: string }),
      ['breaking field-removed a', 'breaking field-removed b', 'non-breaking field-added c'],
      ['unclear field-removed a', 'unclear field-removed b', 'breaking field-added c'],
    ],
    [
      'a new required field',
      fields({ a: string }),
      fields({ a: string, b: { type: 'number' } }),
      ['non-breaking field-added b'],
      ['breaking field-added b'],
    ],
    [
      'a new optional field',
      fields({ a: string }),
      fields({ a: string, b: { type: 'number' } }, ['a']),
      ['non-breaking field-added b'],
      ['non-breaking field-added b'],
    ],
    [
      'a field that became optional',
      fields({ a: string }),
      fields({ a: string }, []),
      ['breaking field-optional a'],
      ['non-breaking field-optional a'],
    ],
    [
      'a field that became required',
      fields({ a: string }, []),
      fields({ a: string }),
      ['non-breaking field-required a'],
      ['breaking field-required a'],
    ],
    [
      'a wider type',
      field(string),
      field({ type: ['string', 'null'] }),
      ['breaking type-widened x'],
      ['non-breaking type-widened x'],
    ],
    [
      'a number that was whole',
      field({ type: 'integer' }),
      field({ type: 'number' }),
      ['breaking type-widened x'],
      ['non-breaking type-widened x'],
    ],
    [
      'a narrower type',
      field({ type: 'number' }),
      field({ type: 'integer' }),
      ['non-breaking type-narrowed x'],
      ['breaking type-narrowed x'],
    ],
    [
      'a type given where there was none',
      field({}),
      field(string),
      ['non-breaking type-narrowed x'],
      ['breaking type-narrowed x'],
    ],
    [
      'another type',
      field(string),
      field({ type: 'integer' }),
      ['breaking type-changed x'],
      ['breaking type-changed x'],
    ],
    [
      'one more value',
      field({ enum: ['a', 'b'] }),
      field({ enum: ['b', 'c', 'a'] }),
      ['breaking enum-widened x'],
      ['non-breaking enum-widened x'],
    ],
    [
      'one value fewer',
      field({ enum: ['a', 'b'] }),
      field({ enum: ['b'] }),
      ['non-breaking enum-narrowed x'],
      ['breaking enum-narrowed x'],
    ],
    [
      'other values',
      field({ enum: ['a', 'b'] }),
      field({ enum: ['b', 'c'] }),
      ['breaking enum-changed x'],
      ['breaking enum-changed x'],
    ],
    [
      'another const',
      field({ const: 'a', ...string }),
      field({ const: 'b', ...string }),
      ['breaking enum-changed x'],
      ['breaking enum-changed x'],
    ],
    [
      'any value where there was a list',
      field({ enum: ['a'] }),
      field(string),
      ['breaking enum-widened x'],
      ['non-breaking enum-widened x'],
    ],
    [
      'a list where any value was fine',
      field(string),
      field({ ...string, enum: ['a'] }),
      ['non-breaking enum-narrowed x'],
      ['breaking enum-narrowed x'],
    ],
    [
      'one value of a type that is now all there is',
      field({ enum: ['a', 1] }),
      field(string),
      ['breaking enum-widened x', 'non-breaking type-narrowed x'],
      ['non-breaking enum-widened x', 'breaking type-narrowed x'],
    ],
    ['a const written as an enum', field({ const: 'a' }), field({ enum: ['a'] }), [], []],
    [
      'a lower bound that rose',
      field({ type: 'integer', minimum: 1 }),
      field({ type: 'integer', minimum: 2 }),
      ['non-breaking limit-narrowed x'],
      ['breaking limit-narrowed x'],
    ],
    [
      'a lower bound that is gone',
      field({ type: 'integer', minimum: 1 }),
      field({ type: 'integer' }),
      ['breaking limit-widened x'],
      ['non-breaking limit-widened x'],
    ],
    [
      'a longer text',
      field({ ...string, maxLength: 100 }),
      field({ ...string, maxLength: 200 }),
      ['breaking limit-widened x'],
      ['non-breaking limit-widened x'],
    ],
    [
      'a limit where there was none',
      field({ ...string }),
      field({ ...string, maxLength: 200 }),
      ['non-breaking limit-narrowed x'],
      ['breaking limit-narrowed x'],
    ],
    [
      'above 0 and from 1 on, for whole numbers',
      field({ type: 'integer', exclusiveMinimum: 0 }),
      field({ type: 'integer', minimum: 1 }),
      [],
      [],
    ],
    [
      'a new pattern',
      field(string),
      field({ ...string, pattern: '^a' }),
      ['non-breaking constraint-narrowed x'],
      ['breaking constraint-narrowed x'],
    ],
    [
      'a format that is gone',
      field({ ...string, format: 'date-time' }),
      field(string),
      ['breaking constraint-widened x'],
      ['non-breaking constraint-widened x'],
    ],
    [
      'another pattern: nobody can tell',
      field({ ...string, pattern: '^a' }),
      field({ ...string, pattern: '^b' }),
      ['unclear constraint-changed x'],
      ['unclear constraint-changed x'],
    ],
    [
      'another condition: nobody can tell',
      { ...fields({ a: string }), if: { required: ['a'] }, else: { minProperties: 1 } },
      { ...fields({ a: string }), if: { required: ['a'] }, else: { minProperties: 2 } },
      ['unclear constraint-changed'],
      ['unclear constraint-changed'],
    ],
    [
      'one more branch',
      field({ oneOf: [string, { type: 'null' }] }),
      field({ oneOf: [{ type: 'null' }, string, { type: 'boolean' }] }),
      ['breaking branch-widened x'],
      ['non-breaking branch-widened x'],
    ],
    [
      'one branch fewer',
      field({ anyOf: [string, { type: 'null' }] }),
      field({ anyOf: [string] }),
      ['non-breaking branch-narrowed x'],
      ['breaking branch-narrowed x'],
    ],
    [
      'a branch that was altered: nobody can tell',
      field({ anyOf: [string, { type: 'null' }] }),
      field({ anyOf: [{ ...string, maxLength: 5 }, { type: 'null' }] }),
      ['unclear branch-changed x'],
      ['unclear branch-changed x'],
    ],
    [
      'an object that was closed',
      fields({ a: string }),
      { ...fields({ a: string }), additionalProperties: false },
      ['non-breaking object-closed'],
      ['breaking object-closed'],
    ],
    [
      'an object that was opened',
      { ...fields({ a: string }), additionalProperties: false },
      { ...fields({ a: string }), additionalProperties: true },
      ['unclear object-opened'],
      ['non-breaking object-opened'],
    ],
    [
      'a change inside the items of a list',
      field({ type: 'array', items: fields({ id: string }) }),
      field({ type: 'array', items: fields({ id: string }, []) }),
      ['breaking field-optional x[].id'],
      ['non-breaking field-optional x[].id'],
    ],
    [
      'items that may be anything now',
      field({ type: 'array', items: string }),
      field({ type: 'array' }),
      ['breaking items-widened x'],
      ['non-breaking items-widened x'],
    ],
    [
      'a schema moved behind a reference',
      field({ type: 'integer', minimum: 1 }),
      field({ $ref: 'id.json' }),
      [],
      [],
    ],
    [
      'fields moved into an allOf',
      fields({ a: string, b: string }),
      { allOf: [fields({ a: string }), fields({ b: string })] },
      [],
      [],
    ],
    [
      'words alone',
      { title: 'A', description: 'one', ...field({ ...string, examples: ['a'] }) },
      { title: 'B', description: 'two', ...field({ ...string, examples: ['b'], deprecated: true }) },
      [],
      [],
    ],
    [
      'a change inside a schema that holds itself, told once',
      {
        definitions: { node: fields({ id: string, next: { $ref: '#/definitions/node' } }, ['id']) },
        $ref: '#/definitions/node',
      },
      {
        definitions: {
          node: fields({ id: { type: 'integer' }, next: { $ref: '#/definitions/node' } }, ['id']),
        },
        $ref: '#/definitions/node',
      },
      ['breaking type-changed id'],
      ['breaking type-changed id'],
    ],
  ])('%s', (_what, before, after, read, write) => {
    expect(changes(before, after, 'read')).toEqual(read)
    expect(changes(before, after, 'write')).toEqual(write)
  })

  it('breaks nobody for sure where the old one was the reference target’s choice', () => {
    const chosen = { ...fields({ a: string, b: { type: 'integer' } }), 'x-basis': 'reference-choice' }
    expect(changes(chosen, fields({ a: string }), 'read')).toEqual(['unclear field-removed b'])
    const status = { ...string, enum: ['on'], 'x-reference-choice': { enum: 'the guide lists none' } }
    expect(changes(field(status), field({ ...status, enum: ['on', 'off'] }), 'read')).toEqual([
      'unclear enum-widened x',
    ])
    expect(changes(field(status), field({ type: 'integer' }), 'read')).toEqual([
      'unclear enum-widened x',
      'breaking type-changed x',
    ])
    expect(changes(field({ ...status, maxLength: 3 }), field(status), 'read')).toEqual([
      'breaking limit-widened x',
    ])
  })

  it('says both sides of a change', () => {
    const [change] = diffSchemas(
      bundled(field({ enum: ['a', 1] })),
      bundled(field({ enum: ['a', null] })),
      'read',
    )
    expect(change?.detail).toBe('enum allows other values: "a", 1 → "a", null')
    const [limit] = diffSchemas(bundled(field({ maximum: 5 })), bundled(field({})), 'read')
    expect(limit?.detail).toBe('maximum allows more: 5 → any')
    const [renamed] = diffSchemas(bundled(fields({ a: string })), bundled(fields({ b: string })), 'read')
    expect(renamed?.detail).toBe('field a seems to be called b now')
  })
})
