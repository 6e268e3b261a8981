import { fileURLToPath } from 'node:url'
import { StompedeError } from '../errors.ts'
import { mediaTypeOf, readCalls, readEvents } from './contract-documents.ts'
import type { CallName, DocumentedCall, DocumentedEvent, DocumentedResponse } from './contract-documents.ts'
import { isNode, openContractFiles, type ContractFiles, type Located } from './contract-files.ts'
import { kindOf, shorten, type ContractIssue } from './contract-issue.ts'
import { shapeOf, type EventShape } from './contract-shape.ts'
import { newCompiler, type Checks, type Compiler } from './contract-validators.ts'
import type { ChatEvent } from './contract/events.gen.ts'

export type { CallName } from './contract-documents.ts'
export type { ContractIssue } from './contract-issue.ts'
export type * from './contract/events.gen.ts'

/** A loaded contract: every validator compiled, ready for the receive path. Immutable; one a thread. */
export interface Contract {
  /** The directory it was read from. */
  readonly source: string
  /** Sha256 of the documents and schemas, 16 hex digits. */
  readonly digest: string
  /** The `type` of every documented event, in the order of the AsyncAPI document. */
  readonly eventTypes: readonly string[]
  /** The documented fields of every event, in the same order. */
  readonly shapes: readonly EventShape[]
  /** Where each call goes: the path below the host, with the documented base path. */
  readonly calls: Readonly<Record<CallName, CallRoute>>
  /**
   * Parses and validates one MESSAGE body. Returns the event, also one that breaks the contract as long as it is an
   * object with a known `type`; otherwise undefined. Calls `onIssue` once a problem; allocates nothing beside the
   * parsed value when there is none. Never throws, whatever the text.
   */
  readEvent(text: string, onIssue: (issue: ContractIssue) => void): ChatEvent | undefined
  /**
   * Validates one HTTP answer: status, content type, body. Returns the parsed body, or undefined where there is no
   * JSON. A documented refusal (4XX) and a server error (5XX) are no issue: what they mean is for the caller to say.
   */
  readResponse(
    call: CallName,
    status: number,
    contentType: string | undefined,
    text: string,
    onIssue: (issue: ContractIssue) => void,
  ): unknown
  /** Why a server should refuse this request body; undocumented fields are no reason. Empty = acceptable. */
  checkRequest(call: CallName, body: unknown): ContractIssue[]
}

/** How to address one call. `path` ignores the room where the call has none in its path. */
interface CallRoute {
  readonly method: 'POST'
  readonly path: (roomId: number) => string
}

/**
 * Reads `asyncapi.yaml`, `openapi.yaml` and the schemas they refer to, and compiles every validator; without
 * `directory` those of the product itself. Throws StompedeError CONTRACT_INVALID, with every fault of every file
 * among its `problems`.
 */
export function loadContract(directory: string = SHIPPED): Contract {
  const files = openContractFiles(directory)
  const { documented, calls, readEvent } = compileContract(files)
  requireSound(files)
  const callOf = (name: CallName): CallChecks => {
    const call = calls.get(name)
    if (call === undefined) throw new Error(`${name} was not compiled`)
    return call
  }
  return {
    source: files.directory,
    digest: files.digest(),
    eventTypes: documented.events.map(({ type }) => type),
    shapes: documented.events.map((event) => shapeOf(files, event)),
    calls: {
      connect: callOf('connect').route,
      'send-message': callOf('send-message').route,
      'typing-start': callOf('typing-start').route,
      'typing-end': callOf('typing-end').route,
      'join-room': callOf('join-room').route,
      'leave-room': callOf('leave-room').route,
      disconnect: callOf('disconnect').route,
    },
    readEvent,
    readResponse: (call, status, contentType, text, onIssue) =>
      readResponse(callOf(call), status, contentType, text, onIssue),
    checkRequest(call, body) {
      const request = callOf(call).request
      return request === undefined ? [] : request.breaches(body)
    },
  }
}

/** What the files of a contract document, and everything compiled from it. What is wrong is in `files.problems`. */
export interface CompiledContract {
  readonly documented: {
    readonly events: readonly DocumentedEvent[]
    readonly calls: readonly DocumentedCall[]
  }
  readonly compiler: Compiler
  readonly calls: ReadonlyMap<CallName, CallChecks>
  readonly readEvent: Contract['readEvent']
}

/** Reads both documents and compiles every schema; every fault goes to `files.problems`, nothing is thrown. */
export function compileContract(files: ContractFiles): CompiledContract {
  const compiler = newCompiler(files)
  const documented = { events: readEvents(files), calls: readCalls(files) }
  const events = new Map<unknown, Checks>()
  for (const { type, basis, schema } of documented.events) {
    events.set(type, compiler.compile(schema, type, basis))
  }
  const calls = new Map<CallName, CallChecks>()
  for (const call of documented.calls) calls.set(call.name, compileCall(call, compiler))
  for (const file of files.schemas) {
    const whole = files.open(file)
    if (whole !== undefined && !compiler.covers(whole)) compiler.compile(whole, subjectOf(whole), 'guide')
  }
  return { documented, compiler, calls, readEvent: eventReader(events) }
}

