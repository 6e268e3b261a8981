import type { DriftReport } from './conformance.ts'

/** What is documented at one place of a payload. */
interface DocumentedField {
  readonly path: string
  readonly key: string
  readonly fields: readonly DocumentedField[]
  readonly items: DocumentedField | undefined
  /** The values of an enum, if any. */
  readonly values: readonly unknown[]
  /** Fields beside the documented ones are no drift. */
  readonly isOpen: boolean
}

/** The documented fields of one type of event: what `Contract.shapes` holds. */
export interface DocumentedType extends DocumentedField {
  readonly type: string
}

/** Counts, by type and path, what was seen of what is documented, and what nobody documented. Mergeable. */
export interface Drift {
  /**
   * Takes one MESSAGE body: `event` is what the contract's reader made of it (undefined: nothing it knows), `body` its
   * text, and `isTroubled` whether it raised any issue. Every body handed in is counted (load runs hand in each distinct one); troubled events and the first of each
   * type are looked at in full, of the others one in `oneIn`. Allocates nothing for an event without trouble.
   */
  see(event: { readonly type: string } | undefined, body: string, isTroubled: boolean): void
  encode(): EncodedDrift
  /** Adds another shard's counts. */
  add(part: EncodedDrift): void
  report(): DriftReport
}

/** How often one documented place was met in the events that were looked at. */
interface SeenField {
  seen: number
  nulls: number
  /** Per documented enum value, in the order of the enum. */
  values: number[]
}

/** The counts as plain data, for a message between threads. */
export interface EncodedDrift {
  types: Record<string, { seen: number; looked: number; fields: Record<string, SeenField> }>
  undocumentedTypes: Record<string, number>
  undocumentedFields: { type: string; path: string; seen: number }[]
}

/** Of a type's events without trouble, load runs look at the first so many and then at one in so many. */
export const SAMPLE = { first: 64, oneIn: 64 } as const

/**
 * Makes the counters of one shard or of one gate. `oneIn: 1` looks at every event. What a sample leaves open is only
 * whether something rare was never seen: undocumented types and fields always come with trouble, so are counted exactly.
 */
export function newDrift(documented: readonly DocumentedType[], { oneIn }: { oneIn: number }): Drift {
  const types = new Map(documented.map((shape) => [shape.type, newTally(shape)]))
  const foreignTypes = new Map<string, number>()
  const foreignFields = new Map<string, { type: string; path: string; seen: number }>()

  const countForeign = (type: string, path: string, seen = 1): void => {
    const key = JSON.stringify([type, path])
    const known = foreignFields.get(key)
    if (known !== undefined) known.seen += seen
    else if (foreignFields.size < KINDS_KEPT) foreignFields.set(key, { type, path, seen })
  }
  const countForeignType = (type: string, seen = 1): void => {
    const known = foreignTypes.get(type)
    if (known !== undefined || foreignTypes.size < KINDS_KEPT) foreignTypes.set(type, (known ?? 0) + seen)
  }

  return {
    see(event, body, isTroubled) {
      if (event === undefined) {
        const type = typeIn(body)
        if (type !== undefined) countForeignType(named(type))
        return
      }
      const tally = types.get(event.type)
      if (tally === undefined) return
      const isSampled = tally.seen < SAMPLE.first || tally.seen % oneIn === 0
      tally.seen++
      if (!isSampled && !isTroubled) return
      tally.looked++
      look(tally.root, event)
      if (isTroubled) findForeign(tally.root, event, (path) => countForeign(event.type, path))
    },
    encode() {
      const encoded = [...types].map(([type, { seen, looked, all }]) => {
        const fields = all.map(({ field, counts }): [string, SeenField] => [field.path, counts])
        return [type, { seen, looked, fields: Object.fromEntries(fields) }] as const
      })
      return {
        types: Object.fromEntries(encoded),
        undocumentedTypes: Object.fromEntries(foreignTypes),
        undocumentedFields: [...foreignFields.values()],
      }
    },
    add(part) {
      for (const [type, { seen, looked, fields }] of Object.entries(part.types)) {
        const tally = types.get(type)
        if (tally === undefined) continue
        tally.seen += seen
        tally.looked += looked
        for (const { field, counts } of tally.all) {
          const theirs = fields[field.path]
          if (theirs === undefined) continue
          counts.seen += theirs.seen
          counts.nulls += theirs.nulls
          for (const [i, count] of theirs.values.entries()) counts.values[i] = (counts.values[i] ?? 0) + count
        }
      }
      for (const [type, seen] of Object.entries(part.undocumentedTypes)) countForeignType(type, seen)
      for (const { type, path, seen } of part.undocumentedFields) countForeign(type, path, seen)
    },
    report() {
      const seen = [...types].filter(([, tally]) => tally.seen > 0)
      const unseen = seen.flatMap(([type, { root }]) => neverSeen(root).map((path) => ({ type, path })))
      return {
        undocumentedTypes: [...foreignTypes].map(([type, count]) => ({ type, seen: count })).toSorted(bySeen),
        undocumentedFields: [...foreignFields.values()].map((field) => ({ ...field })).toSorted(bySeen),
        neverSeenTypes: [...types].filter(([, tally]) => tally.seen === 0).map(([type]) => type),
        neverSeenFields: unseen,
        neverSeenValues: seen.flatMap(([type, { all }]) =>
          all.flatMap(({ field, counts }) => {
            const values = field.values.filter((_, i) => counts.values[i] === 0).map(shown)
            // Of a field that never came, that is already said.
            return counts.seen === 0 || values.length === 0 ? [] : [{ type, path: field.path, values }]
          }),
        ),
      }
    },
  }
}

