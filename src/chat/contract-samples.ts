import { readdirSync, readFileSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { reasonOf } from '../errors.ts'
import { subjectOf, type CompiledContract } from './contract.ts'
import { isNode, type ContractFiles, type Located } from './contract-files.ts'
import type { ContractIssue } from './contract-issue.ts'
import { documents, visitNodes } from './contract-walk.ts'

/** How many examples were held against their schemas. */
export interface ExampleCounts {
  readonly valid: number
  readonly invalid: number
}

/**
 * Holds every example written inside the documents and schemas against its schema: `examples` of schemas and messages,
 * `example` and `examples` of OpenAPI bodies. Undocumented fields are faults too. Returns how many there were.
 */
export function judgeInlineExamples(
  files: ContractFiles,
  contract: CompiledContract,
  schemas: readonly Located[],
): number {
  let count = 0
  const judge = (schema: Located, example: Located): void => {
    const subject = subjectOf(schema, subjectOf({ ...schema, pointer: '' }))
    const checks = contract.compiler.compile(schema, subject, 'guide')
    if (!checks.sound || example.value === undefined) return
    count++
    for (const issue of checks.explain(example.value)) faultOf(files, example, issue)
  }
  for (const schema of schemas) {
    for (const example of listed(files, files.at(schema, 'examples'))) judge(schema, example)
    judge(schema, files.at(schema, 'example'))
  }
  for (const { schema, message } of contract.documented.events) {
    for (const example of listed(files, files.at(message, 'examples')))
      judge(schema, files.at(example, 'payload'))
  }
  for (const document of documents(files)) {
    visitNodes(files, document, (place, node) => {
      const own = files.at(place, 'schema')
      // Media types, parameters and headers have `schema` with examples beside it.
      const schema = own.value === undefined ? undefined : files.follow(own)
      if (schema === undefined) return
      judge(schema, files.at(place, 'example'))
      if (!isNode(node['examples'])) return
      for (const name of Object.keys(node['examples'])) {
        const example = files.follow(files.at(place, 'examples', name))
        if (example !== undefined) judge(schema, files.at(example, 'value'))
      }
    })
  }
  return count
}

/**
 * Holds the files `examples/<schema>/valid/*.json` and `invalid/*.json` against `schemas/<schema>.json`. The name of an
 * invalid one may claim the rule that refuses it, `<keyword>[.<path>][--why].json`; it must then be that rule. With a
 * folder `examples` every schema needs both kinds. `known` are the files that were such examples.
 */
export function judgeSampleFiles(
  files: ContractFiles,
  contract: CompiledContract,
): ExampleCounts & { readonly known: ReadonlySet<string> } {
  const known = new Set<string>()
  const counts = { valid: 0, invalid: 0 }
  const folder = (path: string): Dirent[] => entriesOf(join(files.directory, path))
  if (folder('examples').length === 0) return { ...counts, known }
  for (const file of files.schemas) {
    const name = file.replace(/^schemas\//, '').replace(/\.[^.]*$/, '')
    const schema = files.open(file)
    for (const kind of ['valid', 'invalid'] as const) {
      const path = `examples/${name}/${kind}`
      const samples = folder(path).filter((entry) => !entry.isDirectory() && entry.name.endsWith('.json'))
      if (samples.length === 0)
        files.fault({ file, pointer: '', value: undefined }, `has no ${kind} example in ${path}/`)
      for (const sample of samples) {
        known.add(`${path}/${sample.name}`)
        counts[kind]++
        if (schema !== undefined) judgeSample(files, contract, schema, kind, `${path}/${sample.name}`)
      }
    }
  }
  return { ...counts, known }
}

// --- internal ---

function judgeSample(
  files: ContractFiles,
  { compiler, readEvent, documented }: CompiledContract,
  schema: Located,
  kind: keyof ExampleCounts,
  file: string,
): void {
  const subject = subjectOf(schema)
  const checks = compiler.compile(schema, subject, 'guide')
  if (!checks.sound) return
  const whole = { file, pointer: '', value: undefined }
  const text = textOf(files, whole)
  if (text === undefined) return
  const claim = claimOf(file)
  if (kind === 'invalid' && claim?.startsWith('event/') === true) {
    const rules: string[] = []
    readEvent(text, (issue) => rules.push(issue.rule))
    refusal(files, whole, claim, rules)
    return
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (thrown) {
    files.fault(whole, `is no JSON: ${reasonOf(thrown)}`)
    return
  }
  const issues = checks.explain(value)
  if (kind === 'invalid') {
    const rule = claim === undefined ? undefined : `${subject}/${claim}`
    refusal(
      files,
      whole,
      rule,
      issues.map((issue) => issue.rule),
    )
    return
  }
  for (const issue of issues) faultOf(files, whole, issue)
  // An event's example must also be told apart as that event: by its type, among all of them.
  if (issues.length > 0 || !documented.events.some((event) => event.schema.file === schema.file)) return
  readEvent(text, (issue) => faultOf(files, whole, issue))
}

function refusal(
  files: ContractFiles,
  whole: Located,
  claim: string | undefined,
  rules: readonly string[],
): void {
  if (rules.length === 0) files.fault(whole, 'is accepted, though it is an example of what must be refused')
  else if (claim !== undefined && !rules.includes(claim))
    files.fault(whole, `is refused by ${[...new Set(rules)].join(', ')}, not by ${claim} as its name says`)
}

/** `required.message.id--why.json` claims `required/message.id`; a name that begins with no keyword claims nothing. */
function claimOf(file: string): string | undefined {
  const [head = ''] = file
    .slice(file.lastIndexOf('/') + 1)
    .replace(/\.json$/, '')
    .split('--')
  const [keyword = '', ...path] = head.split('.')
  if (!CLAIMABLE.has(keyword)) return undefined
  return path.length === 0 ? keyword : `${keyword}/${path.join('.')}`
}

/** Keywords by which a payload can be refused, and `event` for what tells events apart. */
const CLAIMABLE: ReadonlySet<string> = new Set(
  `event type required const enum format pattern minimum maximum exclusiveMinimum exclusiveMaximum
   multipleOf minLength maxLength minItems maxItems uniqueItems minProperties maxProperties
   propertyNames contains not oneOf anyOf if additionalProperties unevaluatedProperties`.split(/\s+/),
)

/** An issue of an example, where it stands in the file. */
function faultOf(files: ContractFiles, example: Located, { path, detail }: ContractIssue): void {
  files.fault({ ...example, pointer: example.pointer + path }, detail)
}

function listed(files: ContractFiles, list: Located): Located[] {
  return Array.isArray(list.value) ? [...list.value.keys()].map((index) => files.at(list, String(index))) : []
}

function entriesOf(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  } catch {
    return [] // There is none: the caller says what that means.
  }
}

function textOf(files: ContractFiles, whole: Located): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(join(files.directory, whole.file)))
  } catch (thrown) {
    files.fault(whole, reasonOf(thrown))
    return undefined
  }
}
