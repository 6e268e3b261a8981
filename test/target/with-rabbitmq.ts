import { describe } from 'vitest'
import { findRabbitMqServer } from '../../src/target/rabbitmq-node.ts'

/**
 * `describe` for what needs rabbitmq-server: without it the tests are skipped with a line that says how to get it,
 * or, with CI=true, fail.
 */
export const describeWithRabbitMq =
  findRabbitMqServer() !== undefined || process.env['CI'] === 'true' ? describe : describe.skip

if (describeWithRabbitMq !== describe) {
  // On the terminal too, because vitest's default reporter keeps the reason of a skipped test to itself.
  process.stderr.write('skipped, no RabbitMQ on this machine: apt-get install rabbitmq-server\n')
}
