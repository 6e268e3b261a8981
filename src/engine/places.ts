import { nowUs } from '../clock.ts'
import type { Seat } from '../measure/ledger.ts'
import type { Move } from '../measure/room.ts'
import type { StompClient } from '../stomp/client.ts'
import type { Parts } from './parts.ts'
import type { Listening } from './reception.ts'

/** A subscription and where it stands. */
export type Held = Listening & {
  /** Its RECEIPT has come: only then does missing a message in a gap count as missed. */
  isJoined: boolean
  /** It is being given up: it does not come back with the connection. */
  isLeaving: boolean
}

/** What one user listens to, over all its connections, and what the ledger is told of it. */
export class Places {
  readonly held: Held[] = []
  private readonly user: number
  private readonly parts: Parts
  private made = 0

  constructor(user: number, parts: Parts) {
    this.user = user
    this.parts = parts
  }

  /** Rooms the user is subscribed to. */
  get rooms(): number[] {
    return this.held
      .filter(({ roomId, isJoined, isLeaving }) => roomId !== undefined && isJoined && !isLeaving)
      .map(({ roomId }) => roomId as number)
  }

  inRoom(roomId: number): Held | undefined {
    return this.held.find((held) => held.roomId === roomId)
  }

  withId(id: string): Held | undefined {
    return this.held.find((held) => held.id === id)
  }

  /** Adds a destination; with a room it takes a seat in the ledger. */
  hold(destination: string, roomId: number | undefined, onBody?: (body: string) => void): Held {
    const { parts } = this
    if (roomId !== undefined) parts.knownRooms.add(roomId)
    const held: Held = {
      id: subscriptionId(this.made++),
      destination,
      roomId,
      seat: roomId === undefined ? undefined : parts.ledger.seat(roomId, this.user),
      onBody,
      isJoined: false,
      isLeaving: false,
    }
    this.held.push(held)
    return held
  }

  /** SUBSCRIBE and its RECEIPT, on the books as the obligation needs it. Rejects with StompFailure. */
  async activate(held: Held, client: StompClient): Promise<void> {
    const { ledger, metrics } = this.parts
    const sentUs = nowUs()
    if (held.seat !== undefined) ledger.move(held.seat, 'joining', sentUs)
    await client.subscribe(held.id, held.destination)
    const doneUs = nowUs()
    if (held.seat !== undefined) ledger.move(held.seat, held.isLeaving ? 'leaving' : 'joined', doneUs)
    held.isJoined = true
    metrics.trend('stomp_subscribing').record(doneUs - sentUs)
  }

  /** All at once, as the guide's client does. Rejects with the first refusal once all have been answered. */
  async activateAll(client: StompClient): Promise<void> {
    const wanted = this.held.filter(({ isLeaving }) => !isLeaving)
    const outcomes = await Promise.allSettled(wanted.map((held) => this.activate(held, client)))
    const refused = outcomes.find((outcome) => outcome.status === 'rejected')
    if (refused !== undefined) throw refused.reason
  }

  forget(held: Held): void {
    if (held.seat !== undefined) this.parts.ledger.move(held.seat, 'left', nowUs())
    const at = this.held.indexOf(held)
    if (at >= 0) this.held.splice(at, 1)
  }

  /** A new life begins: everything held before is gone. */
  clear(): void {
    this.held.length = 0
  }

  moveAll(move: Move): void {
    const atUs = nowUs()
    for (const { seat } of this.held) if (seat !== undefined) this.parts.ledger.move(seat, move, atUs)
  }

  /** The connection is lost. What the user misses is missed in a gap where it is to come back, and not at all elsewhere. */
  away(isWanted: boolean): void {
    const atUs = nowUs()
    for (const { seat, isJoined, isLeaving } of this.held) {
      if (seat !== undefined)
        this.parts.ledger.move(seat, isJoined && isWanted && !isLeaving ? 'dropped' : 'left', atUs)
    }
  }

  /** The user does not read: what comes now it may or may not hear, as in a gap. */
  pause(): void {
    const atUs = nowUs()
    for (const { seat, isJoined, isLeaving } of this.held) {
      if (seat !== undefined && isJoined && !isLeaving) this.parts.ledger.move(seat, 'paused', atUs)
    }
  }

  /** The user reads again. What was sent before stays as in a gap; what is sent from now on is owed to it. */
  resume(): void {
    const atUs = nowUs()
    for (const { seat, isJoined, isLeaving } of this.held) {
      if (seat !== undefined && isJoined && !isLeaving) this.parts.ledger.move(seat, 'joined', atUs)
    }
  }

  /** Resolves when nothing is owed to the seats any more: it arrived or timed out. */
  async settled(seats: readonly (Seat | undefined)[] = this.held.map(({ seat }) => seat)): Promise<void> {
    const { ledger, agenda } = this.parts
    while (seats.some((seat) => seat !== undefined && ledger.owes(seat)))
      await agenda.until(nowUs() + SETTLE_POLL_US)
  }
}

// --- internal ---

const SETTLE_POLL_US = 20_000

/** The n-th subscription id of a connection, from 0: the same text object for all users. */
function subscriptionId(n: number): string {
  return (IDS[n] ??= `s${n}`)
}

const IDS: string[] = []
