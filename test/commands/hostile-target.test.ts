import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { CloseClass, DriverName } from '../../src/stomp/client.ts'
import { planRooms } from '../../src/engine/plan.ts'
import { readScenario } from '../../src/scenario/read.ts'
import { DEFAULT_JWT_SECRET, DEFAULT_TARGET } from '../../src/target/server.ts'
import { startTargetProcess, type TargetHandle } from '../../src/target/spawn.ts'
import { fateOf, type Mood, MOODS, relay, well, wrongType } from '../chat/moods.ts'
import { RawApi } from '../chat/raw-api.ts'
import { messageFrame, recorded } from '../stomp/recording.ts'
import { type Relayed, UnrulyRelay, wsClose, wsFrame } from '../stomp/unruly-relay.ts'
import { runScenario } from './cli.ts'

const text = (frame: string | Buffer): Buffer => wsFrame(0x81, frame)

/** What a broker may do to a connection, and what that is called; undefined where the connection must live on. */
const MISCHIEF: [what: string, act: (connection: Relayed) => unknown, name: CloseClass | undefined][] = [
  ['a half-close', ({ client }) => client.end(), 'broker-gone'],
  ['a reset', ({ client }) => client.resetAndDestroy(), 'broker-gone'],
  [
    'half a frame, then a reset',
    (c) => (c.inject(text(messageFrame('x')).subarray(0, 20)), c.client.end()),
    'broker-gone',
  ],
  ['an idle cut', (c) => c.inject(wsClose(1000)), 'idle-timeout'],
  ['a death', (c) => c.inject(wsClose(1000, 'STOMP died')), 'stomp-died'],
  ['a restart', (c) => c.inject(wsClose(1012)), 'broker-gone'],
  ['a crash', (c) => c.inject(wsClose(1011)), 'broker-crash'],
  ['a size limit', (c) => c.inject(wsClose(1009)), 'too-large'],
  ['a code of its own', (c) => c.inject(wsClose(4321, 'because')), 'other'],
  ['a code that nobody may send', (c) => c.inject(wsClose(1005)), 'protocol'],
  ['an ERROR', (c) => c.inject(text('ERROR\nmessage:planted\n\nwhy\0')), 'error-frame'],
  ['a frame that is none', (c) => c.inject(text('MESSAGE\nno colon\n\n\0')), 'malformed'],
  ['a second CONNECTED', (c) => c.inject(text('CONNECTED\nversion:1.2\n\n\0')), 'malformed'],
  ['text that is not UTF-8', (c) => c.inject(text(Buffer.from('MESSAGE\n\n\xff\0', 'latin1'))), 'protocol'],
  ['a frame of 2^62 bytes', (c) => c.inject(Buffer.of(0x81, 127, 0x40, 0, 0, 0, 0, 0, 0, 0)), 'too-large'],
  ['a RECEIPT nobody asked for', (c) => c.inject(text('RECEIPT\nreceipt-id:never\n\n\0')), undefined],
  ['a message nobody subscribed to', (c) => c.inject(text(messageFrame('{}', 'stranger'))), undefined],
  ['a frame without an end', (c) => c.inject(text('')), undefined],
]

/** The runs mostly wait, so they share their time: all begin with the first test. */
const RUNS = { unsteadyApi, unrulyBroker, readersThatPause, frozenBroker }
type RunName = keyof typeof RUNS
const results = new Map<RunName, Promise<void>>()

async function resultOf(name: RunName): Promise<void> {
  if (results.size === 0)
    for (const [other, begin] of Object.entries(RUNS)) {
      const run = begin()
      // Whoever asks for it gets its failure.
      run.catch(() => {})
      results.set(other as RunName, run)
    }
  await results.get(name)
}

describe('a target that is hostile', () => {
  const LIMIT_MS = 120_000
  it(
    'has every call and every message accounted for while its API does all it can think of',
    () => resultOf('unsteadyApi'),
    LIMIT_MS,
  )
  it(
    'has every connection accounted for while its broker does all it can think of to half of them',
    () => resultOf('unrulyBroker'),
    LIMIT_MS,
  )
  it(
    'loses who beats while its broker is frozen, keeps who waits, and has all back when it thaws',
    () => resultOf('frozenBroker'),
    LIMIT_MS,
  )
})

