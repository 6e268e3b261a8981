import { readFileSync } from 'node:fs'
import { type JournalSend, wordsOf } from './journal.ts'
import type { TruthSpan } from './row.ts'

/** One message with everything that is known of it outside the product. µs on the machine's one clock. */
export interface TrueMessage {
  plannedUs: number
  sentUs: number
  arrivedUs: number
  publishedUs: number
}

/** The moments at which each user sent, in its order, as a scenario noted them (`test/scenarios/sent-log.ts`). */
export function readSentLog(path: string): Map<number, number[]> {
  const moments = new Map<number, number[]>()
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue
    const [user = Number.NaN, atUs = Number.NaN] = line.split(' ').map(Number)
    const own = moments.get(user)
    if (own === undefined) moments.set(user, [atUs])
    else own.push(atUs)
  }
  return moments
}

/**
 * Joins what the target did with when the scenario sent, for users that send into one room each. The run's start is the
 * earliest that fits both: no message is sent before it is planned, and the quickest of many is sent when it is planned.
 * @throws Error for a message that was never published or that no user noted.
 */
export function trueMessages(
  sends: readonly JournalSend[],
  sentLog: ReadonlyMap<number, readonly number[]>,
): TrueMessage[] {
  const joined = sends.map(({ token, arrivedUs, publishedUs }) => {
    const { user, number, plannedUs } = wordsOf(token)
    const sentUs = sentLog.get(user)?.[number]
    if (sentUs === undefined || publishedUs === null)
      throw new Error(`no record of message ${number} of user ${user}`)
    return { plannedUs, sentUs, arrivedUs, publishedUs }
  })
  const startUs = Math.min(...joined.map(({ sentUs, plannedUs }) => sentUs - plannedUs))
  return joined.map((message) => ({ ...message, plannedUs: message.plannedUs + startUs }))
}

/**
 * A percentile of plain numbers: sorted, the value below which that many lie, with its neighbours. One message more or
 * less beside a quantile is no error, where a distribution has gaps.
 */
export function percentileOf(values: readonly number[], percentile: number): TruthSpan {
  const sorted = values.toSorted((a, b) => a - b)
  const rank = Math.max(0, Math.ceil((percentile / 100) * sorted.length - 1e-9) - 1)
  const at = (index: number): number => sorted[Math.min(sorted.length - 1, Math.max(0, index))] as number
  return { lowUs: at(rank - 1), us: at(rank), highUs: at(rank + 1) }
}
