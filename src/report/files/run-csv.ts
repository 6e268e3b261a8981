import { PERCENTILES } from '../../measure/histogram.ts'
import { COUNTERS } from '../../measure/metrics.ts'
import type { RunResult } from '../../measure/result.ts'
import { stepsOf } from '../steps.ts'
import { visible } from '../visible.ts'
import { type Cell, csvText } from './csv.ts'

/** The run second by second, a row a second; counters count that second alone. Latencies are empty where nothing arrived. */
export function timelineCsv({ run, timeline }: RunResult): string {
  const { columns, deliveryHistograms } = timeline
  const seconds = columns['second'] ?? []
  const startMs = Date.parse(run.startedAt)
  const rest = Object.keys(columns).filter((name) => name !== 'second')
  return csvText([
    ['utc', 'second_s', ...rest.map(headOf)],
    ...seconds.map((second, i): Cell[] => [
      new Date(startMs + second * 1e3).toISOString(),
      second,
      ...rest.map((name) =>
        name.startsWith('message_delivery_') && !deliveryHistograms[i] ? null : (columns[name]?.[i] ?? null),
      ),
    ]),
  ])
}

/** Every latency of the run, a row each. `at_least` names the percentiles that lie among timeouts and losses. */
export function stepsCsv({ trends }: RunResult): string {
  const percentiles = PERCENTILES.map(String)
  return csvText([
    [
      'group',
      'metric',
      'meaning',
      'samples_count',
      'censored_count',
      'min_us',
      'mean_us',
      ...percentiles.map((p) => `p${p}_us`),
      'max_us',
      'at_least',
    ],
    ...stepsOf(trends).map(({ group, metric, meaning, trend }): Cell[] => [
      group,
      visible(metric),
      visible(meaning),
      trend.count,
      trend.censored,
      trend.minUs,
      trend.meanUs,
      ...percentiles.map((p) => trend.percentilesUs[p] ?? null),
      trend.maxUs,
      trend.atLeast.map((p) => `p${p}`).join(' '),
    ]),
  ])
}

// --- internal ---

/** Columns that count something and are no counters. */
const COUNTS: readonly string[] = [
  ...COUNTERS,
  'errors',
  'iterations_planned',
  'users_wanted',
  'users_connected',
  'pending_deliveries',
  'in_flight',
]

/** A column's name with its unit; columns of later versions keep theirs. */
function headOf(name: string): string {
  if (name === 'data_received') return `${name}_bytes`
  const [base = '', label] = visible(name).split(/(?=\{)(.*)/s)
  return COUNTS.includes(base) ? `${base}_count${label ?? ''}` : visible(name)
}
