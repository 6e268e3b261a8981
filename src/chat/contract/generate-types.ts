/**
 * Writes `events.gen.ts`, the TypeScript types of the contract's schemas. With `--check` it writes nothing and
 * exits 1 when the file is not what it would write.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compile } from 'json-schema-to-typescript'
import { readEvents } from '../contract-documents.ts'
import { isNode, openContractFiles, type ContractFiles, type Located } from '../contract-files.ts'

/** The text of `events.gen.ts` for the contract in `directory`: one type a schema file, and their union ChatEvent. */
export async function generateTypes(directory: string): Promise<string> {
  const files = openContractFiles(directory)
  const events = readEvents(files)
  if (files.problems.length > 0) throw new Error(files.problems.join('\n'))
  const parts: string[] = []
  for (const file of files.schemas) {
    const whole = files.open(file)
    if (whole === undefined || !isNode(whole.value) || whole.value['type'] !== 'object') continue
    const name = titleOf(whole)
    const schema = inline(files, whole, true) as Parameters<typeof compile>[0]
    // Open schemas would give every type an index signature, and a misspelt field the type unknown.
    parts.push(await compile(schema, name, { bannerComment: '', additionalProperties: false, style: STYLE }))
  }
  const union = events.map(({ schema }) => titleOf(schema)).join(' | ')
  parts.push(`/** Any event of the contract, told apart by its type. */\nexport type ChatEvent = ${union}\n`)
  return `${BANNER}\n${parts.map((part) => part.trim()).join('\n\n')}\n`
}

// --- internal ---

const BANNER = '// Generated from schemas/ by generate-types.ts; change the schemas and run it again.\n'
const STYLE = { semi: false, singleQuote: true, printWidth: 110 }

function titleOf(schema: Located): string {
  const title = isNode(schema.value) ? schema.value['title'] : undefined
  if (typeof title !== 'string') throw new Error(`${schema.file}: has no title to name its type by`)
  return title
}

/** The schema with its references replaced by what they refer to; only the outermost keeps its name. */
function inline(files: ContractFiles, place: Located, outermost: boolean): unknown {
  const { value } = place
  if (Array.isArray(value))
    return value.map((_, index) => inline(files, files.at(place, String(index)), false))
  if (!isNode(value)) return value
  if ('$ref' in value) {
    const target = files.follow(place)
    if (target === undefined) throw new Error(files.problems.join('\n'))
    const { $ref: _, ...own } = value
    const referred = inline(files, target, false)
    return isNode(referred) ? { ...referred, ...own } : referred
  }
  const entries = Object.keys(value)
    .filter((key) => (outermost || key !== 'title') && key !== 'examples' && !key.startsWith('x-'))
    .map((key) => [key, inline(files, files.at(place, key), false)] as const)
  return Object.fromEntries(entries)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const target = new URL('events.gen.ts', import.meta.url)
  const text = await generateTypes(fileURLToPath(new URL('.', import.meta.url)))
  if (!process.argv.includes('--check')) writeFileSync(target, text)
  else if (readFileSync(target, 'utf8') !== text) {
    process.stderr.write('events.gen.ts is not what the schemas give; run generate-types.ts\n')
    process.exitCode = 1
  }
}
