import { describe } from 'vitest'
import { findRabbitMqServer } from '../../src/target/rabbitmq-node.ts'

/** Whether tests with RabbitMQ are skipped. */
export const isRabbitMqMissing = findRabbitMqServer() === undefined && process.env['CI'] !== 'true'

/**
 * `describe` for what needs rabbitmq-server: without it the tests are skipped with a line that says how to get it,
 * or, with CI=true, fail.
 */
export const describeWithRabbitMq = isRabbitMqMissing ? describe.skip : describe

if (isRabbitMqMissing) {
  // On the terminal too, because vitest's default reporter keeps the reason of a skipped test to itself.
  process.stderr.write('skipped, no RabbitMQ on this machine: apt-get install rabbitmq-server\n')
}
