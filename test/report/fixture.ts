import { Histogram, PERCENTILES } from '../../src/measure/histogram.ts'
import { type Counters, emptyCounters } from '../../src/measure/metrics.ts'
import { type RunResult, SCHEMA_VERSION, type Timeline, type TrendSummary } from '../../src/measure/result.ts'

/** Seconds of the made-up run. */
const SECONDS = 30

/**
 * A healthy run of 1,000 users as `steady` makes it, with every figure derived from one seeded source, so that it is
 * the same in every test run and hangs together as a real one does.
 */
export function healthyResult(): RunResult {
  const random = seeded(42)
  const timeline = healthyTimeline(random)
  const sum = (name: string): number => (timeline.columns[name] as number[]).reduce((a, b) => a + b, 0)
  const sent = sum('messages_sent')
  const received = sum('deliveries_received')
  const typing = sum('typing_received')
  const counters: Counters = {
    ...emptyCounters(),
    iterations: sent + 40,
    sessions_started: 1000,
    http_reqs: 2000 + sent + 260,
    ws_sessions: 1000,
    ws_msgs_sent: 6120,
    ws_msgs_received: received + typing + 4000,
    data_received: (received + typing + 4000) * 431,
    messages_sent: sent,
    deliveries_expected: received,
    deliveries_received: received,
    deliveries_optional: 118,
    typing_sent: 212,
    typing_expected: typing,
    typing_received: typing,
    events_status_changed: 3871,
    events_message_read: 129,
  }
  return {
    schema: 'stompede.result',
    schemaVersion: SCHEMA_VERSION,
    run: {
      id: '20261122-101530-steady',
      kind: 'load',
      startedAt: '2026-11-22T10:15:30.000Z',
      endedAt: '2026-11-22T10:16:02.318Z',
      durationSeconds: 30,
      isPartial: false,
      stoppedBy: 'plan',
      tags: { build: '1.8.2' },
      command: 'stompede run scenarios/steady.ts --seed 42',
    },
    plan: {
      scenario: 'steady',
      description: 'Everyday chat at a constant pace per user',
      source: 'scenarios/steady.ts',
      seed: 42,
      users: 1000,
      durationSeconds: 30,
      warmUpSeconds: 0,
      rooms: 300,
      hash: '5f0c9a7e21b4d836',
      activities: [
        { name: 'chat', executor: 'constant-arrival-rate', exec: ['say', 'type', 'hop'], planned: 633 },
      ],
    },
    environment: {
      stompede: '0.1.0',
      node: 'v24.21.0',
      os: 'Linux 6.1.0',
      cpu: 'Example CPU 3.0 GHz',
      cores: 2,
      memoryBytes: 8_589_934_592,
      workers: 1,
      driver: 'lean',
      flavour: 'web',
      target: {
        apiUrl: 'http://127.0.0.1:38211/chat-ws',
        stompUrl: 'ws://127.0.0.1:38212/ws',
        isOwn: true,
        broker: 'embedded',
        faults: [],
        behaviour: null,
      },
      contract: { source: 'built in', digest: '9c1e4d70ab52' },
    },
    validity: {
      status: 'valid',
      checks: [
        {
          id: 'lateness',
          says: 'work began when it was planned (p99)',
          value: 1.214,
          limit: 12.5,
          unit: 'ms',
          status: 'ok',
        },
        {
          id: 'loop-delay',
          says: 'the generator’s event loop kept up (p99 of its busiest worker)',
          value: 2.31,
          limit: 10,
          unit: 'ms',
          status: 'ok',
        },
        {
          id: 'cpu',
          says: 'the generator had processor time to spare (busiest worker)',
          value: 0.412,
          limit: 0.8,
          unit: 'share',
          status: 'ok',
        },
        {
          id: 'dropped',
          says: 'no planned start found its user still busy',
          value: 0,
          limit: 0.001,
          unit: 'share',
          status: 'ok',
        },
        {
          id: 'conservation',
          says: 'expected = received + late + lost, to the delivery',
          value: 0,
          limit: 0,
          unit: 'count',
          status: 'ok',
        },
        { id: 'clock', says: 'no latency was negative', value: 0, limit: 0, unit: 'count', status: 'ok' },
        {
          id: 'drained',
          says: 'nothing was still on its way at the end',
          value: 0,
          limit: 0,
          unit: 'count',
          status: 'ok',
        },
      ],
    },
    verdict: { status: 'pass', exitCode: 0, reasons: [] },
    thresholds: [
      {
        metric: 'message_delivery',
        expression: 'p(99)<250',
        observed: 12.047,
        unit: 'ms',
        isAtLeast: false,
        status: 'pass',
      },
      {
        metric: 'message_last_delivery',
        expression: 'p(99)<500',
        observed: 18.319,
        unit: 'ms',
        isAtLeast: false,
        status: 'pass',
      },
      {
        metric: 'http_req_failed',
        expression: 'rate<0.01',
        observed: 0,
        unit: 'share',
        isAtLeast: false,
        status: 'pass',
      },
    ],
    counters,
    labelled: {
      'ws_closes{class:requested}': 1000,
      'broker{server:embedded}': 1,
      'events{type:new_message}': received,
    },
    trends: healthyTrends(random, received, sent, typing),
    ledger: {
      messages: {
        sent,
        rejected: 0,
        unknown: 0,
        recovered: 0,
        partial: 0,
        expected: received,
        received,
        late: 0,
        lost: { total: 0, head: 0, middle: 0, tail: 0 },
        pending: 0,
        gapLost: 0,
        optional: 118,
        duplicated: 0,
        retryDuplicated: 0,
        reordered: 0,
        leaked: 0,
        corrupted: 0,
        foreign: 0,
      },
      typing: { sent: 212, expected: typing, received: typing, lost: 0, duplicated: 0, leaked: 0 },
      isDrained: true,
      examples: [],
    },
    violations: [],
    contractDrift: {
      undocumentedTypes: [],
      undocumentedFields: [],
      neverSeenTypes: [],
      neverSeenFields: [],
      neverSeenValues: [{ type: 'user_status_changed', path: 'status', values: ['away'] }],
    },
    drift: [],
    errors: [],
    timeline,
    intervals: {
      stepSeconds: 1,
      series: {
        message_delivery: timeline.deliveryHistograms,
        generator_lateness: timeline.deliveryHistograms.map(() => null),
      },
    },
    generator: [{ shard: 0, loopDelayP99Us: 2310, cpuShare: 0.412, heapBytes: 98_566_144 }],
    planted: {},
  }
}

