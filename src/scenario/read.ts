import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { basename, extname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { parseDocument } from 'yaml'
import { reasonOf, StompedeError } from '../errors.ts'
import { completeScenario, type Overrides } from './complete.ts'
import type { Scenario, ScenarioInput, ScenarioSource } from './scenario.ts'
import schema from './scenario.schema.json' with { type: 'json' }

/**
 * Reads a scenario file (.ts, .js, .mjs, .yaml, .yml or .json), checks it and fills in what it leaves open.
 * Throws SCENARIO_UNREADABLE when it cannot be loaded and SCENARIO_INVALID listing every fault with its path.
 */
export async function readScenario(file: string, overrides: Overrides): Promise<Scenario> {
  const input = await load(file, overrides.env)
  const problems = shapeProblems(input)
  if (problems.length === 0) {
    const name = basename(file, extname(file))
    const completed = completeScenario(input as ScenarioInput, name, file, overrides)
    if (!Array.isArray(completed)) return completed
    problems.push(...completed)
  }
  throw new StompedeError('SCENARIO_INVALID', `${file}: the scenario has ${faults(problems.length)}`, {
    problems,
  })
}

// --- internal ---

/**
 * Scenario files import `defineScenario` from 'stompede' wherever they lie; that is this very installation, so no
 * second copy has to be installed beside them. And those that ship with an installed package lie under node_modules,
 * where Node itself refuses to strip types.
 */
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'stompede'
      ? { url: new URL(`../index${extname(import.meta.url)}`, import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
  load: (url, context, next) =>
    url.endsWith('.ts') && url.includes('/node_modules/')
      ? {
          format: 'module',
          source: stripTypeScriptTypes(readFileSync(fileURLToPath(url), 'utf8')),
          shortCircuit: true,
        }
      : next(url, context),
})

async function load(file: string, env: Readonly<Record<string, string>>): Promise<unknown> {
  const extension = extname(file)
  try {
    if (['.yaml', '.yml', '.json'].includes(extension)) {
      const document = parseDocument(substitute(await readFile(file, 'utf8'), env), { prettyErrors: true })
      const [error] = document.errors
      if (error !== undefined) throw error
      return document.toJS()
    }
    if (['.ts', '.mts', '.js', '.mjs'].includes(extension)) {
      const module = (await withinLimit(import(pathToFileURL(resolve(file)).href))) as {
        default?: ScenarioSource
      }
      if (module.default === undefined)
        throw new Error('it has no default export; write `export default defineScenario({...})`')
      const source: unknown = typeof module.default === 'function' ? module.default(env) : module.default
      // Read once, here, so that a getter that throws is a fault of the file.
      return structuredCopy(await withinLimit(Promise.resolve(source)))
    }
  } catch (error) {
    throw new StompedeError('SCENARIO_UNREADABLE', `${file}: ${adviceFor(error)}`, { cause: error })
  }
  throw new StompedeError('SCENARIO_UNREADABLE', `${file}: a scenario is a .ts, .js, .yaml or .json file`)
}

/** A file that never finishes loading is a fault of the file; Node alone would end silently. */
async function withinLimit<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`it is not loaded after ${LOAD_LIMIT_MS / 1e3} s`)),
      LOAD_LIMIT_MS,
    )
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

const LOAD_LIMIT_MS = 20_000

/** A deep copy with plain objects and arrays; functions stay. Throws what a getter throws. */
function structuredCopy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(structuredCopy)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, structuredCopy(item)]))
}

/** Replaces `${NAME}` and `${NAME:-default}` in a YAML or JSON scenario by `-e NAME=value`. */
function substitute(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /^\s*#.*$|\$\{(\w+)(?::-([^}]*))?\}/gm,
    (found: string, name: string | undefined, fallback: string | undefined) => {
      // A comment line may speak of variables without meaning one.
      if (name === undefined) return found
      const value = env[name] ?? fallback
      if (value === undefined) throw new Error(`\${${name}} has no value; give one with -e ${name}=…`)
      return value
    },
  )
}

function adviceFor(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ERR_MODULE_NOT_FOUND')
    return `cannot be read (${firstLine(reasonOf(error))})`
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return 'uses TypeScript that has to be compiled (enum, namespace, parameter property); Node only strips types'
  }
  return firstLine(reasonOf(error))
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text
}

const validate = new Ajv2020({
  allErrors: true,
  verbose: true,
  strict: true,
  allowUnionTypes: true,
  strictRequired: false,
}).compile(schema)

function shapeProblems(input: unknown): string[] {
  if (validate(input)) return []
  const errors = validate.errors ?? []
  // A failed branch of anyOf says less than the anyOf itself, and `if` repeats what its branch already said.
  const roots = errors.filter(
    (error) =>
      error.keyword !== 'if' &&
      !errors.some((other) => other.keyword === 'anyOf' && other !== error && isInside(error, other)),
  )
  return [...new Set(roots.map(sentence))]
}

function isInside(error: ErrorObject, anyOf: ErrorObject): boolean {
  return error.schemaPath.startsWith('#/$defs/')
    ? error.instancePath.startsWith(anyOf.instancePath)
    : error.schemaPath.startsWith(`${anyOf.schemaPath}/`)
}

function sentence(error: ErrorObject): string {
  const at = error.instancePath.slice(1).replaceAll('/', '.')
  const within = (name: string): string => (at === '' ? name : `${at}.${name}`)
  const params = error.params as Record<string, unknown>
  switch (error.keyword) {
    case 'additionalProperties':
      return `${within(String(params['additionalProperty']))}: no such setting here`
    case 'required':
      return `${within(String(params['missingProperty']))}: is missing`
    case 'enum':
      return `${at}: must be one of ${(params['allowedValues'] as unknown[]).join(', ')} (is ${shown(error.data)})`
    case 'anyOf':
      return `${at}: ${EXPECTED[definitionOf(error)] ?? 'has none of the forms it may have'} (is ${shown(error.data)})`
    default:
      return `${at === '' ? 'the scenario' : at}: ${error.message ?? error.keyword} (is ${shown(error.data)})`
  }
}

const EXPECTED: Record<string, string> = {
  duration: 'must be a duration such as "30s", "1m30s" or a number of ms',
  distribution:
    'must be a number, {uniform: [low, high]}, {exponential: {mean}} or {lognormal: {median, sigma}}',
  size: 'must be a number of members, "all" or {zipf: {exponent, min, max}}',
  typing: 'must be false or {charactersPerSecond, max}',
}

function definitionOf(error: ErrorObject): string {
  return error.schemaPath.split('/').at(-2) ?? ''
}

function shown(value: unknown): string {
  const text =
    typeof value === 'number' || typeof value === 'bigint'
      ? String(value)
      : (JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

function faults(count: number): string {
  return count === 1 ? 'one fault' : `${count} faults`
}
