import { FORBIDDEN, GAPPED, OPTIONAL, OWED, type Sent } from './obligation.ts'
import { Stream } from './stream.ts'

/** `dropped`: the connection is lost. `paused`: it stands, but is not read, and what comes meanwhile is there to be read later. */
export type Move = 'joining' | 'joined' | 'leaving' | 'left' | 'dropped' | 'paused'

interface Transition {
  slot: number
  move: Move
  atUs: number
  before: number
}

/** How long transitions are remembered for messages that another shard announces late. */
const REMEMBER_US = 5_000_000

/**
 * One room as this shard sees it: which of the shard's users are members since when, and what was sent into it.
 * Membership moves change the obligations of the messages that are on their way at that moment.
 */
export class Room {
  readonly id: number
  /** The standing of each slot, in the codes of `obligation.ts`. */
  standing = new Uint8Array(8)
  readonly messages = new Map<number, Stream>()
  readonly typing = new Map<number, Stream>()
  /** Messages and typing events that are not settled yet, oldest first. */
  readonly onTheWay: Sent[] = []
  private readonly slots = new Map<number, number>()
  private readonly users: number[] = []
  private readonly recent: Transition[] = []
  /** Slots whose connection has been paused: what they were sent meanwhile comes before what is sent later. */
  private readonly backlogged = new Set<number>()

  constructor(id: number) {
    this.id = id
  }

  /** The slot of a user (by plan index), made on first use and kept for the run. */
  slotOf(user: number): number {
    let slot = this.slots.get(user)
    if (slot === undefined) {
      slot = this.slots.size
      this.slots.set(user, slot)
      this.users.push(user)
      if (slot >= this.standing.length) {
        const grown = new Uint8Array(this.standing.length * 2)
        grown.set(this.standing)
        this.standing = grown
      }
    }
    return slot
  }

  /** The slot of a user that has one. */
  knownSlotOf(user: number): number | undefined {
    return this.slots.get(user)
  }

  /** The user that has the slot. */
  userOf(slot: number): number {
    return this.users[slot] as number
  }

  stream(kind: 'messages' | 'typing', sender: number): Stream {
    const streams = this[kind]
    let stream = streams.get(sender)
    if (stream === undefined) {
      stream = new Stream(sender, kind === 'messages' ? Math.max(1, this.slots.size) : 0)
      streams.set(sender, stream)
    }
    return stream
  }

  /**
   * Records a membership move of a slot and adjusts what it is owed of every message on its way.
   * `onWithdrawn` hears of each obligation that ended because of it.
   */
  move(slot: number, move: Move, atUs: number, onWithdrawn: (sent: Sent, atUs: number) => void): void {
    const before = this.standing[slot] as number
    this.standing[slot] = standingAfter(before, move)
    if (move === 'paused') this.backlogged.add(slot)
    else if (move !== 'joined' && move !== 'leaving') this.backlogged.delete(slot)
    for (const sent of this.onTheWay) if (this.adjust(sent, slot, move, atUs)) onWithdrawn(sent, atUs)
    while (this.recent.length > 0 && (this.recent[0] as Transition).atUs < atUs - REMEMBER_US)
      this.recent.shift()
    this.recent.push({ slot, move, atUs, before })
  }

  /**
   * Sets the obligations of a message that was sent at `sent.sentUs`, which may lie before the latest moves when
   * another shard announced it: those are taken back, then replayed in order.
   */
  enter(sent: Sent): void {
    const later = this.recent.filter((transition) => transition.atUs > sent.sentUs)
    for (const transition of later.toReversed()) sent.setCode(transition.slot, transition.before)
    for (const code of sent.owed) if (code === OWED) sent.pending++
    sent.audience = sent.expected = sent.pending
    for (const { slot, move, atUs } of later) this.adjust(sent, slot, move, atUs)
    this.onTheWay.push(sent)
  }

  /** Whether what the slot missed lies unread in its connection, rather than being lost with it. */
  hasBacklog(slot: number): boolean {
    return this.backlogged.has(slot)
  }

  /** Takes a message off the way. The oldest goes first, but for those that waited for their call's answer. */
  settled(sent: Sent): void {
    if (this.onTheWay[0] === sent) this.onTheWay.shift()
    else this.onTheWay.splice(this.onTheWay.indexOf(sent), 1)
  }

  // --- internal ---

  /** Applies one move to one message on its way; true when an obligation was withdrawn. */
  private adjust(sent: Sent, slot: number, move: Move, atUs: number): boolean {
    const code = sent.codeOf(slot)
    if (move === 'joining' && code === FORBIDDEN && sent.isOpenAt(atUs)) {
      sent.setCode(slot, OPTIONAL)
      return false
    }
    const isAway = move === 'dropped' || move === 'paused'
    // `code === OWED` has no attempt bit set: it has not arrived yet, or waits for another shard's announcement.
    if (code !== OWED || !(isAway || (move === 'leaving' && sent.isOpenAt(atUs)))) return false
    if (this[sent.kind].get(sent.sender)?.hasCome(slot, sent.seq, atUs) === true) return false
    sent.setCode(slot, isAway ? GAPPED : OPTIONAL)
    sent.expected--
    sent.pending--
    return true
  }
}

// --- internal ---

/** The standing a move leads to; coming back after a drop, what is missed until the RECEIPT still counts as the gap's. */
function standingAfter(before: number, move: Move): number {
  return move === 'joining' && before === GAPPED ? GAPPED : STANDING[move]
}

const STANDING: Record<Move, number> = {
  joining: OPTIONAL,
  joined: OWED,
  leaving: OPTIONAL,
  left: FORBIDDEN,
  dropped: GAPPED,
  paused: GAPPED,
}
