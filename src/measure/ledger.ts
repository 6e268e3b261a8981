import { Absentees } from './absentees.ts'
import { Books, type Copy } from './books.ts'
import type { Answer, Exchange, FanOutPart } from './exchange.ts'
import type { Metrics } from './metrics.ts'
import {
  attemptBit,
  FORBIDDEN,
  GAPPED,
  type Kind,
  OBLIGATION_MASK,
  OPTIONAL,
  type Outcome,
  OWED,
  Sent,
} from './obligation.ts'
import { type Move, Room } from './room.ts'
import { Settling } from './settling.ts'
import type { Stream } from './stream.ts'
import type { Token } from './token.ts'
import { matchTyping } from './typing.ts'
import type { WarmUp } from './warm-up.ts'

/** Whether a sender, being subscribed to its own room, must, may or must not receive its own messages. */
export type Echo = 'expected' | 'optional' | 'forbidden'

/** A user's place in a room, asked for once per subscription so that a delivery needs no look-up by name. */
export interface Seat {
  readonly room: Room
  readonly slot: number
  readonly user: number
}

export interface LedgerOptions {
  /** Start of the run on the one clock, µs. */
  startUs: number
  /** A message that has not arrived so long after it was sent is lost; arriving later makes it late. */
  timeoutUs: number
  echo: Echo
  /** Messages planned in it are settled like all others; their latencies are not in the run's totals. */
  warmUp?: WarmUp
  /** Set when the run has several shards: rooms span them, so each tells the others what its own users send. */
  exchange?: Exchange
}

/**
 * Settles every obligation: each (message, subscriber) pair is delivered once, late, lost, lost in a reconnect gap,
 * duplicated, reordered or leaked. One ledger serves the subscribers of one shard; what it decides is written in
 * `books`, in plain counters that add up over shards.
 *
 * Memory: a record a message for the delivery timeout, then 8 bytes a (subscriber, sender, room) triple.
 */
export class Ledger {
  readonly books: Books
  private readonly rooms = new Map<number, Room>()
  private readonly settling = new Settling()
  private readonly absentees = new Absentees()
  private readonly options: LedgerOptions

  constructor(metrics: Metrics, options: LedgerOptions) {
    this.options = options
    this.books = new Books(metrics, options.startUs, options.timeoutUs, options.warmUp)
  }

  seat(roomId: number, user: number): Seat {
    const room = this.room(roomId)
    return { room, slot: room.slotOf(user), user }
  }

  /** Records a membership move: SUBSCRIBE sent, its RECEIPT, leave or UNSUBSCRIBE sent, its RECEIPT, connection lost. */
  move(seat: Seat, move: Move, atUs: number): void {
    seat.room.move(seat.slot, move, atUs, this.onWithdrawn)
    if (move !== 'joined') return
    for (const stream of seat.room.messages.values()) this.books.lostPlaces.tail += stream.endEpoch(seat.slot)
  }

  /** The message or typing event on record, if it still is. */
  find(kind: Kind, roomId: number, sender: number, seq: number): Sent | undefined {
    return this.rooms.get(roomId)?.[kind].get(sender)?.find(seq)
  }

  /**
   * Opens a message or typing event at the moment its first publishing call is sent. With several shards it is called
   * in each: first where the sender is, then, a moment later but with the same times, in the others, where its call may
   * have been answered by then.
   */
  publish(
    kind: Kind,
    roomId: number,
    sender: number,
    plannedUs: number,
    sentUs: number,
    answer?: Answer,
  ): Sent {
    const { echo, exchange } = this.options
    const room = this.room(roomId)
    const stream = room.stream(kind, sender)
    const sent = new Sent(kind, roomId, sender, stream.nextSeq, plannedUs, sentUs, room.standing)
    if (answer !== undefined) sent.doneUs = answer.atUs
    const own = room.knownSlotOf(sender)
    if (own !== undefined && echo !== 'expected' && sent.codeOf(own) === OWED) {
      sent.setCode(own, echo === 'optional' ? OPTIONAL : FORBIDDEN)
    }
    room.enter(sent)
    stream.live.push(sent)
    this.settling.add({ sent, stream, room })
    this.books.expect(kind, sent.expected)
    if (exchange?.isOwn(sender) === true) {
      sent.openShards = exchange.shards
      exchange.published(sent)
    }
    // Whom it need not reach it may still reach, and after an unclear answer that counts.
    if (sent.pending === 0 && !sent.owed.some((code) => code !== FORBIDDEN)) this.close(sent)
    this.replayEarly(room, stream, sent, answer)
    return sent
  }

