import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import {
  CAPACITY_SCHEMA_NAME,
  CAPACITY_SCHEMA_VERSION,
  type CapacityResult,
  type CapacityStep,
  type LoadUnit,
  type OverloadOutcome,
  type SoakOutcome,
  type StepPhase,
} from '../../src/measure/capacity.ts'
import capacitySchema from '../../src/measure/capacity.schema.json' with { type: 'json' }
import {
  COMPARISON_SCHEMA_NAME,
  COMPARISON_SCHEMA_VERSION,
  type ComparedMetric,
  type ComparisonResult,
  type ComparisonVerdict,
} from '../../src/measure/comparison.ts'
import comparisonSchema from '../../src/measure/comparison.schema.json' with { type: 'json' }
import { type Shape, shapeProblems } from '../../src/report/result-shape.ts'
import {
  bracketedSearch,
  emptySearch,
  hostileSearch,
  shortSearch,
  undecidedSearch,
} from './capacity-fixture.ts'
import {
  emptyComparison,
  hostileComparison,
  selfCheck,
  storedComparison,
  worseComparison,
} from './comparison-fixture.ts'

/** The keys of a table that the compiler makes complete: a member the type gains or loses fails the type check. */
function every<T extends string>(table: Record<T, true>): string[] {
  return Object.keys(table).toSorted()
}

const validity = every<CapacityStep['validity']>({ valid: true, suspect: true, invalid: true })
const outcome = every<CapacityStep['outcome']>({ pass: true, fail: true, generator: true, fault: true })
const verdict = every<ComparisonVerdict>({ worse: true, better: true, same: true, unknown: true })

const KINDS = [
  {
    kind: 'a capacity search',
    schema: capacitySchema as Shape,
    name: CAPACITY_SCHEMA_NAME,
    version: CAPACITY_SCHEMA_VERSION,
    // Everything that can be null is there.
    whole: (): object => bracketedSearch(),
    others: [shortSearch, undecidedSearch, emptySearch, hostileSearch] as (() => object)[],
    maps: ['/run/tags', '/steps/[]/resources/[]/shares'],
    words: {
      'run/kind': every<CapacityResult['run']['kind']>({ capacity: true }),
      'run/stoppedBy': every<CapacityResult['run']['stoppedBy']>({ plan: true, signal: true, budget: true }),
      'plan/unit': every<LoadUnit>({ users: true, 'arrivals/s': true }),
      'calibration/points/[]/validity': validity,
      'steps/[]/phase': every<StepPhase>({
        ramp: true,
        bisect: true,
        verify: true,
        refute: true,
        soak: true,
        overload: true,
        recover: true,
      }),
      'steps/[]/outcome': outcome,
      'steps/[]/validity': validity,
      'steps/[]/objectives/[]/status': every<CapacityStep['objectives'][number]['status']>({
        pass: true,
        fail: true,
        unknown: true,
      }),
      'bracket/outcome': every<CapacityResult['bracket']['outcome']>({
        bracketed: true,
        'generator-limited': true,
        unmet: true,
        undecided: true,
      }),
      'headroom/rating': every<NonNullable<CapacityResult['headroom']>['rating']>({
        ample: true,
        tight: true,
        short: true,
      }),
      'estimate/method': every<NonNullable<CapacityResult['estimate']>['method']>({ isotonic: true }),
      'soak/status': every<SoakOutcome['status']>({ pass: true, fail: true, generator: true, fault: true }),
      'verdict/status': every<CapacityResult['verdict']['status']>({
        pass: true,
        fail: true,
        inconclusive: true,
      }),
    } as Record<string, string[]>,
    leastRefused: 1_200,
  },
  {
    kind: 'a comparison',
    schema: comparisonSchema as Shape,
    name: COMPARISON_SCHEMA_NAME,
    version: COMPARISON_SCHEMA_VERSION,
    whole: (): object => worseComparison(),
    others: [selfCheck, storedComparison, emptyComparison, hostileComparison] as (() => object)[],
    maps: ['/run/tags', '/pairs/[]/a', '/pairs/[]/b', '/noise/metrics'],
    words: {
      'run/kind': every<ComparisonResult['run']['kind']>({ comparison: true }),
      'run/stoppedBy': every<ComparisonResult['run']['stoppedBy']>({
        plan: true,
        signal: true,
        budget: true,
        fault: true,
      }),
      method: every<ComparisonResult['method']>({ pairs: true, 'self-check': true, stored: true }),
      'pairs/[]/first': every<ComparisonResult['pairs'][number]['first']>({ a: true, b: true }),
      'metrics/[]/unit': every<ComparedMetric['unit']>({
        ms: true,
        'per second': true,
        'CPU s': true,
        share: true,
        count: true,
      }),
      'metrics/[]/verdict': verdict,
      'absolute/[]/status': every<ComparisonResult['absolute'][number]['status']>({
        ok: true,
        worse: true,
        better: true,
      }),
      'verdict/status': verdict,
    } as Record<string, string[]>,
    leastRefused: 250,
  },
] as const