/** Throws StompedeError CONTRACT_INVALID when anything wrong was found in these files. */
export function requireSound({ directory, problems }: ContractFiles): void {
  if (problems.length === 0) return
  const count = problems.length === 1 ? '1 fault' : `${problems.length} faults`
  throw new StompedeError('CONTRACT_INVALID', `the contract in ${directory} has ${count}`, { problems })
}

/** The product's own contract: the same place seen from `src/` and from `dist/`. */
export const SHIPPED = fileURLToPath(new URL('../../src/chat/contract/', import.meta.url))

/** A schema is called by its file, or by its name among a document's `schemas` or `$defs`; else `fallback`. */
export function subjectOf({ file, pointer }: Located, fallback = file): string {
  if (pointer === '') return file.slice(file.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '')
  return /\/(?:schemas|\$defs|definitions)\/([^/]+)$/.exec(pointer)?.[1] ?? fallback
}

// --- internal ---

interface CallChecks {
  readonly name: CallName
  readonly route: CallRoute
  readonly request: Checks | undefined
  readonly responses: ReadonlyMap<string, ResponseChecks>
}

type ResponseChecks = DocumentedResponse & { readonly body: Checks | undefined }

function compileCall({ name, path, request, responses }: DocumentedCall, compiler: Compiler): CallChecks {
  const [before = '', after] = path.split('{roomId}')
  const body = request?.schema
  const compiled = new Map<string, ResponseChecks>()
  for (const response of responses) {
    const { schema, status, basis } = response
    const checks = schema && compiler.compile(schema, subjectOf(schema, `${name}-${status}`), basis)
    compiled.set(status, { ...response, body: checks })
  }
  return {
    name,
    route: {
      method: 'POST',
      path: after === undefined ? () => before : (roomId) => `${before}${roomId}${after}`,
    },
    request: body && compiler.compile(body, subjectOf(body, `${name}-request`), 'guide'),
    responses: compiled,
  }
}

function eventReader(events: ReadonlyMap<unknown, Checks>): Contract['readEvent'] {
  const expected = `must be one of ${[...events.keys()].join(', ')}`
  return (text, onIssue) => {
    const value = parse(text)
    if (!isNode(value)) {
      const [rule, what] = value === NOT_JSON ? ['event/json', 'JSON'] : ['event/object', 'an object']
      onIssue(violation(rule, '', `must be ${what}, found ${shorten(value === NOT_JSON ? text : value)}`))
      return undefined
    }
    const checks = events.get(value['type'])
    if (checks === undefined) {
      onIssue(violation('event/type', '/type', `${expected}, found ${shorten(value['type'])}`))
      return undefined
    }
    if (!checks.strict(value)) for (const issue of checks.explain(value)) onIssue(issue)
    return value as unknown as ChatEvent
  }
}

function readResponse(
  { name, responses }: CallChecks,
  status: number,
  contentType: string | undefined,
  text: string,
  onIssue: (issue: ContractIssue) => void,
): unknown {
  const parsed = parse(text)
  const body = parsed === NOT_JSON ? undefined : parsed
  const documented =
    responses.get(String(status)) ??
    responses.get(`${Math.floor(status / 100)}XX`) ??
    responses.get('DEFAULT')
  if (documented === undefined) {
    // Any server may fail (RFC 9110, 15.6): that is a failed call, counted as such, and no breach of the contract.
    if (status >= 500) return body
    const known = [...responses.keys()].join(', ').toLowerCase()
    onIssue(violation(`http/${name}/status`, '', `must be one of ${known}, found ${status}`))
    return body
  }
  const { basis, mediaTypes } = documented
  if (mediaTypes.length === 0) return body
  const raise = (aspect: string, what: string): void => {
    const issue = violation(`http/${name}/${aspect}`, '', what)
    onIssue(basis === 'guide' ? issue : { ...issue, kind: 'drift' })
  }
  const announced = mediaTypes.includes(mediaTypeOf(contentType ?? ''))
  if (!announced) raise('content-type', `must be ${mediaTypes.join(' or ')}, found ${shorten(contentType)}`)
  const checks = documented.body
  if (checks === undefined) return body
  // A page of HTML announced as such is one fault, not two.
  if (parsed === NOT_JSON) {
    if (announced) raise('json', `must be JSON, found ${checks.secret ? kindOf(text) : shorten(text)}`)
  } else if (!checks.strict(parsed)) {
    for (const issue of checks.explain(parsed)) onIssue(issue)
  }
  return body
}

const NOT_JSON = Symbol('not JSON')

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return NOT_JSON
  }
}

function violation(rule: string, path: string, what: string): ContractIssue {
  return { kind: 'violation', rule, path, detail: `${rule}: ${what}` }
}
