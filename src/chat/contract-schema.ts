import { basisOf, placeOf, type Basis } from './contract-documents.ts'
import { isNode, type ContractFiles, type Located, type Node } from './contract-files.ts'

/** The marks `bundle` leaves in the schemas for whoever explains a failure. */
export const MARK = {
  /** Who documents this schema: a Basis, on every schema object. */
  basis: 'x-basis',
  /** Keywords of this schema that are the reference target's choice: keyword → reason. */
  choice: 'x-reference-choice',
  /** `true` where `bundle` closed an object that the contract leaves open. */
  closed: 'x-closed',
} as const

/** One schema without outward references, and what was met on the way. */
export interface Bundle {
  readonly schema: Node
  /** Every documented property name. */
  readonly names: ReadonlySet<string>
  /** Every schema that went in by reference, the root first. */
  readonly places: readonly Located[]
  /** Every keyword that holds no schemas, where it stands: `at` leads to its value. */
  readonly keywords: readonly { readonly keyword: string; readonly at: Located }[]
  /** Whether part of the payload is a secret (`format: password`). */
  readonly secret: boolean
}

/**
 * One self-contained schema made of `root` and everything it refers to, so that a validator needs no files.
 *
 * `open` is the schema as documented. `closed` refuses undocumented fields as well, at every depth: objects get
 * `additionalProperties: false`, composed ones (allOf, oneOf, …) `unevaluatedProperties: false` on the whole, because
 * their parts see each other's fields as foreign. What stands under `not`, `if` and the like stays open: closing it would
 * turn its meaning round.
 *
 * `basis` is who documents the whole. A part of what is the reference target's choice is its choice too, whatever
 * the part says of itself.
 */
export function bundle(files: ContractFiles, root: Located, mode: 'open' | 'closed', basis: Basis): Bundle {
  const ids = new Map<string, string>()
  const names = new Set<string>()
  const places: Located[] = []
  const keywords: { keyword: string; at: Located }[] = []
  let secret = false
  const definitions: Record<string, unknown> = {}

  const refer = (target: Located, closing: Closing, inherited: Basis): Node => {
    const key = `${closing}:${inherited}:${placeOf(target)}`
    let id = ids.get(key)
    if (id === undefined) {
      id = `s${ids.size}`
      ids.set(key, id)
      places.push(target)
      definitions[id] = convert(target, closing, inherited)
    }
    return { $ref: `#/$defs/${id}` }
  }

  const convert = (place: Located, closing: Closing, above: Basis): unknown => {
    const schema = place.value
    if (typeof schema === 'boolean') return schema
    if (!isNode(schema)) {
      files.fault(place, 'is no schema')
      return true
    }
    const own = basisOf(files, place, above)
    const inherited = above === 'guide' ? own : above
    const out: Record<string, unknown> = { [MARK.basis]: inherited }
    if (schema['format'] === 'password') secret = true
    const composed = isComposed(schema)
    const below: Readonly<Record<Holds['as'], Closing>> = {
      value: closing === 'open' ? 'open' : 'closed',
      part: closing === 'closed' ? 'part' : closing,
      test: 'open',
    }
    for (const [keyword, value] of Object.entries(schema)) {
      const at = files.at(place, keyword)
      const holds = Object.hasOwn(HOLDS, keyword) ? HOLDS[keyword] : undefined
      if (keyword === '$ref') {
        const target = files.follow({ ...place, value: { $ref: value } })
        if (target !== undefined)
          Object.assign(out, refer(target, composed ? below.part : closing, inherited))
      } else if (holds !== undefined) {
        if (keyword === 'properties' && isNode(value)) for (const name of Object.keys(value)) names.add(name)
        const child = (key: string): unknown => convert(files.at(at, key), below[holds.as], inherited)
        if (holds.shape === 'map' && isNode(value)) out[keyword] = mapNode(value, child)
        else if (holds.shape === 'list' && Array.isArray(value)) out[keyword] = Object.keys(value).map(child)
        else out[keyword] = convert(at, below[holds.as], inherited)
      } else if (keyword === MARK.choice) {
        out[keyword] = value
      } else if (!DROPPED.has(keyword) && !keyword.startsWith('x-')) {
        keywords.push({ keyword, at })
        out[keyword] = value
      }
    }
    if (closing === 'closed') close(out, schema, composed)
    return out
  }

  const close = (out: Record<string, unknown>, schema: Node, composed: boolean): void => {
    if ('additionalProperties' in schema || 'unevaluatedProperties' in schema) return
    const described = composed ? describesFields(out, definitions, new Set()) : isNode(schema['properties'])
    if (!described) return
    out[composed ? 'unevaluatedProperties' : 'additionalProperties'] = false
    out[MARK.closed] = true
  }

  // The root stands outside $defs: a reference there would cost every validation one more call.
  places.push(root)
  const top = convert(root, mode, basis)
  const schema = { ...(isNode(top) ? top : { not: { not: top } }), $defs: definitions }
  return { schema, names, places, keywords, secret }
}

