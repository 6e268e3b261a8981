import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import {
  CONFORMANCE_SCHEMA_NAME,
  CONFORMANCE_SCHEMA_VERSION,
  type ConformanceCase,
  type ConformanceResult,
  STATES,
} from '../../src/measure/conformance.ts'
import schema from '../../src/measure/conformance.schema.json' with { type: 'json' }
import { type Shape, shapeProblems } from '../../src/report/result-shape.ts'
import {
  allFailingResult,
  conformantResult,
  hostileConformance,
  inconclusiveResult,
  nonconformantResult,
  refusedResult,
} from './conformance-fixture.ts'

const shape = schema as Shape
const validate = new Ajv2020({
  strict: true,
  allowUnionTypes: true,
  strictRequired: true,
  allErrors: true,
}).compile(schema)

/** The part of the schema for a path of property names, `[]` for items. */
function at(path: string): Shape {
  let found = shape
  for (const step of path.split('/').filter((each) => each !== '')) {
    const next = step === '[]' ? found.items : found.properties?.[step]
    if (next === undefined) throw new Error(`no ${step} of ${path} in the schema`)
    const alternative = next.anyOf?.find(({ type }) => type !== 'null') ?? next
    found =
      alternative.$ref === undefined
        ? alternative
        : (shape.$defs?.[alternative.$ref.replace('#/$defs/', '')] as Shape)
  }
  return found
}

/** Every object in a value by its path in the schema; of a list each item. The user's tags are no object of the type. */
function objectsOf(value: unknown, path = ''): [path: string, object: object][] {
  if (Array.isArray(value)) return value.flatMap((item) => objectsOf(item, `${path}/[]`))
  if (typeof value !== 'object' || value === null || path === '/run/tags') return []
  return [[path, value], ...Object.entries(value).flatMap(([key, part]) => objectsOf(part, `${path}/${key}`))]
}

/** The keys of a table that the compiler makes complete: a member the type gains or loses fails the type check. */
function every<T extends string>(table: Record<T, true>): string[] {
  return Object.keys(table).toSorted()
}

describe('the schema of a gate’s result', () => {
  it.each([
    ['green', conformantResult],
    ['red', nonconformantResult],
    ['open', inconclusiveResult],
    ['refused', refusedResult],
    ['hostile', hostileConformance],
    ['failing', allFailingResult],
  ])('accepts a %s one', (_, result) => {
    expect(validate(JSON.parse(JSON.stringify(result()))), JSON.stringify(validate.errors)).toBe(true)
    expect(shapeProblems(result(), shape)).toEqual([])
  })

  it('describes every field of the type, requires each, and knows no other', () => {
    const objects = objectsOf(nonconformantResult())
    expect(objects.length).toBeGreaterThan(60)
    for (const [path, object] of objects) {
      const { properties, required } = at(path)
      expect(Object.keys(properties ?? {}).toSorted(), path).toEqual(Object.keys(object).toSorted())
      expect(required?.toSorted(), path).toEqual(Object.keys(object).toSorted())
    }
  })

  it('lists the words of each enumeration of the type', () => {
    const words: Record<string, string[]> = {
      'run/kind': every<ConformanceResult['run']['kind']>({ conformance: true }),
      'verdict/status': every<ConformanceResult['verdict']['status']>({
        conformant: true,
        nonconformant: true,
        inconclusive: true,
        unreachable: true,
      }),
      'cases/[]/level': every<ConformanceCase['level']>({ MUST: true, SHOULD: true, INFO: true }),
      'cases/[]/state': STATES.toSorted(),
      'cases/[]/transcript/[]/channel': every<ConformanceCase['transcript'][number]['channel']>({
        http: true,
        stomp: true,
        socket: true,
      }),
      'cases/[]/transcript/[]/direction': every<ConformanceCase['transcript'][number]['direction']>({
        '→': true,
        '←': true,
        '·': true,
      }),
      'cases/[]/excuse/from': every<NonNullable<ConformanceCase['excuse']>['from']>({
        profile: true,
        'known-failures': true,
      }),
      'cases/[]/severity': every<NonNullable<ConformanceCase['severity']>>({
        critical: true,
        high: true,
        medium: true,
        low: true,
      }),
    }
    for (const [path, expected] of Object.entries(words)) {
      const allowed = (at(path).enum as (string | null)[]).filter((word) => word !== null)
      expect(allowed.toSorted(), path).toEqual(expected)
    }
    expect(at('counts').required?.toSorted()).toEqual(STATES.toSorted())
  })

  it('is that of the version the code writes, and accepts fields of later minor ones', () => {
    expect(at('schema').const).toBe(CONFORMANCE_SCHEMA_NAME)
    expect(CONFORMANCE_SCHEMA_VERSION).toMatch(new RegExp(at('schemaVersion').pattern as string, 'u'))
    const later = JSON.parse(JSON.stringify(nonconformantResult())) as ConformanceResult
    for (const [, object] of objectsOf(later)) Object.assign(object, { field_of_a_later_version: 1 })
    later.schemaVersion = '1.9.3'
    expect(validate(later), JSON.stringify(validate.errors)).toBe(true)
    expect(shapeProblems(later, shape)).toEqual([])
  })

  it('refuses a result in which any one field is missing or of another type, and so does the reader', () => {
    const whole = JSON.stringify(nonconformantResult())
    const paths = new Map(objectsOf(JSON.parse(whole)).map(([path], i) => [path, i]))
    let refused = 0
    for (const index of paths.values()) {
      for (const key of Object.keys(objectsOf(JSON.parse(whole))[index]?.[1] as object)) {
        const damaged = JSON.parse(whole) as unknown
        const object = objectsOf(damaged)[index]?.[1] as Record<string, unknown>
        for (const damage of [() => delete object[key], () => (object[key] = [[null]])]) {
          damage()
          expect(validate(damaged), `${index} ${key}`).toBe(false)
          expect(shapeProblems(damaged, shape), `${index} ${key}`).not.toEqual([])
          refused++
        }
      }
    }
    expect(refused).toBeGreaterThan(150)
  })
})
