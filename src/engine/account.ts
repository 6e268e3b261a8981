import type { Books, LedgerExample } from '../measure/books.ts'
import { type EncodedFindings, Findings } from '../measure/findings.ts'
import type { Counters } from '../measure/metrics.ts'

/** What is told of a run beside its metrics: where losses lie, what was found, what the scenario's code threw. */
export interface Account {
  lostPlaces: Books['lostPlaces']
  unknowns: Books['unknowns']
  /** Exceptions that scenario functions threw, beside the target's failures. */
  scenarioExceptions: number
  findings: EncodedFindings
  examples: LedgerExample[]
}

/** The accounts of several shards, over the same span, as one. */
export function addAccounts(parts: readonly Account[]): Account {
  const total = (figure: (part: Account) => number): number =>
    parts.reduce((sum, part) => sum + figure(part), 0)
  return {
    lostPlaces: {
      head: total(({ lostPlaces }) => lostPlaces.head),
      middle: total(({ lostPlaces }) => lostPlaces.middle),
      tail: total(({ lostPlaces }) => lostPlaces.tail),
    },
    unknowns: {
      recovered: total(({ unknowns }) => unknowns.recovered),
      partial: total(({ unknowns }) => unknowns.partial),
    },
    scenarioExceptions: total(({ scenarioExceptions }) => scenarioExceptions),
    findings: addFindings(parts.map(({ findings }) => findings)),
    examples: parts.flatMap(({ examples }) => examples).toSorted((a, b) => a.atMs - b.atMs),
  }
}

/**
 * The account of a run up to its last second. A second's numbers count from the start, its findings and examples from
 * the second before.
 */
export function accountOf(seconds: readonly (Account & { counters: Counters })[]): Account {
  const { findings, examples } = addAccounts(seconds)
  const last = seconds.at(-1)
  if (last === undefined) return addAccounts([])
  const { head, middle } = last.lostPlaces
  // A loss that nothing followed until the record ends lies at its tail; a ledger says so only when it is finished.
  const lostPlaces = { head, middle, tail: last.counters.deliveries_lost - head - middle }
  const { unknowns, scenarioExceptions } = last
  return { lostPlaces, unknowns, scenarioExceptions, findings, examples }
}

/** Findings of several shards, or of several spans, as one. */
export function addFindings(parts: readonly EncodedFindings[]): EncodedFindings {
  const sum = new Findings()
  for (const part of parts) sum.add(part)
  return sum.encode()
}
