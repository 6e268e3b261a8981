import { spawnSync } from 'node:child_process'
import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { Histogram } from '../../src/measure/histogram.ts'
import { emptyCounters } from '../../src/measure/metrics.ts'
import { exposition } from '../../src/report/exposition.ts'
import { BOUNDS_SECONDS } from '../../src/report/families.ts'
import { liveFamilies } from '../../src/report/telemetry/live-families.ts'
import { otlpPayload } from '../../src/report/telemetry/otlp-payload.ts'
import { pushOtlp } from '../../src/report/telemetry/otlp-push.ts'
import { serveScrapes } from '../../src/report/telemetry/scrape-server.ts'
import type { RunIdentity, Snapshot } from '../../src/report/telemetry/snapshot.ts'
import { HOSTILE } from './fixture.ts'
import { expectGolden } from './golden.ts'
import { otlpFaults } from './otlp-shape.ts'

const identity: RunIdentity = {
  id: '20261122-101530-steady',
  scenario: 'steady',
  startedAt: '2026-11-22T10:15:30.000Z',
  version: '0.1.0',
  target: 'http://127.0.0.1:38211/chat-ws',
  broker: 'embedded',
}

function histogramOf(...samplesUs: number[]): Histogram {
  const histogram = new Histogram(2)
  for (const us of samplesUs) histogram.record(us)
  return histogram
}

function snapshot(second = 7): Snapshot {
  return {
    second,
    counters: { ...emptyCounters(), messages_sent: 12, data_received: 5000, dropped_iterations: 3 },
    labelled: {
      'dropped_iterations{reason:busy}': 2,
      'dropped_iterations{reason:offline}': 1,
      [`ws_closes{class:${HOSTILE}}`]: 1,
      generator_exhausted: 4,
    },
    usersWanted: 10,
    users: 9,
    pending: 2,
    inFlight: 0.25,
    workers: [
      { loopDelayP99Us: 1500, cpuShare: 0.4, heapBytes: 1000 },
      { loopDelayP99Us: 2500, cpuShare: 0.5, heapBytes: 2000 },
    ],
    latencies: {
      message_delivery: histogramOf(400, 900, 1000, 30_000, 70_000_000),
      'http_req_duration{call:connect}': histogramOf(2000),
      'http_req_duration{call:send-message}': histogramOf(3000),
    },
    thresholds: [
      {
        metric: 'message_delivery',
        expression: 'p(99)<250',
        observed: 1,
        unit: 'ms',
        isAtLeast: false,
        status: 'fail',
      },
      {
        metric: 'http_req_failed',
        expression: 'rate<0.01',
        observed: null,
        unit: 'share',
        isAtLeast: false,
        status: 'unknown',
      },
    ],
  }
}

const state = { identity, snapshot: snapshot() }

describe('a running run as metrics', () => {
  it('reads as in test/golden, in both text formats and as OTLP', () => {
    expectGolden('live-metrics.txt', exposition(liveFamilies({ ...state, exitCode: 13 }), 'prometheus'))
    expectGolden('live-openmetrics.txt', exposition(liveFamilies(state), 'openmetrics'))
    const payload = otlpPayload(state, Date.parse('2026-11-22T10:15:37.000Z'))
    expectGolden('live-otlp.json', `${JSON.stringify(payload, undefined, 1)}\n`)
  })

  it('has the same samples in both text formats', () => {
    const samples = (format: 'prometheus' | 'openmetrics'): string[] =>
      exposition(liveFamilies(state), format)
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
    expect(samples('openmetrics')).toEqual(samples('prometheus'))
    expect(samples('prometheus').length).toBeGreaterThan(90)
  })

  it('counts what lies at or below each bound, the whole run in the last bucket', () => {
    const text = exposition(liveFamilies(state), 'prometheus')
    const bucket = (le: string): number =>
      Number(
        new RegExp(`^stompede_message_delivery_seconds_bucket\\{le="${le}"\\} (\\d+)$`, 'm').exec(text)?.[1],
      )
    expect(['0.0005', '0.001', '0.025', '0.05', '60.0', '\\+Inf'].map(bucket)).toEqual([1, 3, 3, 4, 4, 5])
    expect(text).toContain('stompede_message_delivery_seconds_sum 70.0323\n')
    expect(text).toContain('stompede_message_delivery_seconds_count 5\n')
  })

  it('keeps parts out of the family of their whole, so that nothing is counted twice', () => {
    const text = exposition(liveFamilies(state), 'prometheus')
    expect(text).toContain('\nstompede_dropped_iterations_total 3\n')
    expect(text).toContain('\nstompede_dropped_iterations_by_reason_total{reason="busy"} 2\n')
    expect(text).toContain('\nstompede_http_req_duration_by_call_seconds_count{call="connect"} 1\n')
    expect(text).toContain('\nstompede_data_received_bytes_total 5000\n')
    expect(text).toContain(
      '\nstompede_threshold_passed{metric="message_delivery",expression="p(99)<250"} 0\n',
    )
    expect(text).not.toContain('expression="rate<0.01"')
  })

  const promtool = spawnSync('promtool', ['--version']).status === 0
  if (!promtool)
    process.stderr.write('promtool is not installed (apt-get install prometheus): its check is skipped\n')
  it.skipIf(!promtool)('is accepted by promtool, and a wrong one is not (apt-get install prometheus)', () => {
    const check = (text: string): { status: number | null; said: string } => {
      const { status, stderr, stdout } = spawnSync('promtool', ['check', 'metrics'], {
        input: text,
        encoding: 'utf8',
      })
      return { status, said: stderr + stdout }
    }
    expect(check(exposition(liveFamilies({ ...state, exitCode: 0 }), 'prometheus'))).toEqual({
      status: 0,
      said: '',
    })
    expect(
      check(exposition(liveFamilies(state), 'prometheus').replace('_total 12', '_total twelve')).status,
    ).not.toBe(0)
  })
})

