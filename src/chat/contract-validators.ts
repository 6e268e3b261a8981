import { Ajv2020 } from 'ajv/dist/2020.js'
import { reasonOf } from '../errors.ts'
import { placeOf, type Basis } from './contract-documents.ts'
import { isNode, pointerKeys, type ContractFiles, type Located } from './contract-files.ts'
import { issuesOf, shorten, type ContractIssue, type SchemaFailure } from './contract-issue.ts'
import { bundle, MARK } from './contract-schema.ts'

/** The validators of one schema. */
export interface Checks {
  /** As documented and nothing beside it; stops at the first fault. All that runs for a good payload. */
  readonly strict: Validate
  /** What is wrong with a payload that `strict` refused: violations, and drift. */
  explain(value: unknown): ContractIssue[]
  /** Whether the schema compiled; if not, every value fails. */
  readonly sound: boolean
  /** Whether the payload holds a secret, so that none of it may be shown. */
  readonly secret: boolean
  /** What breaks the documented schema; undocumented fields do not. */
  breaches(value: unknown): ContractIssue[]
}

/** Whether a value holds; afterwards `errors` says why not, until the next call. */
interface Validate {
  (value: unknown): boolean
  errors?: readonly SchemaFailure[] | null
}

/** Compiles the schemas of one contract. */
export interface Compiler {
  /** The validators for the schema at a place. `name` is the first part of the rules its issues carry. */
  compile(place: Located, name: string, basis: Basis): Checks
  /** Whether the schema at this place was compiled, by itself or as part of another. */
  covers(place: Located): boolean
}

/** A compiler for the schemas of `files`; what does not compile goes to `files.problems`, nothing is thrown. */
export function newCompiler(files: ContractFiles): Compiler {
  const openAjv = newAjv({ allErrors: true, strict: true })
  // The closed schemas are ours, not the author's, and ajv's strict mode frowns at unevaluatedProperties without a type.
  const strictAjv = newAjv({ allErrors: false, strict: false })
  const closedAjv = newAjv({ allErrors: true, strict: false })
  const compiled = new Map<string, Checks>()
  const covered = new Set<string>()
  const compile: Compiler['compile'] = (place, name, basis) => {
    const key = `${name} ${basis} ${placeOf(place)}`
    const known = compiled.get(key)
    if (known !== undefined) return known
    const { schema, names, places, keywords, secret } = bundle(files, place, 'open', basis)
    const closedSchema = bundle(files, place, 'closed', basis).schema
    // A schema already known to be wrong would only fail to compile for the same reason, said less well.
    let sound = true
    for (const part of places) {
      sound = checkSchema(files, openAjv, part) && sound
      covered.add(placeOf(part))
    }
    for (const { keyword, at } of keywords) sound = checkKeyword(files, openAjv, keyword, at) && sound
    const open = sound ? compileOr(openAjv, schema, files, place) : NEVER
    const strict = sound ? compileOr(strictAjv, closedSchema, files, place) : NEVER
    const subject = { name, names, secret }
    let closed: Validate | undefined
    const checks: Checks = {
      strict,
      sound: open !== NEVER && strict !== NEVER,
      secret,
      explain(value) {
        closed ??= closedAjv.compile(closedSchema)
        return issuesOf(subject, failures(open, value), failures(closed, value))
      },
      breaches: (value) => issuesOf(subject, failures(open, value), []),
    }
    compiled.set(key, checks)
    return checks
  }
  return { compile, covers: (place) => covered.has(placeOf(place)) }
}

// --- internal ---

/**
 * RFC 3339 with a zone. One expression, because the full `date-time` of ajv-formats costs ten times as much; so it
 * knows that hours end at 23, not that April has 30 days.
 */
const DATE_TIME =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i

/** Formats a contract may name without their being checked; in JSON Schema 2020-12 format is an annotation. */
const ANNOTATIONS =
  'date time duration email hostname ipv4 ipv6 uri uri-reference iri uuid regex json-pointer int32 int64 float double password byte binary'

/** What OpenAPI 3.1 adds to JSON Schema, for documentation alone. */
const OPENAPI_KEYWORDS = ['example', 'discriminator', 'externalDocs', 'xml']

const NEVER: Validate = () => false

function newAjv(options: { allErrors: boolean; strict: boolean }): Ajv2020 {
  // Ajv would log through the console what it also throws.
  const ajv = new Ajv2020({
    ...options,
    verbose: options.allErrors,
    allowUnionTypes: true,
    strictNumbers: true, // JSON can spell an infinite number: 1e999
    validateSchema: false, // checkSchema does, file by file, and says where
    logger: false,
  })
  ajv.addFormat('date-time', DATE_TIME)
  for (const name of ANNOTATIONS.split(' ')) ajv.addFormat(name, true)
  ajv.addVocabulary([...Object.values(MARK), ...OPENAPI_KEYWORDS])
  return ajv
}

function failures(validate: Validate, value: unknown): readonly SchemaFailure[] {
  return validate(value) ? [] : (validate.errors ?? [])
}

function checkSchema(files: ContractFiles, ajv: Ajv2020, schema: Located): boolean {
  if (!isNode(schema.value) || ajv.validateSchema(schema.value) === true) return true
  const told = new Set<string>()
  for (const { instancePath, message } of ajv.errors ?? []) {
    if (told.has(instancePath)) continue
    told.add(instancePath)
    const place = files.at(schema, ...pointerKeys(instancePath))
    files.fault(place, `is no valid schema: ${message ?? ''}, found ${shorten(place.value)}`)
  }
  return false
}

function checkKeyword(files: ContractFiles, ajv: Ajv2020, keyword: string, at: Located): boolean {
  const fault = keywordFault(ajv, keyword, at.value)
  if (fault !== undefined) files.fault(at, fault)
  return fault === undefined
}

function keywordFault(ajv: Ajv2020, keyword: string, value: unknown): string | undefined {
  if (ajv.getKeyword(keyword) === false) return 'is no keyword of JSON Schema'
  if (typeof value !== 'string') return undefined
  if (keyword === 'format' && ajv.formats[value] === undefined) return `is no known format: ${shorten(value)}`
  if (keyword === 'pattern' && !isExpression(value)) return `is no regular expression: ${shorten(value)}`
  return undefined
}

function isExpression(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp
  } catch {
    return false
  }
}

function compileOr(ajv: Ajv2020, schema: object, files: ContractFiles, place: Located): Validate {
  try {
    return ajv.compile(schema)
  } catch (thrown) {
    files.fault(place, `does not compile: ${reasonOf(thrown)}`)
    return NEVER
  }
}
