import { type CapacityResult, WIDEST_BRACKET } from '../measure/capacity.ts'
import type { RunResult } from '../measure/result.ts'

/** What a run's environment is remembered by. */
export type IndexedEnvironment = Omit<RunResult['environment'], 'contract'>

/**
 * One line of `index.ndjson`: what a trend needs of a result, about 1 KB of it. The index is made of results and can be made
 * again of them; where results are thrown away, it is what stays.
 */
export interface IndexLine {
  v: 1
  /** The result's, relative to the reports. */
  directory: string
  /** `other`: a result that no trend is made of. It has a line so that it is not read again. */
  kind: 'run' | 'capacity' | 'other'
  /** ISO 8601, UTC. */
  startedAt: string
  scenario: string
  /** Of a capacity search: also what it searched for, in words. */
  planHash: string
  users: number | null
  commit: string | null
  /** Why no trend is made of it, in words; null for a result that counts. */
  leftOut: string | null
  environment: IndexedEnvironment | null
  /** By metric's id, in the metric's unit; null where it was not measured. */
  figures: Record<string, number | null>
  /** Ids of the figures that lie among censored samples: the true ones are at least these. */
  atLeast: string[]
}

/** The line of a run, with what was found in it. */
export function runLine(
  directory: string,
  { run, plan, environment }: RunResult,
  found: Pick<IndexLine, 'leftOut' | 'figures' | 'atLeast'>,
): IndexLine {
  return {
    v: 1,
    directory,
    kind: 'run',
    startedAt: run.startedAt,
    scenario: plan.scenario,
    planHash: plan.hash,
    users: plan.users,
    commit: commitOf(run.tags),
    environment: environmentOf(environment),
    ...found,
  }
}

/** The metric that a capacity search has: the highest load that repeats confirmed. */
export const VERIFIED = 'verified_load'

/** The line of a capacity search. */
export function capacityLine(directory: string, result: CapacityResult): IndexLine {
  const { run, plan, bracket, environment } = result
  return {
    v: 1,
    directory,
    kind: 'capacity',
    startedAt: run.startedAt,
    scenario: plan.scenario,
    planHash: `${plan.hash}, ${plan.unit} at ${plan.objectives.join(', ')}`,
    users: null,
    commit: commitOf(run.tags),
    leftOut: whyNoAnswer(result),
    environment: environmentOf(environment),
    figures: { [VERIFIED]: bracket.verified },
    atLeast: [],
  }
}

/** The line of a result that has no trend: a gate, a comparison. */
export function otherLine(directory: string, startedAt: string): IndexLine {
  return {
    v: 1,
    directory,
    kind: 'other',
    startedAt,
    scenario: '',
    planHash: '',
    users: null,
    commit: null,
    leftOut: null,
    environment: null,
    figures: {},
    atLeast: [],
  }
}

/** The lines of an index, and what is wrong with those that cannot be read. Of two lines of one directory the later one stands. */
export function parseIndex(text: string): { lines: IndexLine[]; problems: string[] } {
  const problems: string[] = []
  const lines = new Map<string, IndexLine>()
  text.split('\n').forEach((written, i) => {
    if (written.trim() === '') return
    const line = parseLine(written)
    if (typeof line === 'string') problems.push(`index.ndjson, line ${i + 1}: ${line}`)
    else lines.set(line.directory, line)
  })
  return { lines: [...lines.values()], problems }
}

/** The text of lines, each with its end. */
export function indexText(lines: readonly IndexLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

// --- internal ---

/** Why the verified load is what the search got to and not what the target holds; null where it is. */
function whyNoAnswer({
  run: { stoppedBy },
  bracket: { outcome, verified, refuted },
}: CapacityResult): string | null {
  if (verified === null || refuted === null || outcome !== 'bracketed')
    return `its search ended without a bracket (${outcome})`
  if (stoppedBy !== 'plan') return `its search was cut short (${stoppedBy})`
  if (refuted / verified <= WIDEST_BRACKET) return null
  const percent = (ratio: number): number => Number(((ratio - 1) * 100).toFixed(1))
  return `its bracket is ${percent(refuted / verified)} % wide, ${percent(WIDEST_BRACKET)} % is the most`
}

function commitOf(tags: Readonly<Record<string, string>>): string | null {
  const commit = tags['commit']?.trim() ?? ''
  return commit === '' ? null : commit
}

function environmentOf({
  contract: _contract,
  ...environment
}: RunResult['environment']): IndexedEnvironment {
  return environment
}

function parseLine(written: string): IndexLine | string {
  let value: unknown
  try {
    value = JSON.parse(written)
  } catch {
    return 'it is torn'
  }
  const line = (value ?? {}) as Partial<Omit<IndexLine, 'v'>> & { v?: unknown }
  if (line.v !== 1) return `its version is ${JSON.stringify(line.v)}, this is a reader of 1`
  return isLine(line) ? complete(line) : 'it is damaged'
}

/** Gives a line of an earlier Stompede what was added since. */
function complete(line: Omit<IndexLine, 'atLeast'> & { atLeast?: string[] }): IndexLine {
  const { environment, atLeast = [] } = line
  if (environment !== null) environment.target.behaviour ??= null
  return { ...line, atLeast }
}

function isLine(line: object): line is Omit<IndexLine, 'atLeast'> & { atLeast?: string[] } {
  const {
    directory,
    kind,
    startedAt,
    scenario,
    planHash,
    users,
    commit,
    leftOut,
    environment,
    figures,
    atLeast,
  } = line as Partial<IndexLine>
  const isText = (text: unknown): boolean => typeof text === 'string'
  return (
    [directory, startedAt, scenario, planHash].every(isText) &&
    directory !== '' &&
    ['run', 'capacity', 'other'].includes(kind as string) &&
    (users === null || typeof users === 'number') &&
    (commit === null || isText(commit)) &&
    (leftOut === null || isText(leftOut)) &&
    (kind === 'other' ? environment === null : isEnvironment(environment)) &&
    typeof figures === 'object' &&
    figures !== null &&
    (atLeast === undefined || (Array.isArray(atLeast) && atLeast.every(isText))) &&
    Object.values(figures).every((figure) => figure === null || typeof figure === 'number')
  )
}

function isEnvironment(value: unknown): boolean {
  const { cpu, os, node, stompede, cores, memoryBytes, workers, driver, flavour, target } = (value ??
    {}) as Partial<IndexedEnvironment>
  return (
    [cpu, os, node, stompede, driver, flavour, target?.broker].every((text) => typeof text === 'string') &&
    [cores, memoryBytes, workers].every((count) => typeof count === 'number') &&
    Array.isArray(target?.faults)
  )
}
