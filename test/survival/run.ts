import { parseArgs } from 'node:util'
import { setTimeout as delay } from 'node:timers/promises'
import { DEFAULT_CLAIMS } from '../../src/chat/tokens.ts'
import { planRooms } from '../../src/engine/plan.ts'
import { run } from '../../src/engine/run.ts'
import type { Second } from '../../src/engine/timeline.ts'
import type { RunResult } from '../../src/measure/result.ts'
import { readScenario } from '../../src/scenario/read.ts'
import { DEFAULT_JWT_SECRET, DEFAULT_TARGET } from '../../src/target/server.ts'
import { startTargetProcess } from '../../src/target/spawn.ts'
import { newRabbitMq } from './rabbitmq.ts'

/**
 * The proof that a run survives its broker, on a real RabbitMQ:
 *
 *     node test/survival/run.ts [restart|freeze] [--users 5000]
 *
 * `restart` kills the broker (SIGKILL) in mid-run and starts it again 5 s later; `freeze` stops it (SIGSTOP) for 20 s.
 * Prints the seconds around it and what must hold; ends with 1 when something does not.
 */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { users: { type: 'string', default: '5000' } },
})
const trouble = positionals[0] === 'freeze' ? 'freeze' : 'restart'
const users = Number(values.users)
/** A hundred and twenty-five users a second is a pace at which RabbitMQ lets them in on two cores. */
const rampSeconds = Math.max(4, Math.ceil(users / 125))
const staySeconds = 110
const troubleSeconds = rampSeconds + 20
const backoffSeconds = Math.max(1, users / 1000)

const env = {
  USERS: String(users),
  RAMP: `${rampSeconds}s`,
  STAY: `${staySeconds}s`,
  BACKOFF: `${backoffSeconds}s`,
  MAX_BACKOFF: `${4 * backoffSeconds}s`,
}

const seconds: Second[] = []
const notes = new Map<number, string>()
const result = await survive()
report(result)

/** The run, with its broker's trouble in the middle. */
async function survive(): Promise<RunResult> {
  await using broker = await newRabbitMq()
  say(`RabbitMQ is up after ${(await broker.start()).toFixed(0)} ms`)
  const scenario = await readScenario('test/survival/restart.yaml', { env })
  const rooms = planRooms(scenario, 1)
  const target = await startTargetProcess({
    ...DEFAULT_TARGET,
    broker: 'rabbitmq',
    rabbitMq: { kind: 'running', amqpUrl: broker.amqpUrl, stompUrl: broker.stompUrl },
    world: {
      users,
      firstUserId: 1,
      rooms: rooms.map((members) => Array.from(members, (user) => user + 1)),
    },
  })
  const makeTrouble = async (): Promise<void> => {
    const note = (text: string): void => {
      notes.set(seconds.length, text)
      say(`second ${seconds.length}: ${text}`)
    }
    if (trouble === 'freeze') {
      broker.freeze()
      note('SIGSTOP')
      await delay(20_000)
      broker.thaw()
      note('SIGCONT')
      return
    }
    await broker.kill()
    note('SIGKILL')
    await delay(5_000)
    const tookMs = await broker.start()
    note(`started again in ${(tookMs / 1000).toFixed(1)} s`)
  }
  let made: Promise<void> | undefined
  try {
    return await run({
      scenario,
      overrides: { env },
      apiUrl: target.apiUrl,
      stompUrl: target.stompUrl,
      driver: 'lean',
      tokens: {
        kind: 'minted',
        key: DEFAULT_JWT_SECRET,
        algorithm: 'HS256',
        claims: DEFAULT_CLAIMS,
        firstUserId: 1,
        lifetimeS: 3_600,
      },
      tls: {},
      contractDir: undefined,
      allowedHosts: [],
      sourceAddresses: [],
      echo: 'expected',
      workers: 1,
      target: { isOwn: true, broker: 'RabbitMQ', faults: [], behaviour: null },
      command: '',
      rooms: rooms.length,
      signal: new AbortController().signal,
      onSecond: (second) => {
        seconds.push(second)
        if (second.second === troubleSeconds) made = makeTrouble()
      },
    })
  } finally {
    await made
    await target.stop()
  }
}

/** What a second added to a counter. */
function added(index: number, name: keyof Second['counters']): number {
  return (seconds[index]?.counters[name] ?? 0) - (seconds[index - 1]?.counters[name] ?? 0)
}

/** Connections begun in a second: those that failed and those that came up. */
function attempts(index: number): number {
  return added(index, 'sessions_failed') + cameBack(index)
}

function cameBack(index: number): number {
  return seconds[index]?.histograms['session_reconnecting']?.count ?? 0
}