describe('users who do not read', () => {
  it(
    'are owed nothing meanwhile, and what comes to them is told apart',
    () => resultOf('readersThatPause'),
    120_000,
  )
})

async function unsteadyApi(): Promise<void> {
  const scenario = 'test/scenarios/unsteady-api.yaml'
  const target = await targetOf(scenario)
  const calls: { name: string; mood: Mood; message: string }[] = []
  const turns: Record<string, number> = {}
  const turnedAway = new Set<string>()
  await using api = await RawApi.start((request, socket) => {
    const name = /^POST \/chat-ws\/([\w-]+)/.exec(request.line)?.[1] ?? ''
    const moods = MOODS[name] as readonly Mood[]
    const user = request.headers['authorization'] as string
    // Run, room, sender and sequence number of the token: all attempts of one message have them in common.
    const message = /"content":"~(.{21})/.exec(request.body)?.[1] ?? ''
    const tries = calls.filter((earlier) => message !== '' && earlier.message === message).length
    const isSpared = (name === 'connect' && turnedAway.has(user)) || tries === 2
    const mood = isSpared ? well : (moods[(turns[name] = (turns[name] ?? -1) + 1) % moods.length] as Mood)
    if (name === 'connect' && mood !== well) turnedAway.add(user)
    const call = { name, mood, message }
    calls.push(call)
    if (!mood.forward) mood.answer(socket, Buffer.alloc(0))
    else
      void relay(request, target.apiUrl).then((genuine) => {
        // On a machine that is busy elsewhere even the well-meant can come too late.
        if (socket.destroyed) call.mood = { ...mood, failure: 'timeout' }
        else mood.answer(socket, genuine)
      })
  })
  try {
    const { code, result, files, stdout } = await runScenario([
      scenario,
      '--target',
      `${api.url}/chat-ws`,
      '--jwt-secret',
      DEFAULT_JWT_SECRET,
      '--workers',
      '1',
    ])
    // One content type that is not the documented one is a broken contract, whatever else happened.
    expect(code).toBe(11)
    expect(result.verdict.exitCode).toBe(11)
    expect(files).toEqual(expect.arrayContaining(['report.html', 'result.json']))
    expect(stdout).toMatch(/FAIL/)

    // Every call: the server's own log, less the two calls of the preflight, which succeeded.
    const { counters, trends, ledger } = result
    const failures = calls.filter(({ mood }) => mood.failure !== undefined)
    expect(counters.http_reqs).toBe(calls.length - 2)
    expect(counters.http_req_failed).toBe(failures.length)
    expect(
      Object.fromEntries(
        result.errors.filter((e) => e.class.startsWith('http ')).map((e) => [e.class, e.count]),
      ),
    ).toEqual(countBy(failures.map(({ name, mood }) => `http ${name}: ${mood.failure}`)))
    expect(Object.keys(countBy(failures.map(({ mood }) => mood.failure))).toSorted()).toEqual([
      'malformed',
      'reset',
      'status 403',
      'status 500',
      'status 502',
      'status 503',
      'timeout',
    ])
    const timeouts = failures.filter(({ mood }) => mood.failure === 'timeout').length
    expect(trends['http_req_duration']).toMatchObject({ count: calls.length - 2, censored: timeouts })
    expect(trends['http_req_duration']?.atLeast).toContain('99.9')

    // Every message: accepted, rejected or unknown by what its attempts met.
    const attempts = Map.groupBy(
      calls.filter(({ name }) => name === 'send-message'),
      ({ message }) => message,
    )
    const fates = countBy([...attempts.values()].map((list) => fateOf(list.map(({ mood }) => mood))))
    expect(counters.messages_sent).toBe(attempts.size)
    // Who was still trying to come when it should have spoken did not speak, and that is counted too.
    expect(counters.messages_sent + counters.dropped_iterations).toBe(90)
    expect(counters.messages_sent).toBeGreaterThan(60)
    expect(fates).toEqual({
      accepted: counters.messages_sent - counters.messages_rejected - counters.messages_unknown,
      rejected: counters.messages_rejected,
      unknown: counters.messages_unknown,
    })
    expect(counters.http_retries).toBe(
      calls.filter(({ name }) => name === 'send-message').length - attempts.size,
    )

    // Every delivery: ten members a message that went through, whatever the sender was told.
    const forwarded = [...attempts.values()].map((list) => list.filter(({ mood }) => mood.forward).length)
    const copies = 10 * forwarded.filter((times) => times > 0).length
    const { messages } = ledger
    expect(messages.received + messages.optional).toBe(copies)
    expect(messages.retryDuplicated).toBe(
      10 * forwarded.reduce((sum, times) => sum + Math.max(0, times - 1), 0),
    )
    expect(messages.expected).toBe(messages.received + messages.late + messages.lost.total)
    expect(messages).toMatchObject({ lost: { total: 0 }, late: 0, duplicated: 0, leaked: 0, corrupted: 0 })
    expect(trends['message_delivery']?.count).toBe(copies)
    expect(ledger.isDrained).toBe(true)

    // Every session: each failed connect is one failed attempt, and everybody came in the end.
    const refused = failures.filter(({ name }) => name === 'connect').length
    expect(counters).toMatchObject({ sessions_started: 100, sessions_failed: refused, ws_sessions: 100 })
    expect(refused).toBeGreaterThan(20)
    expect(counters).toMatchObject({ connections_lost: 0, iterations: attempts.size, iterations_failed: 0 })
    expect(result.violations.map(({ rule, count }) => [rule, count])).toEqual([
      ['http/send-message/content-type', calls.filter(({ mood }) => mood === wrongType).length],
    ])
  } finally {
    await target.stop()
  }
}