/** How a schema holds another: a value inside the value, a part of its own description, or a test that is not one. */
export interface Subschema {
  readonly place: Located
  /** The keyword it stands under. */
  readonly keyword: string
  /** Its key there, where the keyword holds a map or a list. */
  readonly key: string | undefined
  readonly as: Holds['as']
}

/** The schemas directly inside a schema, in the order of the file; what a `$ref` leads to is not inside. */
export function subschemas(files: ContractFiles, place: Located): Subschema[] {
  if (!isNode(place.value)) return []
  return Object.entries(place.value).flatMap(([keyword, value]): Subschema[] => {
    const holds = Object.hasOwn(HELD, keyword) ? HELD[keyword] : undefined
    if (holds === undefined) return []
    const at = files.at(place, keyword)
    const { as } = holds
    if (holds.shape === 'one') return [{ place: at, keyword, key: undefined, as }]
    if (holds.shape === 'map' ? !isNode(value) : !Array.isArray(value)) return []
    return Object.keys(value as object).map((key) => ({ place: files.at(at, key), keyword, key, as }))
  })
}

// --- internal ---

/** `part`: an in-place part of a composed object; its whole is closed in its stead, what lies below it as usual. */
type Closing = 'open' | 'closed' | 'part'

/** How a keyword holds further schemas: their arrangement, and what they speak of. */
interface Holds {
  shape: 'one' | 'list' | 'map'
  /** A value inside the value; a part of the description of the same value; a test that must not be tightened. */
  as: 'value' | 'part' | 'test'
}

const HOLDS: Readonly<Record<string, Holds>> = {
  properties: { shape: 'map', as: 'value' },
  patternProperties: { shape: 'map', as: 'value' },
  additionalProperties: { shape: 'one', as: 'value' },
  unevaluatedProperties: { shape: 'one', as: 'value' },
  items: { shape: 'one', as: 'value' },
  prefixItems: { shape: 'list', as: 'value' },
  unevaluatedItems: { shape: 'one', as: 'value' },
  allOf: { shape: 'list', as: 'part' },
  anyOf: { shape: 'list', as: 'part' },
  oneOf: { shape: 'list', as: 'part' },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: { shape: 'one', as: 'part' },
  else: { shape: 'one', as: 'part' },
  dependentSchemas: { shape: 'map', as: 'part' },
  if: { shape: 'one', as: 'test' },
  not: { shape: 'one', as: 'test' },
  contains: { shape: 'one', as: 'test' },
  propertyNames: { shape: 'one', as: 'test' },
}

/** With what only names schemas for others to refer to. */
const HELD: Readonly<Record<string, Holds>> = {
  ...HOLDS,
  $defs: { shape: 'map', as: 'test' },
  definitions: { shape: 'map', as: 'test' },
}

/** Left out of a bundle: what names schemas (references are followed by file and pointer), and what is for readers. */
const DROPPED = new Set([
  '$id',
  '$schema',
  '$defs',
  'definitions',
  '$comment',
  'title',
  'description',
  'examples',
])

const IN_PLACE = ['allOf', 'anyOf', 'oneOf', 'then', 'else', 'dependentSchemas'] as const

function isComposed(schema: Node): boolean {
  return IN_PLACE.some((keyword) => keyword in schema) || ('$ref' in schema && 'properties' in schema)
}

/** Whether a converted schema, or a part of it, lists properties: only then is there something to be undocumented. */
function describesFields(schema: unknown, definitions: Node, seen: Set<unknown>): boolean {
  if (!isNode(schema) || seen.has(schema)) return false
  seen.add(schema)
  if (isNode(schema['properties'])) return true
  const reference =
    typeof schema['$ref'] === 'string' ? definitions[schema['$ref'].slice('#/$defs/'.length)] : undefined
  const parts = IN_PLACE.flatMap((keyword) => {
    const value = schema[keyword]
    if (Array.isArray(value)) return value as unknown[]
    return keyword === 'dependentSchemas' && isNode(value) ? Object.values(value) : [value]
  })
  return [reference, ...parts].some((part) => describesFields(part, definitions, seen))
}

function mapNode(node: Node, convert: (key: string) => unknown): Node {
  return Object.fromEntries(Object.keys(node).map((key) => [key, convert(key)]))
}
