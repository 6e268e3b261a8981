import {
  type ConformanceCase,
  type ConformanceResult,
  type State,
  STATES,
  type TranscriptLine,
} from '../../src/measure/conformance.ts'
import { HOSTILE } from './fixture.ts'

/** A case that passed, changed as the test wants. */
export function caseOf(change: Partial<ConformanceCase> & { id: string }): ConformanceCase {
  return {
    section: 'http-authentication',
    level: 'MUST',
    title: 'Without an Authorization header every call answers 401',
    basis: {
      document: 'guide',
      section: '3. Authentication',
      quote: '모든 API는 JWT 인증이 필요합니다.',
    },
    state: 'PASS',
    sends: 'each of the seven calls without a token',
    expected: ['status 401 from each of the calls, no event'],
    actual: '7 of 7 calls answered 401',
    fragment: null,
    remedy: null,
    severity: null,
    excuse: null,
    startedMs: 120,
    durationMs: 18.4,
    transcript: [],
    reproduce: [`stompede conform --only ${change.id} --seed 7`],
    frames: [],
    ...change,
  }
}

const MESSAGE_BODY =
  '{"type":"new_message","message":{"id":123,"content":"안녕하세요","message_type":"text","sender_id":2,"created_at":"2026-11-22T10:15:42Z"}}'

/** What two users and the checker did and saw; the victim's event reaches the attacker. */
function stolen(startedMs: number): TranscriptLine[] {
  const line = (
    afterMs: number,
    actor: string,
    channel: TranscriptLine['channel'],
    direction: TranscriptLine['direction'],
    text: string,
  ): TranscriptLine => ({ atMs: startedMs + afterMs, actor, channel, direction, text })
  return [
    line(0, 'user 1', 'stomp', '→', 'SUBSCRIBE\nid:1\ndestination:/exchange/chat.direct/user.2\nreceipt:r-1'),
    line(3.2, 'user 1', 'stomp', '←', 'RECEIPT\nreceipt-id:r-1'),
    line(3.9, 'user 2', 'http', '→', 'POST /chat-ws/connect\nauthorization: Bearer …'),
    line(
      9.1,
      'user 2',
      'http',
      '←',
      '200 {"status":"success","stompUrl":"ws://127.0.0.1:15674/ws","password":"…"}',
    ),
    line(
      12.4,
      'user 1',
      'stomp',
      '←',
      `MESSAGE\nsubscription:1\ndestination:/exchange/chat.direct/user.2\n\n${MESSAGE_BODY}`,
    ),
    line(12.5, 'checker', 'socket', '·', 'positive control: user 2 got the same event at 12.1 ms'),
  ]
}

