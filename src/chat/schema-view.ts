import { isNode, type Node } from './contract-files.ts'
import { MARK, type Bundle } from './contract-schema.ts'

/** What a bundled schema demands of a value, its references and `allOf`s taken together: made for comparing two. */
export interface SchemaView {
  /** The JSON types that may come; numbers are told apart as `integer` and `fraction`. */
  readonly types: ReadonlySet<string>
  /** The allowed values as JSON; undefined = any. */
  readonly values: readonly string[] | undefined
  /** Each field's schemas; more than one where several parts describe it. */
  readonly fields: ReadonlyMap<string, readonly unknown[]>
  readonly required: ReadonlySet<string>
  /** The schemas of an array's items. */
  readonly items: readonly unknown[]
  /** Whether fields that are not documented are refused. */
  readonly isClosed: boolean
  /** `minimum`, `maxLength`, …: the tightest of each. */
  readonly limits: ReadonlyMap<string, number>
  /** Branches of `anyOf` and `oneOf`, as canonical text. */
  readonly branches: ReadonlyMap<string, ReadonlySet<string>>
  /** Every other keyword that restricts, as canonical text: `pattern`, `format`, `not`, `if` … */
  readonly others: ReadonlyMap<string, string>
  /** Whether the whole, or some of its keywords, is the reference target's choice. */
  readonly isChoice: (keyword: string) => boolean
}

/** The view of schemas that all apply to one value; `within` is the bundle their references lead into. */
export function viewOf(within: Bundle, schemas: readonly unknown[]): SchemaView {
  const parts = schemas.flatMap((schema) => partsOf(within, schema, new Set()))
  let types = new Set(ALL_TYPES)
  let values: string[] | undefined
  let isClosed = false
  const fields = new Map<string, unknown[]>()
  const required = new Set<string>()
  const items: unknown[] = []
  const limits = new Map<string, number>()
  const branches = new Map<string, Set<string>>()
  const others = new Map<string, string>()
  const chosen = new Set<string>()
  const allow = (allowed: readonly unknown[]): void => {
    const texts = allowed.map((value) => JSON.stringify(value))
    values = values === undefined ? texts : values.filter((value) => texts.includes(value))
  }
  for (const part of parts) {
    const choice = part[MARK.choice]
    if (isNode(choice)) for (const keyword of Object.keys(choice)) chosen.add(keyword)
    for (const [keyword, value] of Object.entries(part)) {
      if (keyword === 'type') types = types.intersection(typesOf(value))
      else if (keyword === 'const') allow([value])
      else if (keyword === 'enum' && Array.isArray(value)) allow(value)
      else if (keyword === 'required' && Array.isArray(value))
        for (const name of value) required.add(String(name))
      else if (keyword === 'properties' && isNode(value)) {
        for (const [name, own] of Object.entries(value)) fields.set(name, [...(fields.get(name) ?? []), own])
      } else if (keyword === 'items') items.push(value)
      else if (CLOSING.has(keyword) && typeof value === 'boolean') isClosed ||= !value
      else if (isLimit(keyword) && typeof value === 'number')
        limits.set(keyword, tighter(keyword, value, limits.get(keyword)))
      else if ((keyword === 'anyOf' || keyword === 'oneOf') && Array.isArray(value))
        branches.set(keyword, new Set(value.map((branch) => canonical(within, branch))))
      else if (!SILENT.has(keyword) && !FOLLOWED.has(keyword) && value !== false) {
        const group = CONDITION.has(keyword) ? 'if' : keyword
        others.set(
          group,
          [others.get(group) ?? '', `${keyword} ${canonical(within, value)}`].join('\n').trim(),
        )
      }
    }
  }
  if (values !== undefined)
    types = types.intersection(new Set(values.map((value) => typeOf(JSON.parse(value)))))
  if (!types.has('fraction')) wholeLimits(limits)
  const isAllChoice = parts.length > 0 && parts.every((part) => part[MARK.basis] === 'reference-choice')
  const isChoice = (keyword: string): boolean => isAllChoice || chosen.has(keyword)
  return { types, values, fields, required, items, isClosed, limits, branches, others, isChoice }
}

