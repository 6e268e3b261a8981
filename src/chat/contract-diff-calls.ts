import type {
  Basis,
  DocumentedCall,
  DocumentedEvent,
  DocumentedParameter,
  DocumentedResponse,
} from './contract-documents.ts'
import type { ContractFiles, Located } from './contract-files.ts'
import { bundle } from './contract-schema.ts'
import { diffSchemas, type ChangeClass, type SchemaChange } from './schema-diff.ts'

/** One difference between two contracts, as clients meet it. */
export interface ContractChange extends SchemaChange {
  /** What it is about: `event new_message`, `call send-message: request`, `call connect: 2XX`, `connection`. */
  readonly where: string
}

/** One of the two contracts, without faults. */
export interface Side {
  readonly files: ContractFiles
  readonly events: readonly DocumentedEvent[]
  readonly calls: readonly DocumentedCall[]
}

/** What changed in the calls: paths, parameters and requests, which clients write, and answers, which they read. */
export function diffCalls(a: Side, b: Side): ContractChange[] {
  const changes: ContractChange[] = []
  for (const call of a.calls) {
    const now = b.calls.find(({ name }) => name === call.name)
    if (now === undefined) continue // Cannot be: a contract that lacks a call does not load.
    const about = `call ${call.name}`
    if (call.path !== now.path)
      sayer(changes, about)('breaking', 'path-changed', `path: ${call.path} → ${now.path}`)
    changes.push(...diffParameters(a, b, about, call, now))
    changes.push(...diffRequests(a, b, `${about}: request`, call, now))
    changes.push(...diffResponses(a, b, about, call, now))
  }
  return changes
}

/** What changed between two payloads, where both have a schema. */
export function between(
  a: Side,
  b: Side,
  where: string,
  [was, is]: readonly [Documented, Documented],
  direction: 'read' | 'write',
): ContractChange[] {
  if (was.schema === undefined || is.schema === undefined) return []
  const before = bundle(a.files, was.schema, 'open', was.basis ?? 'guide')
  const after = bundle(b.files, is.schema, 'open', is.basis ?? 'guide')
  return diffSchemas(before, after, direction).map((change) => ({ ...change, where }))
}

/** Notes changes that concern no schema. */
export function sayer(changes: ContractChange[], where: string) {
  return (changeClass: ChangeClass, kind: string, detail: string): void => {
    changes.push({ class: changeClass, kind, where, path: '', detail })
  }
}

// --- internal ---

/** A payload with its schema, and who documents it. */
interface Documented {
  readonly schema: Located | undefined
  readonly basis?: Basis
}

function diffParameters(
  a: Side,
  b: Side,
  about: string,
  call: DocumentedCall,
  now: DocumentedCall,
): ContractChange[] {
  const changes: ContractChange[] = []
  const whereOf = ({ in: place, name }: DocumentedParameter): string => `${about}: ${place} parameter ${name}`
  const same = (one: DocumentedParameter) => (other: DocumentedParameter) =>
    one.name === other.name && one.in === other.in
  for (const was of call.parameters) {
    const is = now.parameters.find(same(was))
    if (is === undefined) sayer(changes, whereOf(was))('unclear', 'parameter-removed', 'is gone')
    else {
      if (is.isRequired !== was.isRequired)
        demand(changes, whereOf(was), is, 'parameter', (how) => `is ${how} now`)
      changes.push(...between(a, b, whereOf(was), [was, is], 'write'))
    }
  }
  for (const is of now.parameters) {
    if (!call.parameters.some(same(is)))
      demand(changes, whereOf(is), is, 'parameter-added', (how) => `new ${how} parameter`)
  }
  return changes
}

/** Notes that something is now asked of clients, which breaks them, or allowed, which does not. */
function demand(
  changes: ContractChange[],
  where: string,
  { isRequired }: { readonly isRequired: boolean },
  kind: string,
  detail: (how: string) => string,
): void {
  const how = isRequired ? 'required' : 'optional'
  const name = kind.includes('-') ? kind : `${kind}-${how}`
  sayer(changes, where)(isRequired ? 'breaking' : 'non-breaking', name, detail(how))
}