describe.each(KINDS)(
  'the schema of the result of $kind',
  ({ schema, name, version, whole, others, maps, words, leastRefused }) => {
    const validate = new Ajv2020({
      strict: true,
      allowUnionTypes: true,
      strictRequired: true,
      allErrors: true,
    }).compile(schema)
    const stored = (result: object): unknown => JSON.parse(JSON.stringify(result))

    /** The part of the schema for a path of property names, `[]` for items; of alternatives the one that is not null. */
    const at = (path: string): Shape => {
      let found = schema
      for (const step of path.split('/').filter((each) => each !== '')) {
        const next = step === '[]' ? found.items : found.properties?.[step]
        if (next === undefined) throw new Error(`no ${step} of ${path} in the schema`)
        const alternative = next.anyOf?.find(({ type }) => type !== 'null') ?? next
        found =
          alternative.$ref === undefined
            ? alternative
            : (schema.$defs?.[alternative.$ref.replace('#/$defs/', '')] as Shape)
      }
      return found
    }

    /** Every object in a value by its path in the schema; of a list each item. What lies in a map has names of its own. */
    const objectsOf = (value: unknown, path = ''): [path: string, object: object][] => {
      if (Array.isArray(value)) return value.flatMap((item) => objectsOf(item, `${path}/[]`))
      if (typeof value !== 'object' || value === null || maps.includes(path as never)) return []
      return [
        [path, value],
        ...Object.entries(value).flatMap(([key, part]) => objectsOf(part, `${path}/${key}`)),
      ]
    }

    it('accepts whatever is made', () => {
      for (const result of [whole, ...others]) {
        expect(validate(stored(result())), JSON.stringify(validate.errors)).toBe(true)
        expect(shapeProblems(stored(result()), schema)).toEqual([])
      }
    })

    it('describes every field of the type, requires each, and knows no other', () => {
      const objects = objectsOf(whole())
      expect(objects.length).toBeGreaterThan(40)
      for (const [path, object] of objects) {
        const { properties, required } = at(path)
        expect(Object.keys(properties ?? {}).toSorted(), path).toEqual(Object.keys(object).toSorted())
        expect(required?.toSorted(), path).toEqual(Object.keys(object).toSorted())
      }
    })

    it('lists the words of each enumeration of the type', () => {
      for (const [path, expected] of Object.entries(words))
        expect((at(path).enum as string[]).toSorted(), path).toEqual(expected)
    })

    it('is that of the version the code writes, and accepts fields of later minor ones', () => {
      expect(at('schema').const).toBe(name)
      expect(version).toMatch(new RegExp(at('schemaVersion').pattern as string, 'u'))
      const later = stored(whole()) as { schemaVersion: string }
      for (const [, object] of objectsOf(later)) Object.assign(object, { field_of_a_later_version: 1 })
      later.schemaVersion = '1.9.3'
      expect(validate(later), JSON.stringify(validate.errors)).toBe(true)
      expect(shapeProblems(later, schema)).toEqual([])
    })

    it('refuses a result in which any one field is missing or of another type, and so does the reader', () => {
      // Of a list, the first item stands for all.
      const paths = new Map<string, number>()
      objectsOf(whole()).forEach(([path], i) => {
        if (!paths.has(path)) paths.set(path, i)
      })
      const text = JSON.stringify(whole())
      let refused = 0
      for (const [path, index] of paths) {
        for (const key of Object.keys(objectsOf(JSON.parse(text))[index]?.[1] as object)) {
          const damaged = JSON.parse(text) as unknown
          const object = objectsOf(damaged)[index]?.[1] as Record<string, unknown>
          for (const damage of [() => delete object[key], () => (object[key] = [[null]])]) {
            damage()
            expect(validate(damaged), `${path}/${key}`).toBe(false)
            expect(shapeProblems(damaged, schema), `${path}/${key}`).not.toEqual([])
            refused++
          }
        }
      }
      expect(refused).toBeGreaterThan(leastRefused / 10)
    })
  },
)

it('an overload and a soak have the fields of their types alone', () => {
  const overload: Record<keyof OverloadOutcome, true> = {
    overloadLoad: true,
    recoverLoad: true,
    recoverySeconds: true,
    reasons: true,
  }
  expect(Object.keys(bracketedSearch().overload ?? {}).toSorted()).toEqual(every(overload))
})
