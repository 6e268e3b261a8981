import { Ledger, type Seat } from '../measure/ledger.ts'
import { Metrics } from '../measure/metrics.ts'
import { OPTIONAL, OWED, type Sent } from '../measure/obligation.ts'
import { emptyToken, readToken, type Token, TOKEN_LENGTH } from '../measure/token.ts'
import { roomOf } from './chat-frames.ts'
import type {
  CallEvent,
  ClosedEvent,
  FrameEvent,
  GateEvent,
  History,
  HistoryEvent,
  OpenedEvent,
} from './history.ts'
import { contentOf, chatMessageOf, eventOf } from './received.ts'
import { contentIn, contentsAsked, forgedHeads, headsById, objectIn, tokenIn } from './sent-contents.ts'

/** Something that was seen, in words, and when, in ms on the clock of the gate. */
export interface Example {
  readonly words: string
  readonly atMs: number
}

/** What became of everything that a gate sent through the API: settled by the ledger, as under load. */
export interface Settlement {
  /** Messages sent, and deliveries owed of them. */
  readonly sent: number
  readonly owed: number
  readonly delivered: number
  /** Owed while the connection was open for long enough, or while a later message of the sender came; never arrived. */
  readonly lost: { total: number; head: number; middle: number; tail: number }
  readonly duplicated: number
  readonly reordered: number
  /** Deliveries of messages that the API had refused, or refused afterwards. */
  readonly refusedYetDelivered: number
  /** When the first of these came. */
  readonly refusedAtMs: number | undefined
  /** Deliveries in another room than the message was sent to. */
  readonly strays: readonly Example[]
  /**
   * Subscriptions that a stray delivery would have reached: while they stood a message went into another room, and after it
   * one of their own room came.
   */
  readonly watched: number
  /** Contents with this gate's mark that no call and no frame of it had sent. */
  readonly phantoms: readonly Example[]
  /** Contents that were changed on the way. */
  readonly corrupted: readonly Example[]
  /** Of each sort, as far as they are kept. */
  examples(what: 'lost' | 'duplicated' | 'reordered'): Example[]
}

/** Settles a history; asked again for the same one, it remembers. */
export function settle(history: History): Settlement {
  const known = settled.get(history)
  if (known !== undefined) return known
  const settlement = settleAll(history)
  settled.set(history, settlement)
  return settlement
}

// --- internal ---

const settled = new WeakMap<History, Settlement>()

/** A room subscription of a person, and its place in the ledger. */
interface Place {
  seat: Seat
  roomId: number
  userId: number
  connection: string
  receiptId: string
  isReceipted: boolean
  isOver: boolean
  arrived: Sent[]
  /** When the first message went into another room while it stood; undefined before. */
  elsewhereUs: number | undefined
  isWatch: boolean
}

/** A message that was POSTed: once, or in a way that another rule judges. */
type Posted = { sent: Sent; content: string } | 'judged elsewhere'

interface Step {
  atMs: number
  act: (atUs: number) => void
}

