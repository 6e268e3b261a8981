import { readdirSync } from 'node:fs'
import { sep } from 'node:path'
import { compileContract, SHIPPED, subjectOf } from './contract.ts'
import { checkCalls, checkDialect } from './contract-dialect.ts'
import { placeOf } from './contract-documents.ts'
import { openContractFiles, type ContractFiles } from './contract-files.ts'
import { judgeInlineExamples, judgeSampleFiles, type ExampleCounts } from './contract-samples.ts'
import { schemaRoots, visitReferences, visitSchemas } from './contract-walk.ts'

/** What `stompede contract lint` says of one directory. */
export interface ContractLint {
  /** The absolute directory. */
  readonly directory: string
  /** One line each, `file#/json/pointer: what`, sorted; empty = nothing wrong. */
  readonly problems: readonly string[]
  /** What was looked at, so that an empty list of problems says something. */
  readonly checked: ExampleCounts & {
    readonly events: number
    readonly calls: number
    readonly schemas: number
  }
}

/**
 * Checks the files of a contract for what `loadContract` refuses, and beyond it: every example holds, every invalid
 * one is refused by the rule its name claims, nothing is used that JSON Schema draft-07 (AsyncAPI) and 2020-12
 * (OpenAPI 3.1) read differently, every reference leads somewhere in the directory, no file is without a purpose,
 * and every call says what goes in and out. Nothing is thrown for a bad contract.
 */
export function lintContract(directory: string = SHIPPED): ContractLint {
  const files = openContractFiles(directory)
  const contract = compileContract(files)
  const { documented, compiler } = contract
  const referred = visitReferences(files)
  const roots = schemaRoots(files)
  for (const root of roots) if (!compiler.covers(root)) compiler.compile(root, subjectOf(root), 'guide')
  const schemas = visitSchemas(files, roots)
  checkDialect(files, schemas)
  checkCalls(files, documented.calls)
  const inline = judgeInlineExamples(files, contract, schemas)
  const samples = judgeSampleFiles(files, contract)
  checkPurpose(files, referred, samples.known)
  return {
    directory: files.directory,
    problems: files.problems.toSorted(),
    checked: {
      events: documented.events.length,
      calls: documented.calls.length,
      schemas: new Set(roots.map(placeOf)).size,
      valid: inline + samples.valid,
      invalid: samples.invalid,
    },
  }
}

// --- internal ---

/**
 * A schema nobody refers to, and files that nothing reads: mostly misspelt names. Files of other kinds than JSON and
 * YAML are let be beside the documents (a README, generated code), but not in the folders for schemas and examples.
 */
function checkPurpose(
  files: ContractFiles,
  referred: ReadonlySet<string>,
  samples: ReadonlySet<string>,
): void {
  // Where there is no contract, all would be without a purpose.
  if (![...DOCUMENTS].some((file) => files.open(file) !== undefined)) return
  for (const file of listFiles(files.directory)) {
    const whole = { file, pointer: '', value: undefined }
    if (DOCUMENTS.has(file) || referred.has(file) || samples.has(file)) continue
    if (files.schemas.includes(file)) files.fault(whole, 'nothing refers to this schema')
    else if (/^(schemas|examples)\//.test(file) || /\.(json|ya?ml)$/i.test(file))
      files.fault(whole, 'is no part of the contract: neither referred to nor an example of a schema')
  }
}

const DOCUMENTS: ReadonlySet<string> = new Set(['asyncapi.yaml', 'openapi.yaml'])

/** Hidden files and installed packages are nobody's contract. */
function listFiles(directory: string): string[] {
  let entries
  try {
    entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  } catch {
    return [] // Already told: neither document is there.
  }
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => `${entry.parentPath}${sep}${entry.name}`.slice(directory.length + 1).replaceAll(sep, '/'))
    .filter((file) => !/(^|\/)(\.|node_modules\/)/.test(file))
}