/** Cases that show every state. */
function casesOfEveryState(): ConformanceCase[] {
  return [
    caseOf({ id: 'HTTP-AUTH-NONE' }),
    caseOf({
      id: 'HTTP-AUTH-CHALLENGE',
      level: 'SHOULD',
      title: 'A 401 says how to authenticate',
      basis: {
        document: 'RFC 9110',
        section: '15.5.2',
        quote:
          'The server generating a 401 response MUST send a WWW-Authenticate header field containing at least one challenge applicable to the target resource.',
      },
      state: 'NON-STRICT',
      sends: 'POST /send-message without a token',
      expected: ['401 with WWW-Authenticate: Bearer', '401 without a challenge'],
      actual: '401, no WWW-Authenticate header',
      transcript: [
        { atMs: 131, actor: 'user 1', channel: 'http', direction: '→', text: 'POST /chat-ws/send-message' },
        {
          atMs: 133.4,
          actor: 'user 1',
          channel: 'http',
          direction: '←',
          text: '401 {"statusCode":401,"message":"Unauthorized"}',
        },
      ],
      startedMs: 131,
    }),
    caseOf({
      id: 'HTTP-AUTH-EXPIRED',
      title: 'An expired token is refused',
      state: 'SKIP',
      sends: 'POST /connect with a token that expired an hour ago',
      expected: ['status 401'],
      actual: 'expired tokens cannot be made without --jwt-secret or --jwt-key',
      durationMs: 0,
    }),
    caseOf({
      id: 'EVENT-MESSAGE-FIELDS',
      section: 'events',
      title: 'new_message has the documented fields',
      basis: {
        document: 'guide',
        section: '5.1 new_message',
        quote: '"created_at": "2024-01-15T10:30:00.000Z"',
      },
      state: 'FAIL',
      sends: 'user 1 sends 3 messages in room 11',
      expected: ['each new_message fits the schema of the contract'],
      actual: 'created_at is required, but missing, in 3 of 3 events',
      fragment: {
        path: '/message',
        found: '{"id":123,"content":"안녕하세요","message_type":"text","sender_id":2}',
      },
      startedMs: 4210,
      durationMs: 61,
      transcript: stolen(4210).slice(2),
      reproduce: [
        'stompede conform --only EVENT-MESSAGE-FIELDS --seed 7 --target http://127.0.0.1:3000/chat-ws',
        `curl -sS -X POST 'http://127.0.0.1:3000/chat-ws/send-message' -H "Authorization: Bearer $TOKEN" -H 'content-type: application/json' -d '{"roomId":11,"message":{"message_type":"text","content":"x"}}'`,
      ],
      frames: [],
    }),
    caseOf({
      id: 'STOMP-CONNECT-ERROR-CLOSES',
      section: 'stomp',
      level: 'SHOULD',
      title: 'After an ERROR the server closes the connection',
      basis: {
        document: 'STOMP 1.2',
        section: 'ERROR',
        quote:
          'The server MAY send ERROR frames if something goes wrong. In this case, it MUST then close the connection just after sending the ERROR frame.',
      },
      state: 'NON-STRICT',
      sends: 'CONNECT with a wrong passcode',
      expected: ['ERROR, closed within 2 s', 'ERROR, the socket stays open'],
      actual: 'ERROR came, the socket was open 2 s later',
      excuse: {
        from: 'profile',
        reason: 'a refused CONNECT leaves the socket open',
        source: 'rabbitmq-3.10, measured on 3.10.8',
      },
      startedMs: 5100,
      durationMs: 2044,
      transcript: [
        {
          atMs: 5100,
          actor: 'user 3',
          channel: 'stomp',
          direction: '→',
          text: 'CONNECT\naccept-version:1.2\nlogin:guest\npasscode:…',
        },
        { atMs: 5104, actor: 'user 3', channel: 'stomp', direction: '←', text: 'ERROR\nmessage:Bad CONNECT' },
      ],
      frames: [Buffer.from('CONNECT\naccept-version:1.2\n\n\0').toString('base64')],
    }),
    caseOf({
      id: 'DELIVERY-LATENCY-QUIET',
      section: 'delivery',
      level: 'INFO',
      title: 'How long a message takes in a quiet system',
      basis: { document: 'derived', section: 'delivery', quote: 'Messages arrive while they still matter.' },
      state: 'INFO',
      sends: '20 messages, one at a time',
      expected: ['recorded'],
      actual: 'median 3.1 ms, slowest 7.9 ms of 20',
    }),
    caseOf({
      id: 'DELIVERY-AFTER-LEAVE',
      section: 'delivery',
      title: 'Nobody receives what is sent after leaving',
      basis: {
        document: 'derived',
        section: 'membership',
        quote: 'Who has left a room hears nothing of it.',
      },
      state: 'INCONCLUSIVE',
      sends: 'user 2 leaves room 11; user 1 sends 3 messages',
      expected: ['none of them reaches user 2, all of them user 3'],
      actual: 'the positive control failed: user 3, a member, got 0 of 3',
      startedMs: 9000,
      transcript: stolen(9000).slice(0, 2),
    }),
    caseOf({
      id: 'ISOLATION-USER-DESTINATION',
      section: 'isolation',
      title: 'A user cannot read another user’s private destination',
      basis: {
        document: 'derived',
        section: 'isolation',
        quote: 'What is addressed to one user reaches nobody else.',
      },
      state: 'FAIL',
      sends: 'user 1 subscribes to /exchange/chat.direct/user.2; user 2 connects',
      expected: ['SUBSCRIBE is refused', 'no MESSAGE reaches user 1 while user 2 gets its own'],
      actual: 'user 1 got 1 MESSAGE of user 2',
      remedy:
        'Give each user a vhost of its own or a topic exchange with topic permissions: RabbitMQ checks routing keys on topic exchanges only.',
      severity: 'critical',
      startedMs: 12_345.6,
      durationMs: 212,
      transcript: stolen(12_345.6),
      reproduce: [
        'stompede conform --only ISOLATION-USER-DESTINATION --seed 7 --target http://127.0.0.1:3000/chat-ws',
      ],
      frames: [
        Buffer.from('SUBSCRIBE\nid:1\ndestination:/exchange/chat.direct/user.2\nreceipt:r-1\n\n\0').toString(
          'base64',
        ),
        Buffer.from([0x0a]).toString('base64'),
      ],
    }),
    caseOf({
      id: 'ISOLATION-SHARED-LOGIN',
      section: 'isolation',
      title: 'Users have broker credentials of their own',
      basis: { document: 'derived', section: 'isolation', quote: 'Who holds a credential is one user.' },
      state: 'XFAIL',
      sends: 'POST /connect of users 1 and 2',
      expected: ['two logins'],
      actual: 'both got the login chat',
      remedy: 'Issue a login for each session.',
      severity: 'high',
      excuse: {
        from: 'known-failures',
        reason: 'the documented design shares one login',
        source: 'https://tracker.example/CHAT-17, until 2027-03-31',
      },
      startedMs: 13_000,
      transcript: stolen(13_000).slice(2, 4),
    }),
    caseOf({
      id: 'ISOLATION-FORGED-EVENT',
      section: 'isolation',
      title: 'A client cannot publish events itself',
      basis: { document: 'derived', section: 'isolation', quote: 'Events come from the API alone.' },
      state: 'XPASS',
      sends: 'user 1 SENDs a forged new_message to room 11',
      expected: ['ERROR or close, nobody receives it'],
      actual: 'refused: ERROR access_refused',
      remedy: 'Take write permission from the clients’ login.',
      severity: 'critical',
      excuse: {
        from: 'known-failures',
        reason: 'clients may write until the next release',
        source: 'https://tracker.example/CHAT-18, until 2027-01-31',
      },
      startedMs: 13_400,
      transcript: stolen(13_400).slice(0, 2),
    }),
    caseOf({
      id: 'HARNESS-FRAMES-CONTIGUOUS',
      section: 'harness',
      title: 'The harness lost no frame',
      basis: {
        document: 'harness',
        section: 'frames',
        quote: 'The counter in RabbitMQ’s message-id has no gap on any connection.',
      },
      sends: 'nothing of its own',
      expected: ['no gap on any connection'],
      actual: '1,204 MESSAGE frames on 14 connections, no gap',
    }),
  ]
}