  /**
   * Closes the publishing call: after a rejection nobody may receive it, after an unclear answer everybody may. It is
   * closed once: an answer that comes after the run was settled changes nothing.
   */
  answer(sent: Sent, outcome: Exclude<Outcome, 'open'>, atUs: number): void {
    if (sent.outcome !== 'open') return
    const { exchange } = this.options
    sent.outcome = outcome
    sent.doneUs = atUs
    if (exchange?.isOwn(sent.sender) === true) exchange.answered(sent)
    if (exchange?.isOwn(sent.sender) !== false) this.books.answered(sent.kind, outcome)
    if (outcome === 'accepted') {
      if (sent.pending === 0) this.close(sent)
      return
    }
    for (let slot = 0; slot < sent.owed.length; slot++) {
      const code = sent.owed[slot]
      if (code !== OWED && code !== GAPPED) continue
      sent.owed[slot] = outcome === 'rejected' ? FORBIDDEN : OPTIONAL
      if (code === GAPPED) continue
      sent.expected--
      sent.pending--
      this.books.withdrawn(sent, atUs)
    }
    // After an unclear answer any copy may still come: how many did is told when the message is settled.
    if (outcome === 'rejected' && sent.pending === 0) this.close(sent)
    if (sent.openShards === 0) this.judgeUnclear(sent)
    if (outcome === 'rejected') this.books.leakedBeforeRefusal(sent.kind, sent.received)
  }

  /** Adds what another shard's members received of a message that was sent here. */
  absorb(sent: Sent, { firstUs, lastUs, reach, audience, received, isIncomplete }: FanOutPart): void {
    sent.reach += reach
    sent.audienceElsewhere += audience
    sent.receivedElsewhere += received
    if (firstUs < sent.firstUs) sent.firstUs = firstUs
    if (lastUs > sent.lastUs) sent.lastUs = lastUs
    if (isIncomplete) sent.isIncomplete = true
    this.shardClosed(sent)
  }

  /** Settles the arrival of a message's copy at a seat; returns the message where it is still on record. */
  deliver(seat: Seat, token: Token, serverId: number, receivedUs: number): Sent | undefined {
    const { room, sender, seq, attempt } = token
    if (room !== seat.room.id) {
      this.books.leaked(copyOf('messages', seat, sender, seq), receivedUs, `sent into room ${room}`)
      return undefined
    }
    const stream = seat.room.stream('messages', sender)
    const sent = stream.find(seq)
    // Behind a parked arrival everything of this sender waits, so that the order of arrival is kept.
    const isWaiting = stream.isWaiting(seat.slot)
    if (sent !== undefined && !isWaiting) this.settleArrival(stream, sent, seat, attempt, receivedUs)
    else {
      const plannedUs = this.options.startUs + token.plannedUs
      if (isWaiting || (seq >= stream.nextSeq && this.mayBeEarly(sender)))
        stream.park({ seq, slot: seat.slot, attempt, plannedUs, receivedUs, serverId })
      else if (seq < stream.nextSeq) this.settleOldArrival(stream, seat, seq, plannedUs, receivedUs)
      else this.books.leaked(copyOf('messages', seat, sender, seq), receivedUs, 'never sent')
    }
    return sent
  }

  /** Settles the arrival of a typing event; which one it is, `typing.ts` finds out. */
  deliverTyping(seat: Seat, typist: number, isTyping: boolean, receivedUs: number): void {
    const stream = seat.room.stream('typing', typist)
    const parity = isTyping ? 0 : 1
    const { met, newest } = matchTyping(stream, seat.slot, parity, seat.room.hasBacklog(seat.slot))
    if (met !== undefined) this.settleArrival(stream, met, seat, 1, receivedUs)
    else if (this.mayBeEarly(typist)) {
      const first = stream.nextSeq + (stream.nextSeq % 2 === parity ? 0 : 1)
      const seq = first + 2 * stream.parked(seat.slot, parity)
      stream.park({ seq, slot: seat.slot, attempt: 1, plannedUs: 0, receivedUs, serverId: 0 })
    } else if (newest === undefined) this.books.foreign()
    else this.settleArrival(stream, newest, seat, 1, receivedUs)
  }

  /** Settles what has been on its way for longer than the delivery timeout. Called a few times a second. */
  sweep(nowUs: number): void {
    const dueUs = nowUs - this.options.timeoutUs
    for (const { room, stream, sent } of this.settling.due(dueUs)) this.settle(room, stream, sent, nowUs)
  }

  /** How many obligations are neither met nor given up; with `kind`, of messages or of typing events alone. */
  pending(kind?: Kind): number {
    return this.settling.pending(kind)
  }

  /** Whether a publishing call is still unanswered. */
  hasOpenCalls(): boolean {
    return this.settling.hasOpen()
  }

