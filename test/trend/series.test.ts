import { describe, expect, it } from 'vitest'
import type { TrendMetric } from '../../src/measure/trend.ts'
import type { IndexLine } from '../../src/trend/index-line.ts'
import type { Note } from '../../src/trend/note.ts'
import { seriesOf } from '../../src/trend/series.ts'
import { commit, day, ENVIRONMENT, line } from './lines.ts'

const P99: TrendMetric = {
  id: 'last_delivery_p99',
  name: 'p99 send → last',
  unit: 'ms',
  isWorseWhenHigher: true,
}
const RATE: TrendMetric = {
  id: 'deliveries_per_second',
  name: 'deliveries',
  unit: 'per second',
  isWorseWhenHigher: false,
}

/** One run a day and commit, whose p99 is 100 ms with 2 % of noise, and from `step` on so much more. */
function commits(
  count: number,
  step = count,
  change = 0,
  over: (n: number) => Partial<IndexLine> = () => ({}),
): IndexLine[] {
  return Array.from({ length: count }, (_, n) => {
    const level = 1 + 0.02 * Math.sin(n * 12.9898)
    const value = 100 * level * (n >= step ? 1 + change : 1)
    return line({
      directory: `run-${n}`,
      startedAt: day(n),
      commit: commit(n),
      figures: { last_delivery_p99: value, deliveries_per_second: 25_000 / value },
      ...over(n),
    })
  })
}

const note = (of: string): Note => ({ v: 1, at: day(0), of, text: `about ${of.slice(0, 7)}` })