function settleAll({ events }: History): Settlement {
  const gate = events.find((event): event is GateEvent => event.kind === 'gate')
  if (gate === undefined) throw new Error('the history has no gate')
  const metrics = new Metrics()
  // What never came is told by `close`, which knows how long each connection stayed to be told.
  const ledger = new Ledger(metrics, { startUs: 0, timeoutUs: NEVER_US, echo: 'expected' })
  const members = new Set(
    Object.entries(gate.members).flatMap(([user, rooms]) => rooms.map((room) => `${user}/${room}`)),
  )
  const connections = new Map<string, OpenedEvent>()
  const places = new Map<string, Place>()
  const posted = new Map<string, Posted>()
  const forged = forgedHeads(events)
  const headOfId = headsById(events)
  const asked = contentsAsked(events)
  const phantoms: Example[] = []
  const corrupted: Example[] = []
  const strays: Example[] = []
  /** By the part of the token that names the message, for contents that were damaged behind it. */
  const byName = new Map<string, Posted>()
  const missing = { overtaken: 0, overdue: 0, examples: [] as Example[] }
  const told = { duplicated: [] as Example[], reordered: [] as Example[] }
  let sentCount = 0
  let refusedYetDelivered = 0
  let refusedAtMs: number | undefined
  const token = emptyToken()
  const placesOf = (userId: number, roomId: number): Place[] =>
    [...places.values()].filter(
      (place) => place.userId === userId && place.roomId === roomId && !place.isOver,
    )

  const send = (call: CallEvent, content: string, roomId: number, atUs: number): void => {
    const head = content.slice(0, TOKEN_LENGTH)
    if (posted.has(head) || (asked.get(content) ?? 0) > 1 || !readToken(content, token)) {
      posted.set(head, 'judged elsewhere')
      return
    }
    const sent = ledger.publish('messages', roomId, token.sender, atUs, atUs)
    sentCount++
    for (const place of places.values()) {
      if (place.roomId !== roomId && place.isReceipted && !place.isOver) place.elsewhereUs ??= atUs
    }
    if (!gate.isOwn) for (const { seat } of placesOf(call.userId, roomId)) excuse(sent, seat)
    posted.set(head, { sent, content })
    byName.set(content.slice(0, NAME_LENGTH), { sent, content })
  }

  const refusedAt = (count: number, atMs: number): void => {
    refusedYetDelivered += count
    refusedAtMs ??= atMs
  }

  const answer = (call: CallEvent, content: string, atUs: number): void => {
    const entry = posted.get(content.slice(0, TOKEN_LENGTH))
    if (entry === undefined || entry === 'judged elsewhere' || entry.content !== content) return
    const outcome =
      call.status >= 200 && call.status < 300
        ? 'accepted'
        : call.status >= 400 && call.status < 500
          ? 'rejected'
          : 'unknown'
    if (outcome === 'rejected' && entry.sent.received > 0) refusedAt(entry.sent.received, atUs / 1e3)
    ledger.answer(entry.sent, outcome, atUs)
  }

  const subscribe = (frame: FrameEvent, atUs: number): void => {
    const connection = connections.get(frame.connection)
    const roomId = roomOf(headerOf(frame, 'destination'))
    if (roomId === undefined || connection?.userId === null || connection === undefined) return
    const seat = ledger.seat(roomId, FIRST_SEAT + places.size)
    const place = {
      seat,
      roomId,
      userId: connection.userId,
      connection: frame.connection,
      isReceipted: false,
      isOver: false,
    }
    places.set(`${frame.connection} ${headerOf(frame, 'id')}`, {
      ...place,
      receiptId: headerOf(frame, 'receipt'),
      arrived: [],
      elsewhereUs: undefined,
      isWatch: false,
    })
    if (members.has(`${connection.userId}/${roomId}`)) ledger.move(seat, 'joining', atUs)
  }

  const receipt = (frame: FrameEvent, atUs: number): void => {
    const id = headerOf(frame, 'receipt-id')
    for (const place of places.values()) {
      if (place.connection !== frame.connection || place.receiptId !== id || place.isReceipted) continue
      place.isReceipted = true
      if (members.has(`${place.userId}/${place.roomId}`)) ledger.move(place.seat, 'joined', atUs)
    }
  }

  /** Finds what was sent behind a content, also a damaged one: by its token, what is left of it, or the message's id. */
  const postedAs = (content: string | undefined, id: unknown): Posted | undefined =>
    posted.get(content?.slice(0, TOKEN_LENGTH) ?? '') ??
    byName.get(content?.slice(0, NAME_LENGTH) ?? '') ??
    (content !== undefined && asked.has(content) ? undefined : posted.get(headOfId.get(id) ?? ''))

  /** By its subscription; where it names none, which STOMP-SUB-03 tells, by its destination. */
  const placeOf = (frame: FrameEvent, sent: Sent): Place | undefined => {
    const subscription = headerOf(frame, 'subscription')
    if (subscription !== '') return places.get(`${frame.connection} ${subscription}`)
    const roomId = roomOf(headerOf(frame, 'destination'))
    const fitting = [...places.values()].filter(
      (place) => place.connection === frame.connection && place.roomId === roomId,
    )
    return fitting.findLast(({ arrived }) => !arrived.includes(sent)) ?? fitting.at(-1)
  }

  const arrive = (frame: FrameEvent, atUs: number): void => {
    const isReadable = eventOf(frame) !== undefined
    // Of a body that is no JSON or has no content, which EVT-ALL-01 tells, only what it is about is believed.
    const text = isReadable ? contentOf(frame) : tokenIn(frame.body, gate.runCode)
    const content = text ?? ''
    const id = chatMessageOf(frame)?.['id']
    if (forged.has(content.slice(0, TOKEN_LENGTH))) return
    const where = `${frame.connection} at ${frame.atMs} ms: ${JSON.stringify(content.slice(0, 60))}`
    const here = { words: where, atMs: frame.atMs }
    const entry = postedAs(text, id)
    if (entry === undefined && content.startsWith(`~${gate.runCode}`))
      (readToken(content, token) ? phantoms : corrupted).push(here)
    if (entry === undefined || entry === 'judged elsewhere') return
    if (isReadable && text !== undefined && entry.content !== content) corrupted.push(here)
    const place = placeOf(frame, entry.sent)
    const { sent } = entry
    // What reaches somebody who is no member, or a connection that is nobody's, is judged by the rule that put it there;
    // but who leaves may be reached by what it was owed before.
    if (place === undefined) return
    if (!members.has(`${place.userId}/${place.roomId}`) && sent.codeOf(place.seat.slot) !== OWED) return
    if (sent.outcome === 'rejected' && sent.room === place.roomId) refusedAt(1, frame.atMs)
    const copy: Token = {
      ...token,
      room: sent.room,
      sender: sent.sender,
      seq: sent.seq,
      attempt: 1,
    }
    const { deliveries_duplicated: twice, deliveries_reordered: late } = metrics.counters
    ledger.deliver(place.seat, copy, typeof id === 'number' ? id : 0, atUs)
    const example = { words: `message ${sent.seq} of sender ${sent.sender} on ${where}`, atMs: frame.atMs }
    if (metrics.counters.deliveries_duplicated > twice) told.duplicated.push(example)
    if (metrics.counters.deliveries_reordered > late) told.reordered.push(example)
    if (sent.room !== place.roomId) {
      const words = `a message to room ${sent.room} came in room ${place.roomId}, on ${where}`
      strays.push({ words, atMs: frame.atMs })
      return
    }
    place.arrived.push(sent)
    if (place.elsewhereUs !== undefined && sent.sentUs > place.elsewhereUs) place.isWatch = true
  }

  const move = (call: CallEvent, roomId: number): Step[] => {
    const key = `${call.userId}/${roomId}`
    const isDone = call.status >= 200 && call.status < 300
    const each = (kind: 'joining' | 'joined' | 'leaving') => (atUs: number) => {
      for (const place of placesOf(call.userId, roomId)) {
        if (place.isReceipted) ledger.move(place.seat, kind, atUs)
      }
    }
    if (call.call === 'join-room') {
      if (!isDone) return []
      const enter = (atUs: number): void => {
        if (!members.has(key)) each('joined')(atUs)
        members.add(key)
      }
      return [{ atMs: call.doneMs, act: enter }]
    }
    // A call without a clear answer may have been carried out.
    if (call.status >= 400 && call.status < 500) return []
    const leave = (atUs: number): void => {
      each('leaving')(atUs)
      members.delete(key)
    }
    return members.has(key) || isDone ? [{ atMs: call.sentMs, act: leave }] : []
  }

  /** Ends a subscription; what it is owed and has not got is lost if there was time for it. */
  const end = (place: Place, atUs: number, isReadable = true): void => {
    if (place.isOver) return
    place.isOver = true
    // What came after bytes that could not be read was not seen.
    const lost = isReadable ? missingAt(place, atUs - gate.patienceMs * 1e3) : []
    for (const { sent, isOvertaken } of lost) {
      missing[isOvertaken ? 'overtaken' : 'overdue']++
      missing.examples.push({
        words: `message ${sent.seq} of sender ${sent.sender} in room ${sent.room} on ${place.connection}`,
        atMs: sent.sentUs / 1e3,
      })
    }
    ledger.move(place.seat, 'dropped', atUs)
  }

  const close = ({ connection, fault }: ClosedEvent, atUs: number): void => {
    for (const place of places.values()) if (place.connection === connection) end(place, atUs, fault === null)
  }

  const handlers: Readonly<Record<string, (frame: FrameEvent, atUs: number) => void>> = {
    'out SUBSCRIBE': subscribe,
    'in RECEIPT': receipt,
    'in MESSAGE': arrive,
    'out UNSUBSCRIBE': unsubscribe,
  }
  const stepsOf = (event: HistoryEvent): Step[] => {
    if (event.kind === 'opened')
      return [{ atMs: event.atMs, act: () => void connections.set(event.connection, event) }]
    if (event.kind === 'closed') return [{ atMs: event.atMs, act: (atUs) => close(event, atUs) }]
    if (event.kind === 'call') return callSteps(event)
    if (event.kind !== 'frame') return []
    const handler = handlers[`${event.direction} ${event.command}`]
    return handler === undefined ? [] : [{ atMs: event.atMs, act: (atUs) => handler(event, atUs) }]
  }

  function unsubscribe(frame: FrameEvent, atUs: number): void {
    const place = places.get(`${frame.connection} ${headerOf(frame, 'id')}`)
    // What was on its way may be overtaken by it: RabbitMQ answers that with an ERROR, see STOMP-UNSUB-02.
    if (place !== undefined) end(place, atUs)
  }

  function callSteps(call: CallEvent): Step[] {
    const body = objectIn(call.request)
    const roomId = call.call === 'leave-room' ? call.roomId : body?.['roomId']
    const isRoom = typeof roomId === 'number' && Number.isSafeInteger(roomId)
    if (call.call === 'join-room' || call.call === 'leave-room') return isRoom ? move(call, roomId) : []
    const content = contentIn(call)
    if (content?.startsWith(`~${gate?.runCode}`) !== true) return []
    // Into what room it was to go cannot be said.
    if (!isRoom)
      return [
        { atMs: call.sentMs, act: () => void posted.set(content.slice(0, TOKEN_LENGTH), 'judged elsewhere') },
      ]
    return [
      { atMs: call.sentMs, act: (atUs) => send(call, content, roomId, atUs) },
      { atMs: call.doneMs, act: (atUs) => answer(call, content, atUs) },
    ]
  }

  let lastUs = 0
  for (const { atMs, act } of events.flatMap(stepsOf).toSorted((x, y) => x.atMs - y.atMs)) {
    lastUs = Math.round(atMs * 1e3)
    ledger.sweep(lastUs)
    act(lastUs)
  }
  ledger.finish(lastUs)
  const { counters } = metrics
  const { head, middle, tail } = ledger.books.lostPlaces
  return {
    sent: sentCount,
    owed: counters.deliveries_expected + missing.overtaken + missing.overdue,
    delivered: counters.deliveries_received,
    lost: {
      total: counters.deliveries_lost + missing.overtaken + missing.overdue,
      head,
      middle: middle + missing.overtaken,
      tail: tail + missing.overdue,
    },
    duplicated: counters.deliveries_duplicated,
    reordered: counters.deliveries_reordered,
    refusedYetDelivered,
    refusedAtMs,
    strays,
    watched: [...places.values()].filter(({ isWatch }) => isWatch).length,
    phantoms,
    corrupted,
    examples: (what) =>
      what === 'lost'
        ? [
            ...ledger.books.examples
              .filter((example) => example.what === what)
              .map(({ seq, sender, room, atMs, note }): Example => ({
                words: `message ${seq} of sender ${sender}, room ${room}, at ${atMs} ms: ${note}`,
                atMs,
              })),
            ...missing.examples,
          ]
        : told[what],
  }
}

