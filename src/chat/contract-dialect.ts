import type { CallName, DocumentedCall } from './contract-documents.ts'
import { isNode, type ContractFiles, type Located } from './contract-files.ts'
import { documents, visitNodes } from './contract-walk.ts'

/**
 * Faults what draft-07 (AsyncAPI's own schema dialect) and 2020-12 (OpenAPI 3.1's, and what we compile) do not read
 * alike: then one tool would check what another passes over. `schemas` are all schemas of the contract.
 */
export function checkDialect(files: ContractFiles, schemas: readonly Located[]): void {
  for (const place of schemas) {
    if (!isNode(place.value)) continue
    for (const keyword of Object.keys(place.value)) {
      const reason = Object.hasOwn(BEYOND, keyword) ? BEYOND[keyword] : undefined
      if (reason !== undefined) files.fault(files.at(place, keyword), reason)
    }
    const ignored = Object.keys(place.value).filter((key) => !BESIDE.has(key) && !key.startsWith('x-'))
    if ('$ref' in place.value && ignored.length > 0)
      files.fault(place, `draft-07 ignores what stands beside $ref (${ignored.join(', ')}): use allOf`)
  }
  for (const document of documents(files)) {
    visitNodes(files, document, (place, node) => {
      if ('schemaFormat' in node)
        files.fault(files.at(place, 'schemaFormat'), 'AsyncAPI tools skip payloads that name a schema format')
    })
  }
}

/** Faults calls that leave open what goes in or what comes out. */
export function checkCalls(files: ContractFiles, calls: readonly DocumentedCall[]): void {
  for (const { name, operation, path, request, parameters, responses } of calls) {
    if (request === undefined && HAS_BODY[name])
      files.fault(operation, 'documents no requestBody, and clients send one with this call')
    else if (request !== undefined && request.schema === undefined)
      files.fault(request.place, 'has no JSON schema')
    for (const { name: parameter, schema, place } of parameters) {
      if (schema === undefined) files.fault(place, `parameter ${parameter} has no schema`)
    }
    const inPath = parameters
      .filter((parameter) => parameter.in === 'path')
      .map((parameter) => parameter.name)
    if (path.includes('{roomId}') && !inPath.includes('roomId'))
      files.fault(operation, 'documents no parameter roomId for its path')
    for (const { status, place, mediaTypes, schema } of responses) {
      if (mediaTypes.length > 0 && schema === undefined) files.fault(place, 'has no JSON schema')
      else if (mediaTypes.length === 0 && !BODILESS.has(status))
        files.fault(place, `${status} documents no content; an answer without a body is 204, 205 or 304`)
    }
    if (!responses.some(({ status }) => status.startsWith('4') || status === 'DEFAULT'))
      files.fault(operation, 'documents no refusal: neither a 4XX response nor a default')
  }
}

// --- internal ---

const AFTER_07 = 'draft-07 does not know this keyword'

/** Keywords outside the common subset, and why. */
const BEYOND: Readonly<Record<string, string>> = {
  unevaluatedProperties: AFTER_07,
  unevaluatedItems: AFTER_07,
  prefixItems: AFTER_07,
  dependentSchemas: AFTER_07,
  dependentRequired: AFTER_07,
  minContains: AFTER_07,
  maxContains: AFTER_07,
  contentSchema: AFTER_07,
  $dynamicRef: AFTER_07,
  $dynamicAnchor: AFTER_07,
  $recursiveRef: AFTER_07,
  $recursiveAnchor: AFTER_07,
  $anchor: AFTER_07,
  $vocabulary: AFTER_07,
  $defs: 'draft-07 says definitions, and 2020-12 knows that too; or give the schema a file of its own',
  $schema: 'binds the file to one draft; both documents use it, each in its own',
  $id: 'changes what relative references mean; they are file names here',
  dependencies: '2020-12 does not know this keyword',
  additionalItems: '2020-12 does not know this keyword',
}

/** What may stand beside a `$ref`: words for readers. */
const BESIDE: ReadonlySet<string> = new Set(
  `$ref $comment title summary description examples deprecated readOnly writeOnly`.split(/\s+/),
)

/** Which calls the clients of the guide send with a JSON body. */
const HAS_BODY: Readonly<Record<CallName, boolean>> = {
  connect: false,
  'send-message': true,
  'typing-start': true,
  'typing-end': true,
  'join-room': true,
  'leave-room': false,
  disconnect: false,
}

/** RFC 9110: these answers have no content. */
const BODILESS: ReadonlySet<string> = new Set(['204', '205', '304'])
