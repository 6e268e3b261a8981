import { isExhaustion } from '../chat/api.ts'
import type { Identity } from '../chat/tokens.ts'
import { nowUs } from '../clock.ts'
import { reasonOf } from '../errors.ts'
import { random, STREAM } from '../scenario/random.ts'
import {
  type CloseReport,
  type StompClient,
  type StompErrorFrame,
  StompFailure,
  type StompMessage,
} from '../stomp/client.ts'
import type { FrameFault } from '../stomp/frame.ts'
import { askAdmission } from './admission.ts'
import { isUnanswered, Link, type LinkOwner } from './link.ts'
import { type Broker, call, fail, type Parts } from './parts.ts'
import { type Held, Places } from './places.ts'

/**
 * The life of one user's connection: POST /connect → WebSocket → CONNECT → SUBSCRIBEs with receipts → … →
 * POST /disconnect → DISCONNECT. Activities run on it but do not end it; a lost connection comes back with
 * exponential back-off and full jitter until the user is no longer wanted.
 */
export class Session implements LinkOwner {
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
  private stopWaiting = idle
  private link: Link | undefined
  private broker: Broker | undefined
  private readonly places: Places
  private leaving: Promise<void> | undefined
  /** Attempts that failed and connections that did not last, since the last one that did. */
  private failures = 0
  /** Draws of jitter so far. */
  private waits = 0
  /** When it last came up. */
  private upUs = 0
  /** When the connection was lost that it is coming back from. */
  private lostUs: number | undefined
  /** It does not read from its connection. */
  private isPaused = false
  private readonly parts: Parts

  constructor(index: number, parts: Parts) {
    this.index = index
    this.parts = parts
    this.places = new Places(index, parts)
  }

  /** Rooms the user is subscribed to. */
  get rooms(): number[] {
    return this.places.rooms
  }

  /**
   * Comes up at its planned moment, unless it is unwanted by the time it has left the last time. Resolves when the user is
   * up or no longer wanted.
   */
  async start(plannedUs: number, isUnwanted: () => boolean = () => false): Promise<void> {
    // Who is still leaving goes first: the two share one client and one list of subscriptions.
    await this.leaving
    if (isUnwanted()) return
    this.isWanted = true
    this.isPaused = false
    this.wantedUs = nowUs()
    this.leaving = this.lostUs = this.broker = undefined
    this.failures = 0
    this.places.clear()
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
    const { link, parts, identity, places } = this
    if (this.lostUs !== undefined) {
      // It never came back: it was away for at least so long.
      parts.metrics.trend('session_reconnecting').recordCensored(nowUs() - this.lostUs)
      this.lostUs = undefined
    }
    if (link === undefined) {
      // Down and not coming back: what is sent from now on is not missed in a gap.
      places.moveAll('left')
      return
    }
    // Who does not read would not hear the RECEIPT of its goodbye.
    if (this.isPaused) link.client.resume()
    this.isPaused = false
    places.moveAll('leaving')
    await places.settled()
    if (parts.api !== undefined && identity !== undefined)
      await call(parts, parts.api, 'disconnect', identity.token)
    if (this.link !== link) return
    this.markDown()
    await link.client.disconnect()
    await link.ended()
    places.moveAll('left')
  }

  /** Loses the connection without a goodbye and comes back `awayMs` later. Resolves when it is up again or not wanted. */
  async dropFor(awayMs: number): Promise<void> {
    const { link, parts } = this
    if (link === undefined || !this.isUp) return
    this.letGo(link)
    this.lostUs = undefined
    await parts.agenda.until(nowUs() + awayMs * 1e3)
    if (!this.isWanted || this.coming !== undefined || this.isUp) return
    parts.metrics.counters.reconnects++
    this.failures = 0
    // The time away was the scenario's wish; the way back begins now.
    this.lostUs = nowUs()
    await this.comeUp()
  }

  /** Subscribes to a destination; with a room it takes a seat in the ledger. Rejects with StompFailure. */
  async subscribe(
    destination: string,
    roomId: number | undefined,
    onBody?: (body: string) => void,
  ): Promise<Held> {
    const link = this.openLink
    const held = this.places.hold(destination, roomId, onBody)
    try {
      await this.places.activate(held, link.client)
    } catch (error) {
      // Lost with the connection, it comes back with it; refused, it does not.
      if (this.link === link) await this.giveUp(held, link, error)
      throw error
    }
    return held
  }

  /** Unsubscribes; nothing may arrive after the RECEIPT. With `before`, that is done while the seat is already leaving. */
  async unsubscribe(held: Held, before?: () => Promise<unknown>): Promise<void> {
    const link = this.openLink
    held.isLeaving = true
    if (held.seat !== undefined) this.parts.ledger.move(held.seat, 'leaving', nowUs())
    await this.places.settled([held.seat])
    await before?.()
    try {
      await link.client.unsubscribe(held.id)
    } catch (error) {
      if (isUnanswered(error) && this.link === link) this.startOver(link)
      throw error
    } finally {
      this.places.forget(held)
    }
  }

  listeningTo(roomId: number): Held | undefined {
    return this.places.inRoom(roomId)
  }

  listeningById(id: string): Held | undefined {
    return this.places.withId(id)
  }

  /** Stops reading from the socket. Until it reads again the user is owed nothing: what it misses was ours to take. */
  pauseReading(): void {
    this.openLink.client.pause()
    this.isPaused = true
    this.places.pause()
  }

  /** Reads again; what is sent from now on is owed to it. A connection that was lost meanwhile comes back reading. */
  resumeReading(): void {
    if (!this.isPaused) return
    this.isPaused = false
    this.places.resume()
    this.link?.client.resume()
  }

