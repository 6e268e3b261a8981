import { isExhaustion } from '../chat/api.ts'
import type { Identity } from '../chat/tokens.ts'
import { nowUs } from '../clock.ts'
import { reasonOf } from '../errors.ts'
import type { Seat } from '../measure/ledger.ts'
import { random, STREAM } from '../scenario/random.ts'
import {
  type CloseReport,
  type StompClient,
  type StompErrorFrame,
  StompFailure,
  type StompHandlers,
  type StompMessage,
} from '../stomp/client.ts'
import type { FrameFault } from '../stomp/frame.ts'
import { askAdmission } from './admission.ts'
import { type Broker, call, fail, type Parts } from './parts.ts'
import type { Listening } from './reception.ts'

/** A listening and whether its RECEIPT has come: only then does missing a message in a gap count as missed. */
type Held = Listening & { isJoined: boolean }

/**
 * The life of one user's connection: POST /connect → WebSocket → CONNECT → SUBSCRIBEs with receipts → … →
 * POST /disconnect → DISCONNECT. Activities run on it but do not end it; a lost connection comes back with
 * exponential back-off and full jitter until the user is no longer wanted.
 */
export class Session implements StompHandlers {
  readonly index: number
  identity: Identity | undefined
  /** Connected, and every subscription has its RECEIPT. */
  isUp = false
  /** It was up at some moment of the run. */
  wasEverUp = false
  /** The plan wants this user connected. */
  isWanted = false
  /** Since when. */
  wantedUs = 0
  /** Settles when the attempts under way have ended; undefined while there are none. */
  private coming: Promise<void> | undefined
  /** Ends the waiting between two attempts. */
  private stopWaiting: () => void = () => {}
  private client: StompClient | undefined
  private broker: Broker | undefined
  private readonly held: Held[] = []
  private ended: (() => void) | undefined
  private leaving: Promise<void> | undefined
  private subscriptions = 0
  private readonly parts: Parts

  constructor(index: number, parts: Parts) {
    this.index = index
    this.parts = parts
  }

  /** Rooms the user is subscribed to. */
  get rooms(): number[] {
    return this.held
      .filter(({ roomId, isJoined }) => roomId !== undefined && isJoined)
      .map(({ roomId }) => roomId as number)
  }

  /** Comes up at its planned moment. Resolves when the user is up or no longer wanted. */
  async start(plannedUs: number): Promise<void> {
    // Who is still leaving goes first: the two share one client and one list of subscriptions.
    await this.leaving
    this.isWanted = true
    this.wantedUs = nowUs()
    this.ended = this.leaving = undefined
    this.broker = undefined
    this.held.length = 0
    this.parts.metrics.counters.sessions_started++
    await this.comeUp()
    if (this.isUp) this.parts.metrics.trend('session_connecting').record(nowUs() - plannedUs)
  }

  /**
   * Leaves in good order: stops being owed new messages, waits for those it is owed (at most the delivery timeout),
   * tells the API, then the broker. Resolves when the connection is closed.
   */
  leave(): Promise<void> {
    this.leaving ??= this.leaveOnce()
    return this.leaving
  }

  private async leaveOnce(): Promise<void> {
    this.isWanted = false
    this.stopWaiting()
    await this.coming
    const { client, parts, identity } = this
    if (client === undefined) {
      // Down and not coming back: what is sent from now on is not missed in a gap.
      this.moveAll('left')
      return
    }
    const wasUp = this.isUp
    if (wasUp) {
      this.moveAll('leaving')
      await this.settled(this.held.map(({ seat }) => seat))
    }
    if (parts.api !== undefined && identity !== undefined)
      await call(parts, parts.api, 'disconnect', identity.token)
    if (this.client !== client) return
    this.markDown()
    const closed = new Promise<void>((resolve) => {
      this.ended = resolve
    })
    const close = await client.disconnect()
    parts.metrics.count(`ws_closes{class:${close.class}}`)
    await closed
  }

  /** Loses the connection without a goodbye and comes back `awayMs` later. Resolves when it is up again or not wanted. */
  async dropFor(awayMs: number): Promise<void> {
    const { client, parts } = this
    if (client === undefined || !this.isUp) return
    this.lost()
    parts.metrics.count('ws_closes{class:requested}')
    client.drop()
    this.client = undefined
    await parts.agenda.until(nowUs() + awayMs * 1e3)
    if (!this.isWanted || this.coming !== undefined || this.isUp) return
    parts.metrics.counters.reconnects++
    await this.comeUp()
  }

