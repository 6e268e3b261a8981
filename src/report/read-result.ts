import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { reasonOf, StompedeError } from '../errors.ts'
import { CAPACITY_SCHEMA_NAME, CAPACITY_SCHEMA_VERSION, type CapacityResult } from '../measure/capacity.ts'
import capacitySchema from '../measure/capacity.schema.json' with { type: 'json' }
import {
  COMPARISON_SCHEMA_NAME,
  COMPARISON_SCHEMA_VERSION,
  type ComparisonResult,
} from '../measure/comparison.ts'
import comparisonSchema from '../measure/comparison.schema.json' with { type: 'json' }
import {
  CONFORMANCE_SCHEMA_NAME,
  CONFORMANCE_SCHEMA_VERSION,
  type ConformanceResult,
} from '../measure/conformance.ts'
import conformanceSchema from '../measure/conformance.schema.json' with { type: 'json' }
import { type RunResult, SCHEMA_NAME, SCHEMA_VERSION } from '../measure/result.ts'
import schema from '../measure/result.schema.json' with { type: 'json' }
import { type Shape, shapeProblems } from './result-shape.ts'

/** Whatever `result.json` may hold. */
export type StoredResult = RunResult | ConformanceResult | CapacityResult | ComparisonResult

/**
 * Reads a run's result from its file or from the run's directory. Results of the same major version are accepted, fields
 * this version does not know are kept. Throws RESULT_UNREADABLE for anything else, all problems at once.
 */
export async function readResult(from: string): Promise<RunResult> {
  return (await read(from, [SCHEMA_NAME])) as RunResult
}

/** The same for the result of a gate. */
export async function readConformance(from: string): Promise<ConformanceResult> {
  return (await read(from, [CONFORMANCE_SCHEMA_NAME])) as ConformanceResult
}

/** The same for the result of a capacity search. */
export async function readCapacity(from: string): Promise<CapacityResult> {
  return (await read(from, [CAPACITY_SCHEMA_NAME])) as CapacityResult
}

/** The same for the result of a comparison. */
export async function readComparison(from: string): Promise<ComparisonResult> {
  return (await read(from, [COMPARISON_SCHEMA_NAME])) as ComparisonResult
}

/** The same for a result of any kind; its `schema` tells which it is. */
export function readStored(from: string): Promise<StoredResult> {
  return read(from, Object.keys(KINDS) as StoredResult['schema'][])
}

/** Whether a result is a gate's. */
export function isConformance(result: StoredResult): result is ConformanceResult {
  return result.schema === CONFORMANCE_SCHEMA_NAME
}

// --- internal ---

const KINDS: Record<StoredResult['schema'], { version: string; shape: Shape }> = {
  [SCHEMA_NAME]: { version: SCHEMA_VERSION, shape: schema as Shape },
  [CONFORMANCE_SCHEMA_NAME]: { version: CONFORMANCE_SCHEMA_VERSION, shape: conformanceSchema as Shape },
  [CAPACITY_SCHEMA_NAME]: { version: CAPACITY_SCHEMA_VERSION, shape: capacitySchema as Shape },
  [COMPARISON_SCHEMA_NAME]: { version: COMPARISON_SCHEMA_VERSION, shape: comparisonSchema as Shape },
}

async function read(from: string, kinds: readonly StoredResult['schema'][]): Promise<StoredResult> {
  const file = await fileOf(from)
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new StompedeError('RESULT_UNREADABLE', `cannot read the result: ${reasonOf(error)}`, {
      cause: error,
    })
  })
  return parseResult(text, file, kinds)
}

async function fileOf(from: string): Promise<string> {
  const found = await stat(from).catch((error: unknown) => {
    throw new StompedeError('RESULT_UNREADABLE', `no result at ${from}: ${reasonOf(error)}`, { cause: error })
  })
  return found.isDirectory() ? join(from, 'result.json') : from
}

/** Gives a result of an earlier version the fields that were added since. It may be damaged anywhere. */
function complete(value: unknown, kind: StoredResult['schema'], version: string): void {
  const isFirst = version.startsWith('1.0.')
  const isSecond = version.startsWith('1.1.')
  const { environment, plan } = value as {
    environment?: { target?: { behaviour?: string | null } }
    plan?: { hash?: string }
  }
  if (kind === CONFORMANCE_SCHEMA_NAME) return
  // Nobody kept what the reference target was told to be like.
  if ((isFirst || (kind === SCHEMA_NAME && isSecond)) && environment?.target)
    environment.target.behaviour ??= null
  if (kind === COMPARISON_SCHEMA_NAME && (isFirst || isSecond)) completeSides(value)
  if (kind === CAPACITY_SCHEMA_NAME && isFirst) {
    if (plan) plan.hash ??= 'unknown'
    completeSteps(value)
  }
  if (kind === CAPACITY_SCHEMA_NAME && (isFirst || isSecond)) completeSearch(value)
  if (kind === SCHEMA_NAME && isFirst) completeFirst(value)
}

