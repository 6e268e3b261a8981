import { describe, expect, it } from 'vitest'
import { describeWithRabbitMq } from '../target/with-rabbitmq.ts'
import { runScenario } from './cli.ts'

/** One suite over both drivers and both brokers: every feature of the chat, and books that balance. */
async function expectHealthy(args: readonly string[]): Promise<void> {
  const { result, code, stdout } = await runScenario(['scenarios/smoke.ts', ...args])
  expect(result.verdict.reasons).toEqual([])
  expect(code, stdout).toBe(0)
  expect(result.ledger.messages.received).toBe(result.ledger.messages.expected)
  expect(result.ledger.messages.expected).toBeGreaterThan(40)
  expect(result.ledger.typing.received).toBe(result.ledger.typing.expected)
  expect(result.counters).toMatchObject({
    sessions_failed: 0,
    connections_lost: 0,
    contract_violations: 0,
    iterations_failed: 0,
  })
  expect(result.counters.reconnects).toBeGreaterThan(0)
  expect(result.trends['http_req_duration{call:join-room}']?.count).toBeGreaterThan(0)
}

describe.each(['lean', 'stompjs'])('the %s driver', (driver) => {
  it('chats through the embedded broker', () => expectHealthy(['--driver', driver]), 60_000)

  describeWithRabbitMq('with RabbitMQ', () => {
    it('chats through it', () => expectHealthy(['--driver', driver, '--broker', 'rabbitmq']), 60_000)
  })
})

describe.each(['react-native', 'flutter'])('the %s flavour', (flavour) => {
  describeWithRabbitMq('with RabbitMQ', () => {
    it('chats through it', () => expectHealthy(['--flavour', flavour, '--broker', 'rabbitmq']), 60_000)
  })
})
