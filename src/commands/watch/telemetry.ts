import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { InferredOptionTypes } from 'yargs'
import { thresholdRow } from '../../engine/result.ts'
import type { Standing } from '../../engine/run.ts'
import type { Second } from '../../engine/timeline.ts'
import { reasonOf, StompedeError } from '../../errors.ts'
import { pushOtlp } from '../../report/telemetry/otlp-push.ts'
import { serveScrapes } from '../../report/telemetry/scrape-server.ts'
import type { Exporter, Snapshot } from '../../report/telemetry/snapshot.ts'
import { listenAddress } from './listen-address.ts'
import type { Watcher } from './watchers.ts'

/** The flags of the live export. */
export const TELEMETRY_OPTIONS = {
  metrics: {
    type: 'string',
    describe: 'Serve /metrics for Prometheus while the run goes, at [HOST:]PORT; 0 takes a free port',
    group: 'Report:',
  },
  otlp: {
    type: 'string',
    describe: 'Push metrics to this OTLP/HTTP address every 5 s; without a path to /v1/metrics there',
    group: 'Report:',
  },
  'otlp-headers': {
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'NAME=value to send with each push (or OTEL_EXPORTER_OTLP_HEADERS)',
    group: 'Report:',
  },
} as const

export type TelemetryFlags = InferredOptionTypes<typeof TELEMETRY_OPTIONS>

/** How often metrics are pushed, and how long a push may take. */
const PUSH_EVERY_SECONDS = 5
const PUSH_TIMEOUT_MS = 4_000

/**
 * What exports the run while it goes. `say` hears of the address. Throws USAGE for flags that cannot be followed, a port that
 * is taken among them, before any load.
 */
export async function openTelemetry(
  flags: TelemetryFlags,
  say: (line: string) => void,
  warn: (line: string) => void,
): Promise<Watcher[]> {
  const push = pushOf(flags)
  const watchers: Watcher[] = []
  if (push !== undefined) {
    watchers.push(
      exporting(
        '--otlp',
        pushOtlp({ ...push, everySeconds: PUSH_EVERY_SECONDS, timeoutMs: PUSH_TIMEOUT_MS, warn }),
      ),
    )
  }
  if (flags.metrics !== undefined) {
    const server = await serveScrapes(listenAddress('--metrics', flags.metrics)).catch((error: unknown) => {
      throw new StompedeError('USAGE', `--metrics: cannot listen at ${flags.metrics} (${reasonOf(error)})`)
    })
    say(`metrics at ${server.url}`)
    watchers.push(exporting('--metrics', server))
  }
  return watchers
}

/** A second of a run as exports want it. */
export function snapshotOf(second: Second, { trends, thresholds }: Standing): Snapshot {
  const { counters, labelled, usersWanted, users, pending, inFlight, health } = second
  return {
    second: second.second,
    counters,
    labelled,
    usersWanted,
    users,
    pending,
    inFlight: inFlight.areaUs / 1e6,
    workers: health,
    latencies: trends,
    thresholds: thresholds.map(thresholdRow),
  }
}

// --- internal ---

function exporting(name: string, exporter: Exporter): Watcher {
  return {
    name,
    started: ({ id, startedAt, plan, environment }) =>
      exporter.started({
        id,
        startedAt,
        scenario: plan.scenario,
        version: environment.stompede,
        target: environment.target.apiUrl ?? environment.target.stompUrl ?? '',
        broker: environment.target.broker,
      }),
    second: (second, standing) => exporter.second(snapshotOf(second, standing)),
    ended: ({ verdict }) => exporter.ended(verdict.exitCode),
    close: () => exporter.close(),
  }
}

function pushOf(flags: TelemetryFlags): { url: string; headers: Record<string, string> } | undefined {
  const { otlp } = flags
  if (otlp === undefined) {
    if (flags['otlp-headers'].length === 0) return undefined
    throw new StompedeError('USAGE', '--otlp-headers needs --otlp')
  }
  if (!URL.canParse(otlp) || !/^https?:$/.test(new URL(otlp).protocol))
    throw new StompedeError('USAGE', '--otlp wants an http(s) URL')
  const url = new URL(otlp)
  if (url.username !== '' || url.password !== '')
    throw new StompedeError('USAGE', '--otlp takes no credentials in its URL: use --otlp-headers')
  if (url.pathname === '/') url.pathname = '/v1/metrics'
  return { url: url.href, headers: headersOf(flags['otlp-headers']) }
}

/** The headers of the environment, as OpenTelemetry writes them, and over them those of the command line. Values are secrets. */
function headersOf(texts: readonly string[]): Record<string, string> {
  const common = (process.env['OTEL_EXPORTER_OTLP_HEADERS'] ?? '')
    .split(',')
    .filter((pair) => pair.trim() !== '')
  const headers: Record<string, string> = {}
  for (const text of common) add(headers, text, 'OTEL_EXPORTER_OTLP_HEADERS', decoded)
  for (const text of texts) add(headers, text, '--otlp-headers', (value) => value)
  return headers
}

function add(
  headers: Record<string, string>,
  text: string,
  from: string,
  read: (value: string) => string,
): void {
  const at = text.indexOf('=')
  if (at < 1) throw new StompedeError('USAGE', `${from} wants NAME=value`)
  const name = text.slice(0, at).trim().toLowerCase()
  const value = read(text.slice(at + 1)).trim()
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  } catch {
    // What Node says of it names the value.
    throw new StompedeError('USAGE', `${from}: ${JSON.stringify(name)} or its value is not fit for a header`)
  }
  headers[name] = value
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
