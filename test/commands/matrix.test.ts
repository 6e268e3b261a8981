import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RabbitMqNode, startRabbitMqNode } from '../../src/target/rabbitmq-node.ts'
import { describeWithRabbitMq, isRabbitMqMissing } from '../target/with-rabbitmq.ts'
import { runScenario } from './cli.ts'

/** One suite over both drivers and both brokers: every feature of the chat, and books that balance. */
async function expectHealthy(args: readonly string[], server: RegExp): Promise<void> {
  const { result, code, stdout } = await runScenario(['scenarios/smoke.ts', ...args])
  expect(result.verdict.reasons).toEqual([])
  expect(code, stdout).toBe(0)
  expect(result.environment.target.broker).toMatch(server)
  expect(result.ledger.messages.received).toBe(result.ledger.messages.expected)
  expect(result.ledger.messages.expected).toBeGreaterThan(40)
  expect(result.ledger.typing.received).toBe(result.ledger.typing.expected)
  expect(result.counters).toMatchObject({
    sessions_failed: 0,
    connections_lost: 0,
    contract_violations: 0,
    contract_drift: 0,
    iterations_failed: 0,
  })
  expect(result.counters.reconnects).toBeGreaterThan(0)
  expect(result.trends['http_req_duration{call:join-room}']?.count).toBeGreaterThan(0)
}

type Case = [name: string, args: readonly string[]]

const EMBEDDED: Case[] = [
  ['the lean driver', ['--driver', 'lean']],
  ['the stompjs driver', ['--driver', 'stompjs']],
  ['the react-native flavour', ['--flavour', 'react-native']],
]
const RABBITMQ: Case[] = EMBEDDED.slice(0, 2)

/**
 * Runs mostly wait, so those of different brokers go side by side, from the first test on. Those of one broker follow each
 * other: they would hear each other's typing.
 */
function inTurn(
  first: Promise<unknown>,
  cases: readonly Case[],
  run: (args: readonly string[]) => Promise<void>,
) {
  const outcomes = new Map<string, Promise<void>>()
  let last = first
  for (const [name, args] of cases) {
    const outcome = last.then(() => run(args))
    outcomes.set(name, outcome)
    // A failure is its own test's, which awaits it later.
    last = outcome.catch(() => undefined)
  }
  return { of: (name: string) => outcomes.get(name), all: () => last }
}

let node: Promise<RabbitMqNode> | undefined
let embedded: ReturnType<typeof inTurn>
let running: ReturnType<typeof inTurn>
let own: ReturnType<typeof inTurn>
beforeAll(() => {
  embedded = inTurn(Promise.resolve(), EMBEDDED, (args) => expectHealthy(args, /^Stompede/))
  if (isRabbitMqMissing) return
  const started = (node = startRabbitMqNode())
  running = inTurn(started, RABBITMQ, async (args) => {
    const { amqpUrl, stompUrl } = await started
    await expectHealthy([...args, '--amqp-url', amqpUrl, '--stomp-url', stompUrl], /^RabbitMQ/)
  })
  own = inTurn(
    Promise.resolve(),
    [['the flutter flavour', ['--broker', 'rabbitmq', '--flavour', 'flutter']]],
    (args) => expectHealthy(args, /^RabbitMQ/),
  )
})
afterAll(async () => {
  await running?.all()
  await (await node)?.stop()
})

describe('the embedded broker', () => {
  it.each(EMBEDDED)('serves %s', async (name) => await embedded.of(name), 120_000)
})

describeWithRabbitMq('a RabbitMQ that runs', () => {
  it.each(RABBITMQ)('serves %s', async (name) => await running.of(name), 120_000)
})

describeWithRabbitMq('a RabbitMQ of the run itself', () => {
  it('is started and stopped with it, and serves the flutter flavour', async () => {
    await own.of('the flutter flavour')
  }, 120_000)
})