describe('/metrics', () => {
  const closing: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()))
  })
  const serve = async (): Promise<Awaited<ReturnType<typeof serveScrapes>>> => {
    const server = await serveScrapes({ host: '127.0.0.1', port: 0 })
    closing.push(() => server.close())
    return server
  }

  it('answers in the format that is asked for, and with what is known by then', async () => {
    const server = await serve()
    expect(new URL(server.url).hostname).toBe('127.0.0.1')
    expect(await asked(server.url)).toMatchObject({ status: 200, text: '\n' })
    server.started(identity)
    expect((await asked(server.url)).text).toContain('stompede_run_info{id="20261122-101530-steady"')
    server.second(snapshot(7))
    const plain = await asked(server.url)
    expect(plain.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(plain.text).toContain('\nstompede_run_elapsed_seconds 7\n')
    const prometheus =
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
    const open = await asked(server.url, { accept: prometheus })
    expect(open.headers['content-type']).toMatch(/^application\/openmetrics-text; version=1\.0\.0/)
    expect(open.text.endsWith('\n# EOF\n')).toBe(true)
    const preferred = await asked(server.url, { accept: 'text/plain, application/openmetrics-text;q=0.2' })
    expect(preferred.headers['content-type']).toMatch(/^text\/plain/)
    server.second(snapshot(8))
    expect((await asked(server.url)).text).toContain('\nstompede_run_elapsed_seconds 8\n')
  })

  it('says where the metrics are, and takes nothing', async () => {
    const { url } = await serve()
    expect(await asked(new URL('/', url).href)).toMatchObject({ status: 404 })
    expect(await asked(url, { host: 'evil.example' })).toMatchObject({ status: 403 })
    expect(await asked(url, {}, 'POST')).toMatchObject({ status: 405 })
    expect(await asked(url, {}, 'HEAD')).toMatchObject({ status: 200, text: '' })
  })

  it('refuses a port that is taken', async () => {
    const { url } = await serve()
    await expect(serveScrapes({ host: '127.0.0.1', port: Number(new URL(url).port) })).rejects.toThrow(
      /EADDRINUSE/,
    )
  })

  it('waits for the last scrape of somebody who scrapes, and for nobody else', async () => {
    const alone = await serve()
    await asked(alone.url)
    alone.ended(0)
    const before = performance.now()
    await alone.close()
    expect(performance.now() - before).toBeLessThan(1000)

    const server = await serve()
    await asked(server.url)
    // The gap between two scrapes is how long the third may take.
    await new Promise((resolve) => setTimeout(resolve, 400))
    await asked(server.url)
    server.ended(11)
    let isClosed = false
    const closed = server.close().then(() => (isClosed = true))
    expect((await asked(server.url)).text).toContain('\nstompede_exit_code 11\n')
    await closed
    expect(isClosed).toBe(true)
    await expect(asked(server.url)).rejects.toThrow(/ECONNREFUSED/)

    const left = await serve()
    await asked(left.url)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await asked(left.url)
    left.ended(0)
    await left.close()
  })
})

