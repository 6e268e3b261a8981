import { setTimeout as delay } from 'node:timers/promises'
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib'
import { reasonOf } from '../errors.ts'
import { BrokerDown, EXCHANGE, type BrokerInfo } from './broker.ts'

/** A connection to RabbitMQ that publishes with confirms and comes back by itself. */
export interface AmqpPublisher extends Pick<BrokerInfo, 'name' | 'version'> {
  /** Resolves at the confirm; rejects with BrokerDown without one. */
  publish: (key: string, body: Buffer) => Promise<void>
  close: () => Promise<void>
}

/**
 * Connects and declares the exchange. After the connection is lost it is tried again for ever, after 0.1 s at first and
 * every 5 s at last. Rejects when the first connection fails.
 */
export async function openAmqpPublisher(amqpUrl: string): Promise<AmqpPublisher> {
  const state: State = { link: undefined, isClosed: false, reason: 'not connected', pending: new Set() }
  const link = await openLink(amqpUrl, state)
  const overdue = setInterval(() => failOverdue(state), OVERDUE_CHECK_MS).unref()
  const { product, version } = link.connection.connection.serverProperties
  return {
    name: product,
    version,
    publish: (key, body) => publish(state, key, body),
    async close() {
      state.isClosed = true
      clearInterval(overdue)
      const last = state.link
      state.link = undefined
      // What is left of a connection that already broke cannot be closed, and need not be.
      await last?.connection.close().catch(() => undefined)
    },
  }
}

// --- internal ---

interface Link {
  connection: ChannelModel
  channel: ConfirmChannel
}

interface State {
  /** Undefined while there is no connection. */
  link: Link | undefined
  isClosed: boolean
  /** Why there is no connection. */
  reason: string
  /** What waits for its confirm, oldest first. */
  pending: Set<Pending>
}

interface Pending {
  sinceMs: number
  fail(why: string): void
}

const CONNECT_TIMEOUT_MS = 10_000
const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 5_000
/** A broker in alarm neither refuses nor confirms (rabbitmq.com/docs/alarms); its publishers wait this long. */
const CONFIRM_TIMEOUT_MS = 10_000
const OVERDUE_CHECK_MS = 500

const PROPERTIES = { contentType: 'application/json', deliveryMode: 1 } as const

async function openLink(amqpUrl: string, state: State): Promise<Link> {
  const connection = await connect(amqpUrl, { timeout: CONNECT_TIMEOUT_MS, noDelay: true })
  const remember = (error: unknown): void => {
    state.reason = reasonOf(error)
  }
  connection.on('error', remember)
  connection.on('blocked', (why) => failAll(state, `RabbitMQ takes no messages: ${why}`))
  const link: Link = { connection, channel: await openChannel(connection, remember) }
  state.link = link
  const lost = (): void => {
    if (state.link !== link) return
    state.link = undefined
    failAll(state, 'RabbitMQ went away before it confirmed')
    // The channel alone may have closed; the next link has a connection of its own. The end of this one is no news.
    connection.close().catch(() => undefined)
    void reconnect(amqpUrl, state)
  }
  connection.on('close', lost)
  link.channel.on('close', lost)
  return link
}

async function reconnect(amqpUrl: string, state: State): Promise<void> {
  for (let waitMs = FIRST_RETRY_MS; !state.isClosed; waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
    await delay(waitMs, undefined, { ref: false })
    try {
      const link = await openLink(amqpUrl, state)
      if (state.isClosed) await link.connection.close()
      return
    } catch (error) {
      state.reason = reasonOf(error)
    }
  }
}

/**
 * A confirm channel with the exchange declared: direct and not durable. One that exists with other properties is taken
 * as it is.
 */
async function openChannel(
  connection: ChannelModel,
  onError: (error: unknown) => void,
): Promise<ConfirmChannel> {
  const channel = await connection.createConfirmChannel()
  channel.on('error', onError)
  try {
    await channel.assertExchange(EXCHANGE, 'direct', { durable: false })
    return channel
  } catch (error) {
    if (!reasonOf(error).includes('PRECONDITION_FAILED')) throw error
    const next = await connection.createConfirmChannel()
    next.on('error', onError)
    await next.checkExchange(EXCHANGE)
    return next
  }
}

function publish(state: State, key: string, body: Buffer): Promise<void> {
  const { link, pending, reason } = state
  if (link === undefined) return Promise.reject(new BrokerDown(`RabbitMQ does not answer: ${reason}`))
  return new Promise((resolve, reject) => {
    const waiting: Pending = {
      sinceMs: performance.now(),
      fail(why) {
        pending.delete(waiting)
        reject(new BrokerDown(why))
      },
    }
    pending.add(waiting)
    try {
      link.channel.publish(EXCHANGE, key, body, PROPERTIES, (error: unknown) => {
        if (!pending.delete(waiting)) return
        if (error === null || error === undefined) resolve()
        else reject(new BrokerDown('RabbitMQ did not take the message'))
      })
    } catch (error) {
      // The channel closed and its event has not come yet.
      waiting.fail(reasonOf(error))
    }
  })
}

function failAll({ pending }: State, why: string): void {
  for (const waiting of pending) waiting.fail(why)
}

function failOverdue({ pending }: State): void {
  const nowMs = performance.now()
  for (const waiting of pending) {
    if (nowMs - waiting.sinceMs < CONFIRM_TIMEOUT_MS) return
    waiting.fail(`RabbitMQ did not confirm within ${CONFIRM_TIMEOUT_MS / 1e3} s`)
  }
}
