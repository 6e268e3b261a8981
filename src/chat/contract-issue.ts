import { MARK } from './contract-schema.ts'
import { escapePointer, isNode, pointerKeys, type Node } from './contract-files.ts'

/** One thing wrong with a payload. */
export interface ContractIssue {
  /**
   * `violation`: the documented contract is broken. `drift`: a field nobody documented, or a mismatch with what
   * is the reference target's own choice, so that another deployment may rightly differ.
   */
  kind: 'violation' | 'drift'
  /**
   * Stable, and from a bounded set whatever a target sends: `<schema or event type>/<keyword>[/<documented path>]`,
   * e.g. `new_message/required/message.id`, `connect-response/type/subscriptions[].roomId`, `event/json`,
   * `http/send-message/status`. For an undocumented field the path is that of the object holding it.
   */
  rule: string
  /** JSON pointer into the payload ('' = the whole), also to a field that is missing. Long keys are cut, controls escaped. */
  path: string
  /** One line: the rule and the value found, the value in at most 60 characters. */
  detail: string
}

/** What a validator says about one failure; ajv's ErrorObject in verbose mode has it all. */
export interface SchemaFailure {
  keyword: string
  instancePath: string
  params: Readonly<Record<string, unknown>>
  message?: string
  parentSchema?: object
  data?: unknown
}

/** What an explanation may say about a payload. */
export interface Subject {
  /** First part of the rules. */
  readonly name: string
  /** The documented property names: rules hold no others. */
  readonly names: ReadonlySet<string>
  /** No value of the payload may be shown: one of its fields is a secret, and it could be anywhere in a wrong one. */
  readonly secret: boolean
}

/**
 * The issues behind the failures of one payload. `open` come from the schema as documented, `closed` from the
 * one that refuses undocumented fields too.
 */
export function issuesOf(
  subject: Subject,
  open: readonly SchemaFailure[],
  closed: readonly SchemaFailure[],
): ContractIssue[] {
  const badTypes = new Set(
    open.filter(({ keyword }) => keyword === 'type').map((failure) => failure.instancePath),
  )
  const told = open.filter((failure) => failure.keyword === 'type' || !badTypes.has(failure.instancePath))
  const foreign = closed.filter(isClosure)
  // The closed schema alone failed, and not at a closure itself: a oneOf whose branches were closed. Still drift.
  const rest = open.length === 0 && foreign.length === 0 ? closed : foreign
  const issues: ContractIssue[] = []
  for (const failure of [...told, ...rest]) {
    if (issues.length === MAX_ISSUES) break
    issues.push(issueOf(subject, failure, open.length === 0 || isClosure(failure)))
  }
  const more = told.length + rest.length - issues.length
  const last = issues.at(-1)
  if (more > 0 && last !== undefined) last.detail += ` (and ${more} more)`
  return issues
}

/** `value` in at most 60 characters of one line, safe to print; never walks deep values. */
export function shorten(value: unknown): string {
  if (typeof value === 'string') return cut(printable(JSON.stringify(value.slice(0, 80))), value.length > 80)
  if (Array.isArray(value)) return `array of ${value.length}`
  if (!isNode(value)) return cut(String(value), false)
  const keys = Object.keys(value)
  const some = keys.slice(0, 8).map((key) => key.slice(0, 20))
  return cut(printable(`object {${some.join(', ')}}`), keys.length > 8)
}

/** What `value` is, without its content: for payloads that hold secrets. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return `a string of ${value.length} characters`
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`
}

// --- internal ---

/** Most issues reported for one payload; the last one then says how many more there were. */
const MAX_ISSUES = 50

/** Most characters shown of a value or a key. */
const PRINTED = 60

function issueOf(subject: Subject, failure: SchemaFailure, drifted: boolean): ContractIssue {
  const schema = isNode(failure.parentSchema) ? failure.parentSchema : {}
  const keys = pointerKeys(failure.instancePath)
  const missing = failure.params['missingProperty']
  const foreign = failure.params['additionalProperty'] ?? failure.params['unevaluatedProperty']
  const documented = documentedPath(typeof missing === 'string' ? [...keys, missing] : keys, subject.names)
  const rule = `${subject.name}/${failure.keyword}${documented === '' ? '' : `/${documented}`}`
  const shown = [...keys, missing, foreign].filter((key) => typeof key === 'string')
  const path = shown.map((key) => `/${cut(printable(escapePointer(key)), false)}`).join('')
  const value = typeof foreign === 'string' ? fieldOf(failure.data, foreign) : failure.data
  const shownValue = subject.secret ? kindOf(value) : shorten(value)
  const found = typeof missing === 'string' ? '' : `, found ${shownValue}`
  return {
    kind: drifted || isChoice(schema, failure.keyword, missing) ? 'drift' : 'violation',
    rule,
    path,
    detail: `${rule}: ${expectation(failure)}${found}`,
  }
}

/** A failure of a closure that `bundle` added, so of a field nobody documented. */
function isClosure({ keyword, parentSchema }: SchemaFailure): boolean {
  const closure = keyword === 'additionalProperties' || keyword === 'unevaluatedProperties'
  return closure && isNode(parentSchema) && parentSchema[MARK.closed] === true
}

/** Whether the failed keyword, or the missing field's own schema, is the reference target's choice. */
function isChoice(schema: Node, keyword: string, missing: unknown): boolean {
  const choice = schema[MARK.choice]
  if (schema[MARK.basis] === 'reference-choice' || (isNode(choice) && Object.hasOwn(choice, keyword)))
    return true
  const own = typeof missing === 'string' ? fieldOf(schema['properties'], missing) : undefined
  return isNode(own) && own[MARK.basis] === 'reference-choice'
}

function expectation({ keyword, params, message }: SchemaFailure): string {
  if (keyword === 'const') return `must be ${shorten(params['allowedValue'])}`
  if (keyword === 'enum' && Array.isArray(params['allowedValues'])) {
    return `must be one of ${params['allowedValues'].map(shorten).join(', ')}`
  }
  if (keyword === 'required') return 'is missing'
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties') {
    const name = params['additionalProperty'] ?? params['unevaluatedProperty']
    return `field ${shorten(name)} is not documented`
  }
  return message ?? 'does not hold'
}

/** `message.id`, `subscriptions[].roomId`; a key that is no documented name (a map's) becomes `*`. */
function documentedPath(keys: readonly string[], names: ReadonlySet<string>): string {
  let path = ''
  for (const key of keys) {
    if (names.has(key)) path += path === '' ? key : `.${key}`
    else path += /^\d+$/.test(key) ? '[]' : path === '' ? '*' : '.*'
  }
  return path
}

function fieldOf(value: unknown, key: string): unknown {
  return isNode(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

/** Escapes what a terminal or an editor could take for a command: controls, bidi overrides, line separators. */
function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
}

function cut(text: string, more: boolean): string {
  return text.length > PRINTED || more ? `${text.slice(0, PRINTED - 1).toWellFormed()}…` : text
}
