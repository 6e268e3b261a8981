import { describe, expect, it } from 'vitest'
import type { RunResult } from '../../src/measure/result.ts'
import { runScenario } from './cli.ts'

type Figures = (result: RunResult) => number

/** Every fault hits all ten members of a room, so its count on the target's own log, times ten, is the truth. */
const FAULTS: [fault: string, name: string, figure: Figures, words: RegExp][] = [
  ['loss:1/40', 'loss', ({ ledger }) => ledger.messages.lost.total, /deliveries_lost/],
  ['leak:1/40', 'leak', ({ ledger }) => ledger.messages.leaked, /deliveries_leaked/],
]

describe('run, at 1,000 users', () => {
  it.each(FAULTS)(
    '--fault %s is counted to the delivery and named',
    async (fault, name, figure, words) => {
      const { code, result, stdout } = await runScenario(['test/scenarios/talkers.ts', '--fault', fault])
      const planted = result.planted[name] as number
      expect(planted).toBeGreaterThanOrEqual(5)
      expect(figure(result)).toBe(planted * 10)
      expect(code).toBe(11)
      expect(result.verdict).toMatchObject({ status: 'fail', exitCode: 11 })
      expect(result.verdict.reasons.join('\n')).toMatch(words)
      expect(stdout).toMatch(/FAIL/)
      // Nothing else is blamed: the other figures stay at zero.
      for (const [, other, otherFigure] of FAULTS)
        if (other !== name) expect([other, otherFigure(result)]).toEqual([other, 0])
      expect(result.counters.deliveries_expected).toBe(
        result.counters.deliveries_received +
          result.counters.deliveries_lost +
          result.counters.deliveries_late,
      )
    },
    60_000,
  )
})