/** The same run against a target that loses, doubles, swaps, leaks and damages on purpose, and answers some calls badly. */
export function faultyResult(): RunResult {
  const result = healthyResult()
  const { messages } = result.ledger
  messages.received -= 41
  messages.lost = { total: 41, head: 3, middle: 31, tail: 7 }
  messages.duplicated = 12
  messages.reordered = 5
  messages.leaked = 9
  messages.rejected = 7
  messages.gapLost = 4
  Object.assign(result.counters, {
    deliveries_received: messages.received,
    deliveries_lost: 41,
    deliveries_duplicated: 12,
    deliveries_reordered: 5,
    deliveries_leaked: 9,
    deliveries_gap_lost: 4,
    messages_rejected: 7,
    http_req_failed: 7,
    contract_violations: 23,
    contract_drift: 118,
  } satisfies Partial<Counters>)
  const lostAt = result.timeline.columns['deliveries_lost'] as number[]
  lostAt[14] = 20
  lostAt[15] = 21
  ;(result.timeline.columns['contract_violations'] as number[])[12] = 23
  ;(result.timeline.columns['deliveries_duplicated'] as number[])[17] = 12
  ;(result.timeline.columns['http_req_failed'] as number[])[20] = 7
  result.trends['message_delivery'] = withLosses(result.trends['message_delivery'] as TrendSummary, 700)
  Object.assign(result.environment.target, { faults: ['drop:1/200', 'duplicate', 'no-timestamp'] })
  result.planted = { drop: 41, duplicate: 12, 'no-timestamp': 23 }
  result.verdict = {
    status: 'fail',
    exitCode: 11,
    reasons: [
      'deliveries_duplicated: 12 received twice',
      'deliveries_reordered: 5 overtaken by a later message of the same sender',
      'deliveries_leaked: 9 received by someone not entitled',
      'contract_violations: 23, most often new_message/required/timestamp (timestamp is missing)',
      `deliveries_lost: 41 of ${messages.expected.toLocaleString('en-US')} (head 3, middle 31, tail 7)`,
      'threshold message_delivery p(99)<250: is ≥ 30000 ms',
    ],
  }
  result.validity.status = 'suspect'
  result.validity.checks.push(
    {
      id: 'little',
      says: 'what was on its way = throughput × service time (Little’s law)',
      value: 0,
      limit: 0.05,
      unit: 'share',
      status: 'ok',
      isJudged: false,
      note: 'too little was on its way to be sampled (known to ± 62 %)',
    },
    {
      id: 'stationarity',
      says: 'no work piled up under steady load (last third against the first)',
      value: 0.412,
      limit: 0.1,
      unit: 'share',
      status: 'suspect',
      isJudged: true,
      note: '4.1 deliveries were on their way in the first third, 5.8 in the last: latencies measure a backlog',
      proposal: 'the target delivered 301 of 318 deliveries a second: use -u 850',
    },
  )
  result.thresholds[0] = {
    metric: 'message_delivery',
    expression: 'p(99)<250',
    observed: 30_000,
    unit: 'ms',
    isAtLeast: true,
    status: 'fail',
  }
  result.ledger.examples = [
    {
      what: 'duplicated',
      kind: 'messages',
      room: 1017,
      sender: 31,
      seq: 4,
      user: 207,
      atMs: 17_204.4,
      note: 'received again',
    },
    {
      what: 'lost',
      kind: 'messages',
      room: 1004,
      sender: 88,
      seq: 2,
      user: 411,
      atMs: 29_950.1,
      note: 'sent 15.2 s before',
    },
    {
      what: 'leaked',
      kind: 'messages',
      room: 1230,
      sender: 5,
      seq: 0,
      user: 902,
      atMs: 21_377,
      note: 'never joined the room',
    },
  ]
  result.violations = [
    {
      kind: 'violation',
      rule: 'new_message/required/timestamp',
      path: '/timestamp',
      detail: 'new_message/required/timestamp: is required, but missing',
      count: 23,
      examples: [
        {
          atMs: 12_031,
          where: '/exchange/chat.direct/room.1017',
          payload:
            '{"type":"new_message","message":{"id":123,"content":"안녕하세요","message_type":"text","sender_id":456,"created_at":"2026-11-22T10:15:42Z"}}',
        },
      ],
    },
  ]
  result.drift = [
    {
      kind: 'drift',
      rule: 'new_message/additionalProperties',
      path: '/message',
      detail: 'new_message/additionalProperties: "edited" is not documented',
      count: 118,
      examples: [
        {
          atMs: 9120,
          where: '/exchange/chat.direct/room.1002',
          payload: '{"type":"new_message","message":{"edited":false}}',
        },
      ],
    },
  ]
  result.errors = [
    {
      class: 'http send-message: status 503',
      count: 7,
      firstAtMs: 20_114,
      example: 'The message queue is not reachable',
    },
  ]
  return result
}

