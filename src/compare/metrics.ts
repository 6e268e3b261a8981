import type { ComparedMetric } from '../measure/comparison.ts'

/** A metric that comparisons look at. */
export interface MetricRule extends Pick<
  ComparedMetric,
  'id' | 'name' | 'unit' | 'isGated' | 'isWorseWhenHigher' | 'margin'
> {
  /** What `--margin` calls it; undefined for those that only inform. */
  flag?: string
  /** It can be measured only where the target's processes are seen, and gates only there. */
  needsProcesses?: boolean
  /** A percentile of a trend; `isStrict`: not measured where fewer than ten samples lie beyond it. */
  latency?: { trend: string; percentile: number; isStrict: boolean }
}

/**
 * Every metric that is compared, in the order of reports. Four gate and no more: each further one would add its own share of
 * false alarms. A change of less than the margin is not called worse.
 */
export const METRICS: readonly MetricRule[] = [
  gatedLatency('p50', 50),
  gatedLatency('p99', 99),
  {
    id: 'deliveries_per_second',
    name: 'deliveries',
    unit: 'per second',
    isGated: true,
    isWorseWhenHigher: false,
    margin: 0.05,
    flag: 'throughput',
  },
  {
    id: 'cpu_per_1000_deliveries',
    name: 'CPU per 1,000 deliveries',
    unit: 'CPU s',
    isGated: true,
    isWorseWhenHigher: true,
    margin: 0.05,
    flag: 'cpu',
    needsProcesses: true,
  },
  informing('last_delivery_p90', 'p90 send → last', 'message_last_delivery', 90),
  informing('last_delivery_p999', 'p99.9 send → last', 'message_last_delivery', 99.9, 0.2),
  informing('first_delivery_p99', 'p99 send → first', 'message_first_delivery', 99),
  informing('delivery_p99', 'p99 send → each', 'message_delivery', 99),
  informing('send_p99', 'p99 POST /send-message', 'http_req_duration{call:send-message}', 99),
  informing('typing_p99', 'p99 typing', 'typing_delivery', 99),
  informing('session_p99', 'p99 connect to subscribed', 'session_connecting', 99),
]

/** The metrics with the margins of a command line. `off` makes one that gates inform. */
export function withMargins(margins: ReadonlyMap<string, number | 'off'>): MetricRule[] {
  return METRICS.map((metric) => {
    const margin = metric.flag === undefined ? undefined : margins.get(metric.flag)
    if (margin === undefined) return metric
    return margin === 'off' ? { ...metric, isGated: false } : { ...metric, margin }
  })
}

/** Margins as written: `p99=10%`, `cpu=off`. Returns the faults of those that cannot be read, in words. */
export function readMargins(texts: readonly string[]): {
  margins: Map<string, number | 'off'>
  problems: string[]
} {
  const margins = new Map<string, number | 'off'>()
  const problems: string[] = []
  for (const text of texts) {
    const [, name = '', value = ''] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(text) ?? []
    const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(value)?.[1]
    const share = percent === undefined ? undefined : Number(percent) / 100
    if (!FLAGS.includes(name))
      problems.push(`--margin is for ${FLAGS.join(', ')} (is ${JSON.stringify(text)})`)
    else if (margins.has(name)) problems.push(`--margin ${name} is given more than once`)
    else if (value === 'off') margins.set(name, 'off')
    else if (share !== undefined && share > 0 && share < 10) margins.set(name, share)
    else
      problems.push(`--margin ${name} wants a share such as ${name}=10%, or off (is ${JSON.stringify(text)})`)
  }
  return { margins, problems }
}

// --- internal ---

const FLAGS = METRICS.flatMap(({ flag }) => flag ?? [])

function gatedLatency(flag: string, percentile: number): MetricRule {
  return {
    id: `last_delivery_${flag}`,
    name: `${flag} send → last`,
    unit: 'ms',
    isGated: true,
    isWorseWhenHigher: true,
    // A margin is called worse from its own size on: +10 % is found nine times in ten only below 10 % (docs/statistics.md).
    margin: 0.05,
    flag,
    latency: { trend: 'message_last_delivery', percentile, isStrict: false },
  }
}

function informing(id: string, name: string, trend: string, percentile: number, margin = 0.1): MetricRule {
  return {
    id,
    name,
    unit: 'ms',
    isGated: false,
    isWorseWhenHigher: true,
    margin,
    latency: { trend, percentile, isStrict: true },
  }
}
