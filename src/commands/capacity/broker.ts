import { setTimeout as delay } from 'node:timers/promises'
import { findRabbitMqServer, startRabbitMqNode } from '../../target/rabbitmq-node.ts'
import { startRabbitMqContainer } from '../../target/rabbitmq-container.ts'
import type { DeploymentFlags } from '../run/deployment.ts'

/** A broker that outlasts the steps of a search, and the flags with which each step's API is put in front of it. */
export interface HeldBroker {
  readonly flags: DeploymentFlags
  /** Of its Erlang VM, where it runs on this machine. */
  readonly pid: number | undefined
  readonly managementUrl: string | undefined
  /**
   * After a step that broke more than latencies: what an overload leaves behind, queues and connections of the dead, would be held
   * against the next load. A private RabbitMQ is started anew, somebody's deployment gets `REST_MS`.
   */
  rest(signal: AbortSignal): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts one RabbitMQ for a whole search where the flags ask for a private one: it takes longer to start than many a step.
 * Its exchange and logins stay, its queues end with their users. With anything else every step has what the flags say.
 */
export async function holdBroker(flags: DeploymentFlags, isForeign: boolean): Promise<HeldBroker> {
  const isPrivate = !isForeign && flags.broker === 'rabbitmq' && flags['amqp-url'] === undefined
  if (!isPrivate) {
    // With the embedded broker every step has a target of its own.
    const isShared = isForeign || flags['amqp-url'] !== undefined
    return {
      flags,
      pid: undefined,
      managementUrl: undefined,
      rest: async (signal) => {
        if (isShared) await delay(REST_MS, undefined, { signal }).catch(() => undefined)
      },
      stop: () => Promise.resolve(),
    }
  }
  // Without either, the native one says all the ways there are to get one.
  const isContainer =
    flags.rabbitmq === 'container' || (flags.rabbitmq !== 'native' && findRabbitMqServer() === undefined)
  const start = (): Promise<Broker> => (isContainer ? startRabbitMqContainer() : startRabbitMqNode())
  let node = await start()
  return {
    get flags() {
      const running = { 'amqp-url': node.amqpUrl, 'stomp-url': node.stompUrl }
      return { ...flags, broker: undefined, rabbitmq: undefined, ...running }
    },
    get pid() {
      return node.pid
    },
    get managementUrl() {
      return node.managementUrl
    },
    rest: async (signal) => {
      if (signal.aborted) return
      await node.stop()
      node = await start()
    },
    stop: () => node.stop(),
  }
}

// --- internal ---

const REST_MS = 10_000

interface Broker {
  readonly amqpUrl: string
  readonly stompUrl: string
  readonly managementUrl: string
  readonly pid?: number
  stop(): Promise<void>
}
