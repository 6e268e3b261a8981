import { isNode, type ContractFiles, type Located } from './contract-files.ts'

/** The seven calls of the chat's HTTP API, named as their paths are. */
const CALL_NAMES = [
  'connect',
  'send-message',
  'typing-start',
  'typing-end',
  'join-room',
  'leave-room',
  'disconnect',
] as const

export type CallName = (typeof CALL_NAMES)[number]

/** Who says so: the client guide, or the reference target where the guide leaves it open (`x-basis`). */
export type Basis = 'guide' | 'reference-choice'

/** One event of the AsyncAPI document: the `type` its payloads carry, and their schema. */
export interface DocumentedEvent {
  readonly type: string
  readonly basis: Basis
  readonly schema: Located
  /** The message object, with its examples. */
  readonly message: Located
  /** The addresses of the channels that carry it. */
  readonly addresses: readonly string[]
}

/** What goes over HTTP in one direction: its media types, and the JSON one's object and schema. */
interface DocumentedContent {
  /** Lower-case media types; empty when no body is documented. */
  readonly mediaTypes: readonly string[]
  /** The media type object, with its examples. */
  readonly content: Located | undefined
  readonly schema: Located | undefined
}

export interface DocumentedResponse extends DocumentedContent {
  /** `200`, `2XX` or `default`, upper case. */
  readonly status: string
  readonly basis: Basis
  readonly place: Located
}

export interface DocumentedRequest extends DocumentedContent {
  readonly isRequired: boolean
  readonly place: Located
}

/** A parameter in the path, the query, a header or a cookie. */
export interface DocumentedParameter {
  readonly name: string
  readonly in: string
  readonly isRequired: boolean
  readonly schema: Located | undefined
  readonly place: Located
}

export interface DocumentedCall {
  readonly name: CallName
  readonly operation: Located
  /** Path below the host, with the server's base path, e.g. `/chat-ws/leave-room/{roomId}`. */
  readonly path: string
  readonly request: DocumentedRequest | undefined
  readonly parameters: readonly DocumentedParameter[]
  readonly responses: readonly DocumentedResponse[]
}

/** Reads the events from `asyncapi.yaml`; faults go to `files.problems`. */
export function readEvents(files: ContractFiles): DocumentedEvent[] {
  const document = openDocument(files, 'asyncapi.yaml', 'asyncapi', '3.')
  if (document === undefined) return []
  const events = new Map<string, DocumentedEvent>()
  const reached = new Map<string, string[]>()
  for (const channel of fieldsOf(files, files.at(document, 'channels'))) {
    const resolved = files.follow(channel)
    if (resolved === undefined) continue
    const address = files.at(resolved, 'address').value
    if (typeof address !== 'string') files.fault(resolved, 'has no address')
    for (const entry of fieldsOf(files, files.at(resolved, 'messages'))) {
      const message = files.follow(entry)
      if (message === undefined) continue
      const known = reached.get(placeOf(message))
      known?.push(String(address))
      if (known !== undefined) continue
      const addresses = [String(address)]
      reached.set(placeOf(message), addresses)
      const event = readEvent(files, message, addresses)
      if (event === undefined) continue
      const twin = events.get(event.type)
      if (twin === undefined) events.set(event.type, event)
      else files.fault(message, `type "${event.type}" is already that of ${placeOf(twin.schema)}`)
    }
  }
  for (const message of fieldsOf(files, files.at(document, 'components', 'messages'))) {
    const resolved = files.follow(message)
    if (resolved !== undefined && !reached.has(placeOf(resolved)))
      files.fault(message, 'no channel carries it')
  }
  checkOperations(files, document)
  if (events.size === 0 && reached.size === 0) files.fault(document, 'documents no event')
  return [...events.values()]
}

