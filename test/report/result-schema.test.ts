import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { PERCENTILES } from '../../src/measure/histogram.ts'
import { COUNTERS } from '../../src/measure/metrics.ts'
import {
  type LedgerSummary,
  type RunResult,
  SCHEMA_NAME,
  SCHEMA_VERSION,
  type ThresholdRow,
  type ValidityCheck,
} from '../../src/measure/result.ts'
import schema from '../../src/measure/result.schema.json' with { type: 'json' }
import { type Shape, shapeProblems } from '../../src/report/result-shape.ts'
import { emptyResult, faultyResult, healthyResult, hostileResult } from './fixture.ts'

const shape = schema as Shape
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: true, allErrors: true })
const validate = ajv.compile(schema)

/** Follows a path of property names, `[]` for items and `*` for named entries. */
function at(path: string): Shape {
  let found = shape
  for (const step of path.split('/').filter((each) => each !== '')) {
    const next =
      step === '[]' ? found.items : step === '*' ? found.additionalProperties : found.properties?.[step]
    if (next === undefined) throw new Error(`no ${step} of ${path} in the schema`)
    const alternative = next.anyOf?.find(({ type }) => type !== 'null') ?? next
    found =
      alternative.$ref === undefined
        ? alternative
        : (shape.$defs?.[alternative.$ref.replace('#/$defs/', '')] as Shape)
  }
  return found
}

/** Objects of the type whose keys are the user's or the run's: described by one schema for every entry. */
const OPEN_MAPS = ['run/tags', 'labelled', 'trends', 'timeline/columns', 'intervals/series', 'planted']

/** Fields that only some have. */
const OPTIONAL = ['/validity/checks/[]/isJudged', '/validity/checks/[]/note', '/validity/checks/[]/proposal']

/** Every object in a value, by its path in the schema; of a list, each item. */
function objectsOf(value: unknown, path = ''): [path: string, object: object][] {
  if (Array.isArray(value)) return value.flatMap((item) => objectsOf(item, `${path}/[]`))
  if (typeof value !== 'object' || value === null) return []
  const isMap = OPEN_MAPS.includes(path.slice(1))
  const parts = Object.entries(value).flatMap(([key, part]) =>
    objectsOf(part, `${path}/${isMap ? '*' : key}`),
  )
  return isMap ? parts : [[path, value], ...parts]
}

/** The keys of a table that the compiler makes complete: a member the type gains or loses fails the type check. */
function every<T extends string>(table: Record<T, true>): string[] {
  return Object.keys(table).toSorted()
}

