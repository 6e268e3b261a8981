import { nextLook } from '../../compare/looks.ts'
import { msText, spanText } from '../../report/format.ts'
import type { RunResult } from '../../measure/result.ts'
import type { PairProgress } from './pairs.ts'

/**
 * A line a run: `pair 3 of 8 (up to 20) · A p99 118 ms · B p99 127 ms · about 9 min left`. The time left is that to the next
 * look, by the runs so far; of a self-check, which no look ends, that to its end.
 */
export function pairProgress({
  mostPairs,
  method,
  say,
  nowMs = () => performance.now(),
}: {
  mostPairs: number
  method: 'pairs' | 'self-check'
  say: (line: string) => void
  nowMs?: () => number
}): (progress: PairProgress) => void {
  const startMs = nowMs()
  let runs = 0
  let isThinNoted = false
  return ({ plan, done, a, b }) => {
    runs++
    const look = method === 'pairs' ? nextLook(done, mostPairs) : mostPairs
    const isPairOver = a !== undefined && b !== undefined
    const runsLeft = 2 * (look - done) - (isPairOver ? 2 : 1)
    const secondsLeft = (runsLeft * (nowMs() - startMs)) / runs / 1e3
    const sides = (
      plan.first === 'a'
        ? [
            ['A', a],
            ['B', b],
          ]
        : [
            ['B', b],
            ['A', a],
          ]
    ) as [string, RunResult | undefined][]
    say(
      [
        `pair ${plan.number} of ${look}${look < mostPairs ? ` (up to ${mostPairs})` : ''}`,
        ...sides.flatMap(([name, run]) => (run === undefined ? [] : [`${name} ${p99Text(run)}`])),
        ...(runsLeft > 0 ? [`about ${roundedSpan(secondsLeft)} left`] : []),
      ].join(' · '),
    )
    const messages = (a ?? b)?.trends[LAST]?.count ?? 0
    if (!isThinNoted && messages > 0 && messages < 0.9 * ENOUGH_FOR_P99) {
      isThinNoted = true
      say(
        `note: a run measures ${messages} messages: its p99 rests on the slowest ${Math.ceil(messages / 100)}; with ${ENOUGH_FOR_P99.toLocaleString('en-US')} a run it scatters less`,
      )
    }
  }
}

// --- internal ---

const LAST = 'message_last_delivery'
/** Ten samples beyond the percentile. */
const ENOUGH_FOR_P99 = 1_000

function p99Text({ trends, validity }: RunResult): string {
  const p99 = trends[LAST]?.percentilesUs['99']
  const figure = p99 === undefined ? 'measured nothing' : `p99 ${msText(p99)} ms`
  return validity.status === 'valid' ? figure : `${figure} (${validity.status})`
}

/** To the minute where it is minutes. */
function roundedSpan(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds / 5) * 5} s` : spanText(Math.ceil(seconds / 60) * 60)
}