  /** Subscribes to a destination; with a room it takes a seat in the ledger. Rejects with StompFailure. */
  async subscribe(
    destination: string,
    roomId: number | undefined,
    onBody?: (body: string) => void,
  ): Promise<Held> {
    const { parts } = this
    const seat = roomId === undefined ? undefined : parts.ledger.seat(roomId, this.index)
    const held: Held = { id: `s${this.subscriptions++}`, destination, roomId, seat, onBody, isJoined: false }
    this.held.push(held)
    try {
      await this.activate(held)
    } catch (error) {
      if (!held.isJoined && this.client !== undefined) this.forget(held)
      throw error
    }
    return held
  }

  /** Unsubscribes; nothing may arrive after the RECEIPT. With `before`, that is done while the seat is already leaving. */
  async unsubscribe(held: Listening, before?: () => Promise<unknown>): Promise<void> {
    const { client, parts } = this
    if (client === undefined) throw new StompFailure('closed', 'the connection is down')
    if (held.seat !== undefined) parts.ledger.move(held.seat, 'leaving', nowUs())
    await this.settled([held.seat])
    await before?.()
    await client.unsubscribe(held.id)
    this.forget(held)
  }

  listeningTo(roomId: number): Listening | undefined {
    return this.held.find((held) => held.roomId === roomId)
  }

  listeningById(id: string): Listening | undefined {
    return this.held.find((held) => held.id === id)
  }

  /** The open connection. Throws StompFailure when there is none. */
  get stomp(): StompClient {
    if (this.client === undefined) throw new StompFailure('closed', 'the connection is down')
    return this.client
  }

  // --- what the connection tells ---

  onMessage(message: StompMessage, receivedUs: number): void {
    const { subscription } = message
    for (const held of this.held) {
      if (held.id === subscription) {
        this.parts.reception.receive(held, message, receivedUs)
        return
      }
    }
    // After its RECEIPT an UNSUBSCRIBE is final; before it the subscription is still held.
    this.parts.metrics.counters.contract_violations++
    const issue = {
      kind: 'violation',
      rule: 'stomp/subscription',
      path: '',
      detail: 'MESSAGE for a subscription we do not have',
    } as const
    this.parts.findings.find(
      issue,
      message.destination,
      message.body,
      (receivedUs - this.parts.startUs) / 1e3,
    )
  }

  onErrorFrame(error: StompErrorFrame): void {
    this.parts.metrics.counters.stomp_errors++
    fail(this.parts, `stomp ERROR: ${error.message}`, error.body)
  }

  onMalformed(fault: FrameFault): void {
    this.parts.metrics.counters.ws_malformed++
    this.parts.metrics.counters.contract_violations++
    const issue = {
      kind: 'violation',
      rule: `stomp/frame/${fault.reason}`,
      path: '',
      detail: fault.detail,
    } as const
    this.parts.findings.find(
      issue,
      'connection',
      `byte ${fault.offset}: ${fault.detail}`,
      (nowUs() - this.parts.startUs) / 1e3,
    )
  }

  onClose(close: CloseReport): void {
    // A client that we dropped was let go of then; by now there may be a new one, which this must not touch.
    if (close.class === 'requested' && this.ended === undefined) return
    this.client = undefined
    if (this.ended !== undefined) {
      this.moveAll('left')
      this.ended()
      return
    }
    this.parts.metrics.counters.connections_lost++
    this.parts.metrics.count(`ws_closes{class:${close.class}}`)
    fail(this.parts, `connection closed: ${close.class}`, `code ${close.code} ${close.reason}`)
    this.lost()
    if (!this.isWanted || this.coming !== undefined) return
    this.parts.metrics.counters.reconnects++
    void this.comeUp(1)
  }

  // --- internal ---

  /** Tries until it is up or not wanted. `failures` counts the attempts that went before and sets the first wait. */
  private comeUp(failures = 0): Promise<void> {
    this.coming = this.tryUntilUp(failures).finally(() => {
      this.coming = undefined
    })
    return this.coming
  }

