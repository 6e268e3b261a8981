import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { reasonOf, StompedeError } from '../errors.ts'
import shipped from './documented-design.json' with { type: 'json' }
import { globOf } from './selection.ts'

/** One case that is known to fail, why, and until when that is accepted. */
export interface KnownFailure {
  id: string
  /** Glob over the API's URL; without it the entry is for every target. */
  target?: string
  /** Name of a broker profile; without it the entry is for every profile. */
  profile?: string
  reason: string
  /** Where it is written down: a ticket, a design document. */
  link: string
  /** The last day it is accepted, `YYYY-MM-DD`. */
  expires: string
}

/** What the file says of this gate. */
export interface KnownFailures {
  /** The file, as it was named; null without one. */
  readonly file: string | null
  /** The entry that excuses a rule here, not an expired one. */
  excuse(rule: string): KnownFailure | undefined
  /** Entries past their day, and entries whose id is no rule: each needs a hand. */
  readonly expired: string[]
  readonly unmatched: string[]
}

/** The name that stands for the file that ships: what the documented design is expected to fail. */
export const DOCUMENTED_DESIGN = 'documented-design'

/** What the documented design (one broker login for all, a direct exchange) is expected to fail. */
export function documentedDesign(): KnownFailure[] {
  return checkedEntries(shipped, DOCUMENTED_DESIGN)
}

/** Reads a known-failures file, JSON or YAML. Throws USAGE with every problem of every entry. */
export function readKnownFailures(file: string): KnownFailure[] {
  if (file === DOCUMENTED_DESIGN) return documentedDesign()
  let value: unknown
  try {
    value = parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new StompedeError('USAGE', `${file}: the known failures cannot be read (${reasonOf(error)})`)
  }
  return checkedEntries(value, file)
}

/** What of the entries is for this target and profile on this day. */
export function knownFailuresFor(
  file: string | null,
  entries: readonly KnownFailure[],
  gate: { apiUrl: string; profile: string; today: Date; ruleIds: ReadonlySet<string> },
): KnownFailures {
  const here = entries.filter(
    ({ target, profile }) =>
      (target === undefined || globOf(target).test(gate.apiUrl)) &&
      (profile === undefined || profile === gate.profile),
  )
  const today = gate.today.toISOString().slice(0, 10)
  const isExpired = ({ expires }: KnownFailure): boolean => expires < today
  return {
    file,
    excuse: (rule) => here.find((entry) => entry.id === rule && !isExpired(entry)),
    expired: here.filter(isExpired).map(({ id, expires }) => `${id} (${expires})`),
    unmatched: here.filter(({ id }) => !gate.ruleIds.has(id)).map(({ id }) => id),
  }
}

// --- internal ---

const REQUIRED = ['id', 'reason', 'link', 'expires'] as const
const OPTIONAL = ['target', 'profile'] as const

function checkedEntries(value: unknown, file: string): KnownFailure[] {
  const problems: string[] = []
  if (!Array.isArray(value)) problems.push('it must be a list of entries')
  const entries = Array.isArray(value) ? (value as unknown[]) : []
  const seen = new Set<string>()
  for (const [i, entry] of entries.entries()) problems.push(...problemsOf(entry, `/${i}`, seen))
  if (problems.length > 0)
    throw new StompedeError('USAGE', `${file}: not a usable list of known failures`, { problems })
  return entries as KnownFailure[]
}

function problemsOf(entry: unknown, path: string, seen: Set<string>): string[] {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    return [`${path}: must be an object`]
  const fields = entry as Record<string, unknown>
  const problems: string[] = []
  for (const name of REQUIRED) {
    if (typeof fields[name] !== 'string' || fields[name].trim() === '')
      problems.push(`${path}/${name}: must be text`)
  }
  for (const name of OPTIONAL) {
    if (fields[name] !== undefined && typeof fields[name] !== 'string')
      problems.push(`${path}/${name}: must be text`)
  }
  const names: readonly string[] = [...REQUIRED, ...OPTIONAL]
  for (const name of Object.keys(fields)) {
    if (!names.includes(name)) problems.push(`${path}/${name}: is not one of ${names.join(', ')}`)
  }
  const { id, target, profile, expires } = fields
  if (typeof expires === 'string' && !isDay(expires))
    problems.push(`${path}/expires: must be a day such as 2027-03-31`)
  const key = JSON.stringify([id, target, profile])
  if (seen.has(key)) problems.push(`${path}: is there twice`)
  seen.add(key)
  return problems
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const day = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}
