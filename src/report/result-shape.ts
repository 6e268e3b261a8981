import { visibleLine } from './visible.ts'

/** The part of JSON Schema that `result.schema.json` is written in. */
export interface Shape {
  $ref?: string
  $defs?: Record<string, Shape>
  type?: TypeName | TypeName[]
  const?: unknown
  enum?: unknown[]
  pattern?: string
  minimum?: number
  required?: string[]
  properties?: Record<string, Shape>
  additionalProperties?: Shape
  items?: Shape
  anyOf?: Shape[]
}

type TypeName = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null'

/** A damaged file may be damaged everywhere; so many problems tell enough. */
const MOST_PROBLEMS = 20

/** What in a value does not have the shape, one line each with its path. */
export function shapeProblems(value: unknown, shape: Shape): string[] {
  const problems: string[] = []
  check(value, shape, '', { defs: shape.$defs ?? {}, problems })
  return problems
}

// --- internal ---

interface Checking {
  defs: Record<string, Shape>
  problems: string[]
}

function check(value: unknown, reference: Shape, path: string, checking: Checking): void {
  const { defs, problems } = checking
  if (problems.length >= MOST_PROBLEMS) return
  const shape = resolved(reference, defs)
  const fault = faultOf(value, shape)
  if (fault !== undefined) {
    problems.push(`${path === '' ? '/' : path} ${fault}`)
    return
  }
  const alternatives = shape.anyOf?.map((each) => shapeProblems(value, { ...each, $defs: defs })) ?? []
  if (alternatives.length > 0 && alternatives.every((found) => found.length > 0)) {
    problems.push(...(alternatives[0] as string[]).map((problem) => `${path}: ${problem}`))
    return
  }
  if (Array.isArray(value)) {
    if (shape.items !== undefined)
      value.forEach((item, i) => check(item, shape.items as Shape, `${path}/${i}`, checking))
  } else if (typeof value === 'object' && value !== null) {
    for (const name of shape.required ?? []) {
      if (!Object.hasOwn(value, name)) problems.push(`${path}/${name} is missing`)
    }
    for (const [name, part] of Object.entries(value)) {
      const known = shape.properties !== undefined && Object.hasOwn(shape.properties, name)
      const partShape = known ? shape.properties?.[name] : shape.additionalProperties
      if (partShape !== undefined)
        check(part, partShape, `${path}/${visibleLine(name).slice(0, 80)}`, checking)
    }
  }
}

function resolved(shape: Shape, defs: Record<string, Shape>): Shape {
  return shape.$ref === undefined ? shape : (defs[shape.$ref.replace('#/$defs/', '')] as Shape)
}

function faultOf(
  value: unknown,
  { type, const: constant, enum: allowed, pattern, minimum }: Shape,
): string | undefined {
  const types = type === undefined ? [] : Array.isArray(type) ? type : [type]
  if (types.length > 0 && !types.some((name) => IS[name](value))) return `is not ${types.join(' or ')}`
  if (constant !== undefined && value !== constant) return `is not ${JSON.stringify(constant)}`
  if (allowed !== undefined && !allowed.includes(value))
    return `is none of ${allowed.map((each) => JSON.stringify(each)).join(', ')}`
  if (pattern !== undefined && typeof value === 'string' && !new RegExp(pattern, 'u').test(value))
    return `does not match ${pattern}`
  if (minimum !== undefined && typeof value === 'number' && value < minimum) return `is below ${minimum}`
  return undefined
}

const IS: Record<TypeName, (value: unknown) => boolean> = {
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
}
