import { nowUs } from '../clock.ts'
import { reasonOf } from '../errors.ts'
import {
  StompFailure,
  type CloseClass,
  type CloseReport,
  type Connected,
  type StompClient,
  type StompErrorFrame,
  type StompHandlers,
  type StompOptions,
} from './client.ts'
import { closeClassOf, closeCodeOfError } from './close.ts'
import { FLAVOURS, type Flavour } from './flavour.ts'
import type { FrameFault, HeaderPairs, StompVersion } from './frame.ts'
import { negotiateHeartbeat, parseHeartbeat } from './heartbeat.ts'
import { Receipts, type Awaiting } from './receipts.ts'
import { lastReadUs } from './intake.ts'
import { forget, nowMs, visitAt, type Watched } from './wheel.ts'

/** The frames a session writes. */
export type Request = 'SUBSCRIBE' | 'UNSUBSCRIBE' | 'SEND' | 'DISCONNECT'

/**
 * What both drivers have in common: the life of one STOMP session, its receipts and limits, and what its end is called.
 * A driver moves bytes: it implements the abstract methods, and reports what it reads by the protected ones.
 *
 *     new ──connect──▶ websocket ──opened──▶ connect ──CONNECTED──▶ open ──disconnect──▶ farewell ─┐
 *                          └──────────────────────┴───── ERROR, fault, limit, drop ──▶ leaving ────┴──▶ closed
 */
export abstract class Session implements StompClient, Watched {
  dueMs = Infinity
  protected readonly options: StompOptions
  protected readonly handlers: StompHandlers
  protected readonly flavour: Flavour
  /** What CONNECTED named; before it, the highest we offer. */
  protected version: StompVersion = '1.2'
  #phase: 'new' | 'websocket' | 'connect' | 'open' | 'farewell' | 'leaving' | 'closed' = 'new'
  /** Why we end the connection, once we do; otherwise the close code tells. */
  #intent: CloseClass | undefined = undefined
  #connecting: { resolve(connected: Connected): void; reject(failure: StompFailure): void } | undefined =
    undefined
  /** Limit of the phase `websocket` or `connect`. */
  #deadlineMs = Infinity
  #phaseStartUs = 0
  #webSocketUs = 0
  #wasOpen = false
  #paused = false
  /** When we last began to read again (wheel ms). */
  #resumedMs = -Infinity
  #unsubscribed = false
  #receiptCount = 0
  readonly #receipts: Receipts
  #error: Error | undefined = undefined
  #closed: CloseReport | undefined = undefined
  #ended: PromiseWithResolvers<CloseReport> | undefined = undefined

  constructor(options: StompOptions, handlers: StompHandlers) {
    this.options = options
    this.handlers = handlers
    this.flavour = FLAVOURS[options.flavour]
    this.#receipts = new Receipts(options.timeoutMs)
  }

  connect(): Promise<Connected> {
    if (this.#phase !== 'new') return Promise.reject(new StompFailure('closed', 'a client connects once'))
    this.#phase = 'websocket'
    this.#startPhase()
    return new Promise((resolve, reject) => {
      this.#connecting = { resolve, reject }
      try {
        this.openSocket()
      } catch (thrown) {
        this.#phase = 'closed'
        forget(this)
        this.#failConnect('websocket', reasonOf(thrown), undefined)
      }
    })
  }

  subscribe(id: string, destination: string, headers?: Readonly<Record<string, string>>): Promise<void> {
    return this.#request('SUBSCRIBE', (receipt) =>
      this.flavour.subscribeHeaders(id, destination, [...Object.entries(headers ?? {}), receipt]),
    )
  }

  unsubscribe(id: string): Promise<void> {
    this.#unsubscribed = true
    return this.#request('UNSUBSCRIBE', (receipt) => [receipt, ['id', id]])
  }

  send(
    destination: string,
    body: string,
    options: { headers?: Readonly<Record<string, string>>; receipt?: boolean } = {},
  ): Promise<void> {
    const extra = Object.entries(options.headers ?? {})
    if (options.receipt === true) {
      return this.#request(
        'SEND',
        (receipt) => this.flavour.sendHeaders(destination, [...extra, receipt]),
        body,
      )
    }
    if (this.#phase !== 'open') return Promise.reject(this.#notOpen('SEND'))
    this.write('SEND', this.flavour.sendHeaders(destination, extra), body)
    return DONE
  }