function diffRequests(
  a: Side,
  b: Side,
  where: string,
  call: DocumentedCall,
  now: DocumentedCall,
): ContractChange[] {
  const changes: ContractChange[] = []
  const say = sayer(changes, where)
  const [was, is] = [call.request, now.request]
  if (was === undefined || is === undefined) {
    if (was !== undefined) say('unclear', 'body-removed', 'no body is documented any more')
    if (is !== undefined) demand(changes, where, is, 'body-added', (how) => `a body is ${how} now`)
    return changes
  }
  if (was.isRequired !== is.isRequired) demand(changes, where, is, 'body', (how) => `the body is ${how} now`)
  const refused = was.mediaTypes.filter((type) => !is.mediaTypes.includes(type))
  const taken = is.mediaTypes.filter((type) => !was.mediaTypes.includes(type))
  if (refused.length > 0) say('breaking', 'media-type-removed', `${refused.join(', ')} is no longer taken`)
  if (taken.length > 0) say('non-breaking', 'media-type-added', `${taken.join(', ')} is taken too`)
  return [...changes, ...between(a, b, where, [was, is], 'write')]
}

function diffResponses(
  a: Side,
  b: Side,
  about: string,
  call: DocumentedCall,
  now: DocumentedCall,
): ContractChange[] {
  const changes: ContractChange[] = []
  for (const was of call.responses) {
    const is = coveringOf(now.responses, was.status)
    if (is !== undefined) changes.push(...diffBodies(a, b, `${about}: ${was.status}`, was, is))
    else if (!now.responses.some(({ status }) => covers(was.status, status))) {
      // A success may be gone: what comes instead is told as added. Without a refusal, clients know nothing of it.
      const change = isSuccess(was.status) ? 'non-breaking' : 'unclear'
      sayer(changes, `${about}: ${was.status}`)(change, 'status-removed', 'is no longer documented')
    }
  }
  for (const is of now.responses) {
    if (call.responses.some(({ status }) => status === is.status)) continue
    const where = `${about}: ${is.status}`
    const was = coveringOf(call.responses, is.status)
    if (was !== undefined) {
      changes.push(...diffBodies(a, b, where, was, is))
      continue
    }
    const part = call.responses.find(({ status }) => covers(is.status, status))?.status
    const kind = part === undefined ? 'status-added' : 'status-widened'
    // Clients that compare with the one number they know take another success for a failure.
    const change = isSuccess(is.status) ? 'breaking' : 'unclear'
    sayer(changes, where)(
      change,
      kind,
      part === undefined ? 'may come now' : `may come now, not ${part} alone`,
    )
  }
  return changes
}

function diffBodies(
  a: Side,
  b: Side,
  where: string,
  was: DocumentedResponse,
  is: DocumentedResponse,
): ContractChange[] {
  const changes: ContractChange[] = []
  const say = sayer(changes, where)
  const isPromised = was.basis === 'guide'
  if (was.schema !== undefined && is.schema === undefined)
    say(isPromised ? 'breaking' : 'unclear', 'body-removed', 'no JSON body is documented any more')
  else if (was.schema === undefined && is.schema !== undefined)
    say('non-breaking', 'body-added', 'has a JSON body now')
  else if (was.mediaTypes.toSorted().join() !== is.mediaTypes.toSorted().join())
    say(
      'unclear',
      'media-type-changed',
      `content type: ${was.mediaTypes.join(', ')} → ${is.mediaTypes.join(', ')}`,
    )
  return [...changes, ...between(a, b, where, [was, is], 'read')]
}

/** The response that says what comes with a status or a range: its own, that of its range, the default. */
function coveringOf(
  responses: readonly DocumentedResponse[],
  status: string,
): DocumentedResponse | undefined {
  const own = responses.find((response) => response.status === status)
  const range = responses.find((response) => covers(response.status, status) && response.status !== 'DEFAULT')
  return (
    own ??
    range ??
    (isSuccess(status) ? undefined : responses.find((response) => response.status === 'DEFAULT'))
  )
}

function covers(wide: string, narrow: string): boolean {
  return wide === narrow || wide === `${narrow.slice(0, 1)}XX` || (wide === 'DEFAULT' && !isSuccess(narrow))
}

function isSuccess(status: string): boolean {
  return status.startsWith('2')
}
