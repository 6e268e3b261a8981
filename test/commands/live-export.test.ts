import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openTelemetry } from '../../src/commands/watch/telemetry.ts'
import { Histogram } from '../../src/measure/histogram.ts'
import { COUNTERS } from '../../src/measure/metrics.ts'
import type { RunResult } from '../../src/measure/result.ts'
import { CONTENT_TYPE } from '../../src/report/exposition.ts'
import { BOUNDS_SECONDS } from '../../src/report/families.ts'
import { openMetricsText } from '../../src/report/files/run-openmetrics.ts'
import { faultyResult, healthyResult, hostileResult } from '../report/fixture.ts'
import { otlpFaults } from '../report/otlp-shape.ts'
import { runScenario, stompede } from './cli.ts'

const isMissing = spawnSync('prometheus', ['--version']).status !== 0
if (isMissing)
  process.stderr.write('prometheus is not installed (apt-get install prometheus): its proof is skipped\n')

const directory = mkdtempSync(join(tmpdir(), 'stompede-export-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** Five seconds, so that OTLP is pushed to while it goes too; how fast they are is not asked. */
const SCENARIO = `
users: { executor: constant-vus, vus: 6, duration: 5s }
rooms: { perUser: 2, size: 3 }
message: { typing: false }
activities: { say: { executor: constant-arrival-rate, startTime: 1s, duration: 3s, rate: 8 } }
validity: { lateness: 500ms, loopDelay: 500ms, cpuShare: 1 }
thresholds: { message_delivery: ['p(95)<5000'], iterations: ['count>0'] }
`

describe('the live export of a run', () => {
  it.skipIf(isMissing && process.env['CI'] !== 'true')(
    'is, in a real Prometheus and in OTLP, the result to the digit (apt-get install prometheus)',
    async () => {
      const files = { healthy: healthyResult(), faulty: faultyResult(), hostile: hostileResult() }
      const texts = Object.fromEntries(
        Object.entries(files).map(([name, result]) => [`/${name}`, openMetricsText(result)]),
      )
      const scenario = join(directory, 'short.yaml')
      writeFileSync(scenario, SCENARIO)
      const pushed: { body: object; secret: string | undefined }[] = []
      const receiver = createServer((incoming, response) => {
        const text = texts[incoming.url ?? '']
        if (text !== undefined) {
          response.writeHead(200, { 'content-type': CONTENT_TYPE.openmetrics }).end(text)
          return
        }
        let body = ''
        incoming.setEncoding('utf8').on('data', (part: string) => (body += part))
        incoming.on('end', () => {
          pushed.push({ body: JSON.parse(body) as object, secret: incoming.headers['x-secret'] as string })
          response.end('{}')
        })
      })
      await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
      const collector = `127.0.0.1:${(receiver.address() as AddressInfo).port}`
      let prometheus: ReturnType<typeof startPrometheus> | undefined
      try {
        const {
          code,
          stdout,
          result,
          directory: reports,
        } = await runScenario(
          [scenario, '-q', '-o', 'ndjson', '--metrics', '0', '--otlp', `http://${collector}`].concat(
            '--otlp-headers',
            'X-Secret=an-obviously-fake-header',
          ),
          (child) => {
            child.stderr?.on('data', (text: string) => {
              const address = /metrics at http:\/\/(127\.0\.0\.1:\d+)\/metrics/.exec(text)?.[1]
              if (address !== undefined) prometheus = startPrometheus(address, collector)
            })
          },
        )
        expect(code).toBe(0)
        if (prometheus === undefined) throw new Error('the address of the metrics was not printed')
        const stored = await prometheus.series('last_over_time({job="run"}[5m])')
        expect(compare(stored, result)).toEqual([])
        // That is a comparison which finds something where there is something to find.
        const wrong = structuredClone(result)
        wrong.counters.messages_sent++
        expect(compare(stored, wrong)).toHaveLength(1)
        for (const [name, kept] of Object.entries(files)) {
          const series = await prometheus.series(`last_over_time({job="${name}"}[5m])`)
          expect(series.get(`up{instance="${collector}",job="${name}"}`), name).toBe(1)
          expect(value(series, 'stompede_deliveries_expected_total')).toBe(kept.counters.deliveries_expected)
        }

        expect(pushed.length).toBeGreaterThanOrEqual(2)
        expect(new Set(pushed.map(({ secret }) => secret))).toEqual(new Set(['an-obviously-fake-header']))
        expect(pushed.flatMap(({ body }) => otlpFaults(body))).toEqual([])
        const sums = sumsIn(pushed.at(-1)?.body)
        expect(COUNTERS.filter((name) => sums[sumName(name)] !== result.counters[name])).toEqual([])

        // Standard output has lines of JSON and nothing else; the secret stands nowhere.
        const lines = stdout
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as { type: string })
        expect([lines[0]?.type, lines.at(-1)?.type]).toEqual(['run', 'verdict'])
        expect(result.run.command).toMatch(/--otlp-headers X-Secret=…$|--otlp-headers X-Secret=… /)
        for (const file of readdirSync(reports))
          expect(readFileSync(join(reports, file), 'utf8')).not.toContain('an-obviously-fake-header')
      } finally {
        await prometheus?.stop()
        receiver.close()
        receiver.closeAllConnections()
      }
    },
    60_000,
  )

  it('is refused before any load where it cannot be', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as AddressInfo
    const reports = join(directory, 'refused')
    const flags = ['--reports', reports, '--metrics', String(port)]
    try {
      const { code, stderr } = await stompede(['run', 'scenarios/smoke.ts', ...flags])
      expect(stderr).toMatch(/^stompede: --metrics: cannot listen at \d+ \(.*EADDRINUSE/)
      expect(code).toBe(2)
    } finally {
      taken.close()
    }
    expect(readdirSync(reports)).toEqual([])
  })

  it.each([
    [{ metrics: 'here' }, /^--metrics wants \[HOST:\]PORT/],
    [{ metrics: '127.0.0.1:70000' }, /^--metrics wants \[HOST:\]PORT/],
    [{ otlp: 'collector:4318' }, /^--otlp wants an http\(s\) URL$/],
    [{ otlp: 'http://me:fake-secret@127.0.0.1' }, /^--otlp takes no credentials in its URL/],
    [{ 'otlp-headers': ['a=fake-secret'] }, /^--otlp-headers needs --otlp$/],
    [{ otlp: 'http://127.0.0.1', 'otlp-headers': ['fake-secret'] }, /^--otlp-headers wants NAME=value$/],
    [
      { otlp: 'http://127.0.0.1', 'otlp-headers': ['a=fake-secret\nb'] },
      /"a" or its value is not fit for a header$/,
    ],
  ])('takes no flags that it could not follow, and repeats no secret of them: %j', async (flags, message) => {
    const given = { metrics: undefined, otlp: undefined, 'otlp-headers': [] as string[], ...flags }
    const quiet = (): void => undefined
    const error = await openTelemetry(given, quiet, quiet).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'USAGE', message: expect.stringMatching(message) as string })
    expect(String(error)).not.toContain('fake-secret')
  })
})

