import { type Contract, loadContract } from '../../src/chat/contract.ts'
import { nowUs } from '../../src/clock.ts'
import type { Parts } from '../../src/engine/parts.ts'
import { newReception } from '../../src/engine/reception.ts'
import { Session } from '../../src/engine/session.ts'
import { newDrift, SAMPLE } from '../../src/measure/drift.ts'
import { Findings } from '../../src/measure/findings.ts'
import { Ledger } from '../../src/measure/ledger.ts'
import { Metrics, Trend } from '../../src/measure/metrics.ts'
import { composeContent } from '../../src/measure/token.ts'
import { NO_WARM_UP } from '../../src/measure/warm-up.ts'
import type { StompClient, StompHandlers, StompOptions } from '../../src/stomp/client.ts'
import type { HeaderPairs } from '../../src/stomp/frame.ts'
import { noteRead } from '../../src/stomp/intake.ts'
import { LeanClient } from '../../src/stomp/lean.ts'

/** A fault that a test of the fuzz itself plants in the receive path; the laws must find it. */
export type Plant = 'none' | 'throws' | 'split' | 'twice' | 'forgets' | 'hangs' | 'leaks'

export const RUN_CODE = 'fuzz'
export const ROOM = 1
export const ROOM_DESTINATION = '/exchange/chat.direct/room.1'
export const OWN_DESTINATION = '/exchange/chat.direct/user.1'
const START_US = nowUs()
const TIMEOUT_US = 10_000_000

const contract: Contract = loadContract()

/**
 * The whole receive path of one user: decoder, STOMP session, user's session, contract, reception, ledger; nothing in it
 * is a stand-in but the socket and the API. It comes back at once whenever its connection is lost.
 */
export interface ReceiveWorld {
  session: Session
  metrics: Metrics
  ledger: Ledger
  findings: Findings
  /** MESSAGE frames that the decoder made out. */
  readonly frames: () => number
  /** Frames handed on after the client had left, or closes told twice: there must be none. */
  readonly late: () => number
  /** The connection that is open now, or was last. */
  readonly client: () => StompClient | undefined
  /** Sends a message or typing event on its way; returns the body that the room gets. */
  publish(sender: number): string
  publishTyping(sender: number): string
}

/** How a world's connections come to be. */
export type Connect = (handlers: StompHandlers, options: StompOptions) => StompClient

/** A world with one user in one room, up. */
export async function receiveWorld(connect: Connect, plant: Plant = 'none'): Promise<ReceiveWorld> {
  const metrics = new LightMetrics()
  const findings = new Findings()
  const ledger = new Ledger(metrics, { startUs: START_US, timeoutUs: TIMEOUT_US, echo: 'expected' })
  const tokens = { identityOf: async () => ({ userId: 1, token: 'fake' }), userIdOf, indexOf } as never
  const reception = newReception({
    contract,
    ledger,
    metrics,
    findings,
    drift: newDrift(contract.shapes, { oneIn: SAMPLE.oneIn }),
    tokens,
    runCode: RUN_CODE,
    startUs: START_US,
  })
  let frames = 0
  let late = 0
  let client: StompClient | undefined
  const answer = (body: unknown) => ({
    kind: 'answered',
    status: 201,
    isOk: true,
    sentUs: 1,
    doneUs: 2,
    body,
  })
  const parts = {
    scenario: { seed: 1, reconnect: { awayMs: 0, backoffMs: 0, maxBackoffMs: 0 }, rooms: { from: 'target' } },
    runCode: RUN_CODE,
    metrics,
    ledger,
    findings,
    reception:
      plant === 'none'
        ? reception
        : {
            receive: (...[listening, message, receivedUs]: Parameters<typeof reception.receive>) => {
              if (plant === 'throws' && message.body.includes('\ufffd')) throw new Error('planted')
              if (plant === 'forgets' && message.body.length % 5 === 0) return
              if (plant === 'hangs' && message.body.includes('"user_typing"')) for (;;);
              if (plant === 'leaks') KEPT.push(Buffer.alloc(100_000))
              reception.receive(listening, message, receivedUs)
              if (plant === 'twice' && message.body.length % 7 === 0)
                reception.receive(listening, message, receivedUs)
            },
          },
    // Every wait is over at once.
    agenda: { at: (_: number, action: () => void) => action(), until: async () => {}, clear: () => {} },
    startUs: START_US,
    warmUp: NO_WARM_UP,
    tokens,
    knownRooms: new Set(),
    connected: { count: 0 },
    mayConnect: () => true,
    plannedRooms: () => [],
    api: {
      call: async () =>
        answer({
          connectionInfo: { stompUrl: 'ws://127.0.0.1', username: 'u', password: 'p' },
          subscriptions: [{ destination: ROOM_DESTINATION, roomId: ROOM }],
        }),
    },
    connect: (_: unknown, __: number, link: StompHandlers) => {
      let isOver = false
      const handlers: StompHandlers = {
        onMessage: (message, receivedUs) => {
          frames++
          if (isOver) late++
          link.onMessage(message, receivedUs)
        },
        onErrorFrame: (error) => link.onErrorFrame(error),
        onMalformed: (fault) => link.onMalformed(fault),
        onClose: (close) => {
          if (isOver) late++
          isOver = true
          link.onClose(close)
        },
      }
      client = connect(handlers, OPTIONS)
      return client
    },
  } as unknown as Parts
  const session = new Session(0, parts)
  await session.start(nowUs())
  const publish = (kind: 'messages' | 'typing', sender: number): { seq: number; atUs: number } => {
    const atUs = nowUs()
    const sent = ledger.publish(kind, ROOM, sender, atUs, atUs)
    ledger.answer(sent, 'accepted', atUs)
    return { seq: sent.seq, atUs }
  }
  let ids = 0
  return {
    session,
    metrics,
    ledger,
    findings,
    frames: () => frames,
    late: () => late,
    client: () => client,
    publish: (sender) => {
      const { seq, atUs } = publish('messages', sender)
      const token = { run: RUN_CODE, room: ROOM, sender, seq, attempt: 1, plannedUs: atUs - START_US }
      const content = composeContent(token, 41 + ((seq * 37 + sender) % 90), seq * 13)
      return JSON.stringify({
        type: 'new_message',
        message: {
          id: ++ids,
          content,
          message_type: 'text',
          sender_id: userIdOf(sender),
          created_at: '2024-01-01T12:00:00Z',
        },
        timestamp: '2024-01-01T12:00:00.000Z',
      })
    },
    publishTyping: (sender) => {
      const { seq } = publish('typing', sender)
      return JSON.stringify({
        type: 'user_typing',
        userId: userIdOf(sender),
        isTyping: seq % 2 === 0,
        timestamp: '2024-01-01T12:00:00.000Z',
      })
    },
  }
}