/** The same for a comparison before 1.2: nobody kept what each side is. */
function completeSides(value: unknown): void {
  const { sides } = value as { sides?: { a?: { target?: unknown }; b?: { target?: unknown } } }
  for (const side of objectsIn([sides?.a, sides?.b])) side.target ??= null
}

/** The same for the steps of a search of 1.0: nobody kept how busy the generator was, nor which figures are at least. */
function completeSteps(value: unknown): void {
  const { steps } = value as {
    steps?: {
      objectives?: { isAtLeast?: boolean; observed?: number | null; status?: string }[]
      latency?: { atLeast?: string[] } | null
      cpuShare?: number | null
    }[]
  }
  for (const step of objectsIn(steps)) {
    if (step.cpuShare === undefined) step.cpuShare = null
    for (const latency of objectsIn([step.latency])) latency.atLeast ??= []
    for (const row of objectsIn(step.objectives))
      row.isAtLeast ??= row.status === 'unknown' && row.observed !== null
  }
}

/** The same for a search before 1.2: nobody kept whose cost it is, by how many samples, nor what failed beside objectives. */
function completeSearch(value: unknown): void {
  const { cost, steps } = value as {
    cost?: { processes?: string[] }
    steps?: {
      outcome?: string
      isBrokenBeside?: boolean
      objectives?: { count?: number | null; status?: string }[]
    }[]
  }
  for (const each of objectsIn([cost])) each.processes ??= []
  for (const step of objectsIn(steps)) {
    const rows = objectsIn(step.objectives)
    for (const row of rows) row.count ??= null
    // What failed although no objective did, failed by something else.
    step.isBrokenBeside ??= step.outcome === 'fail' && rows.every(({ status }) => status !== 'fail')
  }
}

function objectsIn<T>(list: readonly T[] | undefined): NonNullable<T>[] {
  return Array.isArray(list) ? list.filter((each) => typeof each === 'object' && each !== null) : []
}

/** The same for a run's result of 1.0. */
function completeFirst(value: unknown): void {
  const result = value as {
    plan?: { warmUpSeconds?: number }
    ledger?: { messages?: { pending?: number } }
    timeline?: { deliveryHistograms?: RunResult['timeline']['deliveryHistograms'] }
    intervals?: RunResult['intervals']
    contractDrift?: RunResult['contractDrift']
  }
  if (result.contractDrift === undefined) result.contractDrift = null
  if (result.plan) result.plan.warmUpSeconds ??= 0
  if (result.ledger?.messages) result.ledger.messages.pending ??= 0
  const delivery = result.timeline?.deliveryHistograms
  if (delivery) result.intervals ??= { stepSeconds: 1, series: { message_delivery: delivery } }
}

function majorOf(version: unknown): number | undefined {
  const match = typeof version === 'string' ? /^(\d+)\.\d+\.\d+$/.exec(version) : null
  return match === null ? undefined : Number(match[1])
}

/** The result a JSON text holds; `file` names it in errors. */
function parseResult(text: string, file: string, kinds: readonly StoredResult['schema'][]): StoredResult {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new StompedeError('RESULT_UNREADABLE', `${file} is not JSON: ${reasonOf(error)}`, { cause: error })
  }
  const { schema: name, schemaVersion } = (value ?? {}) as { schema?: unknown; schemaVersion?: unknown }
  const kind = kinds.find((each) => each === name)
  if (kind === undefined) {
    throw new StompedeError(
      'RESULT_UNREADABLE',
      `${file} is not a ${kinds.join(' or a ')}: its "schema" is ${JSON.stringify(name)}`,
    )
  }
  const { version, shape } = KINDS[kind]
  const major = majorOf(schemaVersion)
  const ours = majorOf(version) as number
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
  complete(value, kind, String(schemaVersion))
  const problems = shapeProblems(value, shape)
  if (problems.length > 0) throw new StompedeError('RESULT_UNREADABLE', `${file} is damaged`, { problems })
  return value as StoredResult
}
