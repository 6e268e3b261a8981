import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { reasonOf, StompedeError } from '../errors.ts'
import { type RunResult, SCHEMA_NAME, SCHEMA_VERSION } from '../measure/result.ts'
import schema from '../measure/result.schema.json' with { type: 'json' }
import { type Shape, shapeProblems } from './result-shape.ts'

/**
 * Reads a result from its file or from the run's directory. Results of the same major version are accepted, fields
 * this version does not know are kept. Throws RESULT_UNREADABLE for anything else, all problems at once.
 */
export async function readResult(from: string): Promise<RunResult> {
  const file = await fileOf(from)
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new StompedeError('RESULT_UNREADABLE', `cannot read the result: ${reasonOf(error)}`, {
      cause: error,
    })
  })
  return parseResult(text, file)
}

// --- internal ---

async function fileOf(from: string): Promise<string> {
  const found = await stat(from).catch((error: unknown) => {
    throw new StompedeError('RESULT_UNREADABLE', `no result at ${from}: ${reasonOf(error)}`, { cause: error })
  })
  return found.isDirectory() ? join(from, 'result.json') : from
}

function majorOf(version: unknown): number | undefined {
  const match = typeof version === 'string' ? /^(\d+)\.\d+\.\d+$/.exec(version) : null
  return match === null ? undefined : Number(match[1])
}

/** The result a JSON text holds; `file` names it in errors. */
function parseResult(text: string, file: string): RunResult {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new StompedeError('RESULT_UNREADABLE', `${file} is not JSON: ${reasonOf(error)}`, { cause: error })
  }
  const { schema: name, schemaVersion } = (value ?? {}) as { schema?: unknown; schemaVersion?: unknown }
  if (name !== SCHEMA_NAME) {
    throw new StompedeError(
      'RESULT_UNREADABLE',
      `${file} is not a ${SCHEMA_NAME}: its "schema" is ${JSON.stringify(name)}`,
    )
  }
  const major = majorOf(schemaVersion)
  const ours = majorOf(SCHEMA_VERSION) as number
  if (major === undefined) {
    throw new StompedeError(
      'RESULT_UNREADABLE',
      `${file} has no version: its "schemaVersion" is ${JSON.stringify(schemaVersion)}`,
    )
  }
  if (major !== ours) {
    const advice =
      major > ours
        ? 'a newer Stompede wrote it, which is needed to read it'
        : 'it is older than any version that can be read'
    throw new StompedeError(
      'RESULT_UNREADABLE',
      `${file} has version ${String(schemaVersion)}, this is a reader of ${ours}.x: ${advice}`,
    )
  }
  const problems = shapeProblems(value, schema as Shape)
  if (problems.length > 0) throw new StompedeError('RESULT_UNREADABLE', `${file} is damaged`, { problems })
  return value as RunResult
}