  disconnect(): Promise<CloseReport> {
    if (this.#closed !== undefined) return Promise.resolve(this.#closed)
    if (this.#phase === 'new' || this.#phase === 'closed') return Promise.resolve(NEVER_OPENED)
    this.#ended ??= Promise.withResolvers()
    if (this.#phase === 'open') {
      this.#phase = 'farewell'
      this.#intent = 'requested'
      const receipt = this.flavour.farewell
      this.#await(receipt, {
        command: 'DISCONNECT',
        resolve: () => this.closeSocket(1000),
        // RabbitMQ 3.10 sends no RECEIPT; it closes. What neither answers nor closes in time is left.
        reject: () => this.destroySocket(),
      })
      this.write('DISCONNECT', [['receipt', receipt]])
    } else if (this.#phase !== 'farewell' && this.#phase !== 'leaving') this.drop()
    return this.#ended.promise
  }

  drop(): void {
    if (this.#phase === 'new' || this.#phase === 'closed') return
    if (this.#phase === 'websocket' || this.#phase === 'connect')
      this.#failConnect(this.#phase, 'dropped by the caller')
    this.#leave('requested')
    this.destroySocket()
  }

  pause(): void {
    this.#paused = true
    this.pauseSocket()
  }

  resume(): void {
    if (this.#paused) this.#resumedMs = nowMs()
    this.#paused = false
    this.resumeSocket()
  }

  /** The wheel's visit: looks at every limit, and asks for the next visit. */
  onDue(now: number): void {
    let next = Infinity
    if (this.#phase === 'websocket' || this.#phase === 'connect') {
      if (now >= this.#deadlineMs) {
        const missing = this.#phase === 'websocket' ? 'no WebSocket' : 'no CONNECTED'
        this.#failConnect(this.#phase, `${missing} within ${this.options.timeoutMs} ms`)
        this.#leave(this.#phase === 'websocket' ? 'refused' : 'other')
        this.destroySocket()
        return
      }
      next = this.#deadlineMs
    }
    const due = this.#receipts.expire(now, (command) =>
      this.#failure('receipt', `${command}: no RECEIPT within ${this.options.timeoutMs} ms`),
    )
    next = Math.min(next, due)
    if (this.#phase === 'open' || this.#phase === 'farewell')
      next = Math.min(next, this.beat(now, this.#paused))
    if (next !== Infinity) visitAt(this, next)
  }

  // What a driver does.

  /** Begins to open the WebSocket. May throw. */
  protected abstract openSocket(): void
  protected abstract write(command: Request, headers: HeaderPairs, body?: string): void
  /** Starts the closing handshake. */
  protected abstract closeSocket(code: number): void
  /** Ends the connection without one. */
  protected abstract destroySocket(): void
  protected abstract pauseSocket(): void
  protected abstract resumeSocket(): void
  /** Sends and checks heart-beats if they are due; returns when to look again (wheel ms, Infinity for never). */
  protected abstract beat(now: number, paused: boolean): number

  // What a driver reports.

  /** Whether frames still count. Once we have decided to leave, they do not. */
  protected get listening(): boolean {
    return this.#phase === 'connect' || this.#phase === 'open' || this.#phase === 'farewell'
  }

  protected get isOpen(): boolean {
    return this.#phase === 'open' || this.#phase === 'farewell'
  }

  /** The WebSocket is open, CONNECT goes out. */
  protected socketOpened(): void {
    if (this.#phase !== 'websocket') return
    this.#webSocketUs = nowUs() - this.#phaseStartUs
    this.#phase = 'connect'
    this.#startPhase()
  }

  /** CONNECTED arrived. Returns what was agreed, or undefined if it cannot be worked with and the session is over. */
  protected connectedFrame(header: (name: string) => string | undefined): Connected | undefined {
    const theirs = parseHeartbeat(header('heart-beat'))
    const version = header('version') ?? '1.0'
    if (theirs === undefined || !isVersion(version)) {
      const [name, value] = theirs === undefined ? ['heart-beat', header('heart-beat')] : ['version', version]
      this.#failConnect('connect', `CONNECTED has an unusable header ${name}:${value}`)
      this.#leave('other')
      this.closeSocket(1000)
      return undefined
    }
    const connected: Connected = {
      version,
      server: header('server'),
      session: header('session'),
      heartbeat: negotiateHeartbeat(this.options.heartbeat, theirs),
      webSocketUs: this.#webSocketUs,
      stompUs: lastReadUs - this.#phaseStartUs,
    }
    this.version = version
    this.#phase = 'open'
    this.#wasOpen = true
    const connecting = this.#connecting
    this.#connecting = undefined
    forget(this)
    connecting?.resolve(connected)
    return connected
  }

  protected receiptFrame(id: string | undefined): void {
    if (id !== undefined) this.#receipts.settle(id)
  }

  /**
   * ERROR is the end (STOMP 1.2: the server MUST close), and we leave by ourselves, because RabbitMQ often does not. All
   * that is pending has failed: up to 4.3.5 RabbitMQ sends the RECEIPT of the very frame it refused right after the ERROR.
   *
   * One ERROR is survived: "Subscription not found". RabbitMQ says it for messages that were under way when an
   * UNSUBSCRIBE took effect; nothing failed, and the session goes on.
   */
  protected errorFrame(message: string, body: string, receiptId: string | undefined): void {
    const late = this.#phase === 'open' && this.#unsubscribed && message === LATE_DELIVERY
    const error: StompErrorFrame = {
      message: this.#redact(message),
      body: this.#redact(body),
      receiptId,
      terminal: !late,
    }
    this.handlers.onErrorFrame(error)
    if (late) return
    const text = `ERROR: ${[error.message, error.body.trim()].filter((part) => part !== '').join(': ')}`
    if (this.#phase === 'connect') this.#failConnect('connect', text)
    this.#leave('error-frame')
    this.#failReceipts('receipt', text, { class: 'error-frame', code: 1000, reason: error.message })
    this.closeSocket(1000)
  }

  protected malformed(fault: FrameFault): void {
    if (this.#phase === 'connect')
      this.#failConnect('connect', `malformed frame: ${fault.reason} at byte ${fault.offset}`)
    this.#leave('malformed')
    this.handlers.onMalformed(fault)
    this.closeSocket(1007)
  }

  /** The broker was silent too long. It would not answer a closing handshake either. */
  protected heartbeatLost(): void {
    this.#leave('heartbeat-lost')
    this.destroySocket()
  }

  protected socketError(error: Error): void {
    this.#error ??= error
  }

  protected socketClosed(code: number, reason: string): void {
    if (this.#phase === 'closed') return
    const failed = this.#error === undefined ? undefined : closeCodeOfError(this.#error)
    const neverOpened = this.#phase === 'websocket'
    const report: CloseReport = {
      class:
        this.#intent ??
        (neverOpened ? 'refused' : this.#cutClass(closeClassOf(failed ?? code, reason), failed ?? code)),
      code: failed ?? code,
      reason: this.#redact(reason === '' && this.#error !== undefined ? reasonOf(this.#error) : reason),
    }
    const step = neverOpened ? 'websocket' : 'connect'
    this.#phase = 'closed'
    this.#closed = report
    forget(this)
    this.#failConnect(step, `closed: ${describe(report)}`, report)
    this.#failReceipts('closed', `closed: ${describe(report)}`, report)
    if (this.#wasOpen) this.handlers.onClose(report)
    this.#ended?.resolve(report)
  }

  #startPhase(): void {
    this.#phaseStartUs = nowUs()
    this.#deadlineMs = nowMs() + this.options.timeoutMs
    visitAt(this, this.#deadlineMs)
  }

  #request(
    command: Request,
    headersWith: (receipt: [string, string]) => HeaderPairs,
    body?: string,
  ): Promise<void> {
    if (this.#phase !== 'open') return Promise.reject(this.#notOpen(command))
    return new Promise((resolve, reject) => {
      const receipt = `r${++this.#receiptCount}`
      this.#await(receipt, { command, resolve, reject })
      this.write(command, headersWith(['receipt', receipt]), body)
    })
  }

  #await(receipt: string, awaiting: Awaiting): void {
    visitAt(this, this.#receipts.add(receipt, awaiting, nowMs()))
  }

  #leave(intent: CloseClass): void {
    this.#intent ??= intent
    this.#phase = 'leaving'
  }

  /** A cut that came while we did not read is noticed at our next heart-beat, or when what lay before it has been read. */
  #cutClass(told: CloseClass, code: number): CloseClass {
    const readsAgain = !this.#paused && nowMs() - this.#resumedMs > CUT_NOTICED_MS
    // Who announces that it goes has not cut us for being slow.
    return told === 'broker-gone' && code === 1006 && !readsAgain ? 'slow-consumer' : told
  }

  #failConnect(step: 'websocket' | 'connect', text: string, close?: CloseReport): void {
    const connecting = this.#connecting
    this.#connecting = undefined
    connecting?.reject(this.#failure(step, text, close))
  }

  #failReceipts(step: 'receipt' | 'closed', text: string, close: CloseReport): void {
    this.#receipts.fail((command) => this.#failure(step, `${command}: ${text}`, close))
  }

  #notOpen(command: Request): StompFailure {
    return this.#failure('closed', `${command}: the session is not open`, this.#closed)
  }

  #failure(step: StompFailure['step'], text: string, close?: CloseReport): StompFailure {
    return new StompFailure(step, this.#redact(text), close)
  }

  /**
   * Brokers may quote the frame they refuse. Whatever stands in a passcode header goes, and the passcode wherever
   * else it stands, unless it is also the login, which is no secret.
   */
  #redact(text: string): string {
    const { passcode, login } = this.options
    const unquoted = text.replaceAll(/passcode:[^\r\n]*/g, 'passcode:***')
    return passcode === '' || passcode === login ? unquoted : unquoted.replaceAll(passcode, '***')
  }
}

// --- internal ---

const DONE = Promise.resolve()
const NEVER_OPENED: CloseReport = { class: 'requested', code: 1006, reason: '' }
const LATE_DELIVERY = 'Subscription not found'
/** How long after our reading again a cut is put down to our not reading before. */
const CUT_NOTICED_MS = 5_000

function isVersion(text: string): text is StompVersion {
  return text === '1.0' || text === '1.1' || text === '1.2'
}

function describe(report: CloseReport): string {
  return `${report.class}, ${report.code}${report.reason === '' ? '' : ` ${report.reason}`}`
}
