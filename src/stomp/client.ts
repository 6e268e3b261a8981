import type { FrameFault } from './frame.ts'

/** The client libraries whose wire behaviour a user can take on. */
export type FlavourName = 'web' | 'react-native' | 'flutter'
export type DriverName = 'lean' | 'stompjs'

/** TLS settings shared by every connection of a run. `ca` is PEM text. */
export interface TlsOptions {
  ca?: string
  insecure?: boolean
}

export interface StompOptions {
  /** ws:// or wss:// URL of the broker's WebSocket endpoint. */
  url: string
  login: string
  passcode: string
  /** The virtual host, sent as the `host` header. */
  vhost: string
  flavour: FlavourName
  /** What this client offers; the negotiated interval is the larger of both sides' wishes (STOMP 1.2 "Heart-beating"). */
  heartbeat: { outgoingMs: number; incomingMs: number }
  /** Limit for each of: WebSocket open, CONNECTED, RECEIPT. */
  timeoutMs: number
  tls?: TlsOptions
  /** Local address to connect from; spreads sockets over several source addresses. */
  localAddress?: string
}

/** What the broker said in CONNECTED, and how long the two steps took. */
export interface Connected {
  version: string
  server: string | undefined
  session: string | undefined
  /** Negotiated intervals in ms, 0 = none. */
  heartbeat: { outgoingMs: number; incomingMs: number }
  webSocketUs: number
  stompUs: number
}

/**
 * A MESSAGE as the engine sees it. `body` is decoded on first use. It may be a view of the bytes the socket read, which
 * are overwritten by the next read: keep the strings, not the message.
 */
export interface StompMessage {
  readonly subscription: string
  readonly destination: string
  header(name: string): string | undefined
  readonly body: string
  /** The octets of the body: a view, valid while the message is being handled. */
  readonly bodyBytes: Uint8Array
  /** Size of the frame on the wire, in bytes. */
  readonly wireBytes: number
}

export interface StompErrorFrame {
  message: string
  body: string
  receiptId: string | undefined
  /**
   * False for the one ERROR the session survives: RabbitMQ's "Subscription not found", said of messages that were under
   * way when an UNSUBSCRIBE took effect. After any other the driver closes the connection (class `error-frame`).
   */
  terminal: boolean
}

/**
 * Why a connection ended. `class` is stable and is what reports count:
 *  - `requested`        we asked (DISCONNECT, drop)
 *  - `idle-timeout`     RabbitMQ: 1000 with an empty reason (Cowboy's 60 s without client bytes)
 *  - `stomp-died`       RabbitMQ: 1000 "STOMP died" (fatal ERROR, missed heart-beat, admin close)
 *  - `broker-gone`      1001, 1006, 1012 to 1014 or a reset: the other end, or a proxy before it, vanished
 *  - `slow-consumer`    the same while we had stopped reading, or soon after: brokers cut who does not read
 *  - `protocol`         1002, 1003, 1007, 1010
 *  - `too-large`        1009
 *  - `broker-crash`     1011
 *  - `heartbeat-lost`   our own check: the broker was silent for longer than it promised
 *  - `malformed`        our own check: the broker sent bytes that are not STOMP
 *  - `error-frame`      the broker sent ERROR and we left, as STOMP 1.2 has it
 *  - `refused`          the TCP connection or the upgrade failed
 *  - `other`
 */
export type CloseClass =
  | 'requested'
  | 'idle-timeout'
  | 'stomp-died'
  | 'broker-gone'
  | 'slow-consumer'
  | 'protocol'
  | 'too-large'
  | 'broker-crash'
  | 'heartbeat-lost'
  | 'malformed'
  | 'error-frame'
  | 'refused'
  | 'other'

export interface CloseReport {
  class: CloseClass
  /** WebSocket close code; 1006 when the socket ended without a close frame. */
  code: number
  reason: string
}

/**
 * What a connection tells its owner. One object a user, so that no closure is allocated per event.
 * A handler must not throw: drivers call it from inside the socket's read.
 */
export interface StompHandlers {
  /** `receivedUs` is taken when the bytes were read from the socket, before any parsing. */
  onMessage(message: StompMessage, receivedUs: number): void
  /** Also while connecting; `connect` rejects then. The text never contains the passcode. */
  onErrorFrame(error: StompErrorFrame): void
  /** The bytes were not a STOMP frame. The driver closes the connection afterwards (class `malformed`). */
  onMalformed(fault: FrameFault): void
  /** Exactly once for every `connect` that resolved; never for one that rejected. */
  onClose(close: CloseReport): void
}

/** Why `connect`, `subscribe`, `unsubscribe` or `send` did not succeed. */
export class StompFailure extends Error {
  readonly close: CloseReport | undefined
  readonly step: 'websocket' | 'connect' | 'receipt' | 'closed'

  constructor(step: StompFailure['step'], message: string, close?: CloseReport) {
    super(message)
    this.name = 'StompFailure'
    this.step = step
    this.close = close
  }
}

/** One STOMP session over one WebSocket. Not reusable: after a close, make a new one. */
export interface StompClient {
  /** Opens the WebSocket and the STOMP session. Rejects with StompFailure. */
  connect(): Promise<Connected>
  /** Resolves at the RECEIPT of the SUBSCRIBE: only then is the subscription in force. */
  subscribe(id: string, destination: string, headers?: Readonly<Record<string, string>>): Promise<void>
  /** Resolves at the RECEIPT of the UNSUBSCRIBE: nothing may arrive for `id` afterwards. */
  unsubscribe(id: string): Promise<void>
  /** SEND; with `receipt: true` it resolves at the RECEIPT, otherwise when handed to the socket. */
  send(
    destination: string,
    body: string,
    options?: { headers?: Readonly<Record<string, string>>; receipt?: boolean },
  ): Promise<void>
  /** DISCONNECT with a receipt, then the close handshake. Never rejects; resolves with how it ended. */
  disconnect(): Promise<CloseReport>
  /** Destroys the TCP connection without a goodbye, as a phone in a tunnel does. */
  drop(): void
  /** Stop and resume reading from the socket: a slow consumer. */
  pause(): void
  resume(): void
}