async function unrulyBroker(): Promise<void> {
  const scenario = 'test/scenarios/unruly-broker.yaml'
  const target = await targetOf(scenario)
  await using broker = await UnrulyRelay.start(target.stompUrl)
  await using api = await RawApi.start((request, socket) => {
    void relay(request, target.apiUrl).then((genuine) => {
      // The two addresses have ports of five digits: the length of the answer stays.
      socket.write(Buffer.from(genuine.toString('latin1').replace(target.stompUrl, broker.url), 'latin1'))
    })
  })
  expect(broker.url.length).toBe(target.stompUrl.length)
  const mischief = (async () => {
    // The preflight's connection is the first.
    while (broker.connections.length < 41) await once(broker.server, 'connection')
    await delay(2_500)
    for (const [i, [, act]] of MISCHIEF.entries()) act(broker.connections[1 + 2 * i] as Relayed)
  })()
  try {
    const { code, result, files } = await runScenario([
      scenario,
      '--target',
      `${api.url}/chat-ws`,
      '--jwt-secret',
      DEFAULT_JWT_SECRET,
      '--workers',
      '1',
    ])
    await mischief
    expect(code).toBe(11)
    expect(files).toEqual(expect.arrayContaining(['report.html', 'result.json']))
    const { counters, labelled, ledger, trends, verdict } = result
    const cut = MISCHIEF.flatMap(([, , name]) => (name === undefined ? [] : [name]))
    // Each cut is counted once, by its class, and each user came back once; the goodbyes are the rest.
    const closes = Object.entries(labelled).filter(([label]) => label.startsWith('ws_closes{'))
    expect(Object.fromEntries(closes)).toEqual({
      ...countBy(cut.map((name) => `ws_closes{class:${name}}`)),
      'ws_closes{class:requested}': 40,
    })
    expect(counters).toMatchObject({
      sessions_started: 40,
      sessions_failed: 0,
      connections_lost: cut.length,
      reconnects: cut.length,
      ws_sessions: 40 + cut.length,
      stomp_errors: 1,
      ws_malformed: 2,
      contract_violations: 3,
      iterations_failed: 0,
    })
    expect(trends['session_reconnecting']).toMatchObject({ count: cut.length, censored: 0 })
    expect(result.violations.map(({ rule, count }) => `${rule} ${count}`).toSorted()).toEqual([
      'stomp/frame/no-colon 1',
      'stomp/frame/unexpected-frame 1',
      'stomp/subscription 1',
    ])
    // Nobody else missed anything, and nothing came twice.
    const { messages } = ledger
    expect(messages.sent + counters.dropped_iterations).toBe(90)
    expect(messages.expected).toBe(messages.received)
    expect(messages).toMatchObject({
      lost: { total: 0 },
      late: 0,
      duplicated: 0,
      leaked: 0,
      foreign: 0,
      corrupted: 0,
    })
    expect(10 * messages.sent).toBe(messages.received + messages.optional + messages.gapLost)
    expect(verdict.reasons.join('\n')).toMatch(new RegExp(`connections_lost: ${cut.length} `))
  } finally {
    await target.stop()
  }
}