/** What makes a run fail one check of its validity. */
export function fails(id: string): (result: RunResult) => void {
  return ({ validity }) => {
    validity.status = 'invalid'
    const check = { id, says: '', value: 1, limit: 0.1, unit: 'share' as const, status: 'invalid' as const }
    validity.checks = [...validity.checks.filter((each) => each.id !== id), check]
  }
}

/** What a hostile or broken target may send: an end of script, markup, a turned direction, NUL, escapes, emoji. */
export const HOSTILE =
  '</script><script>document.title="owned"</script><img src="https://evil.invalid/x" onerror="document.title=1">' +
  '"\'`&amp;${1}\u202eexe.gnp\u0000\u001b[2J\u001b]0;owned\u0007\u2028 مرحبا 👩🏽‍💻 안녕 <!--'

/** A run whose every text that can come from outside is hostile, one of them a megabyte long. */
export function hostileResult(): RunResult {
  const result = faultyResult()
  result.run.id = HOSTILE
  result.run.command = HOSTILE
  result.run.tags = { [HOSTILE]: HOSTILE }
  result.plan.scenario = HOSTILE
  result.plan.description = HOSTILE
  result.plan.activities = [{ name: HOSTILE, executor: HOSTILE, exec: [HOSTILE], planned: null }]
  result.environment.target = {
    apiUrl: HOSTILE,
    stompUrl: HOSTILE,
    isOwn: false,
    broker: HOSTILE,
    faults: [HOSTILE],
    behaviour: HOSTILE,
  }
  result.planted = { [HOSTILE]: 1 }
  result.verdict.reasons = [HOSTILE]
  result.validity.checks = result.validity.checks.map((check) => ({
    ...check,
    status: 'suspect',
    note: HOSTILE,
    proposal: HOSTILE,
  }))
  result.thresholds = result.thresholds.map((row) => ({ ...row, metric: HOSTILE, expression: HOSTILE }))
  result.labelled = { [HOSTILE]: 1 }
  result.trends[`http_req_duration{call:${HOSTILE}}`] = trendOf([1000])
  result.ledger.examples = result.ledger.examples.map((example) => ({ ...example, note: HOSTILE }))
  result.violations = [
    {
      kind: 'violation',
      rule: HOSTILE,
      path: HOSTILE,
      detail: HOSTILE,
      count: 1,
      examples: [
        { atMs: 1, where: HOSTILE, payload: HOSTILE },
        { atMs: 2, where: 'long', payload: `{"content":"${'😀'.repeat(250_000)}${HOSTILE}"}` },
      ],
    },
  ]
  result.drift = result.violations.map((finding) => ({ ...finding, kind: 'drift' as const }))
  result.errors = [{ class: HOSTILE, count: 1, firstAtMs: 0, example: HOSTILE.repeat(3) }]
  return result
}