describe('the schema of a result', () => {
  it.each([
    ['healthy', healthyResult],
    ['faulty', faultyResult],
    ['hostile', hostileResult],
    ['empty', emptyResult],
  ])('accepts a %s run', (_, result) => {
    // As stored: what JSON cannot hold does not count.
    expect(validate(JSON.parse(JSON.stringify(result()))), JSON.stringify(validate.errors)).toBe(true)
  })

  it('describes every field of the type, requires each that is not optional, and knows no other', () => {
    // The fixture is typed RunResult: the compiler sees to it that it has each field and no unknown one.
    const objects = objectsOf(faultyResult())
    expect(objects.length).toBeGreaterThan(60)
    const keys = new Map<string, Set<string>>()
    for (const [path, object] of objects) {
      keys.set(path, new Set([...(keys.get(path) ?? []), ...Object.keys(object)]))
      const lacks = (at(path).required ?? []).filter((key) => !Object.hasOwn(object, key))
      expect(lacks, `required of ${path}`).toEqual([])
    }
    for (const [path, found] of keys) {
      const { properties, required } = at(path)
      expect(Object.keys(properties ?? {}).toSorted(), `properties of ${path}`).toEqual([...found].toSorted())
      const always = [...found].filter((key) => !OPTIONAL.includes(`${path}/${key}`))
      expect(required?.toSorted(), `required of ${path}`).toEqual(always.toSorted())
    }
  })

  it('knows each counter and percentile by name', () => {
    expect(at('counters').required).toEqual([...COUNTERS])
    expect(at('trends/*/percentilesUs').required).toEqual(PERCENTILES.map(String))
  })

  it('lists the words of each enumeration of the type', () => {
    const words: Record<string, string[]> = {
      'run/kind': every<RunResult['run']['kind']>({ load: true }),
      'run/stoppedBy': every<RunResult['run']['stoppedBy']>({
        plan: true,
        signal: true,
        threshold: true,
        fault: true,
        killed: true,
      }),
      'validity/status': every<RunResult['validity']['status']>({
        valid: true,
        suspect: true,
        invalid: true,
      }),
      'validity/checks/[]/status': every<ValidityCheck['status']>({ ok: true, suspect: true, invalid: true }),
      'validity/checks/[]/unit': every<ValidityCheck['unit']>({ ms: true, share: true, count: true }),
      'verdict/status': every<RunResult['verdict']['status']>({ pass: true, fail: true, inconclusive: true }),
      'thresholds/[]/status': every<ThresholdRow['status']>({ pass: true, fail: true, unknown: true }),
      'thresholds/[]/unit': every<ThresholdRow['unit']>({
        ms: true,
        count: true,
        'per second': true,
        share: true,
      }),
      'ledger/examples/[]/kind': every<LedgerSummary['examples'][number]['kind']>({
        messages: true,
        typing: true,
      }),
      'ledger/examples/[]/what': every<LedgerSummary['examples'][number]['what']>({
        lost: true,
        duplicated: true,
        reordered: true,
        leaked: true,
        'gap-lost': true,
      }),
      'violations/[]/kind': every<RunResult['violations'][number]['kind']>({ violation: true, drift: true }),
    }
    for (const [path, expected] of Object.entries(words)) {
      expect((at(path).enum as string[]).toSorted(), path).toEqual(expected)
    }
  })

  it('is that of the version the code writes', () => {
    expect(at('schema').const).toBe(SCHEMA_NAME)
    expect(SCHEMA_VERSION).toMatch(new RegExp(at('schemaVersion').pattern as string, 'u'))
    expect(at('timeline/stepMs').const).toBe(healthyResult().timeline.stepMs)
  })

  it('accepts fields of later minor versions anywhere', () => {
    const later = JSON.parse(JSON.stringify(faultyResult())) as RunResult
    for (const [, object] of objectsOf(later)) Object.assign(object, { field_of_a_later_version: 1 })
    later.schemaVersion = '1.9.3'
    expect(validate(later), JSON.stringify(validate.errors)).toBe(true)
  })

  it('refuses a result in which any one field is missing or of another type, and so does the reader', () => {
    const whole = JSON.stringify(faultyResult())
    const fields = objectsOf(JSON.parse(whole)).map(([, object]) => object)
    const paths = new Map(objectsOf(faultyResult()).map(([path], i) => [path, i]))
    let refused = 0
    for (const [path, index] of paths) {
      for (const key of Object.keys(fields[index] as object)) {
        const isOptional = OPTIONAL.includes(`${path}/${key}`)
        const wrong = [...(isOptional ? [] : [undefined]), { an: 'object' }, true, [null]].filter(
          (value) => !isOfType(at(`${path}/${key}`), value),
        )
        for (const value of wrong) {
          const damaged = JSON.parse(whole) as unknown
          const object = objectsOf(damaged)[index]?.[1] as Record<string, unknown>
          if (value === undefined) delete object[key]
          else object[key] = value
          expect(validate(damaged), `${path}/${key} = ${JSON.stringify(value)}`).toBe(false)
          expect(shapeProblems(damaged, shape), `${path}/${key} = ${JSON.stringify(value)}`).not.toEqual([])
          refused++
        }
      }
    }
    expect(refused).toBeGreaterThan(400)
  })
})

function isOfType({ type }: Shape, value: unknown): boolean {
  if (value === undefined) return false
  const name = Array.isArray(value) ? 'array' : typeof value
  // An object is a map as far as its shape goes: its entries, not its type, would be wrong.
  return type === name || (Array.isArray(type) && type.includes(name as 'object'))
}