  private async tryUntilUp(failures: number): Promise<void> {
    const { agenda, metrics } = this.parts
    const unwanted = new Promise<void>((resolve) => {
      this.stopWaiting = resolve
    })
    for (let attempt = failures; this.isWanted && !this.isUp; attempt++) {
      if (attempt > 0) await Promise.race([agenda.until(nowUs() + this.backoffMs(attempt) * 1e3), unwanted])
      if (!this.isWanted) break
      try {
        await this.connectOnce()
      } catch (error) {
        if (!(error instanceof StompFailure)) throw error
        metrics.counters.sessions_failed++
        if (isExhaustion(error)) metrics.count('generator_exhausted')
        fail(this.parts, `session: ${error.step}`, reasonOf(error))
        if (this.client !== undefined) this.lost()
        this.client?.drop()
        this.client = undefined
      }
    }
  }

  /** Exponential, with full jitter: anywhere between 0 and the cap, so that a crowd does not come back in step. */
  private backoffMs(attempt: number): number {
    const { backoffMs, maxBackoffMs } = this.parts.scenario.reconnect
    const cap = Math.min(maxBackoffMs, backoffMs * 2 ** (attempt - 1))
    return cap * random(this.parts.scenario.seed, STREAM.backoff + 16 * (this.index + 1), attempt)
  }

  private async connectOnce(): Promise<void> {
    const { parts } = this
    this.identity ??= await parts.tokens.identityOf(this.index)
    if (this.broker === undefined) await this.askBroker()
    const broker = this.broker as unknown as Broker
    const client = parts.connect(broker, this.index, this)
    const connected = await client.connect()
    this.client = client
    parts.metrics.counters.ws_sessions++
    parts.metrics.trend('ws_connecting').record(connected.webSocketUs)
    parts.metrics.trend('stomp_connecting').record(connected.stompUs)
    parts.metrics.labelled.set(`broker{server:${connected.server ?? 'unknown'}}`, 1)
    // All at once, as the guide's client does; every one has a receipt.
    const outcomes = await Promise.allSettled(this.held.map((held) => this.activate(held)))
    const refused = outcomes.find((outcome) => outcome.status === 'rejected')
    if (refused !== undefined) throw refused.reason
    this.isUp = this.wasEverUp = true
    parts.connected.count++
  }

  /** Where the broker is and what the user listens to. */
  private async askBroker(): Promise<void> {
    const { broker, places } = await askAdmission(this.parts, this.index, this.identity as Identity)
    for (const { destination, roomId } of places) this.hold(destination, roomId)
    this.broker = broker
  }

  private hold(destination: string, roomId: number | undefined): void {
    const { parts } = this
    if (roomId !== undefined) parts.knownRooms.add(roomId)
    const seat = roomId === undefined ? undefined : parts.ledger.seat(roomId, this.index)
    this.held.push({
      id: `s${this.subscriptions++}`,
      destination,
      roomId,
      seat,
      onBody: undefined,
      isJoined: false,
    })
  }

  /** SUBSCRIBE and its RECEIPT, on the books as the obligation needs it. */
  private async activate(held: Held): Promise<void> {
    const { parts } = this
    const sentUs = nowUs()
    if (held.seat !== undefined) parts.ledger.move(held.seat, 'joining', sentUs)
    await this.stomp.subscribe(held.id, held.destination)
    const doneUs = nowUs()
    if (held.seat !== undefined) parts.ledger.move(held.seat, 'joined', doneUs)
    held.isJoined = true
    parts.metrics.trend('stomp_subscribing').record(doneUs - sentUs)
  }

  private forget(held: Listening): void {
    if (held.seat !== undefined) this.parts.ledger.move(held.seat, 'left', nowUs())
    const at = this.held.indexOf(held as Held)
    if (at >= 0) this.held.splice(at, 1)
  }

  private lost(): void {
    this.markDown()
    const atUs = nowUs()
    for (const { seat, isJoined } of this.held) {
      if (seat !== undefined)
        this.parts.ledger.move(seat, isJoined && this.isWanted ? 'dropped' : 'left', atUs)
    }
  }

  private markDown(): void {
    if (this.isUp) this.parts.connected.count--
    this.isUp = false
  }

  private moveAll(move: 'leaving' | 'left'): void {
    const atUs = nowUs()
    for (const { seat } of this.held) if (seat !== undefined) this.parts.ledger.move(seat, move, atUs)
  }

  /** Resolves when nothing is owed to the seats any more: it arrived or timed out. */
  private async settled(seats: readonly (Seat | undefined)[]): Promise<void> {
    const { ledger, agenda } = this.parts
    while (seats.some((seat) => seat !== undefined && ledger.owes(seat)))
      await agenda.until(nowUs() + SETTLE_POLL_US)
  }
}

// --- internal ---

const SETTLE_POLL_US = 20_000
