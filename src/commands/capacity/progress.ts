import { loadWords } from '../../capacity/loads.ts'
import type { Second } from '../../engine/timeline.ts'
import type { CapacityStep, LoadUnit } from '../../measure/capacity.ts'
import { Histogram } from '../../measure/histogram.ts'
import { countText, glanceText, spanText } from '../../report/format.ts'
import { isHeldThoughLate, rateText } from '../../report/capacity-words.ts'
import { startBlock } from '../../report/terminal/live.ts'
import { paintFor, type Screen } from '../../report/terminal/paint.ts'

/** A search as it is shown while it goes on. */
export interface SearchDisplay {
  /** A step begins; `secondsAhead` is what the whole search may still take, undefined where that is not known. */
  began(
    what: { number: number; phase: string; load: number; seconds: number },
    secondsAhead: number | undefined,
  ): void
  second(second: Second): void
  ended(step: CapacityStep): void
  /** A line that stays. */
  note(line: string): void
  /** Takes the status away. */
  stop(): void
}

/** One line a step as it ends; in a terminal, below them, one that says what goes on. Nothing but notes where it is quiet. */
export function showSearch(unit: LoadUnit, stream: Screen, isQuiet: boolean): SearchDisplay {
  if (isQuiet) {
    const nothing = (): void => undefined
    return { began: nothing, second: nothing, ended: nothing, note: nothing, stop: nothing }
  }
  const paint = paintFor(stream)
  let status = ''
  let ahead = ''
  let title = ''
  let lengthS = 0
  const isTerminal = stream.isTTY === true && stream.columns !== 0
  const block = isTerminal ? startBlock(stream, (columns) => [status.slice(0, columns - 1)]) : undefined
  const line = (text: string): void => {
    if (block === undefined) stream.write(`${text}\n`)
    else block.log(text)
  }
  return {
    began({ number, phase, load, seconds }, secondsAhead) {
      title = `${number} ${phase} ${loadWords(load, unit)}`
      lengthS = seconds
      ahead = secondsAhead === undefined ? '' : ` · about ${aboutText(secondsAhead)} left`
      status = `${title} · starting${ahead}`
    },
    second({ second, users, histograms }) {
      const now = histograms['message_delivery']
      const p99 = now === undefined ? '' : ` · p99 ${glanceText(Histogram.decode(now).valueAt(99))}`
      const at = second <= lengthS ? `${second} of ${Math.round(lengthS)} s` : 'settling'
      status = `${title} · ${at} · ${countText(users)} connected${p99}${ahead}`
    },
    ended(step) {
      status = ''
      line(`${stepLine(step, unit, paint)}${ahead}`)
    },
    note: line,
    stop: () => block?.stop(),
  }
}

/** A span nobody should take for exact: `40 s`, `7 min`. */
export function aboutText(seconds: number): string {
  return seconds < 90
    ? `${Math.max(10, Math.round(seconds / 10) * 10)} s`
    : spanText(Math.round(seconds / 60) * 60)
}

// --- internal ---

const SIGNS = { pass: '✔', fail: '✘', generator: '?', fault: '!' } as const
const COLOURS = { pass: 'green', fail: 'red', generator: 'yellow', fault: 'yellow' } as const

function stepLine(step: CapacityStep, unit: LoadUnit, paint: ReturnType<typeof paintFor>): string {
  const { number, phase, load, outcome, latency, achieved } = step
  const parts = [
    paint(COLOURS[outcome], `${SIGNS[outcome]} ${outcome.padEnd(9)}`),
    `${String(number).padStart(2)} ${phase.padEnd(7)}`,
    loadWords(load, unit).padStart(16),
  ]
  if (latency !== null) {
    const atLeast = (percentile: '50' | '99'): string => (latency.atLeast.includes(percentile) ? '≥ ' : '')
    parts.push(
      `p50 ${atLeast('50')}${glanceText(latency.p50Us)}, p99 ${atLeast('99')}${glanceText(latency.p99Us)}`,
    )
  }
  if (achieved.deliveriesPerSecond > 0) parts.push(`${rateText(achieved.deliveriesPerSecond)} deliveries/s`)
  const why = whyOf(step)
  if (why !== undefined) parts.push(why)
  return parts.join('  ')
}

/** What the line does not say by itself. */
function whyOf(step: CapacityStep): string | undefined {
  const { outcome, reasons, objectives } = step
  if (isHeldThoughLate(step)) return '(though the generator was late)'
  if (outcome === 'pass') return reasons[0] === undefined ? undefined : `(${reasons[0]})`
  const [headline] = objectives
  // Its percentiles stand in the line.
  return reasons.find((reason) => headline === undefined || !reason.startsWith(headline.expression))
}