describe('series', () => {
  it('have a point a commit, the median of its runs, in the order of time', () => {
    const of = (directory: string, hour: number, value: number, n: number): IndexLine =>
      line({ directory, startedAt: day(n, hour), commit: commit(n), figures: { last_delivery_p99: value } })
    const lines = [of('d', 5, 70, 2), of('b', 11, 130, 1), of('a', 10, 100, 1), of('c', 12, 110, 1)]
    const [series, ...others] = seriesOf(lines, [], [P99, RATE])
    expect(others).toEqual([])
    expect(
      series?.points.map(({ value, runs, directories, at, commit: whose }) => ({
        value,
        runs,
        directories,
        at,
        whose,
      })),
    ).toEqual([
      { value: 110, runs: 3, directories: ['a', 'b', 'c'], at: day(1, 10), whose: commit(1) },
      { value: 70, runs: 1, directories: ['d'], at: day(2, 5), whose: commit(2) },
    ])
    expect(series).toMatchObject({ scenario: 'steady', users: 1000, metric: P99, changes: [], band: null })
  })

  it('have a point of its own for every run without a commit', () => {
    const lines = [line({ directory: 'a' }), line({ directory: 'b' })]
    expect(seriesOf(lines, [], [P99])[0]?.points.map(({ commit: of, runs }) => [of, runs])).toEqual([
      [null, 1],
      [null, 1],
    ])
  })

  it('are apart for other plans, machines, targets and faults, the newest first', () => {
    const on = (directory: string, n: number, over: Partial<typeof ENVIRONMENT>, planHash = 'p'): IndexLine =>
      line({ directory, startedAt: day(n), planHash, environment: { ...ENVIRONMENT, ...over } })
    const foreign = { ...ENVIRONMENT.target, isOwn: false, apiUrl: 'https://chat.example.com/chat-ws' }
    const lines = [
      on('a', 1, {}),
      on('b', 2, {}, 'q'),
      on('c', 3, { cores: 4 }),
      on('d', 4, { target: foreign }),
      on('e', 5, { target: { ...ENVIRONMENT.target, faults: ['lose:1/9'] } }),
      on('f', 6, { target: { ...ENVIRONMENT.target, apiUrl: 'http://127.0.0.1:5/' } }),
      on('g', -1, { target: { ...foreign, apiUrl: 'https://chat.example.com/other/' } }),
      on('h', -2, { target: { ...foreign, broker: 'ActiveMQ/6' } }),
      on('i', -3, { target: { ...ENVIRONMENT.target, behaviour: 'service constant(20ms)' } }),
      on('j', 4, { target: { ...foreign, apiUrl: 'https://chat.example.com/chat-ws/' } }),
    ]
    expect(
      seriesOf(lines, [], [P99]).map(({ machine, planHash, points }) => [machine, planHash, points.length]),
    ).toEqual([
      ['Example CPU, 2 cores, Linux · reference target, RabbitMQ', 'p', 2],
      ['Example CPU, 2 cores, Linux · reference target, RabbitMQ · faults: lose:1/9', 'p', 1],
      ['Example CPU, 2 cores, Linux · chat.example.com/chat-ws, RabbitMQ', 'p', 2],
      ['Example CPU, 4 cores, Linux · reference target, RabbitMQ', 'p', 1],
      ['Example CPU, 2 cores, Linux · reference target, RabbitMQ', 'q', 1],
      ['Example CPU, 2 cores, Linux · chat.example.com/other, RabbitMQ', 'p', 1],
      ['Example CPU, 2 cores, Linux · chat.example.com/chat-ws, ActiveMQ', 'p', 1],
      ['Example CPU, 2 cores, Linux · reference target, RabbitMQ · service constant(20ms)', 'p', 1],
    ])
  })

  it('have no point of two versions of a broker', () => {
    const on = (directory: string, broker: string): IndexLine => {
      const target = { ...ENVIRONMENT.target, isOwn: false, apiUrl: 'https://chat.example.com/', broker }
      return line({ directory, commit: commit(1), environment: { ...ENVIRONMENT, target } })
    }
    const lines = [on('a', 'RabbitMQ/3.10.8'), on('b', 'RabbitMQ/4.1.0'), on('c', 'RabbitMQ/3.10.8')]
    const all = seriesOf(lines, [], [P99])
    expect(all.map(({ points }) => points.map(({ directories }) => directories))).toEqual([
      [['a', 'c'], ['b']],
    ])
  })

  it('mark a point whose median would be another if its censored figures were known', () => {
    const of = (values: readonly (number | `≥${number}`)[]): IndexLine[] =>
      values.map((value, i) =>
        line({
          directory: String(i),
          commit: commit(1),
          figures: { last_delivery_p99: Number(String(value).replace('≥', '')) },
          atLeast: typeof value === 'string' ? ['last_delivery_p99'] : [],
        }),
      )
    const point = (...values: (number | `≥${number}`)[]): unknown[] =>
      seriesOf(of(values), [], [P99]).flatMap(({ points }) =>
        points.flatMap(({ value, isAtLeast }) => [value, isAtLeast]),
      )
    expect(point('≥100')).toEqual([100, true])
    expect(point(90, '≥100', 110)).toEqual([100, true])
    expect(point('≥90', 100, 110)).toEqual([100, true])
    expect(point(90, 100, '≥110')).toEqual([100, false])
    expect(point(90, '≥110')).toEqual([100, true])
    const other = of(['≥100']).map((each) => ({ ...each, atLeast: ['deliveries_per_second'] }))
    expect(seriesOf(other, [], [P99])[0]?.points[0]?.isAtLeast).toBe(false)
  })

  it('leave out what was not measured, and what does not count', () => {
    const lines = [
      line({ directory: 'a', figures: { last_delivery_p99: null } }),
      line({ directory: 'b', figures: { last_delivery_p99: 0 } }),
      line({ directory: 'c', leftOut: 'it is a part of a run' }),
      line({ directory: 'd', kind: 'other', environment: null }),
      line({ directory: 'e' }),
    ]
    expect(
      seriesOf(lines, [], [P99]).flatMap(({ points }) => points.flatMap(({ directories }) => directories)),
    ).toEqual(['e'])
    expect(seriesOf([], [], [P99])).toEqual([])
  })
})