async function readersThatPause(): Promise<void> {
  const small = ['-u', '20', '-d', '10s', '-e', 'STALL=5', '--workers', '1']
  const { result } = await runScenario(['scenarios/slow-consumer.ts', ...small])
  const { counters, trends, ledger } = result
  expect(counters).toMatchObject({ connections_lost: 0, iterations_failed: 0 })
  const { messages } = ledger
  expect(messages).toMatchObject({
    lost: { total: 0 },
    late: 0,
    duplicated: 0,
    gapLost: 0,
    leaked: 0,
    reordered: 0,
  })
  expect(messages.expected).toBe(messages.received)
  // Every message reached every member of its room who had come by then, whether it read or not.
  expect(messages.received + messages.optional).toBeGreaterThan(20 * messages.sent - 200)
  expect(messages.received + messages.optional).toBeLessThanOrEqual(20 * messages.sent)
  expect(messages.sent).toBeGreaterThan(20)
  const away = trends['message_delivery{to:away}']
  // Copies to who was just joining or leaving are optional too, and are timed with all others.
  const timed = (trends['message_delivery']?.count ?? 0) + (away?.count ?? 0)
  expect(timed).toBe(messages.received + messages.optional)
  expect(away?.count).toBeGreaterThan(20)
  expect(away?.maxUs).toBeGreaterThan(2_000_000)
  expect(trends['message_delivery']?.percentilesUs['50']).toBeLessThan(away?.percentilesUs['50'] as number)
}

/** SIGSTOP takes the broker's process off its processor: its kernel still answers for it, as after a stall or a live migration. */
async function frozenBroker(): Promise<void> {
  const target = await startTargetProcess({
    ...DEFAULT_TARGET,
    world: { users: 1, firstUserId: 1, rooms: [[1]] },
  })
  const room = '/exchange/chat.direct/room.1'
  const guest = { passcode: 'guest', timeoutMs: 1_500 }
  const subscriber = async (driver: DriverName, beatMs: number) => {
    const heartbeat = { outgoingMs: beatMs, incomingMs: beatMs }
    const opened = recorded(driver, target.stompUrl, { ...guest, heartbeat })
    await opened.client.connect()
    await opened.client.subscribe('s0', room)
    return opened
  }
  try {
    for (const driver of ['lean', 'stompjs'] as const) {
      const beating = await subscriber(driver, 1_000)
      const patient = await subscriber(driver, 0)
      process.kill(target.pid, 'SIGSTOP')
      const said = patient.client.send(room, 'into the ice', { receipt: true })
      await expect(said).rejects.toMatchObject({ step: 'receipt', close: undefined })
      const late = recorded(driver, target.stompUrl, guest)
      await expect(late.client.connect()).rejects.toMatchObject({
        step: 'websocket',
        message: 'no WebSocket within 1500 ms',
      })
      expect(await beating.recording.close()).toEqual({ class: 'heartbeat-lost', code: 1006, reason: '' })
      process.kill(target.pid, 'SIGCONT')
      // Who did not mind waiting is still there, and what was said into the ice comes out of it once.
      await patient.client.send(room, 'thawed', { receipt: true })
      await patient.recording.until(({ messages }) => messages.length === 2)
      expect(patient.recording.bodies).toEqual(['into the ice', 'thawed'])
      expect(patient.recording.closes).toEqual([])
      expect(beating.recording.bodies).toEqual([])
      const back = await subscriber(driver, 1_000)
      for (const { client } of [patient, back])
        expect(await client.disconnect()).toMatchObject({ class: 'requested' })
    }
  } finally {
    process.kill(target.pid, 'SIGCONT')
    await target.stop()
  }
}

/** The reference target with the rooms of a scenario. */
async function targetOf(file: string): Promise<TargetHandle> {
  const scenario = await readScenario(file, { env: {} })
  const rooms = planRooms(scenario, 1).map((members) => Array.from(members, (user) => user + 1))
  return startTargetProcess({
    ...DEFAULT_TARGET,
    world: { users: scenario.userCount, firstUserId: 1, rooms },
  })
}

function countBy(names: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[String(name)] = (counts[String(name)] ?? 0) + 1
  return counts
}
