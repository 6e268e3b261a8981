import { describe, expect, it } from 'vitest'
import { headlineOf, type VerdictEvidence, verdictOf } from '../../src/compare/verdict.ts'
import type { ComparedMetric, ComparisonVerdict, MachineNoise } from '../../src/measure/comparison.ts'

function metric(verdict: ComparisonVerdict, change: Partial<ComparedMetric> = {}): ComparedMetric {
  const id = change.id ?? `metric-${verdict}`
  return {
    id,
    name: id,
    unit: 'ms',
    isGated: true,
    isWorseWhenHigher: true,
    margin: 0.05,
    a: 100,
    b: 110,
    logRatios: [],
    change: null,
    detectable: 0.04,
    isErratic: false,
    verdict,
    says: `${id}: 100 → 110 ms, +10.0 % (98.75 % CI +7.0 to +13.0), margin 5 %: ${verdict.toUpperCase()}`,
    ...change,
  }
}

function evidence(
  verdicts: readonly ComparisonVerdict[],
  change: Partial<VerdictEvidence> = {},
): VerdictEvidence {
  return {
    method: 'pairs',
    metrics: verdicts.map((verdict, i) => metric(verdict, { id: `m${i}` })),
    absolute: [],
    basis: '8 pairs',
    noise: null,
    obstacles: [],
    advisory: [],
    isUnknownPassed: false,
    ...change,
  }
}

const NEW_FAULT = [{ name: 'deliveries_lost', a: 0, b: 3, status: 'worse' }] as const
const OLD_FAULT = [{ name: 'deliveries_lost', a: 3, b: 0, status: 'better' }] as const

describe('the verdict of a comparison', () => {
  it.each([
    // What the metrics that gate say, and what follows: the worst, with an exit code of its own.
    [['same', 'same'], {}, 'same', 0],
    [['same', 'better'], {}, 'better', 0],
    [['same', 'unknown', 'better'], {}, 'unknown', 13],
    [['same', 'unknown', 'worse', 'better'], {}, 'worse', 12],
    [['worse'], {}, 'worse', 12],
    [['unknown'], {}, 'unknown', 13],
    [[], {}, 'unknown', 13],
    // Nothing that could be unknown for its scatter.
    [[], { isUnknownPassed: true }, 'unknown', 13],
    [[], { method: 'self-check' }, 'unknown', 13],
    [['unknown'], { isUnknownPassed: true }, 'unknown', 0],
    [['worse'], { isUnknownPassed: true }, 'worse', 12],
    // A new fault, whatever the noise; an old one that is gone.
    [['same', 'unknown'], { absolute: NEW_FAULT }, 'worse', 12],
    [['same'], { absolute: OLD_FAULT }, 'better', 0],
    [['worse'], { absolute: OLD_FAULT }, 'worse', 12],
    [['unknown'], { absolute: OLD_FAULT }, 'unknown', 13],
    // Too little that may be believed.
    [['worse'], { obstacles: ['9 pairs had to be thrown away'] }, 'unknown', 13],
    [['same'], { obstacles: ['9 pairs had to be thrown away'] }, 'unknown', 13],
    [['same'], { obstacles: ['9 pairs had to be thrown away'], absolute: NEW_FAULT }, 'worse', 12],
    // Which is more than what scatters: nothing was found out.
    [['same'], { obstacles: ['9 pairs had to be thrown away'], isUnknownPassed: true }, 'unknown', 13],
    [['same'], { method: 'self-check', obstacles: ['9 pairs'], isUnknownPassed: true }, 'unknown', 13],
    // Advice never says worse.
    [['worse'], { advisory: ['the machines differ'], method: 'stored' }, 'unknown', 13],
    [['same'], { advisory: ['the machines differ'], method: 'stored', absolute: NEW_FAULT }, 'unknown', 13],
    // A self-check says neither worse nor better.
    [['same', 'same'], { method: 'self-check' }, 'same', 0],
    [['same', 'worse'], { method: 'self-check' }, 'unknown', 13],
    [['same', 'better'], { method: 'self-check' }, 'unknown', 13],
    [['same'], { method: 'self-check', absolute: NEW_FAULT }, 'unknown', 13],
    [['same', 'unknown'], { method: 'self-check', isUnknownPassed: true }, 'unknown', 0],
  ] as const)('of %j and %j is %s, exit %i', (verdicts, change, status, exitCode) => {
    const given = evidence(verdicts as readonly ComparisonVerdict[], change)
    const verdict = verdictOf(given)
    expect(verdict).toMatchObject({ status, exitCode })
    // What is not green says why, and what is has nothing to explain but what got better.
    expect(verdict.reasons.length > 0).toBe(status !== 'same')
    expect(headlineOf(given, verdict, null)).toMatch(/^[A-Z].*\.$/)
  })

  it('does not follow from metrics that only inform', () => {
    const informing = metric('worse', { isGated: false })
    expect(verdictOf(evidence([], { metrics: [metric('same'), informing] })).status).toBe('same')
  })

  it('says why it is worse, the fault first', () => {
    const given = evidence(['worse', 'same'], { absolute: NEW_FAULT })
    const verdict = verdictOf(given)
    expect(verdict.reasons).toEqual([
      'deliveries lost: none in A, 3 in B',
      'm0: 100 → 110 ms, +10.0 % (98.75 % CI +7.0 to +13.0), margin 5 %: WORSE',
    ])
    expect(headlineOf(given, verdict, null)).toBe(
      'Worse: deliveries lost: none in A, 3 in B; m0 +10.0 % (98.75 % CI +7.0 to +13.0) (8 pairs).',
    )
  })

  it('says that a margin is tighter than the machine allows, from a self-check and from its own pairs', () => {
    const noise: MachineNoise = {
      measuredAt: '2026-01-01T00:00:00.000Z',
      pairs: 8,
      metrics: { p99: { sd: 0.07, leastMargin: 0.081 } },
    }
    const unknown = metric('unknown', { id: 'p99' })
    const reasonsOf = (change: Partial<VerdictEvidence>): string =>
      verdictOf(evidence([], { metrics: [unknown], ...change })).reasons.join()
    expect(reasonsOf({ noise })).toContain('margin tighter than this machine allows: 20 pairs hold 8.1 %')
    expect(reasonsOf({ noise: null })).not.toContain('tighter')
    // A median deviation of 0.1 × 1.4826, times 1.2.
    const scattered = { ...unknown, logRatios: [-0.1, 0.1, -0.1, 0.1, -0.1, 0.1, -0.1, 0.1] }
    expect(reasonsOf({ metrics: [scattered] })).toContain('20 pairs hold 19 %')
    expect(reasonsOf({ noise, metrics: [{ ...unknown, margin: 0.1 }] })).not.toContain('tighter')
  })

  it('says of a self-check which margins the machine can hold', () => {
    const noise: MachineNoise = {
      measuredAt: '2026-01-01T00:00:00.000Z',
      pairs: 8,
      metrics: { m0: { sd: 0.02, leastMargin: 0.031 }, m1: { sd: 0.07, leastMargin: 0.0812 } },
    }
    const given = evidence(['same', 'unknown'], { method: 'self-check', noise })
    expect(headlineOf(given, verdictOf(given), noise)).toBe(
      'With 20 pairs this machine can hold margins of 3.1 % of m0, 8.1 % of m1 (8 pairs of the same against itself). Not all of the margins asked for could be confirmed.',
    )
  })
})