/** Debian's Prometheus on loopback, with a data directory of its own; it scrapes the run and the stored results. */
function startPrometheus(
  run: string,
  stored: string,
): { series(query: string): Promise<Map<string, number>>; stop(): Promise<void> } {
  const data = mkdtempSync(join(directory, 'prometheus-'))
  const config = join(data, 'prometheus.yml')
  const job = (name: string, target: string, path: string): object => ({
    job_name: name,
    metrics_path: path,
    static_configs: [{ targets: [target] }],
  })
  writeFileSync(
    config,
    JSON.stringify({
      global: { scrape_interval: '500ms', scrape_timeout: '500ms' },
      scrape_configs: [
        job('run', run, '/metrics'),
        ...['healthy', 'faulty', 'hostile'].map((name) => job(name, stored, `/${name}`)),
      ],
    }),
  )
  let said = ''
  const address = freeAddress()
  const child = address.then((at) => {
    const flags = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(data, 'tsdb')}`,
      `--web.listen-address=${at}`,
      '--log.level=warn',
    ]
    const started = spawn('prometheus', flags, { stdio: ['ignore', 'ignore', 'pipe'] })
    started.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    return started
  })
  return {
    series: async (query) => {
      const response = await fetch(`http://${await address}/api/v1/query?query=${encodeURIComponent(query)}`)
      const { status, data: found } = (await response.json()) as {
        status: string
        data: { result: { metric: Record<string, string>; value: [number, string] }[] }
      }
      expect(status, said).toBe('success')
      return new Map(found.result.map(({ metric, value: [, text] }) => [keyOf(metric), Number(text)]))
    },
    stop: async () => {
      const running: ChildProcess = await child
      if (running.exitCode !== null) return
      const ended = new Promise((resolve) => running.once('exit', resolve))
      running.kill('SIGTERM')
      await ended
    },
  }
}

