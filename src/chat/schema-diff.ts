import type { Bundle } from './contract-schema.ts'
import { canonical, viewOf, type SchemaView } from './schema-view.ts'

/** `breaking`: a client written for the old contract may fail. `unclear`: a person must look. */
export type ChangeClass = 'breaking' | 'unclear' | 'non-breaking'

/** One difference between two schemas of the same payload. */
export interface SchemaChange {
  readonly class: ChangeClass
  /** Stable name of the kind of change. */
  readonly kind: string
  /** Into the payload: `message.id`, `subscriptions[].roomId`; '' for the whole. */
  readonly path: string
  /** In words, with the values. */
  readonly detail: string
}

/**
 * What changed between two schemas for clients that were written for the first. `read`: clients read such payloads, so
 * that anything that may come beyond the first breaks them. `write`: clients write them, so that anything refused beyond
 * the first does. What the first leaves to the reference target breaks nobody for sure: then `unclear`.
 */
export function diffSchemas(before: Bundle, after: Bundle, direction: 'read' | 'write'): SchemaChange[] {
  const changes: SchemaChange[] = []
  const tell: Tell = (isChoice, change) => {
    const softened = isChoice && change.class === 'breaking'
    const note = ' (it was a reference choice, promised to nobody)'
    changes.push(softened ? { ...change, class: 'unclear', detail: change.detail + note } : change)
  }
  const compare = (
    a: readonly unknown[],
    b: readonly unknown[],
    path: string,
    above: readonly string[],
  ): void => {
    const key = `${textOf(before, a)} ${textOf(after, b)}`
    if (above.includes(key)) return
    const [old, now] = [viewOf(before, a), viewOf(after, b)]
    compareValues(old, now, direction, path, tell)
    compareFields(old, now, path, [...above, key])
    if (old.items.length > 0 && now.items.length > 0)
      compare(old.items, now.items, `${path}[]`, [...above, key])
  }
  const compareFields = (old: SchemaView, now: SchemaView, path: string, above: readonly string[]): void => {
    const gone = [...old.fields.keys()].filter((name) => !now.fields.has(name))
    const come = [...now.fields.keys()].filter((name) => !old.fields.has(name))
    for (const name of gone) {
      const at = below(path, name)
      const text = textOf(before, fieldOf(old, name))
      const twins = come.filter((other) => textOf(after, fieldOf(now, other)) === text)
      const rivals = gone.filter((other) => textOf(before, fieldOf(old, other)) === text)
      const twin = twins.length === 1 && rivals.length === 1 ? twins[0] : undefined
      const isChoice = old.isChoice('properties') || viewOf(before, fieldOf(old, name)).isChoice('')
      if (twin !== undefined) {
        come.splice(come.indexOf(twin), 1)
        const detail = `field ${name} seems to be called ${twin} now`
        tell(isChoice, { class: 'breaking', kind: 'field-renamed', path: at, detail })
      } else {
        const was = old.required.has(name) ? 'required' : 'optional'
        const change = { class: removed(direction, was, now.isClosed), kind: 'field-removed', path: at }
        tell(isChoice, { ...change, detail: `${was} field is gone` })
      }
    }
    for (const name of come) {
      const isNeeded = direction === 'write' && now.required.has(name)
      tell(old.isChoice(''), {
        class: isNeeded ? 'breaking' : 'non-breaking',
        kind: 'field-added',
        path: below(path, name),
        detail: `new ${now.required.has(name) ? 'required' : 'optional'} field`,
      })
    }
    for (const [name, schemas] of old.fields) {
      const others = now.fields.get(name)
      if (others === undefined) continue
      const at = below(path, name)
      const [was, is] = [old.required.has(name), now.required.has(name)]
      if (was !== is) {
        const isBreaking = direction === 'read' ? was : is
        tell(old.isChoice('required') || viewOf(before, schemas).isChoice(''), {
          class: isBreaking ? 'breaking' : 'non-breaking',
          kind: is ? 'field-required' : 'field-optional',
          path: at,
          detail: is ? 'optional field is required now' : 'required field is optional now',
        })
      }
      compare(schemas, others, at, above)
    }
  }
  compare([before.schema], [after.schema], '', [])
  return changes
}

// --- internal ---

type Tell = (isChoice: boolean, change: SchemaChange) => void

/** How the set of possible values went: more, fewer, some of both, or nobody can tell. */
type Effect = 'widened' | 'narrowed' | 'changed' | 'unknown'

/** Notes that a keyword's set of possible values went some way. */
type Say = (kind: string, keyword: string, effect: Effect, was: Shown, is: Shown) => void