/** A gate in which every state came up. */
export function nonconformantResult(): ConformanceResult {
  return resultOf(casesOfEveryState(), {
    status: 'nonconformant',
    exitCode: 10,
    reasons: [
      'EVENT-MESSAGE-FIELDS FAIL: created_at is required, but missing, in 3 of 3 events',
      'ISOLATION-USER-DESTINATION FAIL: user 1 got 1 MESSAGE of user 2',
      'ISOLATION-FORGED-EVENT XPASS: refused: ERROR access_refused',
      'known failure past its day: ISOLATION-TRACE-EXCHANGE (2026-10-31)',
      'known failure of no rule: HTTP-OLD-RULE',
      'DELIVERY-AFTER-LEAVE inconclusive: the positive control failed: user 3, a member, got 0 of 3',
    ],
  })
}

/** A gate that is green: what is not PASS is tolerated, known or cannot be asked. */
export function conformantResult(): ConformanceResult {
  const cases = casesOfEveryState().filter(({ state }) => !['FAIL', 'XPASS', 'INCONCLUSIVE'].includes(state))
  const result = resultOf(cases, { status: 'conformant', exitCode: 0, reasons: [] })
  result.drift = {
    undocumentedTypes: [],
    undocumentedFields: [],
    neverSeenTypes: [],
    neverSeenFields: [],
    neverSeenValues: [],
  }
  result.knownFailures = { file: 'known-failures.yaml', expired: [], unmatched: [] }
  return result
}

/** A gate that could not judge one case. */
export function inconclusiveResult(): ConformanceResult {
  const cases = casesOfEveryState().filter(({ state }) => !['FAIL', 'XPASS'].includes(state))
  const result = resultOf(cases, {
    status: 'inconclusive',
    exitCode: 13,
    reasons: ['DELIVERY-AFTER-LEAVE inconclusive: the positive control failed: user 3, a member, got 0 of 3'],
  })
  result.knownFailures = { file: null, expired: [], unmatched: [] }
  return result
}

