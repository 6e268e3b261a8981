import { createStompClient } from '../../src/stomp/driver.ts'
import type {
  CloseReport,
  Connected,
  DriverName,
  StompClient,
  StompErrorFrame,
  StompHandlers,
  StompMessage,
  StompOptions,
} from '../../src/stomp/client.ts'
import type { FrameFault } from '../../src/stomp/frame.ts'
import type { ScriptedBroker, ScriptedConnection } from './scripted-broker.ts'

export const PASSCODE = 'fake-passcode-for-tests'

/** Everything a client told its owner, in the order it did. */
export class Recording implements StompHandlers {
  readonly messages: StompMessage[] = []
  /** Subscription, destination and body of each message, read when it came: afterwards a message may be gone. */
  readonly seen: [subscription: string, destination: string, body: string][] = []
  readonly receivedUs: number[] = []
  readonly errors: StompErrorFrame[] = []
  readonly faults: FrameFault[] = []
  readonly closes: CloseReport[] = []
  #waiting: { done: () => boolean; resolve: () => void }[] = []

  onMessage(message: StompMessage, receivedUs: number): void {
    this.messages.push(message)
    this.seen.push([message.subscription, message.destination, message.body])
    this.receivedUs.push(receivedUs)
    this.#look()
  }

  onErrorFrame(error: StompErrorFrame): void {
    this.errors.push(error)
    this.#look()
  }

  onMalformed(fault: FrameFault): void {
    this.faults.push(fault)
    this.#look()
  }

  onClose(close: CloseReport): void {
    this.closes.push(close)
    this.#look()
  }

  /** Resolves once it holds for what was recorded. */
  until(done: (recording: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ done: () => done(this), resolve })
      this.#look()
    })
  }

  get bodies(): string[] {
    return this.seen.map(([, , body]) => body)
  }

  /** How the connection ended. */
  async close(): Promise<CloseReport> {
    await this.until(({ closes }) => closes.length > 0)
    return this.closes[0]!
  }

  #look(): void {
    for (const waiting of this.#waiting) if (waiting.done()) waiting.resolve()
    this.#waiting = this.#waiting.filter((waiting) => !waiting.done())
  }
}

/** A client of that driver with a recording; `options` replace the defaults. */
export function recorded(driver: DriverName, url: string, options: Partial<StompOptions> = {}) {
  const recording = new Recording()
  const client = createStompClient(
    driver,
    {
      url,
      login: 'guest',
      passcode: PASSCODE,
      vhost: '/',
      flavour: 'web',
      heartbeat: { outgoingMs: 0, incomingMs: 0 },
      timeoutMs: 5000,
      ...options,
    },
    recording,
  )
  return { client, recording }
}

export interface Open {
  client: StompClient
  recording: Recording
  broker: ScriptedConnection
  connected: Connected
  /** The CONNECT the client sent. */
  connect: string
}

/** A client of that driver in an open session with the scripted broker, which answered CONNECTED with these headers. */
export async function opened(
  driver: DriverName,
  server: ScriptedBroker,
  options: Partial<StompOptions> = {},
  ...headers: string[]
): Promise<Open> {
  const { client, recording } = recorded(driver, server.url, options)
  const connecting = client.connect()
  const broker = await server.accept()
  const connect = await broker.welcome(...headers)
  return { client, recording, broker, connected: await connecting, connect }
}

/** A MESSAGE as RabbitMQ writes it. */
export function messageFrame(body: string, subscription = 'sub-0', n = 1): string {
  return (
    `MESSAGE\nsubscription:${subscription}\ndestination:/exchange/chat.direct/room.1\n` +
    `message-id:T_${subscription}@@session-abc@@${n}\nredelivered:false\ncontent-type:application/json\n` +
    `content-length:${Buffer.byteLength(body)}\n\n${body}\0\n`
  )
}