// --- internal ---

/** A target that invents a type or a field a message must not fill the memory. */
const KINDS_KEPT = 500
const NAME_KEPT = 80

/** A documented place with its counters, ready to be walked without making anything. */
interface Place {
  readonly field: DocumentedField
  readonly counts: SeenField
  readonly fields: readonly Place[]
  readonly items: Place | undefined
  readonly names: ReadonlySet<string>
}

interface Tally {
  seen: number
  /** How many of them were looked at in full. */
  looked: number
  readonly root: Place
  readonly all: readonly Place[]
}

function newTally(shape: DocumentedType): Tally {
  const root = newPlace(shape)
  return { seen: 0, looked: 0, root, all: withAllBelow(root) }
}

function newPlace(field: DocumentedField): Place {
  return {
    field,
    counts: { seen: 0, nulls: 0, values: field.values.map(() => 0) },
    fields: field.fields.map(newPlace),
    items: field.items === undefined ? undefined : newPlace(field.items),
    names: new Set(field.fields.map(({ key }) => key)),
  }
}

function below({ fields, items }: Place): readonly Place[] {
  return items === undefined ? fields : [...fields, items]
}

function withAllBelow(place: Place): Place[] {
  return [place, ...below(place).flatMap(withAllBelow)]
}

/** Counts what is documented. Nothing here may allocate: it runs on the receive path. */
function look(place: Place, value: unknown): void {
  const { counts, field } = place
  counts.seen++
  if (value === null) {
    counts.nulls++
    return
  }
  if (field.values.length > 0) {
    const at = field.values.indexOf(value)
    if (at >= 0) counts.values[at] = (counts.values[at] ?? 0) + 1
  }
  if (typeof value !== 'object') return
  if (Array.isArray(value)) {
    if (place.items !== undefined) for (let i = 0; i < value.length; i++) look(place.items, value[i])
    return
  }
  for (let i = 0; i < place.fields.length; i++) {
    const inner = place.fields[i] as Place
    if (Object.hasOwn(value, inner.field.key))
      look(inner, (value as Record<string, unknown>)[inner.field.key])
  }
}

function findForeign(place: Place, value: unknown, tell: (path: string) => void): void {
  if (value === null || typeof value !== 'object') return
  if (Array.isArray(value)) {
    const told = new Set<string>()
    // An undocumented field of a list's items counts once a message, however long the list.
    const once = (path: string): void => {
      if (!told.has(path)) tell(path)
      told.add(path)
    }
    if (place.items !== undefined) for (const item of value) findForeign(place.items, item, once)
    return
  }
  for (const [key, inner] of Object.entries(value)) {
    if (place.names.has(key)) {
      const known = place.fields.find(({ field }) => field.key === key)
      if (known !== undefined) findForeign(known, inner, tell)
    } else if (!place.field.isOpen) {
      const { path } = place.field
      tell(path === '' ? named(key) : `${path}.${named(key)}`)
    }
  }
}

/** Documented fields that never came; of a whole part that never came, the part alone. */
function neverSeen(place: Place): string[] {
  if (place.counts.seen === 0) return [place.field.path]
  return below(place).flatMap(neverSeen)
}

function typeIn(body: string): string | undefined {
  try {
    const value: unknown = JSON.parse(body)
    if (value === null || typeof value !== 'object') return undefined
    const { type } = value as { type?: unknown }
    return typeof type === 'string' ? type : undefined
  } catch {
    return undefined // No JSON at all: a violation, told as such.
  }
}

/** A target's name in a length that reports can show, with what could drive a terminal escaped. */
function named(name: string): string {
  const safe = name
    .slice(0, NAME_KEPT)
    .toWellFormed()
    .replaceAll(
      /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
      (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
    )
  return name.length > NAME_KEPT ? `${safe}…` : safe
}

function bySeen(a: { seen: number }, b: { seen: number }): number {
  return b.seen - a.seen
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
