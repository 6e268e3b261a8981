import { posix } from 'node:path'
import { placeOf } from './contract-documents.ts'
import { isNode, type ContractFiles, type Located } from './contract-files.ts'
import { subschemas } from './contract-schema.ts'

/**
 * Follows every `$ref` of both documents and all schema files, also those that no message and no call needs; what leads
 * nowhere goes to `files.problems`. Returns the files that something refers to.
 */
export function visitReferences(files: ContractFiles): Set<string> {
  const referred = new Set<string>()
  for (const whole of wholeFiles(files)) {
    visitNodes(files, whole, (place, node) => {
      const { $ref: reference } = node
      if (typeof reference !== 'string') return
      const address = reference.split('#', 1)[0] ?? ''
      if (files.follow({ ...place, value: { $ref: reference } }) === undefined || address === '') return
      referred.add(posix.normalize(posix.join(posix.dirname(place.file), address)))
    })
  }
  return referred
}

/** Every place where a schema begins: the schema files, the payloads, the bodies, the parameters, named components. */
export function schemaRoots(files: ContractFiles): Located[] {
  const roots = new Map<string, Located>()
  const add = (place: Located): void => {
    const target = files.follow(place)
    if (target !== undefined) roots.set(placeOf(target), target)
  }
  for (const file of files.schemas) {
    const whole = files.open(file)
    if (whole !== undefined) add(whole)
  }
  for (const whole of documents(files)) {
    visitNodes(files, whole, (place, node, name) => {
      // A wrapped payload (schemaFormat) has its schema one level down, under `schema`.
      for (const key of ['payload', 'headers', 'schema']) {
        const value = node[key]
        const isMap = key === 'headers' && !isMessageHeaders(value)
        if (isNode(value) && !isMap && !('schemaFormat' in value)) add(files.at(place, key))
      }
      if (name === 'components' && isNode(node['schemas']))
        for (const key of Object.keys(node['schemas'])) add(files.at(place, 'schemas', key))
    })
  }
  return [...roots.values()]
}

/** All schemas in and behind the given ones, each once. */
export function visitSchemas(files: ContractFiles, roots: readonly Located[]): Located[] {
  const seen = new Map<string, Located>()
  const pending = [...roots]
  for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
    if (seen.has(placeOf(place)) || !isNode(place.value)) continue
    seen.set(placeOf(place), place)
    const reference = place.value['$ref']
    const target =
      reference === undefined ? undefined : files.follow({ ...place, value: { $ref: reference } })
    pending.push(...subschemas(files, place).map((inner) => inner.place))
    if (target !== undefined) pending.push(target)
  }
  return [...seen.values()]
}

/** Both documents, as far as they can be read. */
export function documents(files: ContractFiles): Located[] {
  return ['asyncapi.yaml', 'openapi.yaml'].flatMap((file) => files.open(file) ?? [])
}

/** Every object of a document or schema that is no instance data: `name` is the key it stands under. */
export function visitNodes(
  files: ContractFiles,
  place: Located,
  visit: (place: Located, node: Readonly<Record<string, unknown>>, name: string) => void,
  name = '',
  isMap = false,
): void {
  const { value } = place
  if (Array.isArray(value)) {
    for (const index of value.keys()) visitNodes(files, files.at(place, String(index)), visit, name)
    return
  }
  if (!isNode(value)) return
  if (!isMap) visit(place, value, name)
  for (const key of Object.keys(value)) {
    const isData = !isMap && (DATA.has(key) || key.startsWith('x-'))
    // OpenAPI's `examples` is a map of objects that may be references; JSON Schema's and AsyncAPI's is a list of data.
    if (isData && !(key === 'examples' && isNode(value[key]))) continue
    visitNodes(files, files.at(place, key), visit, key, !isMap && NAMED.has(key))
  }
}

// --- internal ---

/** Keywords that hold instances, in which nothing has a meaning. */
const DATA: ReadonlySet<string> = new Set(['examples', 'example', 'value', 'default', 'const', 'enum'])

/** Keywords whose keys are names somebody chose. */
const NAMED: ReadonlySet<string> = new Set(
  `properties patternProperties $defs definitions dependentSchemas schemas messages channels operations
   servers parameters responses requestBodies securitySchemes paths content examples callbacks links
   pathItems variables`.split(/\s+/),
)

function wholeFiles(files: ContractFiles): Located[] {
  return [...documents(files), ...files.schemas.flatMap((file) => files.open(file) ?? [])]
}

/** AsyncAPI's `headers` is a schema, OpenAPI's a map of header objects. */
function isMessageHeaders(value: unknown): boolean {
  return isNode(value) && ('$ref' in value || 'type' in value || 'properties' in value)
}