  /** Whether something sent to the seat has neither arrived nor timed out: a user about to leave waits for it. */
  owes(seat: Seat): boolean {
    return seat.room.onTheWay.some((sent) => sent.codeOf(seat.slot) === OWED)
  }

  /** Ends the run: gives up what is still pending and calls the unbracketed losses tail losses. Orphans' shards died. */
  finish(nowUs: number, isOrphan: (sender: number) => boolean = () => false): void {
    for (const sent of this.settling.open()) this.answer(sent, 'unknown', nowUs)
    this.sweep(nowUs + this.options.timeoutUs + 1)
    for (const room of this.rooms.values()) {
      for (const stream of room.typing.values()) this.giveUpEarly(room, stream, 'typing', isOrphan)
      for (const stream of room.messages.values()) {
        this.giveUpEarly(room, stream, 'messages', isOrphan)
        for (let slot = 0; slot < stream.slots; slot++) this.books.lostPlaces.tail += stream.endEpoch(slot)
      }
    }
  }

  // --- internal ---

  private room(id: number): Room {
    let room = this.rooms.get(id)
    if (room === undefined) {
      room = new Room(id)
      this.rooms.set(id, room)
    }
    return room
  }

  private settleArrival(stream: Stream, sent: Sent, seat: Seat, attempt: number, receivedUs: number): void {
    const code = sent.codeOf(seat.slot)
    const bit = attemptBit(attempt)
    if (code === FORBIDDEN) {
      const why = sent.outcome === 'rejected' ? 'the API refused it' : 'not a member'
      this.books.leaked(copyOf(sent.kind, seat, sent.sender, sent.seq), receivedUs, why)
      return
    }
    sent.setCode(seat.slot, code | bit)
    if (code > OBLIGATION_MASK) {
      if ((code & bit) === 0) this.books.retryDuplicated()
      else this.books.duplicated(copyOf(sent.kind, seat, sent.sender, sent.seq), receivedUs, 'received again')
      return
    }
    if (code === OWED && sent.isSettled) {
      this.settleLate(stream, sent.kind, seat.slot, sent.seq)
      return
    }
    sent.received++
    if (sent.kind === 'messages') this.checkOrder(stream, sent, seat, receivedUs)
    if (code === GAPPED) {
      this.books.cameToAway(sent.kind, sent.plannedUs, receivedUs, sent.isSettled)
      return
    }
    if (receivedUs < sent.firstUs) sent.firstUs = receivedUs
    if (receivedUs > sent.lastUs) sent.lastUs = receivedUs
    this.books.delivered(sent, receivedUs, code === OWED)
    if (code !== OWED) return
    sent.pending--
    if (sent.pending === 0) this.close(sent)
  }

  private checkOrder(stream: Stream, sent: Sent, seat: Seat, receivedUs: number): void {
    const high = stream.highOf(seat.slot)
    if (sent.seq < high) {
      const overtaker = stream.find(high)
      // Order binds only calls that did not overlap: the later one was sent after the earlier one was answered.
      if (overtaker !== undefined && sent.doneUs !== 0 && sent.doneUs <= overtaker.sentUs) {
        this.books.reordered(copyOf(sent.kind, seat, sent.sender, sent.seq), receivedUs, high)
      }
    }
    const bracketed = stream.arrived(seat.slot, sent.seq)
    if (bracketed === undefined) return
    this.books.lostPlaces.head += bracketed.head
    this.books.lostPlaces.middle += bracketed.middle
  }

  /** An arrival whose message was settled and taken off record. */
  private settleOldArrival(
    stream: Stream,
    seat: Seat,
    seq: number,
    plannedUs: number,
    receivedUs: number,
  ): void {
    const absence = this.absentees.take(stream, seq, seat.slot)
    if (absence === 'lost') this.settleLate(stream, 'messages', seat.slot, seq)
    else if (absence === 'gap-lost') this.books.cameToAway('messages', plannedUs, receivedUs, true)
    else if (absence === 'excused') this.books.optional()
    if (absence !== undefined) return
    const copy = copyOf('messages', seat, stream.sender, seq)
    if (stream.highOf(seat.slot) < 0) this.books.leaked(copy, receivedUs, 'not a member')
    else this.books.duplicated(copy, receivedUs, 'again after it was settled')
  }

  /** What was on the books as lost came after all. */
  private settleLate(stream: Stream, kind: Kind, slot: number, seq: number): void {
    this.books.late(kind)
    if (kind === 'typing') return
    const place = stream.placeOf(slot, seq)
    if (place === 'open') stream.addOpenLoss(slot, -1)
    else this.books.lostPlaces[place]--
    stream.saw(slot, seq)
  }