/** Reads the seven calls from `openapi.yaml`; faults go to `files.problems`. */
export function readCalls(files: ContractFiles): DocumentedCall[] {
  const document = openDocument(files, 'openapi.yaml', 'openapi', '3.1.')
  if (document === undefined) return []
  const base = basePathOf(files, document)
  const calls = new Map<CallName, DocumentedCall>()
  for (const item of fieldsOf(files, files.at(document, 'paths'))) {
    const resolved = files.follow(item)
    if (resolved === undefined) continue
    for (const method of METHODS) {
      const operation = files.at(resolved, method)
      if (operation.value === undefined) continue
      const call = readCall(files, operation, base + lastKey(item), files.at(resolved, 'parameters'))
      if (call === undefined) continue
      if (method !== 'post') files.fault(operation, `${call.name} must be a POST`)
      else if (calls.has(call.name)) files.fault(operation, `operationId "${call.name}" is used twice`)
      calls.set(call.name, call)
    }
  }
  const absent = CALL_NAMES.filter((name) => !calls.has(name))
  if (absent.length > 0)
    files.fault(files.at(document, 'paths'), `no operation has the operationId ${absent.join(', ')}`)
  return [...calls.values()]
}

/** The `x-basis` of a place; `inherited` where it has none or an unknown one (then also a fault). */
export function basisOf(files: ContractFiles, place: Located, inherited: Basis): Basis {
  const { value } = files.at(place, 'x-basis')
  if (value === 'guide' || value === 'reference-choice') return value
  if (value !== undefined)
    files.fault(place, `x-basis must be guide or reference-choice, not ${JSON.stringify(value)}`)
  return inherited
}

/** One text for one place, to compare places by. */
export function placeOf({ file, pointer }: Located): string {
  return pointer === '' ? file : `${file}#${pointer}`
}

/** `application/json` of `Application/JSON; charset=utf-8`. */
export function mediaTypeOf(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase()
}

// --- internal ---

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const

function openDocument(
  files: ContractFiles,
  file: string,
  field: string,
  version: string,
): Located | undefined {
  const document = files.open(file)
  if (document === undefined) return undefined
  const found = files.at(document, field).value
  if (typeof found === 'string' && found.startsWith(version)) return document
  files.fault(document, `${field} must be ${version}x, not ${JSON.stringify(found) ?? 'absent'}`)
  return isNode(document.value) ? document : undefined
}

function fieldsOf(files: ContractFiles, parent: Located): Located[] {
  return isNode(parent.value) ? Object.keys(parent.value).map((key) => files.at(parent, key)) : []
}

function itemsOf(files: ContractFiles, parent: Located): Located[] {
  return Array.isArray(parent.value) ? parent.value.map((_, index) => files.at(parent, String(index))) : []
}

function readEvent(
  files: ContractFiles,
  message: Located,
  addresses: readonly string[],
): DocumentedEvent | undefined {
  const payload = files.at(message, 'payload')
  if (payload.value === undefined) {
    files.fault(message, 'has no payload')
    return undefined
  }
  // AsyncAPI wraps a payload that names its schema language.
  const wrapped = isNode(payload.value) && 'schemaFormat' in payload.value
  const schema = files.follow(wrapped ? files.at(payload, 'schema') : payload)
  if (schema === undefined) return undefined
  const type = typeConstOf(files, schema, 0)
  if (type === undefined)
    files.fault(schema, 'has no const for the property type, so its events cannot be told apart')
  const basis = basisOf(files, message, 'guide')
  return type === undefined ? undefined : { type, basis, schema, message, addresses }
}

