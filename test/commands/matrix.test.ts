import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RabbitMqNode, startRabbitMqNode } from '../../src/target/rabbitmq-node.ts'
import { describeWithRabbitMq } from '../target/with-rabbitmq.ts'
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

describe.concurrent('the embedded broker', () => {
  it.each([
    ['the lean driver', ['--driver', 'lean']],
    ['the stompjs driver', ['--driver', 'stompjs']],
    ['the react-native flavour', ['--flavour', 'react-native']],
  ])('serves %s', (_, args) => expectHealthy(args, /^Stompede/), 40_000)
})

describeWithRabbitMq('a RabbitMQ that runs', () => {
  let node: RabbitMqNode
  beforeAll(async () => {
    node = await startRabbitMqNode()
  })
  afterAll(() => node.stop())

  it.each([
    ['the lean driver', ['--driver', 'lean']],
    ['the stompjs driver', ['--driver', 'stompjs']],
  ])(
    'serves %s',
    (_, args) =>
      expectHealthy([...args, '--amqp-url', node.amqpUrl, '--stomp-url', node.stompUrl], /^RabbitMQ/),
    40_000,
  )
})

describeWithRabbitMq('a RabbitMQ of the run itself', () => {
  it(
    'is started and stopped with it, and serves the flutter flavour',
    () => expectHealthy(['--broker', 'rabbitmq', '--flavour', 'flutter'], /^RabbitMQ/),
    60_000,
  )
})
