import { placeOf, type DocumentedEvent } from './contract-documents.ts'
import { isNode, type ContractFiles, type Located } from './contract-files.ts'
import { subschemas } from './contract-schema.ts'

/** What is documented at one place of a payload, whichever of its schemas says so. Plain data. */
export interface FieldShape {
  /** From the payload's root: `message.id`, `subscriptions[].roomId`; '' for the payload itself. */
  readonly path: string
  /** Its own name; '' for the payload and for items. */
  readonly key: string
  /** The documented fields of the object. */
  readonly fields: readonly FieldShape[]
  /** What the items of the array are. */
  readonly items: FieldShape | undefined
  /** The values an `enum` lists; objects and arrays among them are left out. */
  readonly values: readonly unknown[]
  /** Fields beside the documented ones are no drift: a map, an object nobody describes, or a schema inside itself. */
  readonly isOpen: boolean
}

/** The documented fields of one event. */
export interface EventShape extends FieldShape {
  readonly type: string
}

/** The fields of an event, through references and composed schemas. A schema met inside itself is not entered again. */
export function shapeOf(files: ContractFiles, { type, schema }: DocumentedEvent): EventShape {
  return { type, ...shapeAt(files, [schema], '', '', new Set()) }
}

// --- internal ---

function shapeAt(
  files: ContractFiles,
  described: readonly Located[],
  path: string,
  key: string,
  above: ReadonlySet<string>,
): FieldShape {
  const all = described.flatMap((place) => partsOf(files, place, new Set()))
  const parts = all.some((part) => above.has(placeOf(part))) ? [] : all
  const within = new Set([...above, ...parts.map(placeOf)])
  const properties = new Map<string, Located[]>()
  const items: Located[] = []
  const values = new Set<unknown>()
  let isOpen = false
  for (const part of parts) {
    for (const { place, keyword, key: name = '' } of subschemas(files, part)) {
      if (keyword === 'properties') properties.set(name, [...(properties.get(name) ?? []), place])
      else if (keyword === 'items') items.push(place)
      else if (OPENING.has(keyword) && place.value !== false) isOpen = true
    }
    const listed = files.at(part, 'enum').value
    if (Array.isArray(listed)) for (const value of listed) if (!(value instanceof Object)) values.add(value)
  }
  const below = (name: string): string => (path === '' ? name : `${path}.${name}`)
  return {
    path,
    key,
    fields: [...properties].map(([name, places]) => shapeAt(files, places, below(name), name, within)),
    items: items.length === 0 ? undefined : shapeAt(files, items, `${path}[]`, '', within),
    values: [...values],
    isOpen: isOpen || properties.size === 0,
  }
}

/** Keywords under which fields may stand that `properties` does not list. */
const OPENING: ReadonlySet<string> = new Set([
  'additionalProperties',
  'unevaluatedProperties',
  'patternProperties',
])

/** The schemas that together describe the value at a place: itself, what it refers to, the parts it is made of. */
function partsOf(files: ContractFiles, place: Located, seen: Set<string>): Located[] {
  const target = files.follow(place)
  if (target === undefined || !isNode(target.value) || seen.has(placeOf(target))) return []
  seen.add(placeOf(target))
  const reference = target.value['$ref']
  const behind = reference === undefined ? [] : [{ ...target, value: { $ref: reference } }]
  const inPlace = subschemas(files, target).filter(({ as }) => as === 'part')
  return [
    target,
    ...[...behind, ...inPlace.map((part) => part.place)].flatMap((part) => partsOf(files, part, seen)),
  ]
}