const NEVER_US = 24 * 3_600e6

/** `~`, run, room, sender and sequence number. */
const NAME_LENGTH = 22

/** Seats have numbers of their own: a person may have several, and the ledger is to know none as the sender. */
const FIRST_SEAT = 1_000_000

function headerOf({ headers }: FrameEvent, name: string): string {
  return headers.find((pair) => pair[0] === name)?.[1] ?? ''
}

/** The guide does not say whether senders receive their own messages: of another's deployment it is a question. */
function excuse(sent: Sent, { slot }: Seat): void {
  if (sent.codeOf(slot) !== OWED) return
  sent.setCode(slot, OPTIONAL)
  sent.expected--
  sent.pending--
}

/** What had not come when a connection ended although a later message of the same sender had, or there was time enough. */
function missingAt({ seat, arrived }: Place, overdueUs: number): { sent: Sent; isOvertaken: boolean }[] {
  const isLater = (sent: Sent) => (later: Sent) =>
    later.sender === sent.sender && later.seq > sent.seq && sent.doneUs <= later.sentUs
  return seat.room.onTheWay
    .filter((sent) => sent.codeOf(seat.slot) === OWED && sent.doneUs !== 0)
    .map((sent) => ({ sent, isOvertaken: arrived.some(isLater(sent)) }))
    .filter(({ sent, isOvertaken }) => isOvertaken || sent.doneUs <= overdueUs)
}