function report({ counters, labelled, trends, ledger, errors, verdict, validity }: RunResult): void {
  const from = troubleSeconds - 3
  const last = seconds.findLastIndex((_, i) => cameBack(i) + added(i, 'deliveries_gap_lost') > 0)
  say('\n second   users  attempts  failed    back    sent  received  gap-lost  lost')
  for (let i = from; i <= Math.min(last + 3, seconds.length - 1); i++) {
    const cells: [number, number][] = [
      [seconds[i]?.second ?? 0, 7],
      [seconds[i]?.users ?? 0, 8],
      [attempts(i), 10],
      [added(i, 'sessions_failed'), 8],
      [cameBack(i), 8],
      [added(i, 'messages_sent'), 8],
      [added(i, 'deliveries_received'), 10],
      [added(i, 'deliveries_gap_lost'), 10],
      [added(i, 'deliveries_lost'), 6],
    ]
    const note = notes.get(i)
    const row = cells.map(([value, width]) => String(value).padStart(width)).join('')
    say(note === undefined ? row : `${row}  ← ${note}`)
  }

  const back = trends['session_reconnecting']
  const seconds3 = (us: number | undefined): string => `${((us ?? 0) / 1e6).toFixed(1)} s`
  say(
    `\n${back?.count ?? 0} came back (${back?.censored ?? 0} never did): 50 % after ${seconds3(back?.percentilesUs['50'])}, ` +
      `99 % after ${seconds3(back?.percentilesUs['99'])}, all after ${seconds3(back?.maxUs)}`,
  )
  const closes = sumOf(labelled, /^ws_closes\{/)
  const byClass = Object.entries(labelled).filter(([label]) => label.startsWith('ws_closes{'))
  say(`closes: ${byClass.map(([label, count]) => `${label.slice(16, -1)} ${count}`).join(', ')}`)
  say(`errors: ${errors.map(({ class: name, count }) => `${name} ${count}`).join(', ')}`)
  say(
    `messages: sent ${ledger.messages.sent}, owed ${ledger.messages.expected}, received ${ledger.messages.received}, ` +
      `optional ${ledger.messages.optional}, gap-lost ${ledger.messages.gapLost}, lost ${ledger.messages.lost.total}`,
  )
  say(`verdict: ${verdict.status}, exit ${verdict.exitCode}: ${verdict.reasons.join(' · ')}`)
  say(`validity: ${validity.checks.map(({ id, status }) => `${id} ${status}`).join(', ')}\n`)

  const { messages } = ledger
  const sends = trends['http_req_duration{call:send-message}']?.count ?? 0
  const failedSends = errors
    .filter(({ class: name }) => name.startsWith('http send-message'))
    .reduce((sum, { count }) => sum + count, 0)
  const rates = seconds.map((_, i) => attempts(i)).slice(troubleSeconds)
  const most = Math.max(...rates)
  const bound = users / backoffSeconds
  const lost = counters.connections_lost
  const laws: [boolean, string][] = [
    [lost >= users * 0.99, `connections lost: ${lost} of ${users}`],
    [
      byClass.every(([label]) => /broker-gone|heartbeat-lost|stomp-died|requested/.test(label)),
      'every close is of a class that tells what happened',
    ],
    [closes === counters.ws_sessions, `connections begun = ended: ${counters.ws_sessions} = ${closes}`],
    [
      closes - (labelled['ws_closes{class:requested}'] ?? 0) === lost,
      `ends that we did not ask for = connections lost: ${lost}`,
    ],
    [back?.censored === 0 && (back?.count ?? 0) >= users * 0.99, `all came back: ${back?.count ?? 0}`],
    [(seconds.at(troubleSeconds - 1)?.users ?? 0) === users, 'all were there before'],
    // Full jitter spreads each round of waits evenly; twice the mean of the first and narrowest is no storm.
    [most <= 2 * bound, `attempts a second: at most ${most}, no more than 2 × ${bound} (users ÷ backoff)`],
    [
      messages.expected === messages.received + messages.late + messages.lost.total,
      `owed = received + late + lost: ${messages.expected}`,
    ],
    [
      messages.lost.total === 0 && messages.late === 0,
      `lost and late, apart from gaps: ${messages.lost.total}`,
    ],
    [messages.gapLost > 0, `missed in the gap, apart from losses: ${messages.gapLost}`],
    [
      messages.duplicated + messages.leaked + messages.reordered + messages.corrupted === 0,
      'nothing came twice, to the wrong one, overtaken or changed',
    ],
    [
      messages.sent - messages.rejected - messages.unknown === sends - failedSends,
      `messages sent ${messages.sent} = accepted ${sends - failedSends} + rejected ${messages.rejected} + unknown ${messages.unknown}`,
    ],
    [
      counters.http_req_failed === sumErrors(errors),
      `failed calls = their sum by class: ${counters.http_req_failed}`,
    ],
    [ledger.isDrained, 'nothing was on its way at the end'],
    [verdict.exitCode === 11 || verdict.exitCode === 13, `exit code ${verdict.exitCode}`],
  ]
  for (const [holds, law] of laws) say(`${holds ? '✔' : '✘'} ${law}`)
  process.exitCode = laws.every(([holds]) => holds) ? 0 : 1
}

function sumOf(labels: Readonly<Record<string, number>>, which: RegExp): number {
  return Object.entries(labels).reduce((sum, [label, count]) => sum + (which.test(label) ? count : 0), 0)
}

function sumErrors(errors: RunResult['errors']): number {
  return errors.reduce((sum, { class: name, count }) => sum + (name.startsWith('http ') ? count : 0), 0)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