/** A run that ended before anything happened. */
export function emptyResult(): RunResult {
  const result = healthyResult()
  const nothing = <T extends object>(figures: T): T =>
    Object.fromEntries(
      Object.entries(figures).map(([name, value]) => [
        name,
        typeof value === 'object' ? nothing(value as object) : 0,
      ]),
    ) as T
  result.run.durationSeconds = 0
  result.run.isPartial = true
  result.run.stoppedBy = 'signal'
  result.validity.status = 'suspect'
  Object.assign(result.validity.checks[6] as object, { value: 1, status: 'suspect' })
  result.verdict = {
    status: 'inconclusive',
    exitCode: 105,
    reasons: ['stopped by a signal before its planned end'],
  }
  result.thresholds = result.thresholds.map((row) => ({ ...row, observed: null, status: 'unknown' }))
  result.counters = nothing(result.counters)
  result.labelled = {}
  result.trends = {}
  result.ledger.messages = nothing(result.ledger.messages)
  result.ledger.typing = nothing(result.ledger.typing)
  result.ledger.isDrained = false
  result.timeline = { stepMs: 1000, columns: { second: [] }, deliveryHistograms: [] }
  result.intervals = { stepSeconds: 1, series: {} }
  result.generator = []
  return result
}

/** A histogram of these latencies as the result keeps it. */
export function trendOf(samplesUs: Iterable<number>, censoredUs: readonly number[] = []): TrendSummary {
  const histogram = new Histogram(3)
  for (const sample of samplesUs) histogram.record(sample)
  for (const sample of censoredUs) histogram.recordCensored(sample)
  return summaryOf(histogram)
}

// --- internal ---

/** mulberry32: small, and the same everywhere. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A latency as servers have them: log-normal around `medianUs`, with a tail. */
function latency(random: () => number, medianUs: number, spread: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return medianUs * Math.exp(spread * normal)
}

function samples(random: () => number, count: number, medianUs: number, spread: number): number[] {
  return Array.from({ length: count }, () => latency(random, medianUs, spread))
}

function summaryOf(histogram: Histogram): TrendSummary {
  return {
    count: histogram.count,
    censored: histogram.censored,
    refused: histogram.refused,
    minUs: histogram.minUs,
    maxUs: histogram.maxUs,
    meanUs: Math.round(histogram.meanUs),
    percentilesUs: Object.fromEntries(PERCENTILES.map((p) => [String(p), histogram.valueAt(p)])),
    atLeast: PERCENTILES.filter((p) => histogram.isCensoredAt(p)).map(String),
    histogram: histogram.encode(),
  }
}

function withLosses(trend: TrendSummary, count: number): TrendSummary {
  const histogram = Histogram.decode(trend.histogram)
  for (let i = 0; i < count; i++) histogram.recordCensored(30_000_000)
  return summaryOf(histogram)
}

