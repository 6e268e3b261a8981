import { BOUNDS_SECONDS, type Family, type HistogramPoint, type Labels, type Point } from '../families.ts'
import { liveFamilies, type LiveState } from './live-families.ts'

/**
 * A run as the JSON of OTLP's ExportMetricsServiceRequest (opentelemetry-proto 1.x, the JSON mapping of protobuf: lowerCamelCase
 * names, 64-bit integers as strings, enums as numbers). Sums and histograms are cumulative from the start of the run. The names are
 * those of `/metrics` without `_total`, which receivers that feed a Prometheus add. `atMs` is of the wall clock.
 */
export function otlpPayload(state: LiveState & Required<Pick<LiveState, 'identity'>>, atMs: number): object {
  const { identity } = state
  const times: Times = {
    startTimeUnixNano: nanos(Date.parse(identity.startedAt)),
    timeUnixNano: nanos(atMs),
  }
  const scope = { name: 'stompede', version: identity.version }
  const metrics = liveFamilies(state)
    .filter(({ points }) => points.length > 0)
    .flatMap((family) => metricOf(family, times))
  return {
    resourceMetrics: [
      {
        resource: {
          attributes: attributesOf({
            'service.name': 'stompede',
            'service.version': identity.version,
            'service.instance.id': identity.id,
            'stompede.scenario': identity.scenario,
            'stompede.target': identity.target,
            'stompede.broker': identity.broker,
          }),
        },
        scopeMetrics: [{ scope, metrics }],
      },
    ],
  }
}

// --- internal ---

interface Times {
  startTimeUnixNano: string
  timeUnixNano: string
}

/** AGGREGATION_TEMPORALITY_CUMULATIVE of metrics.proto. */
const CUMULATIVE = 2

/** UCUM, as OpenTelemetry has it. */
const UNIT: Record<Family['unit'], string> = { '': '', seconds: 's', bytes: 'By', ratio: '1' }

/** What OTLP knows of a family. An info is the resource's attributes, and a summary is of a run that is over. */
function metricOf(family: Family, times: Times): object[] {
  const { name, help: description } = family
  const named = { name, description, unit: UNIT[family.unit] }
  switch (family.type) {
    case 'counter':
      return [
        {
          ...named,
          sum: {
            dataPoints: family.points.map((point) => ({
              ...numberOf(point, times),
              asInt: String(point.value),
            })),
            aggregationTemporality: CUMULATIVE,
            isMonotonic: true,
          },
        },
      ]
    case 'gauge':
      return [
        {
          ...named,
          gauge: {
            dataPoints: family.points.map((point) => ({ ...numberOf(point, times), asDouble: point.value })),
          },
        },
      ]
    case 'histogram':
      return [
        {
          ...named,
          histogram: {
            dataPoints: family.points.map((point) => distributionOf(point, times)),
            aggregationTemporality: CUMULATIVE,
          },
        },
      ]
    default:
      return []
  }
}

function numberOf({ labels }: Point, times: Times): object {
  return { attributes: attributesOf(labels), ...times }
}

/** OTLP's buckets are not cumulative: each has what lies above the bound before it. */
function distributionOf({ labels, count, sum, upTo }: HistogramPoint, times: Times): object {
  const bucketCounts = [...upTo, count].map((atOrBelow, i, all) => String(atOrBelow - (all[i - 1] ?? 0)))
  return {
    attributes: attributesOf(labels),
    ...times,
    count: String(count),
    sum,
    bucketCounts,
    explicitBounds: BOUNDS_SECONDS,
  }
}

function attributesOf(labels: Labels): { key: string; value: { stringValue: string } }[] {
  return Object.entries(labels).map(([key, stringValue]) => ({ key, value: { stringValue } }))
}

function nanos(unixMs: number): string {
  return String(BigInt(Math.round(unixMs)) * 1_000_000n)
}