/** The const of the property `type`, also when it stands in an allOf or behind a `$ref` with keywords beside it. */
function typeConstOf(files: ContractFiles, schema: Located, depth: number): string | undefined {
  const property = files.at(schema, 'properties', 'type')
  const own = property.value === undefined ? undefined : files.follow(property)
  const constant = own === undefined ? undefined : files.at(own, 'const').value
  if (typeof constant === 'string') return constant
  if (depth > 8) return undefined
  const reference = files.at(schema, '$ref')
  const behind = reference.value === undefined ? [] : [{ ...schema, value: { $ref: reference.value } }]
  for (const part of [...behind, ...itemsOf(files, files.at(schema, 'allOf'))]) {
    const resolved = files.follow(part)
    const found = resolved === undefined ? undefined : typeConstOf(files, resolved, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

function checkOperations(files: ContractFiles, document: Located): void {
  for (const operation of fieldsOf(files, files.at(document, 'operations'))) {
    const channel = files.follow(files.at(operation, 'channel'))
    if (channel === undefined) continue
    if (channel.value === undefined) {
      files.fault(operation, 'has no channel')
      continue
    }
    const carried = fieldsOf(files, files.at(channel, 'messages')).map(placeOf)
    for (const message of itemsOf(files, files.at(operation, 'messages'))) {
      if (files.follow(message) === undefined || !isNode(message.value)) continue
      const pointer = String(message.value['$ref']).split('#')[1] ?? ''
      if (!carried.includes(`${channel.file}#${pointer}`))
        files.fault(message, `is no message of ${placeOf(channel)}`)
    }
  }
}

function readCall(
  files: ContractFiles,
  operation: Located,
  path: string,
  shared: Located,
): DocumentedCall | undefined {
  const id = files.at(operation, 'operationId').value
  const name = CALL_NAMES.find((known) => known === id)
  if (name === undefined) {
    files.fault(
      operation,
      `operationId must be one of ${CALL_NAMES.join(', ')}, not ${JSON.stringify(id) ?? 'absent'}`,
    )
    return undefined
  }
  const names = [...path.matchAll(/\{([^}]*)\}/g)].map((match) => match[1])
  const unknown = names.filter((parameter) => parameter !== 'roomId')
  if (unknown.length > 0)
    files.fault(operation, `the path may hold {roomId} alone, not {${unknown.join('}, {')}}`)
  const body = files.at(operation, 'requestBody')
  const place = body.value === undefined ? undefined : files.follow(body)
  const request = place && {
    isRequired: files.at(place, 'required').value === true,
    place,
    ...contentOf(files, place),
  }
  const parameters = readParameters(files, [shared, files.at(operation, 'parameters')])
  const responses: DocumentedResponse[] = []
  for (const entry of fieldsOf(files, files.at(operation, 'responses'))) {
    const response = files.follow(entry)
    const status = lastKey(entry).toUpperCase()
    if (!/^([1-5](\d\d|XX)|DEFAULT)$/.test(status))
      files.fault(entry, 'is no HTTP status, range (2XX) or default')
    if (response === undefined) continue
    const basis = basisOf(files, response, basisOf(files, operation, 'guide'))
    responses.push({ status, basis, place: response, ...contentOf(files, response) })
  }
  if (!responses.some(({ status }) => status.startsWith('2')))
    files.fault(operation, 'documents no 2XX response')
  return { name, operation, path, request, parameters, responses }
}

/** OpenAPI lets a path list what all its operations take; an operation's own parameter of that name and place wins. */
function readParameters(files: ContractFiles, lists: readonly Located[]): DocumentedParameter[] {
  const parameters = new Map<string, DocumentedParameter>()
  for (const entry of lists.flatMap((list) => itemsOf(files, list))) {
    const place = files.follow(entry)
    if (place === undefined) continue
    const [name, where] = [files.at(place, 'name').value, files.at(place, 'in').value]
    if (typeof name !== 'string' || typeof where !== 'string') {
      files.fault(place, 'is no parameter: it wants a name and an in')
      continue
    }
    const own = files.at(place, 'schema')
    const schema = own.value === undefined ? undefined : files.follow(own)
    const isRequired = where === 'path' || files.at(place, 'required').value === true
    parameters.set(`${where} ${name}`, { name, in: where, isRequired, schema, place })
  }
  return [...parameters.values()]
}

/** The media types of a request or response, and its JSON one with its schema. */
function contentOf(files: ContractFiles, parent: Located): DocumentedContent {
  const contents = fieldsOf(files, files.at(parent, 'content'))
  const content = contents.find((each) => /^application\/([\w.-]+\+)?json\b/i.test(lastKey(each)))
  const place = content && files.at(content, 'schema')
  const schema = place?.value === undefined ? undefined : files.follow(place)
  return { mediaTypes: contents.map((each) => mediaTypeOf(lastKey(each))), content, schema }
}

function basePathOf(files: ContractFiles, document: Located): string {
  const { value } = files.at(document, 'servers', '0', 'url')
  if (value === undefined) return ''
  if (typeof value === 'string') return value.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]+/i, '').replace(/\/$/, '')
  files.fault(files.at(document, 'servers', '0', 'url'), `must be a URL, found ${JSON.stringify(value)}`)
  return ''
}

function lastKey(place: Located): string {
  const key = place.pointer.slice(place.pointer.lastIndexOf('/') + 1)
  return key.replaceAll('~1', '/').replaceAll('~0', '~')
}
