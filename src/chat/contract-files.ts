import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { posix, resolve, sep } from 'node:path'
import { parseDocument } from 'yaml'
import { reasonOf } from '../errors.ts'

/** A JSON object of a contract file, its fields not yet checked. */
export type Node = Readonly<Record<string, unknown>>

/** A value inside a contract file. `pointer` is a JSON pointer ('' = the whole file). */
export interface Located {
  readonly file: string
  readonly pointer: string
  readonly value: unknown
}

/** The parsed files of one contract directory. Never reads outside it, never the network. */
export interface ContractFiles {
  /** The absolute directory. */
  readonly directory: string
  /** Every fault found so far, in all files, as `file#pointer: what`. Readers add to it; nobody throws. */
  readonly problems: string[]
  /** The schema files (`schemas/**`), by name. */
  readonly schemas: readonly string[]
  /** The whole of one file, or undefined when it is missing or unreadable (already among the problems). */
  open(file: string): Located | undefined
  /** A field of an object; its value is undefined where there is none. */
  at(parent: Located, ...keys: readonly string[]): Located
  /**
   * Follows references until something that is none; undefined when one leads nowhere (already among the problems).
   * A schema with keywords beside its `$ref` is no mere reference, and is not left behind.
   */
  follow(from: Located): Located | undefined
  /** Notes a fault of this place. */
  fault(where: Located, what: string): void
  /** Sha256 of the names and bytes of every file opened so far: 16 hex digits. */
  digest(): string
}

/** Opens `directory` with everything in its `schemas/`; `asyncapi.yaml` and `openapi.yaml` are opened on demand. */
export function openContractFiles(directory: string): ContractFiles {
  const root = resolve(directory)
  const contents = new Map<string, Buffer>()
  const parsed = new Map<string, Located | undefined>()
  const problems: string[] = []
  const reported = new Set<string>()

  const fault = (where: Located, what: string): void => {
    const line = `${where.file}${where.pointer === '' ? '' : `#${where.pointer}`}: ${what}`
    if (!reported.has(line)) problems.push(line)
    reported.add(line)
  }

  const open = (file: string, from?: Located): Located | undefined => {
    if (parsed.has(file)) return parsed.get(file)
    const whole = { file, pointer: '', value: undefined }
    let found: Located | undefined
    try {
      const bytes = readFileSync(resolve(root, file))
      contents.set(file, bytes)
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
      const value = file.endsWith('.json') ? (JSON.parse(text) as unknown) : parseYaml(text, whole, fault)
      if (value !== undefined) found = { ...whole, value }
    } catch (thrown) {
      const by = from === undefined ? '' : ` (referred to by ${from.file}#${from.pointer})`
      fault(whole, missing(thrown) ? `no such file${by}` : reasonOf(thrown))
    }
    parsed.set(file, found)
    return found
  }

  const at = (parent: Located, ...keys: readonly string[]): Located =>
    keys.reduce<Located>(
      ({ file, pointer, value }, key) => ({
        file,
        pointer: `${pointer}/${escapePointer(key)}`,
        value: isNode(value) || Array.isArray(value) ? ownField(value, key) : undefined,
      }),
      parent,
    )

  const step = (from: Located, reference: string): Located | undefined => {
    const [address = '', fragment = ''] = reference.split('#', 2)
    if (/^[a-z][a-z0-9+.-]*:|^\//i.test(address)) {
      fault(
        from,
        `$ref ${quote(reference)}: only files of this directory can be referred to, by relative paths`,
      )
      return undefined
    }
    const file = address === '' ? from.file : posix.normalize(posix.join(posix.dirname(from.file), address))
    if (file.startsWith('../') || !resolve(root, file).startsWith(root + sep)) {
      fault(from, `$ref ${quote(reference)}: leads out of the contract directory`)
      return undefined
    }
    const whole = open(file, from)
    if (whole === undefined) return undefined
    const target = at(whole, ...pointerKeys(decodeFragment(fragment)))
    if (fragment !== '' && (!fragment.startsWith('/') || target.value === undefined)) {
      fault(from, `$ref ${quote(reference)}: nothing is there`)
      return undefined
    }
    return target
  }

  const follow = (from: Located): Located | undefined => {
    const seen = new Set<string>()
    let place: Located = from
    while (isReference(place.value)) {
      const key = `${place.file}#${place.pointer}`
      if (seen.has(key)) {
        fault(from, `$ref ${quote(place.value.$ref)}: refers to itself`)
        return undefined
      }
      seen.add(key)
      const next = step(place, place.value.$ref)
      if (next === undefined) return undefined
      place = next
    }
    return place
  }

  const schemas = listSchemas(root)
  for (const file of schemas) open(file)

  const digest = (): string => {
    const hash = createHash('sha256')
    for (const [file, bytes] of [...contents].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      hash.update(`${file}\0${bytes.length}\0`).update(bytes)
    }
    return hash.digest('hex').slice(0, 16)
  }
  return { directory: root, problems, schemas, open: (file) => open(file), at, follow, fault, digest }
}

/** Whether `value` is a JSON object. */
export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The keys a JSON pointer names, unescaped. */
export function pointerKeys(pointer: string): string[] {
  const keys = pointer.split('/').slice(1)
  return keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** `key` as one step of a JSON pointer. */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

// --- internal ---

/** A `$ref` and, at most, words about it. */
function isReference(value: unknown): value is { $ref: string } {
  if (!isNode(value) || typeof value['$ref'] !== 'string') return false
  return Object.keys(value).every((key) => BESIDE_REFERENCE.has(key) || key.startsWith('x-'))
}

const BESIDE_REFERENCE = new Set(['$ref', 'title', 'summary', 'description'])

function parseYaml(text: string, where: Located, fault: ContractFiles['fault']): unknown {
  const document = parseDocument(text, { prettyErrors: true })
  // After a syntax error the parser guesses, so that what follows is mostly noise.
  const told = document.errors.filter(({ code }, index) => index === 0 || code === 'DUPLICATE_KEY')
  for (const { message } of [...told, ...document.warnings]) {
    fault(where, message.split('\n', 1)[0]?.replace(/:$/, '') ?? message)
  }
  return document.errors.length > 0 ? undefined : (document.toJS({ maxAliasCount: 100 }) as unknown)
}

function listSchemas(root: string): string[] {
  let names: string[]
  try {
    names = readdirSync(resolve(root, 'schemas'), { recursive: true, encoding: 'utf8' })
  } catch {
    return [] // A contract may keep every schema inside its two documents.
  }
  const files = names.filter((name) => /\.(json|ya?ml)$/.test(name))
  return files.map((name) => `schemas/${name.replaceAll(sep, '/')}`).toSorted()
}

function ownField(parent: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(parent, key)?.value as unknown
}

function decodeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return fragment // A stray % stands for itself; the pointer then leads nowhere or where it says.
  }
}

function missing(thrown: unknown): boolean {
  return thrown instanceof Error && (thrown as NodeJS.ErrnoException).code === 'ENOENT'
}

function quote(text: string): string {
  return `'${text}'`
}