  /** Whether a message of this sender can arrive before its own shard has announced it here. */
  private mayBeEarly(sender: number): boolean {
    return this.options.exchange !== undefined && !this.options.exchange.isOwn(sender)
  }

  /** Settles what came before the announcement, and the answer in between. Older than the message itself, it was a copy of an earlier one. */
  private replayEarly(room: Room, stream: Stream, sent: Sent, answer: Answer | undefined): void {
    for (const { seq, slot, attempt, plannedUs, receivedUs, serverId } of stream.takeAnnounced()) {
      if (answer !== undefined && receivedUs > answer.atUs) this.answer(sent, answer.outcome, answer.atUs)
      const seat = seatAt(room, slot)
      const announced = stream.find(seq)
      if (announced === undefined) this.settleOldArrival(stream, seat, seq, plannedUs, receivedUs)
      else if (receivedUs < announced.sentUs) {
        this.books.duplicated(copyOf(sent.kind, seat, sent.sender, seq), receivedUs, 'received again')
      } else {
        if (sent.kind === 'messages') announced.serverId ??= serverId
        this.settleArrival(stream, announced, seat, attempt, receivedUs)
      }
    }
    if (answer !== undefined) this.answer(sent, answer.outcome, answer.atUs)
  }

  /** What no shard ever announced was never sent; a typing event is then one copy too many. Of an orphan nothing is known. */
  private giveUpEarly(room: Room, stream: Stream, kind: Kind, isOrphan: (sender: number) => boolean): void {
    for (const { seq, slot, receivedUs } of stream.takeEarly()) {
      const copy = copyOf(kind, seatAt(room, slot), stream.sender, seq)
      if (isOrphan(stream.sender)) this.books.foreign()
      else if (kind === 'messages') this.books.leaked(copy, receivedUs, 'never sent')
      else this.books.duplicated(copy, receivedUs, 'received again')
    }
  }

  private readonly onWithdrawn = (sent: Sent, atUs: number): void => {
    this.books.withdrawn(sent, atUs)
    if (sent.pending === 0) this.close(sent)
  }

  /** Everyone in this shard who is owed it has it, or it timed out. */
  private close(sent: Sent): void {
    if (sent.isClosed) return
    sent.isClosed = true
    if (sent.pending > 0) sent.isIncomplete = true
    sent.reach += sent.expected
    const { exchange } = this.options
    if (exchange === undefined || exchange.isOwn(sent.sender)) this.shardClosed(sent)
    else exchange.closed(sent)
  }

  /** One shard has no more to say about the message; after the last one its first and last arrival are known. */
  private shardClosed(sent: Sent): void {
    sent.openShards--
    if (sent.openShards !== 0) return
    // What was refused had no audience; whom it reached all the same is booked as a leak.
    if (sent.outcome !== 'rejected') this.books.fannedOut(sent)
    this.judgeUnclear(sent)
  }

  /** Whether a message without a clear answer came after all, to all or to some: known once every shard has told. */
  private judgeUnclear({
    kind,
    outcome,
    lastUs,
    audience,
    audienceElsewhere,
    received,
    receivedElsewhere,
  }: Sent): void {
    if (kind === 'typing' || outcome !== 'unknown' || lastUs === 0) return
    this.books.unknowns.recovered++
    if (audience + audienceElsewhere > received + receivedElsewhere) this.books.unknowns.partial++
  }

  /** Gives up on a message: what is still owed is lost, what a dropped member missed is lost in its gap. */
  private settle(room: Room, stream: Stream, sent: Sent, nowUs: number): void {
    sent.isSettled = true
    for (let slot = 0; slot < sent.owed.length; slot++) {
      const code = sent.owed[slot]
      if (code !== OWED && code !== GAPPED) continue
      const copy = copyOf(sent.kind, seatAt(room, slot), sent.sender, sent.seq)
      if (code === GAPPED) this.books.gapLost(copy, sent.sentUs)
      else {
        this.books.lost(copy, sent, nowUs)
        if (sent.kind === 'messages') this.placeLoss(stream, slot, sent.seq)
      }
    }
    this.close(sent)
    room.settled(sent)
    for (const settled of stream.dropSettled()) {
      if (settled.kind === 'messages') this.absentees.remember(stream, settled)
    }
  }

  private placeLoss(stream: Stream, slot: number, seq: number): void {
    const place = stream.placeOf(slot, seq)
    if (place === 'open') stream.addOpenLoss(slot, 1)
    else this.books.lostPlaces[place]++
  }
}

function seatAt(room: Room, slot: number): Seat {
  return { room, slot, user: room.userOf(slot) }
}

function copyOf(kind: Kind, seat: Seat, sender: number, seq: number): Copy {
  return { kind, room: seat.room.id, sender, seq, user: seat.user }
}
