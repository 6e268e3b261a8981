/**
 * What one subscriber is owed of one message. A room's members have the same codes as their standing, so that the
 * obligations of a new message are one copy of the room's standing.
 *
 *   FORBIDDEN  not a member: an arrival is a leak
 *   OWED       member from the RECEIPT of its SUBSCRIBE on: exactly one arrival
 *   OPTIONAL   joining or leaving while the message was on its way: at most one arrival, none is no loss
 *   GAPPED     lost its connection and wants back: none is a gap loss, told apart from a loss
 */
export const FORBIDDEN = 0
export const OWED = 1
export const OPTIONAL = 2
export const GAPPED = 3

/** Low bits: the obligation. Higher bits: which attempts of the message have arrived (bit 2 for attempt 1, and so on). */
export const OBLIGATION_MASK = 3

export function attemptBit(attempt: number): number {
  return 1 << Math.min(1 + Math.max(attempt, 1), 7)
}

export type Kind = 'messages' | 'typing'
export type Outcome = 'open' | 'accepted' | 'rejected' | 'unknown'

/** One message (or typing event) on its way, with what each subscriber of its room in this shard is owed of it. */
export class Sent {
  readonly kind: Kind
  readonly room: number
  /** Plan index of the sender. */
  readonly sender: number
  readonly seq: number
  readonly plannedUs: number
  readonly sentUs: number
  /** One code a member slot; grown when a member joins while the message is on its way. */
  owed: Uint8Array
  /** When the publishing call was answered for good; 0 while it is open. */
  doneUs = 0
  outcome: Outcome = 'open'
  /** Members that are owed it. Shrinks when one of them leaves or drops before it arrives. */
  expected = 0
  /** Owed and not yet arrived. */
  pending = 0
  received = 0
  firstUs = Number.POSITIVE_INFINITY
  lastUs = 0
  /** Members owed it when it was sent, in this shard. */
  audience = 0
  /** Members owed it in all shards, as far as they have said. */
  reach = 0
  /** What the other shards said of their own members: how many were owed it when it was sent, how many received it. */
  audienceElsewhere = 0
  receivedElsewhere = 0
  /** First and last arrival are on record: every owed member has it, or it timed out. */
  isClosed = false
  /** Shards that have not yet said when their members received it; the sender's shard counts them down. */
  openShards = 1
  /** Some shard's member never received it, so its last arrival is unknown. */
  isIncomplete = false
  /** Timed out: what was still owed is on the books as lost; arriving now makes it late. */
  isSettled = false
  /** The id the server gave it, once seen. */
  serverId: number | undefined

  constructor(
    kind: Kind,
    room: number,
    sender: number,
    seq: number,
    plannedUs: number,
    sentUs: number,
    standing: Uint8Array,
  ) {
    this.kind = kind
    this.room = room
    this.sender = sender
    this.seq = seq
    this.plannedUs = plannedUs
    this.sentUs = sentUs
    this.owed = standing.slice()
  }

  /** Whether the publishing call was still unanswered at `atUs`. */
  isOpenAt(atUs: number): boolean {
    return this.doneUs === 0 || this.doneUs > atUs
  }

  /** The code of a slot, FORBIDDEN for a member that came after the message was sent. */
  codeOf(slot: number): number {
    return slot < this.owed.length ? (this.owed[slot] as number) : FORBIDDEN
  }

  setCode(slot: number, code: number): void {
    if (slot >= this.owed.length) {
      const grown = new Uint8Array(slot + 8)
      grown.set(this.owed)
      this.owed = grown
    }
    this.owed[slot] = code
  }
}