/** A schema as text that is equal for schemas that say the same, wherever they stand; words for readers are left out. */
export function canonical(within: Bundle, schema: unknown, above: readonly string[] = []): string {
  if (Array.isArray(schema)) return `[${schema.map((item) => canonical(within, item, above)).join()}]`
  if (!isNode(schema)) return JSON.stringify(schema) ?? 'undefined'
  const reference = schema['$ref']
  const entries = Object.entries(schema).filter(([key]) => key !== '$ref' && !SILENT.has(key))
  const own = entries
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([key, value]) =>
        `${JSON.stringify(key)}:${canonical(within, SETS.has(key) ? sorted(value) : value, above)}`,
    )
  if (typeof reference !== 'string') return `{${own.join()}}`
  // A schema inside itself: how far up it is, so that two such schemas compare by shape.
  const depth = above.indexOf(reference)
  const behind =
    depth >= 0
      ? `↑${above.length - depth}`
      : canonical(within, behindOf(within, reference), [...above, reference])
  return own.length === 0 ? behind : `{${own.join()}}&${behind}`
}

// --- internal ---

const ALL_TYPES: readonly string[] = ['null', 'boolean', 'string', 'integer', 'fraction', 'array', 'object']
const CLOSING: ReadonlySet<string> = new Set(['additionalProperties', 'unevaluatedProperties'])
const CONDITION: ReadonlySet<string> = new Set(['if', 'then', 'else'])

/** Marks and annotations: they restrict nothing. */
const SILENT: ReadonlySet<string> = new Set(
  `${Object.values(MARK).join(' ')} $defs example deprecated readOnly writeOnly default
   contentMediaType contentEncoding discriminator externalDocs xml`.split(/\s+/),
)

/** Keywords whose list has no order. */
const SETS: ReadonlySet<string> = new Set(['required', 'enum', 'type', 'anyOf', 'oneOf', 'allOf'])

/** What `partsOf` has taken apart. */
const FOLLOWED: ReadonlySet<string> = new Set(['$ref', 'allOf'])

/** The schema, what it refers to, and its `allOf`s. */
function partsOf(within: Bundle, schema: unknown, seen: Set<unknown>): Node[] {
  if (!isNode(schema) || seen.has(schema)) return schema === false ? [{ not: {} }] : []
  seen.add(schema)
  const { $ref: reference, allOf } = schema
  const behind = typeof reference === 'string' ? [behindOf(within, reference)] : []
  // A mere reference is transparent: it says nothing about whose choice the schema behind it is.
  const own =
    Object.keys(schema).every((key) => key === '$ref' || key === MARK.basis) && behind.length > 0
      ? []
      : [schema]
  const all = Array.isArray(allOf) ? (allOf as unknown[]) : []
  return [...own, ...[...behind, ...all].flatMap((part) => partsOf(within, part, seen))]
}

function behindOf(within: Bundle, reference: string): unknown {
  const definitions = within.schema['$defs']
  return isNode(definitions) ? definitions[reference.slice('#/$defs/'.length)] : undefined
}

function typesOf(value: unknown): Set<string> {
  const names = (Array.isArray(value) ? value : [value]).map(String)
  return new Set(names.flatMap((name) => (name === 'number' ? ['integer', 'fraction'] : [name])))
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'fraction'
  return Array.isArray(value) ? 'array' : typeof value
}

function isLimit(keyword: string): boolean {
  return /^(exclusive)?(min|max)(imum|Length|Items|Properties|Contains)?$/i.test(keyword)
}

function tighter(keyword: string, value: number, known = value): number {
  return keyword.toLowerCase().includes('min') ? Math.max(value, known) : Math.min(value, known)
}

/** For whole numbers above 0 is from 1 on: one way to write it. */
function wholeLimits(limits: Map<string, number>): void {
  const above = limits.get('exclusiveMinimum')
  const below = limits.get('exclusiveMaximum')
  if (above !== undefined)
    limits.set('minimum', tighter('minimum', Math.floor(above) + 1, limits.get('minimum')))
  if (below !== undefined)
    limits.set('maximum', tighter('maximum', Math.ceil(below) - 1, limits.get('maximum')))
  limits.delete('exclusiveMinimum')
  limits.delete('exclusiveMaximum')
}

function sorted(value: unknown): unknown {
  return Array.isArray(value)
    ? value.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    : value
}
