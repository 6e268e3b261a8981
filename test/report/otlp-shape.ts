// The messages of opentelemetry-proto 1.x that a metrics push is made of, in the JSON mapping of protobuf: what a receiver
// accepts. Fields by name and kind; anything else is a fault, since receivers drop what they do not know without a word.

type Kind =
  | 'string'
  | 'double'
  | 'bool'
  /** fixed64, int64, uint64: decimal strings. */
  | 'int64'
  | 'enum'
  | { message: string }
  | { list: Kind }

const MESSAGES: Record<string, Record<string, Kind>> = {
  ExportMetricsServiceRequest: { resourceMetrics: { list: { message: 'ResourceMetrics' } } },
  ResourceMetrics: {
    resource: { message: 'Resource' },
    scopeMetrics: { list: { message: 'ScopeMetrics' } },
    schemaUrl: 'string',
  },
  Resource: { attributes: { list: { message: 'KeyValue' } }, droppedAttributesCount: 'double' },
  ScopeMetrics: {
    scope: { message: 'InstrumentationScope' },
    metrics: { list: { message: 'Metric' } },
    schemaUrl: 'string',
  },
  InstrumentationScope: { name: 'string', version: 'string' },
  KeyValue: { key: 'string', value: { message: 'AnyValue' } },
  AnyValue: { stringValue: 'string', boolValue: 'bool', intValue: 'int64', doubleValue: 'double' },
  Metric: {
    name: 'string',
    description: 'string',
    unit: 'string',
    gauge: { message: 'Gauge' },
    sum: { message: 'Sum' },
    histogram: { message: 'Histogram' },
  },
  Gauge: { dataPoints: { list: { message: 'NumberDataPoint' } } },
  Sum: {
    dataPoints: { list: { message: 'NumberDataPoint' } },
    aggregationTemporality: 'enum',
    isMonotonic: 'bool',
  },
  Histogram: { dataPoints: { list: { message: 'HistogramDataPoint' } }, aggregationTemporality: 'enum' },
  NumberDataPoint: {
    attributes: { list: { message: 'KeyValue' } },
    startTimeUnixNano: 'int64',
    timeUnixNano: 'int64',
    asDouble: 'double',
    asInt: 'int64',
  },
  HistogramDataPoint: {
    attributes: { list: { message: 'KeyValue' } },
    startTimeUnixNano: 'int64',
    timeUnixNano: 'int64',
    count: 'int64',
    sum: 'double',
    bucketCounts: { list: 'int64' },
    explicitBounds: { list: 'double' },
    min: 'double',
    max: 'double',
  },
}

/** Of these one each must be there. */
const ONE_OF: Record<string, readonly string[]> = {
  Metric: ['gauge', 'sum', 'histogram'],
  NumberDataPoint: ['asDouble', 'asInt'],
  AnyValue: ['stringValue', 'boolValue', 'intValue', 'doubleValue'],
}

/** What is wrong with a push, one line each. */
export function otlpFaults(payload: unknown): string[] {
  return messageFaults(payload, 'ExportMetricsServiceRequest', '')
}

function messageFaults(value: unknown, message: string, path: string): string[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [`${path} is no ${message}`]
  const fields = MESSAGES[message] ?? {}
  const faults = Object.entries(value).flatMap(([name, field]) => {
    const kind = fields[name]
    return kind === undefined
      ? [`${path}.${name} is no field of ${message}`]
      : kindFaults(field, kind, `${path}.${name}`)
  })
  const choices = ONE_OF[message]
  const chosen = choices?.filter((name) => Object.hasOwn(value, name)) ?? []
  if (choices !== undefined && chosen.length !== 1)
    faults.push(`${path} has ${chosen.length} of ${choices.join(', ')}`)
  if (message === 'HistogramDataPoint') faults.push(...bucketFaults(value as Buckets, path))
  return faults
}

function kindFaults(value: unknown, kind: Kind, path: string): string[] {
  if (typeof kind === 'object') {
    if ('message' in kind) return messageFaults(value, kind.message, path)
    if (!Array.isArray(value)) return [`${path} is no list`]
    return value.flatMap((each: unknown, i) => kindFaults(each, kind.list, `${path}[${i}]`))
  }
  const isRight = {
    string: typeof value === 'string',
    double: typeof value === 'number' && Number.isFinite(value),
    bool: typeof value === 'boolean',
    int64: typeof value === 'string' && /^-?\d+$/.test(value),
    enum: Number.isInteger(value),
  }[kind]
  return isRight ? [] : [`${path} is no ${kind}: ${JSON.stringify(value)}`]
}

interface Buckets {
  count: string
  bucketCounts: string[]
  explicitBounds: number[]
}

/** One bucket more than bounds, ascending bounds, and buckets that add up to the count. */
function bucketFaults({ count, bucketCounts, explicitBounds }: Buckets, path: string): string[] {
  const sum = bucketCounts.reduce((total, bucket) => total + BigInt(bucket), 0n)
  return [
    ...(bucketCounts.length === explicitBounds.length + 1 ? [] : [`${path} has a wrong number of buckets`]),
    ...(explicitBounds.every((bound, i) => i === 0 || bound > (explicitBounds[i - 1] as number))
      ? []
      : [`${path} has bounds that do not ascend`]),
    ...(sum === BigInt(count) ? [] : [`${path} has buckets that do not add up to its count`]),
    ...(bucketCounts.some((bucket) => bucket.startsWith('-')) ? [`${path} has a negative bucket`] : []),
  ]
}
