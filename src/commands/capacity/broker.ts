import { findRabbitMqServer, startRabbitMqNode } from '../../target/rabbitmq-node.ts'
import { startRabbitMqContainer } from '../../target/rabbitmq-container.ts'
import type { DeploymentFlags } from '../run/deployment.ts'

/** A broker that outlasts the steps of a search, and the flags with which each step's API is put in front of it. */
export interface HeldBroker {
  flags: DeploymentFlags
  /** Of its Erlang VM, where it runs on this machine. */
  pid: number | undefined
  managementUrl: string | undefined
  stop(): Promise<void>
}

/**
 * Starts one RabbitMQ for a whole search where the flags ask for a private one: it takes longer to start than many a step.
 * Its exchange and logins stay, its queues end with their users. With anything else every step has what the flags say.
 */
export async function holdBroker(flags: DeploymentFlags): Promise<HeldBroker> {
  const isPrivate =
    flags.target === undefined && flags.broker === 'rabbitmq' && flags['amqp-url'] === undefined
  if (!isPrivate) return { flags, pid: undefined, managementUrl: undefined, stop: () => Promise.resolve() }
  // Without either, the native one says all the ways there are to get one.
  const isContainer =
    flags.rabbitmq === 'container' || (flags.rabbitmq !== 'native' && findRabbitMqServer() === undefined)
  const node: Broker = isContainer ? await startRabbitMqContainer() : await startRabbitMqNode()
  return {
    flags: {
      ...flags,
      broker: undefined,
      rabbitmq: undefined,
      'amqp-url': node.amqpUrl,
      'stomp-url': node.stompUrl,
    },
    pid: node.pid,
    managementUrl: node.managementUrl,
    stop: () => node.stop(),
  }
}

// --- internal ---

interface Broker {
  readonly amqpUrl: string
  readonly stompUrl: string
  readonly managementUrl: string
  readonly pid?: number
  stop(): Promise<void>
}