function healthyTimeline(random: () => number): Timeline {
  const seconds = Array.from({ length: SECONDS }, (_, i) => i + 1)
  const wanted = seconds.map((s) =>
    Math.round(s <= 6 ? (s / 6) * 1000 : s <= 28 ? 1000 : ((30 - s) / 2) * 1000),
  )
  const sent = seconds.map((s) => (s > 6 && s <= 26 ? 31 + Math.floor(random() * 5) : 0))
  const received = sent.map((n) => Math.round(n * (9.6 + random() * 0.4)))
  const histograms = received.map((count, i) => {
    if (count === 0) return null
    const histogram = new Histogram(2)
    const slowness = i === 17 ? 3 : 1 + 0.2 * random()
    for (const sample of samples(random, count, 2400 * slowness, 0.6)) histogram.record(sample)
    return histogram
  })
  const zeros = (): number[] => seconds.map(() => 0)
  return {
    stepMs: 1000,
    columns: {
      second: seconds,
      users_wanted: wanted,
      users_connected: wanted.map((n, i) => (i < 6 ? Math.max(0, n - Math.floor(random() * 12)) : n)),
      pending_deliveries: received.map((n) => Math.floor(n * 0.02 * random())),
      loop_delay_p99_us: seconds.map((s) => Math.round(400 + (s <= 6 ? 1800 : 500) * random())),
      cpu_share: seconds.map((s) => Math.round((s <= 6 ? 0.55 : 0.22) * 1e3 + 60 * random()) / 1e3),
      iterations: sent.map((n) => n + (n > 0 ? 2 : 0)),
      dropped_iterations: zeros(),
      http_reqs: sent.map((n, i) => n + (i < 6 ? 167 : i > 27 ? 500 : 12)),
      http_req_failed: zeros(),
      sessions_failed: zeros(),
      reconnects: zeros(),
      messages_sent: sent,
      deliveries_received: received,
      deliveries_lost: zeros(),
      deliveries_gap_lost: zeros(),
      deliveries_duplicated: zeros(),
      typing_received: sent.map((n) => n * 3),
      ws_msgs_received: received.map((n, i) => n + (i < 6 ? 600 : 40)),
      data_received: received.map((n) => n * 431),
      contract_violations: zeros(),
      message_delivery_p50_us: histograms.map((h) => h?.valueAt(50) ?? 0),
      message_delivery_p99_us: histograms.map((h) => h?.valueAt(99) ?? 0),
      message_delivery_max_us: histograms.map((h) => h?.maxUs ?? 0),
    },
    deliveryHistograms: histograms.map((h) => h?.encode() ?? null),
  }
}

function healthyTrends(
  random: () => number,
  received: number,
  sent: number,
  typing: number,
): Record<string, TrendSummary> {
  const trend = (count: number, medianUs: number, spread: number): TrendSummary =>
    trendOf(samples(random, count, medianUs, spread))
  return {
    message_delivery: trend(received, 2510, 0.65),
    'message_delivery{basis:service}': trend(received, 2180, 0.6),
    message_first_delivery: trend(sent, 1890, 0.55),
    message_last_delivery: trend(sent, 3640, 0.62),
    'message_last_delivery{audience:10-99}': trend(Math.round(sent * 0.8), 3710, 0.6),
    'message_last_delivery{audience:2-9}': trend(Math.round(sent * 0.2), 3110, 0.6),
    typing_delivery: trend(typing, 2040, 0.5),
    http_req_duration: trend(2000 + sent + 260, 1480, 0.7),
    'http_req_duration{call:connect}': trend(1000, 2210, 0.5),
    'http_req_duration{call:disconnect}': trend(1000, 980, 0.4),
    'http_req_duration{call:send-message}': trend(sent, 1420, 0.5),
    'http_req_duration{call:typing-start}': trend(106, 830, 0.4),
    'http_req_duration{call:typing-end}': trend(106, 790, 0.4),
    'http_req_duration{call:join-room}': trend(24, 910, 0.4),
    'http_req_duration{call:leave-room}': trend(24, 870, 0.4),
    ws_connecting: trend(1000, 1630, 0.6),
    stomp_connecting: trend(1000, 720, 0.6),
    stomp_subscribing: trend(4000, 610, 0.6),
    session_connecting: trend(1000, 7420, 0.5),
    iteration_duration: trend(sent + 40, 3100, 0.9),
    generator_lateness: trend(sent + 40, 310, 0.6),
    generator_loop_delay: trend(SECONDS, 900, 0.5),
  }
}