/** A gate whose target refused the connection. */
export function refusedResult(): ConformanceResult {
  const result = resultOf([], {
    status: 'unreachable',
    exitCode: 14,
    reasons: ['http://127.0.0.1:3000/chat-ws cannot be reached: ECONNREFUSED'],
  })
  result.environment.server = null
  result.environment.profile = 'strict'
  result.environment.profileFrom = 'nobody was asked'
  result.environment.target.stompUrl = null
  result.drift = {
    undocumentedTypes: [],
    undocumentedFields: [],
    neverSeenTypes: [],
    neverSeenFields: [],
    neverSeenValues: [],
  }
  result.knownFailures = { file: null, expired: [], unmatched: [] }
  return result
}

/** A gate as it leaves one: its target is gone, so every rule is open for that reason. */
export function unreachableResult(): ConformanceResult {
  const reason = 'http://127.0.0.1:3000/chat-ws cannot be reached: ECONNREFUSED'
  const cases = allFailingResult(0).cases.map((each): ConformanceCase => ({
    ...each,
    state: 'INCONCLUSIVE',
    actual: reason,
    fragment: null,
    frames: [],
    durationMs: 0,
  }))
  const { environment, drift, knownFailures } = refusedResult()
  const result = resultOf(cases, { status: 'unreachable', exitCode: 14, reasons: [reason] })
  return { ...result, environment, drift, knownFailures, coverage: { exercised: 0, statements: 119 } }
}

/** A gate whose target answers and lets nobody in: one red case, and nothing else was asked. */
export function closedResult(): ConformanceResult {
  const gone = unreachableResult()
  const reason = 'nobody was let in: POST /connect never answered 2XX; is the token wrong, or the base path?'
  const actual = 'POST /connect gave 401 {"statusCode":401}'
  const cases = gone.cases.map((each, i): ConformanceCase => {
    return i === 0 ? { ...each, state: 'FAIL', actual } : { ...each, actual: reason }
  })
  const reasons = [reason, `${cases[0]?.id} FAIL: ${actual}`]
  return { ...gone, ...resultOf(cases, { status: 'unreachable', exitCode: 14, reasons }) }
}

/** A gate that a signal stopped after its first failure. */
export function stoppedResult(): ConformanceResult {
  const cases = allFailingResult(6).cases.map((each, i): ConformanceCase =>
    i === 0
      ? each
      : {
          ...each,
          state: 'INCONCLUSIVE',
          actual: 'not asked: stopped by a signal',
          fragment: null,
          transcript: [],
          frames: [],
        },
  )
  const result = resultOf(cases, {
    status: 'nonconformant',
    exitCode: 10,
    reasons: [
      'RULE-001 FAIL: created_at is required, but missing, in 3 of 3 events',
      'stopped by a signal before every rule was asked',
      ...cases.slice(1).map(({ id, actual }) => `${id} inconclusive: ${actual}`),
    ],
  })
  result.run.isPartial = true
  return result
}

/** The worst gate: 119 cases fail, each with `lines` lines of transcript and a frame that long. */
export function allFailingResult(lines = 60): ConformanceResult {
  const failing = casesOfEveryState().find(({ state }) => state === 'FAIL') as ConformanceCase
  const sections = [...new Set(casesOfEveryState().map(({ section }) => section))]
  const cases = Array.from({ length: 119 }, (_, i): ConformanceCase => {
    const startedMs = i * 500
    const id = `RULE-${String(i + 1).padStart(3, '0')}`
    return {
      ...failing,
      id,
      section: sections[Math.floor((i / 119) * sections.length)] as string,
      startedMs,
      transcript: Array.from({ length: lines }, (_unused, n) => ({
        ...(stolen(startedMs)[n % 6] as TranscriptLine),
        atMs: startedMs + n,
      })),
      reproduce: [`stompede conform --only ${id} --seed 7`, ...failing.reproduce.slice(1)],
      frames: [Buffer.from(`SEND\ndestination:/queue/${i}\n\n\0`).toString('base64')],
    }
  })
  return resultOf(cases, {
    status: 'nonconformant',
    exitCode: 10,
    reasons: cases.map(({ id, actual }) => `${id} FAIL: ${actual}`),
  })
}