  /** The open connection. Throws StompFailure when there is none. */
  get stomp(): StompClient {
    return this.openLink.client
  }

  private get openLink(): Link {
    if (this.link === undefined) throw new StompFailure('closed', 'the connection is down')
    return this.link
  }

  // --- what a connection tells ---

  onMessage(message: StompMessage, receivedUs: number): void {
    const { subscription } = message
    for (const held of this.places.held) {
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

  /** Every connection that was open ends here, once; one that we let go of earlier touches nothing of what came after it. */
  onClose(close: CloseReport, link: Link): void {
    const { metrics } = this.parts
    metrics.count(`ws_closes{class:${close.class}}`)
    if (close.class !== 'requested') {
      metrics.counters.connections_lost++
      fail(this.parts, `connection closed: ${close.class}`, `code ${close.code} ${close.reason}`)
    }
    if (this.link !== link) return
    this.link = undefined
    if (close.class === 'requested') return
    this.lost()
    if (!this.isWanted || this.coming !== undefined) return
    metrics.counters.reconnects++
    void this.comeUp()
  }

  // --- internal ---

  /** A subscription that was not confirmed. Nothing may be left of it: unanswered, it could still be in force. */
  private async giveUp(held: Held, link: Link, error: unknown): Promise<void> {
    held.isLeaving = true
    if (isUnanswered(error)) {
      if (held.seat !== undefined) this.parts.ledger.move(held.seat, 'leaving', nowUs())
      await link.client.unsubscribe(held.id).catch((second: unknown) => {
        if (isUnanswered(second) && this.link === link) this.startOver(link)
      })
    }
    this.places.forget(held)
  }

  /** The broker does not say what is in force: only a new connection makes that certain. */
  private startOver(link: Link): void {
    this.letGo(link)
    if (!this.isWanted || this.coming !== undefined) return
    this.parts.metrics.counters.reconnects++
    void this.comeUp()
  }

  /** Drops a connection of our own accord. */
  private letGo(link: Link): void {
    this.link = undefined
    this.lost()
    link.client.drop()
  }

  /** Tries until it is up or not wanted. */
  private comeUp(): Promise<void> {
    this.coming = this.tryUntilUp().finally(() => {
      this.coming = undefined
    })
    return this.coming
  }

  private async tryUntilUp(): Promise<void> {
    const { metrics } = this.parts
    while (this.isWanted && !this.isUp) {
      if (this.failures > 0) await this.backOff()
      if (!this.isWanted) break
      try {
        await this.connectOnce()
      } catch (error) {
        if (!(error instanceof StompFailure)) throw error
        this.failures++
        metrics.counters.sessions_failed++
        if (isExhaustion(error)) metrics.count('generator_exhausted')
        fail(this.parts, `session: ${error.step}`, reasonOf(error))
        if (this.link !== undefined) this.letGo(this.link)
      }
    }
  }

  /** Waits until the next attempt is due or the user is no longer wanted. */
  private async backOff(): Promise<void> {
    const unwanted = new Promise<void>((resolve) => {
      this.stopWaiting = resolve
    })
    await Promise.race([this.parts.agenda.until(nowUs() + this.backoffMs() * 1e3), unwanted])
    this.stopWaiting = idle
  }

  /** Exponential, with full jitter: anywhere between 0 and the cap, so that a crowd does not come back in step. */
  private backoffMs(): number {
    const { seed, reconnect } = this.parts.scenario
    const cap = Math.min(reconnect.maxBackoffMs, reconnect.backoffMs * 2 ** (this.failures - 1))
    return cap * random(seed, STREAM.backoff + 16 * (this.index + 1), ++this.waits)
  }

  private async connectOnce(): Promise<void> {
    const { parts, places } = this
    this.identity ??= await parts.tokens.identityOf(this.index)
    if (this.broker === undefined) await this.askBroker()
    const link = new Link(this, (handlers) => parts.connect(this.broker as Broker, this.index, handlers))
    const connected = await link.client.connect()
    parts.metrics.counters.ws_sessions++
    parts.metrics.trend('ws_connecting').record(connected.webSocketUs)
    parts.metrics.trend('stomp_connecting').record(connected.stompUs)
    parts.metrics.labelled.set(`broker{server:${connected.server ?? 'unknown'}}`, 1)
    // CONNECTED and a close may come in one read.
    if (link.isEnded) throw new StompFailure('closed', 'the connection ended with its CONNECTED')
    this.link = link
    await places.activateAll(link.client)
    const atUs = nowUs()
    this.isUp = this.wasEverUp = true
    this.upUs = atUs
    parts.connected.count++
    if (this.lostUs !== undefined) parts.metrics.trend('session_reconnecting').record(atUs - this.lostUs)
    this.lostUs = undefined
  }

  /** Where the broker is and what the user listens to. */
  private async askBroker(): Promise<void> {
    const { broker, places } = await askAdmission(this.parts, this.index, this.identity as Identity)
    for (const { destination, roomId } of places) this.places.hold(destination, roomId)
    this.broker = broker
  }

  private lost(): void {
    const atUs = nowUs()
    if (this.isUp) {
      // A connection that outlasts the longest wait was a good one: the waits begin anew.
      const lasted = atUs - this.upUs >= this.parts.scenario.reconnect.maxBackoffMs * 1e3
      this.failures = lasted ? 1 : this.failures + 1
      if (this.isWanted) this.lostUs = atUs
    }
    this.markDown()
    this.isPaused = false
    this.places.away(this.isWanted)
  }

  private markDown(): void {
    if (this.isUp) this.parts.connected.count--
    this.isUp = false
  }
}

// --- internal ---

/** One for all users: a closure each is 56 bytes each. */
function idle(): void {}
