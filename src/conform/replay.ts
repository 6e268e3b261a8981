import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Contract } from '../chat/contract.ts'
import { reasonOf, StompedeError } from '../errors.ts'
import { judged } from './gate.ts'
import type { GateEvent, History, HistoryEvent } from './history.ts'
import type { Outcome, PassiveRule, Rule } from './rule.ts'

/** A passive rule, judged again. */
export interface Replayed {
  rule: PassiveRule
  outcome: Outcome
  /** What the gate came to, profile and known failures heard; undefined where it did not ask this rule. */
  stored: string | undefined
}

/**
 * Judges the `history.ndjson` of a directory with every passive rule; `differing` says which come to another state than
 * the gate's own result.json has. Throws RESULT_UNREADABLE where there is no history that this version can read.
 */
export async function replay(
  directory: string,
  rules: readonly Rule[],
  contract: Contract,
): Promise<{ cases: Replayed[]; differing: string[] }> {
  const history = await readHistory(join(directory, 'history.ndjson'), contract)
  const states = await storedStates(join(directory, 'result.json'))
  const cases = rules
    .filter((rule): rule is PassiveRule => 'judge' in rule)
    .map((rule) => ({ rule, outcome: judged(rule, history), stored: states.get(rule.id) }))
  const differing = cases.flatMap(({ rule, outcome, stored }) => {
    const before = stored === undefined ? outcome.state : (EXCUSED[stored] ?? stored)
    return before === outcome.state ? [] : [`${rule.id} was ${stored}, is ${outcome.state}`]
  })
  return { cases, differing }
}

// --- internal ---

/** What a state was before profile and known failures were heard. */
const EXCUSED: Readonly<Record<string, string>> = { XFAIL: 'FAIL', XPASS: 'PASS', 'NON-STRICT': 'FAIL' }

async function readHistory(file: string, contract: Contract): Promise<History> {
  const text = await readText(file)
  const events: HistoryEvent[] = []
  for (const [i, line] of text.split('\n').entries()) {
    if (line === '') continue
    try {
      events.push(JSON.parse(line) as HistoryEvent)
    } catch {
      throw new StompedeError('RESULT_UNREADABLE', `${file}, line ${i + 1}: is no JSON`)
    }
  }
  const [first] = events
  if (first?.kind !== 'gate' || first.version !== 1)
    throw new StompedeError('RESULT_UNREADABLE', `${file} is no history of a gate that this version can read`)
  requireSame(first, contract, file)
  return { events, contract }
}

/** Judged by another contract, a history says other things. */
function requireSame(gate: GateEvent, contract: Contract, file: string): void {
  if (gate.contract === contract.digest) return
  throw new StompedeError(
    'RESULT_UNREADABLE',
    `${file} was recorded with the contract ${gate.contract}, this one is ${contract.digest}: name it with --contract`,
  )
}

async function storedStates(file: string): Promise<Map<string, string>> {
  const result = JSON.parse(await readText(file)) as { cases: { id: string; state: string }[] }
  return new Map(result.cases.map(({ id, state }) => [id, state]))
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new StompedeError('RESULT_UNREADABLE', `cannot read the history: ${reasonOf(error)}`, {
      cause: error,
    })
  }
}