/**
 * The lean driver without its socket: what the test feeds is what the socket would have read, and the broker's side of
 * connecting, subscribing and closing is answered at once.
 */
export class FedClient extends LeanClient {
  private readonly plant: Plant
  private isGone = false

  constructor(options: StompOptions, handlers: StompHandlers, plant: Plant) {
    super(options, handlers)
    this.plant = plant
  }

  /** Reads these bytes as one WebSocket message. They are overwritten afterwards, as the next read would do. */
  feed(bytes: Buffer): void {
    const length = this.plant === 'split' && bytes.length === 1 ? 0 : bytes.length
    const view = bytes.length <= SCRATCH.length ? SCRATCH.subarray(0, length) : Buffer.from(bytes)
    bytes.copy(view, 0, 0, length)
    noteRead()
    this.whenMessage(view)
    view.fill(0xaa)
  }

  /** The socket ends by itself. */
  hangUp(code: number): void {
    if (this.isGone) return
    this.isGone = true
    this.whenClosed(code, Buffer.alloc(0))
  }

  protected override openSocket(): void {
    queueMicrotask(() => this.whenOpen())
  }

  protected override write(command: string, headers: HeaderPairs): void {
    const receipt = headers.find(([name]) => name === 'receipt')?.[1]
    queueMicrotask(() => {
      if (this.isGone) return
      if (command === 'CONNECT') this.feed(CONNECTED)
      else if (receipt !== undefined) this.feed(Buffer.from(`RECEIPT\nreceipt-id:${receipt}\n\n\0\n`))
    })
  }

  protected override closeSocket(code: number): void {
    queueMicrotask(() => this.hangUp(code))
  }

  protected override destroySocket(): void {
    queueMicrotask(() => this.hangUp(1006))
  }
}

/** Lets promises settle; nothing in a fed world waits for anything else. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 60; i++) await Promise.resolve()
}

// --- internal ---

/** Counters of its own; the histograms, which take 6 ms to make and which no law looks at, are shared by all worlds. */
class LightMetrics extends Metrics {
  static readonly trends = new Map<string, Trend>()

  override trend(name: string): Trend {
    let trend = LightMetrics.trends.get(name)
    if (trend === undefined) LightMetrics.trends.set(name, (trend = new Trend()))
    return trend
  }
}

const OPTIONS: StompOptions = {
  url: 'ws://127.0.0.1/ws',
  login: 'u',
  passcode: 'fake-passcode',
  vhost: '/',
  flavour: 'web',
  heartbeat: { outgoingMs: 0, incomingMs: 0 },
  // Who is gone stays on the wheel for so long.
  timeoutMs: 300,
}

const CONNECTED = Buffer.from('CONNECTED\nversion:1.2\n\n\0\n')
const SCRATCH = Buffer.alloc(64 * 1024)
const KEPT: Buffer[] = []

function userIdOf(index: number): number {
  return index + 1
}

function indexOf(userId: unknown): number | undefined {
  return Number.isInteger(userId) && (userId as number) >= 1 && (userId as number) <= 9
    ? (userId as number) - 1
    : undefined
}