/** A gate whose every text that can come from outside is hostile, one of them a megabyte long. */
export function hostileConformance(): ConformanceResult {
  const long = `${'😀'.repeat(250_000)}${HOSTILE}`
  const cases = casesOfEveryState().map((each, i): ConformanceCase => ({
    ...each,
    id: i === 3 ? '../../escape' : each.id,
    sends: HOSTILE,
    expected: [HOSTILE],
    actual: i === 3 ? long : HOSTILE,
    fragment: { path: HOSTILE, found: HOSTILE },
    remedy: HOSTILE,
    excuse: { from: 'known-failures', reason: HOSTILE, source: HOSTILE },
    reproduce: [HOSTILE],
    transcript: each.transcript.map((line, n) => ({
      ...line,
      actor: HOSTILE,
      text: n === 0 ? `${HOSTILE}\n::error::owned\n\`\`\`\n</details> | @everyone` : long,
    })),
  }))
  const result = resultOf(cases, {
    status: 'nonconformant',
    exitCode: 10,
    reasons: [HOSTILE, 'two\n::error::lines'],
  })
  result.run.id = HOSTILE
  result.run.command = HOSTILE
  result.run.tags = { [HOSTILE]: HOSTILE }
  result.environment.profile = HOSTILE
  result.environment.profileFrom = HOSTILE
  result.environment.server = HOSTILE
  result.environment.target = {
    apiUrl: HOSTILE,
    stompUrl: HOSTILE,
    isOwn: true,
    broker: HOSTILE,
    faults: [HOSTILE],
  }
  result.environment.contract = { source: HOSTILE, digest: HOSTILE }
  result.selection.asked = [HOSTILE]
  result.drift = {
    undocumentedTypes: [{ type: HOSTILE, seen: 1 }],
    undocumentedFields: [{ type: HOSTILE, path: long, seen: 1 }],
    neverSeenTypes: [HOSTILE],
    neverSeenFields: [{ type: HOSTILE, path: HOSTILE }],
    neverSeenValues: [{ type: HOSTILE, path: HOSTILE, values: [HOSTILE] }],
  }
  result.knownFailures = { file: HOSTILE, expired: [HOSTILE], unmatched: [HOSTILE] }
  return result
}

// --- internal ---

function resultOf(cases: ConformanceCase[], verdict: ConformanceResult['verdict']): ConformanceResult {
  return {
    schema: 'stompede.conformance',
    schemaVersion: '1.0.0',
    run: {
      id: '20261122-101530-conform',
      kind: 'conformance',
      startedAt: '2026-11-22T10:15:30.000Z',
      endedAt: '2026-11-22T10:16:11.700Z',
      durationSeconds: 41.7,
      seed: 7,
      command:
        'stompede conform --target http://127.0.0.1:3000/chat-ws --known-failures known-failures.yaml --seed 7',
      isPartial: false,
      tags: { build: '1.8.2' },
    },
    environment: {
      stompede: '0.1.0',
      node: 'v24.21.0',
      os: 'linux 6.1',
      target: {
        apiUrl: 'http://127.0.0.1:3000/chat-ws',
        stompUrl: 'ws://127.0.0.1:15674/ws',
        isOwn: false,
        broker: 'RabbitMQ',
        faults: [],
      },
      contract: { source: 'src/chat/contract', digest: 'sha256:5f0c9a7e21b4d836' },
      profile: 'rabbitmq-3.10',
      profileFrom: 'the server header of CONNECTED',
      server: 'RabbitMQ/3.10.8',
    },
    selection: { asked: [], chosen: cases.length, ofRules: 119, isStrict: false },
    verdict,
    counts: Object.fromEntries(
      STATES.map((state) => [state, cases.filter((each) => each.state === state).length]),
    ) as Record<State, number>,
    coverage: { exercised: cases.length === 0 ? 0 : 104, statements: 119 },
    cases,
    drift: {
      undocumentedTypes: [{ type: 'room_renamed', seen: 2 }],
      undocumentedFields: [
        { type: 'new_message', path: '/message/edited_at', seen: 41 },
        { type: 'user_typing', path: '/device', seen: 6 },
      ],
      neverSeenTypes: ['message_read'],
      neverSeenFields: [{ type: 'new_message', path: '/message/file_url' }],
      neverSeenValues: [{ type: 'new_message', path: '/message/message_type', values: ['image', 'file'] }],
    },
    knownFailures: {
      file: 'known-failures.yaml',
      expired: ['ISOLATION-TRACE-EXCHANGE (2026-10-31)'],
      unmatched: ['HTTP-OLD-RULE'],
    },
  }
}
