import type { ChatApi } from '../../src/chat/api.ts'
import { nowUs } from '../../src/clock.ts'
import type { Agenda } from '../../src/engine/agenda.ts'
import type { Parts } from '../../src/engine/parts.ts'
import { Session } from '../../src/engine/session.ts'
import { Findings } from '../../src/measure/findings.ts'
import { Ledger } from '../../src/measure/ledger.ts'
import { Metrics } from '../../src/measure/metrics.ts'
import { NO_WARM_UP } from '../../src/measure/warm-up.ts'
import {
  type CloseClass,
  type CloseReport,
  type StompClient,
  StompFailure,
  type StompHandlers,
} from '../../src/stomp/client.ts'

/** How a request of the fake client ends: with its RECEIPT, never, by ERROR, or when the test says. */
export type Answer = 'receipt' | 'timeout' | 'error' | Promise<void>

/** A connection that does what the test says; what was asked of it is in `asked`. */
export class FakeClient implements StompClient {
  readonly asked: string[] = []
  readonly handlers: StompHandlers
  isOpen = false
  isReading = true
  private readonly world: World

  constructor(handlers: StompHandlers, world: World) {
    this.handlers = handlers
    this.world = world
  }

  async connect() {
    this.asked.push('CONNECT')
    if (this.world.refusesConnections) throw new StompFailure('websocket', 'refused')
    this.isOpen = true
    if (this.world.closesAtOnce) this.end('broker-gone')
    const heartbeat = { outgoingMs: 0, incomingMs: 0 }
    return { version: '1.2', server: 'fake', session: undefined, heartbeat, webSocketUs: 1, stompUs: 1 }
  }

  subscribe(id: string, destination: string): Promise<void> {
    return this.ask(`SUBSCRIBE ${destination}`, id)
  }

  unsubscribe(id: string): Promise<void> {
    return this.ask(`UNSUBSCRIBE ${this.destinations.get(id) ?? id}`, id)
  }

  async send(): Promise<void> {}

  async disconnect(): Promise<CloseReport> {
    this.asked.push('DISCONNECT')
    this.end('requested')
    return { class: 'requested', code: 1000, reason: '' }
  }

  drop(): void {
    this.asked.push('drop')
    setImmediate(() => this.end('requested'))
  }

  pause(): void {
    this.isReading = false
  }

  resume(): void {
    this.isReading = true
  }

  /** The connection ends; told once. */
  end(name: CloseClass): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.handlers.onClose({ class: name, code: 1006, reason: '' })
  }

  /** A MESSAGE on the subscription to a destination. */
  message(destination: string): void {
    const [id = ''] = [...this.destinations].find(([, to]) => to === destination) ?? []
    this.handlers.onMessage(
      {
        subscription: id,
        destination,
        header: () => undefined,
        body: '{}',
        bodyBytes: Buffer.from('{}'),
        wireBytes: 2,
      },
      nowUs(),
    )
  }

  private readonly destinations = new Map<string, string>()

  private ask(what: string, id: string): Promise<void> {
    this.asked.push(what)
    if (what.startsWith('SUBSCRIBE')) this.destinations.set(id, what.slice('SUBSCRIBE '.length))
    if (!this.isOpen) return Promise.reject(new StompFailure('closed', 'not open', REPORT))
    const answer = this.world.answerTo(what)
    if (answer === 'receipt') return Promise.resolve()
    if (answer === 'timeout') return Promise.reject(new StompFailure('receipt', 'no RECEIPT'))
    if (answer !== 'error') return answer
    // As the driver does: pending requests fail with the close to come, which is told a moment later.
    setImmediate(() => this.end('error-frame'))
    return Promise.reject(new StompFailure('receipt', 'ERROR', { ...REPORT, class: 'error-frame' }))
  }
}

const REPORT: CloseReport = { class: 'broker-gone', code: 1006, reason: '' }

/** One user's session over fake connections, with a real ledger and a clock that waits for nobody. */
export interface World {
  session: Session
  clients: FakeClient[]
  ledger: Ledger
  metrics: Metrics
  findings: Findings
  /** Every wait the session asked for, in ms, in order. Waits end when the test lets them. */
  waitsMs: number[]
  /** Lets the waits under way end, and what follows from them happen. */
  pass(): Promise<void>
  /** A message of user 5 into room 1, accepted at once. */
  publish(): void
  answerTo: (request: string) => Answer
  refusesConnections: boolean
  closesAtOnce: boolean
}

export function sessionWorld(
  options: {
    index?: number
    seed?: number
    backoffMs?: number
    maxBackoffMs?: number
    rooms?: number[]
    connect?: unknown
    /** No chat API: the user has a connection and no subscription. */
    isStompOnly?: boolean
  } = {},
): World {
  const { index = 0, seed = 1, backoffMs = 1_000, maxBackoffMs = 30_000, rooms = [1] } = options
  const metrics = new Metrics()
  const ledger = new Ledger(metrics, { startUs: 0, timeoutUs: 1e6, echo: 'expected' })
  const findings = new Findings()
  const clients: FakeClient[] = []
  let waiting: (() => void)[] = []
  const agenda: Agenda = {
    at: (_, action) => void waiting.push(action),
    until: (atUs) => {
      world.waitsMs.push((atUs - nowUs()) / 1e3)
      return new Promise((resolve) => waiting.push(resolve))
    },
    clear: () => {},
  }
  const api: Pick<ChatApi, 'call'> = {
    call: async (name) => ({
      kind: 'answered',
      status: 201,
      isOk: true,
      sentUs: 1,
      doneUs: 2,
      body:
        name !== 'connect'
          ? {}
          : (options.connect ?? {
              connectionInfo: { stompUrl: 'ws://127.0.0.1', username: 'u', password: 'p' },
              subscriptions: rooms.map((roomId) => ({ destination: `/r${roomId}`, roomId })),
            }),
    }),
  }
  const parts: Partial<Parts> = {
    scenario: {
      seed,
      reconnect: { awayMs: 20, backoffMs, maxBackoffMs },
      rooms: { from: 'target' },
      stomp: { url: 'ws://127.0.0.1', login: 'u', passcode: 'p', vhost: '/' },
    } as never,
    metrics,
    ledger,
    findings,
    agenda,
    startUs: nowUs(),
    warmUp: NO_WARM_UP,
    tokens: { identityOf: async () => ({ userId: 1, token: 't' }) } as never,
    knownRooms: new Set(),
    connected: { count: 0 },
    mayConnect: () => true,
    plannedRooms: () => [],
    reception: { receive() {} },
    api: options.isStompOnly === true ? undefined : (api as ChatApi),
    connect: (_, __, handlers) => {
      const client = new FakeClient(handlers, world)
      clients.push(client)
      return client
    },
  }
  const world: World = {
    session: new Session(index, parts as Parts),
    clients,
    ledger,
    metrics,
    findings,
    waitsMs: [],
    pass: async () => {
      await turn()
      for (const resume of waiting.splice(0)) resume()
      await turn()
    },
    publish: () => {
      const atUs = nowUs()
      ledger.answer(ledger.publish('messages', 1, 5, atUs, atUs), 'accepted', atUs + 1)
    },
    answerTo: () => 'receipt',
    refusesConnections: false,
    closesAtOnce: false,
  }
  return world
}

/** Lets everything happen that waits for nothing but its turn. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}
