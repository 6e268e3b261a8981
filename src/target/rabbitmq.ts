import { reasonOf, StompedeError } from '../errors.ts'
import { openAmqpPublisher } from './amqp-publisher.ts'
import type { Broker } from './broker.ts'
import { dockerAnswers, startRabbitMqContainer } from './rabbitmq-container.ts'
import { findRabbitMqServer, startRabbitMqNode } from './rabbitmq-node.ts'

/** Which RabbitMQ to publish to: one of ours, or one that runs. */
export type RabbitMqChoice =
  | { kind: 'native' }
  | { kind: 'container' }
  /** `native` where rabbitmq-server is found, else `container`. */
  | { kind: 'auto' }
  | { kind: 'running'; amqpUrl: string; stompUrl: string }

/**
 * Connects to RabbitMQ, starting one first unless it runs, and declares the exchange. When the connection is lost,
 * publishing rejects with BrokerDown until it is back; it is tried again for ever, after 0.1 s at first and 5 s at last.
 * @throws StompedeError BROKER_UNAVAILABLE when there is none to start or it does not let us in.
 */
export async function startRabbitMq(choice: RabbitMqChoice): Promise<Broker> {
  const server = await startServer(choice)
  const credentials = credentialsOf(server.amqpUrl)
  const publisher = await openAmqpPublisher(server.amqpUrl).catch(async (error: unknown) => {
    await server.stop()
    const where = withoutCredentials(server.amqpUrl)
    throw new StompedeError(
      'BROKER_UNAVAILABLE',
      `cannot publish to RabbitMQ at ${where}: ${reasonOf(error)}`,
      {
        cause: error,
      },
    )
  })
  const { name, version } = publisher
  const { pid, managementUrl } = server
  return {
    stompUrl: server.stompUrl,
    credentialsOf: () => credentials,
    info: {
      name,
      version,
      ...(pid === undefined ? {} : { pid }),
      ...(managementUrl === undefined ? {} : { managementUrl }),
    },
    publish: publisher.publish,
    async close() {
      await publisher.close()
      await server.stop()
    },
  }
}

// --- internal ---

interface Server {
  amqpUrl: string
  stompUrl: string
  managementUrl?: string
  pid?: number
  stop(): Promise<void>
}

async function startServer(choice: RabbitMqChoice): Promise<Server> {
  if (choice.kind === 'running') return { ...choice, stop: () => Promise.resolve() }
  if (choice.kind === 'container') return startRabbitMqContainer()
  // Without either, the words of the native node say all the ways there are to get one.
  const isNative = choice.kind === 'native' || findRabbitMqServer() !== undefined || !(await dockerAnswers())
  return isNative ? startRabbitMqNode() : startRabbitMqContainer()
}

/** The login that the API hands to its clients is the one it publishes with, as in the guide. */
function credentialsOf(amqpUrl: string): ReturnType<Broker['credentialsOf']> {
  const url = new URL(amqpUrl)
  const vhost = decodeURIComponent(url.pathname.slice(1))
  return {
    username: decodeURIComponent(url.username) || 'guest',
    password: decodeURIComponent(url.password) || 'guest',
    vhost: vhost === '' ? '/' : vhost,
  }
}

function withoutCredentials(amqpUrl: string): string {
  const url = new URL(amqpUrl)
  url.username = ''
  url.password = ''
  return url.href
}