function compareValues(
  old: SchemaView,
  now: SchemaView,
  direction: 'read' | 'write',
  path: string,
  tell: Tell,
): void {
  const say: Say = (kind, keyword, effect, was, is) => {
    const detail = `${keyword} ${VERB[effect]}: ${worded(was)} → ${worded(is)}`
    const name = effect === 'unknown' ? 'changed' : effect
    tell(old.isChoice(keyword), { class: CLASS[direction][effect], kind: `${kind}-${name}`, path, detail })
  }
  compareTypes(old, now, say)
  compareLimits(old, now, say)
  compareBranches(old, now, say)
  compareOthers(old, now, say)
  if (old.items.length > 0 !== now.items.length > 0) {
    const [was, is] = old.items.length > 0 ? ['described', 'anything'] : ['anything', 'described']
    say('items', 'items', is === 'anything' ? 'widened' : 'narrowed', was, is)
  }
  if (old.isClosed === now.isClosed) return
  const isOpening = old.isClosed
  tell(old.isChoice('additionalProperties'), {
    class: isOpening ? (direction === 'read' ? 'unclear' : 'non-breaking') : CLASS[direction].narrowed,
    kind: isOpening ? 'object-opened' : 'object-closed',
    path,
    detail: isOpening
      ? 'fields beside the documented ones may come'
      : 'only the documented fields are allowed now',
  })
}

function compareTypes(old: SchemaView, now: SchemaView, say: Say): void {
  const listed = effectOf(old.values, now.values)
  if (listed !== undefined) say('enum', 'enum', listed, old.values, now.values)
  if (old.values !== undefined && now.values !== undefined) return
  // Values name their types: beside a list that came or went, the type is told only if it went the other way.
  const effect = effectOf([...old.types], [...now.types])
  if (effect !== undefined && effect !== listed)
    say('type', 'type', effect, typeNames(old.types), typeNames(now.types))
}

function compareLimits(old: SchemaView, now: SchemaView, say: Say): void {
  for (const keyword of new Set([...old.limits.keys(), ...now.limits.keys()])) {
    const [was, is] = [old.limits.get(keyword), now.limits.get(keyword)]
    if (was === is) continue
    const isLower = keyword.toLowerCase().includes('min')
    const isWider = is === undefined || (was !== undefined && is < was === isLower)
    say('limit', keyword, isWider ? 'widened' : 'narrowed', was, is)
  }
}

function compareBranches(old: SchemaView, now: SchemaView, say: Say): void {
  const count = (set: ReadonlySet<string> | undefined): string =>
    set === undefined ? 'none' : `${set.size} branches`
  for (const keyword of new Set([...old.branches.keys(), ...now.branches.keys()])) {
    const [was, is] = [old.branches.get(keyword), now.branches.get(keyword)]
    const effect = effectOf(was && [...was], is && [...is])
    // A branch that was altered is one gone and one come: whether that is more or less, nobody can tell.
    if (effect !== undefined)
      say('branch', keyword, effect === 'changed' ? 'unknown' : effect, count(was), count(is))
  }
}

function compareOthers(old: SchemaView, now: SchemaView, say: Say): void {
  for (const keyword of new Set([...old.others.keys(), ...now.others.keys()])) {
    const [was, is] = [old.others.get(keyword), now.others.get(keyword)]
    if (was === is) continue
    const effect = was === undefined ? 'narrowed' : is === undefined ? 'widened' : 'unknown'
    say('constraint', keyword, effect, bare(was, keyword), bare(is, keyword))
  }
}

const CLASS: Record<'read' | 'write', Record<Effect, ChangeClass>> = {
  read: { widened: 'breaking', narrowed: 'non-breaking', changed: 'breaking', unknown: 'unclear' },
  write: { widened: 'non-breaking', narrowed: 'breaking', changed: 'breaking', unknown: 'unclear' },
}

const VERB: Record<Effect, string> = {
  widened: 'allows more',
  narrowed: 'allows less',
  changed: 'allows other values',
  unknown: 'differs',
}

/** Lists of what is allowed; undefined allows anything. */
function effectOf(was: readonly string[] | undefined, is: readonly string[] | undefined): Effect | undefined {
  const isMore = was !== undefined && (is === undefined || is.some((value) => !was.includes(value)))
  const isLess = is !== undefined && (was === undefined || was.some((value) => !is.includes(value)))
  if (isMore) return isLess ? 'changed' : 'widened'
  return isLess ? 'narrowed' : undefined
}

function removed(direction: 'read' | 'write', was: 'required' | 'optional', isClosed: boolean): ChangeClass {
  if (direction === 'read') return was === 'required' ? 'breaking' : 'unclear'
  return isClosed ? 'breaking' : 'unclear'
}

function textOf(within: Bundle, schemas: readonly unknown[]): string {
  return schemas.map((schema) => canonical(within, schema)).join('&')
}

function fieldOf(view: SchemaView, name: string): readonly unknown[] {
  return view.fields.get(name) ?? []
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function typeNames(types: ReadonlySet<string>): string[] {
  if (types.size === 7) return ['any']
  const isNumber = types.has('fraction')
  return [...types]
    .filter((type) => type !== 'integer' || !isNumber)
    .map((type) => (type === 'fraction' ? 'number' : type))
}

function bare(text: string | undefined, keyword: string): string | undefined {
  return text?.startsWith(`${keyword} `) === true ? text.slice(keyword.length + 1) : text
}

/** What a detail names on either side: a text, a limit, a list of values; undefined = nothing said. */
type Shown = string | number | readonly string[] | undefined

function worded(value: Shown): string {
  const text = value === undefined ? 'any' : typeof value === 'object' ? value.join(', ') : String(value)
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > 80 ? `${line.slice(0, 79).toWellFormed()}…` : line
}