async function freeAddress(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `127.0.0.1:${port}`
}

function keyOf({ __name__: name = '', ...labels }: Record<string, string>): string {
  const pairs = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `${name}{${pairs.map(([key, text]) => `${key}="${text}"`).join(',')}}`
}

/** The value of the one series of a name with these labels, whatever Prometheus added to them. */
function value(series: ReadonlyMap<string, number>, name: string, labels = ''): number | undefined {
  const found = [...series].filter(([key]) => key.startsWith(`${name}{`) && key.includes(labels))
  return found.length === 1 ? found[0]?.[1] : undefined
}

/** Where what Prometheus stored differs from the result: every counter, every latency's count and sum, the buckets of deliveries. */
function compare(series: ReadonlyMap<string, number>, result: RunResult): string[] {
  const differences: string[] = []
  const hold = (name: string, expected: number, labels?: string): void => {
    const found = value(series, name, labels)
    if (found !== expected) differences.push(`${name} ${labels ?? ''}: ${found}, not ${expected}`)
  }
  for (const name of COUNTERS) hold(`${sumName(name)}_total`, result.counters[name])
  for (const [metric, trend] of Object.entries(result.trends)) {
    const [, base = '', key, of = ''] = /^(\w+)(?:\{(\w+):(.*)\})?$/.exec(metric) ?? []
    const name = `stompede_${base}${key === undefined ? '' : `_by_${key}`}_seconds`
    const labels = key === undefined ? undefined : `${key}="${of}"`
    hold(`${name}_count`, trend.count, labels)
    hold(`${name}_sum`, trend.histogram.sumUs / 1e6, labels)
  }
  const delivery = new Histogram(2)
  for (const second of result.timeline.deliveryHistograms)
    if (second !== null) delivery.merge(Histogram.decode(second))
  const upTo = delivery.countsUpTo(BOUNDS_SECONDS.map((bound) => bound * 1e6))
  for (const [i, bound] of BOUNDS_SECONDS.entries()) {
    const le = Number.isInteger(bound) ? bound.toFixed(1) : String(bound)
    hold('stompede_message_delivery_seconds_bucket', upTo[i] as number, `le="${le}"`)
  }
  hold('stompede_exit_code', result.verdict.exitCode)
  hold('stompede_users_connected', 0)
  for (const { expression, status } of result.thresholds)
    hold('stompede_threshold_passed', status === 'pass' ? 1 : 0, `expression="${expression}",instance`)
  expect(result.trends['message_delivery']?.count).toBeGreaterThan(0)
  return differences
}

function sumName(counter: string): string {
  return `stompede_${counter === 'data_received' ? 'data_received_bytes' : counter}`
}

function sumsIn(payload: object | undefined): Record<string, number> {
  const { resourceMetrics } = payload as {
    resourceMetrics: {
      scopeMetrics: { metrics: { name: string; sum?: { dataPoints: { asInt: string }[] } }[] }[]
    }[]
  }
  const metrics = resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? []
  return Object.fromEntries(metrics.map(({ name, sum }) => [name, Number(sum?.dataPoints[0]?.asInt)]))
}