describe('pushes of OTLP', () => {
  it('have the shape of the JSON mapping, with cumulative sums that agree with /metrics', () => {
    const payload = otlpPayload(state, 1_795_342_537_000)
    expect(otlpFaults(payload)).toEqual([])
    const found = JSON.stringify(payload)
    expect(found).toContain('"startTimeUnixNano":"1795342530000000000","timeUnixNano":"1795342537000000000"')
    const delivery = metricIn(payload, 'stompede_message_delivery_seconds') as {
      unit: string
      histogram: {
        dataPoints: { bucketCounts: string[]; count: string; explicitBounds: number[]; sum: number }[]
      }
    }
    const [point] = delivery.histogram.dataPoints
    expect(delivery.unit).toBe('s')
    expect(point?.explicitBounds).toEqual(BOUNDS_SECONDS)
    expect(point?.bucketCounts.map(Number)).toEqual([1, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    expect(point).toMatchObject({ count: '5', sum: 70.0323 })
    expect(metricIn(payload, 'stompede_messages_sent')).toMatchObject({
      sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints: [{ asInt: '12' }] },
    })
  })

  it('would be found wrong if a name, a number or a bucket were', () => {
    const wrong = (change: (text: string) => string): string[] =>
      otlpFaults(JSON.parse(change(JSON.stringify(otlpPayload(state, 1_795_342_537_000)))))
    expect(wrong((text) => text.replace('isMonotonic', 'is_monotonic'))[0]).toMatch(/is_monotonic/)
    expect(wrong((text) => text.replace('"asInt":"12"', '"asInt":12'))[0]).toMatch(/asInt/)
    expect(wrong((text) => text.replace('"bucketCounts":["1"', '"bucketCounts":["2"'))[0]).toMatch(/count/)
  })

  it('go out every few seconds and at the end, with their headers, the last with the exit code', async () => {
    await receiving([200], async (url, got) => {
      const warned: string[] = []
      const push = pushTo(url, warned)
      // Of what nobody has named yet nothing is pushed.
      push.second(snapshot(2))
      push.started(identity)
      for (let second = 3; second <= 4; second++) push.second(snapshot(second))
      push.ended(13)
      await push.close()
      expect(got.map(({ path }) => path)).toEqual(['/v1/metrics', '/v1/metrics'])
      expect(got[0]?.headers).toMatchObject({
        authorization: 'Bearer obviously-fake',
        'content-type': 'application/json',
      })
      expect(got.flatMap(({ body }) => otlpFaults(body))).toEqual([])
      const codes = got.map(({ body }) => metricIn(body, 'stompede_exit_code'))
      expect(codes[0]).toBeUndefined()
      expect(codes[1]).toMatchObject({ gauge: { dataPoints: [{ asDouble: 13 }] } })
      expect(push.count).toEqual({ pushed: 2, failed: 0 })
      expect(warned).toEqual([])
    })
  })

  it('that fail are told of once and counted, whatever the receiver does, and name no secret', async () => {
    const answers = [503, 'partial', 'redirect', 'hang'] as const
    await receiving(answers, async (url, got) => {
      const warned: string[] = []
      const push = pushTo(`${url}?api-key=obviously-fake`, warned)
      push.started(identity)
      for (let n = 1; n <= 3; n++) {
        push.second(snapshot(2 * n))
        await expect.poll(() => push.count.pushed).toBe(n)
      }
      push.ended(0)
      await push.close()
      expect(got).toHaveLength(4)
      expect(push.count).toEqual({ pushed: 4, failed: 4 })
      expect(warned).toEqual([
        `--otlp: a push to ${url} failed (status 503): the run goes on`,
        '--otlp: 4 of 4 pushes failed',
      ])
    })
    const warned: string[] = []
    const nowhere = pushTo('http://127.0.0.1:1/v1/metrics', warned)
    nowhere.started(identity)
    nowhere.ended(0)
    await nowhere.close()
    expect(warned).toEqual([
      expect.stringMatching(/^--otlp: a push to http:\/\/127\.0\.0\.1:1\/v1\/metrics failed \(/),
    ])
    expect(warned.join()).not.toContain('obviously-fake')
  })

  it('are not piled up on a receiver that is slow', async () => {
    await receiving(['hang', 200], async (url, got) => {
      const push = pushTo(url, [])
      push.started(identity)
      for (let second = 2; second <= 20; second += 2) push.second(snapshot(second))
      push.ended(0)
      await push.close()
      expect(got).toHaveLength(2)
      expect(push.count).toEqual({ pushed: 2, failed: 1 })
    })
  })
})

function pushTo(url: string, warned: string[]): ReturnType<typeof pushOtlp> {
  return pushOtlp({
    url,
    headers: { authorization: 'Bearer obviously-fake' },
    everySeconds: 2,
    timeoutMs: 300,
    warn: (line) => warned.push(line),
  })
}

interface Received {
  path: string
  headers: IncomingHttpHeaders
  body: object
}

/** A receiver that gives these answers in turn, the last one ever after. */
async function receiving(
  answers: readonly (number | 'partial' | 'redirect' | 'hang')[],
  use: (url: string, got: Received[]) => Promise<void>,
): Promise<void> {
  const got: Received[] = []
  const server = createServer((incoming, response) => {
    let text = ''
    incoming.setEncoding('utf8').on('data', (part: string) => (text += part))
    incoming.on('end', () => {
      got.push({
        path: new URL(incoming.url ?? '', 'http://x').pathname,
        headers: incoming.headers,
        body: JSON.parse(text) as object,
      })
      const answer = answers[Math.min(got.length, answers.length) - 1]
      if (answer === 'partial')
        response.end('{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"no"}}')
      else if (answer === 'redirect') response.writeHead(307, { location: '/elsewhere' }).end()
      else if (typeof answer === 'number') response.writeHead(answer).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/metrics`, got)
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

function metricIn(payload: object, name: string): object | undefined {
  const { resourceMetrics } = payload as {
    resourceMetrics: { scopeMetrics: { metrics: { name: string }[] }[] }[]
  }
  return resourceMetrics[0]?.scopeMetrics[0]?.metrics.find((metric) => metric.name === name)
}

function asked(
  url: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number | undefined; headers: IncomingHttpHeaders; text: string }> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }))
    })
      .on('error', reject)
      .end()
  })
}