describe('changes', () => {
  it('are found where they are, worse above 0 for either direction of a metric', () => {
    const [p99, rate] = seriesOf(commits(40, 24, 0.2), [], [P99, RATE])
    expect(p99?.changes).toHaveLength(1)
    expect(p99?.changes[0]).toMatchObject({ at: 24, verdict: 'worse', isAcknowledged: false })
    expect(p99?.changes[0]?.change).toBeCloseTo(0.2, 1)
    expect(rate?.changes[0]).toMatchObject({ at: 24, verdict: 'worse' })
    // 1 / 1.2: a sixth less.
    expect(rate?.changes[0]?.change).toBeCloseTo(1 / 6, 1)
  })

  it('are better where they are for the better', () => {
    const [p99, rate] = seriesOf(commits(40, 24, -0.2), [], [P99, RATE])
    expect([p99?.changes[0]?.verdict, rate?.changes[0]?.verdict]).toEqual(['better', 'better'])
    expect(p99?.changes[0]?.change).toBeLessThan(0)
    expect(rate?.changes[0]?.change).toBeLessThan(0)
  })

  it('are none where nothing changed', () => {
    expect(seriesOf(commits(60), [], [P99])[0]?.changes).toEqual([])
  })

  it('are not looked for across another environment, but within each', () => {
    const onNext =
      (from: number) =>
      (n: number): Partial<IndexLine> =>
        n >= from ? { environment: { ...ENVIRONMENT, node: 'v24.22.0' } } : {}
    const [atBreak] = seriesOf(commits(40, 20, 0.3, onNext(20)), [], [P99])
    expect(atBreak?.points.map(({ environment }) => environment.split(',')[0]).slice(19, 21)).toEqual([
      'Node v24.21.0',
      'Node v24.22.0',
    ])
    expect(atBreak?.changes).toEqual([])
    const [after] = seriesOf(commits(60, 40, 0.3, onNext(20)), [], [P99])
    expect(after?.changes.map(({ at }) => at)).toEqual([40])
  })

  it('are found where two environments take turns, each among its own points', () => {
    const turns = (n: number): Partial<IndexLine> =>
      n % 2 === 0 ? { environment: { ...ENVIRONMENT, workers: 2 } } : {}
    const [series] = seriesOf(commits(40, 20, 0.3, turns), [note(commit(18))], [P99])
    expect(series?.changes.map(({ at, verdict }) => [at, verdict])).toEqual([
      [20, 'worse'],
      [21, 'worse'],
    ])
    // The note lies beside the one on the machine of its own commit; 19 and 21 are the other's.
    expect(series?.changes.map(({ isAcknowledged }) => isAcknowledged)).toEqual([true, false])
    expect(series?.band).not.toBeNull()
    // One of them is faster: that is no change.
    const apart = commits(40, 40, 0, turns).map((each, n) => ({
      ...each,
      figures: { last_delivery_p99: (n % 2 === 0 ? 50 : 100) * (1 + 0.02 * Math.sin(n * 12.9898)) },
    }))
    expect(seriesOf(apart, [], [P99])[0]?.changes).toEqual([])
  })

  it('take the note nearest to them, within 4 points of their environment, for an acknowledgement', () => {
    const acknowledged = (...of: string[]): boolean | undefined =>
      seriesOf(commits(40, 24, 0.2), of.map(note), [P99])[0]?.changes[0]?.isAcknowledged
    expect(acknowledged(commit(24))).toBe(true)
    expect(acknowledged(commit(23).slice(0, 7))).toBe(true)
    expect(acknowledged('run-25')).toBe(true)
    // A change is found up to some points beside where it is, and moves as points are added.
    expect(acknowledged(commit(20))).toBe(true)
    expect(acknowledged('run-28')).toBe(true)
    expect(acknowledged(commit(19), 'run-29', commit(24).slice(0, 6))).toBe(false)
    // Another environment's points lie between, and do not count.
    const turns = commits(80, 48, 0.3, (n) =>
      n % 2 === 0 ? { environment: { ...ENVIRONMENT, workers: 2 } } : {},
    )
    const [both] = seriesOf(turns, [note(commit(40))], [P99])
    expect(both?.changes.map(({ at, isAcknowledged }) => [at, isAcknowledged])).toEqual([
      [48, true],
      [49, false],
    ])
    // One note is about one change, be another one near.
    const twice = commits(40, 20, 0.4).map((each, n) =>
      n < 26 ? each : { ...each, figures: { last_delivery_p99: 200 * (1 + 0.02 * Math.sin(n * 12.9898)) } },
    )
    const [two] = seriesOf(twice, [note(commit(22))], [P99])
    expect(two?.changes.map(({ at, isAcknowledged }) => [at, isAcknowledged])).toEqual([
      [20, true],
      [26, false],
    ])
    expect(seriesOf(commits(3), [note('run-1'), note(commit(1))], [P99])[0]?.points[1]?.note).toBe(
      `about run-1 · about ${commit(1).slice(0, 7)}`,
    )
  })
})

describe('the band', () => {
  it('is made of the last environment alone, and does not reach below nothing', () => {
    const lines = commits(30, 20, 4, (n) => (n >= 20 ? { environment: { ...ENVIRONMENT, workers: 2 } } : {}))
    const [series] = seriesOf(lines, [], [P99])
    expect(series?.band?.mean).toBeGreaterThan(480)
    expect(series?.band?.lo).toBeGreaterThan(430)
    expect(seriesOf(lines.slice(0, 27), [], [P99])[0]?.band).toBeNull()
    const wild = commits(10).map((each, n) => ({ ...each, figures: { last_delivery_p99: 10 ** (n % 5) } }))
    expect(seriesOf(wild, [], [P99])[0]?.band?.lo).toBeGreaterThan(0)
  })
})
