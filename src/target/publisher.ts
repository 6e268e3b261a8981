import type { Broker } from './broker.ts'
import { createEventFaults } from './event-faults.ts'
import { hits, type FaultPlan } from './faults.ts'
import type { SendEntry } from './journal.ts'
import { createMessageEncoder } from './payload-faults.ts'
import type { Room, World } from './world.ts'

/**
 * Turns what happens in the chat into events on the broker. Every method rejects with BrokerDown when the broker does
 * not confirm. The planted faults that concern deliveries are committed here, whichever the broker.
 */
export interface Publisher {
  /** Resolves with the id the message got. What becomes of it is told to its entry in the journal, if there is one. */
  newMessage(
    room: Room,
    senderId: number,
    content: string,
    messageType: string,
    entry?: SendEntry,
  ): Promise<number>
  userTyping(room: Room, userId: number, isTyping: boolean): Promise<void>
  /** To every room of the user. */
  userStatus(userId: number, status: 'online' | 'offline'): Promise<void>
  /** To the sender's personal destination. */
  messageRead(senderId: number, messageId: number, readerId: number): Promise<void>
  /**
   * Publishes what a planted swap still holds back for this room. To be called before anyone enters or leaves it, so
   * that a swap never turns into a loss or a leak.
   */
  release: (room: Room) => Promise<void>
}

export function createPublisher(broker: Broker, world: World, plan: FaultPlan): Publisher {
  const encodeMessage = createMessageEncoder(plan)
  const deliver = createDelivery(broker, world, plan)
  const faults = createEventFaults(plan)

  return {
    async newMessage(room, senderId, content, messageType, entry) {
      const id = world.addMessage(room.id, senderId)
      entry?.named(id)
      const at = new Date().toISOString()
      const message = { id, content, message_type: messageType, sender_id: senderId, created_at: at }
      const body = encodeMessage({ type: 'new_message', message, timestamp: at }, room)
      await deliver.message({ id, senderId, room, body, entry })
      return id
    },
    userTyping: (room, userId, isTyping) =>
      faults.typing(room, { userId, isTyping }, (event) =>
        broker.publish(roomKey(room), json({ type: 'user_typing', ...event, timestamp: now() })),
      ),
    async userStatus(userId, status) {
      const rooms = world.roomsOf(userId)
      if (rooms.length === 0) return
      await faults.status({ userId, status }, async (event) => {
        const body = json({ type: 'user_status_changed', ...event, timestamp: now() })
        await Promise.all(rooms.map((room) => broker.publish(roomKey(room), body)))
      })
    },
    messageRead: (senderId, messageId, readerId) =>
      faults.read(senderId, { messageId, readerId }, (event) =>
        broker.publish(`user.${senderId}`, json({ type: 'message_read', ...event, readAt: now() })),
      ),
    release: deliver.release,
  }
}

// --- internal ---

/** Longest time a swap waits for its neighbour. */
const HOLD_MS = 10_000
const SLOW_MS = 1_200

interface Message {
  id: number
  senderId: number
  room: Room
  body: Buffer
  entry: SendEntry | undefined
}

interface Delivery {
  message(message: Message): Promise<void>
  release: (room: Room) => Promise<void>
}

function createDelivery(broker: Broker, world: World, plan: FaultPlan): Delivery {
  const { loss, 'lose-first': loseFirst, 'lose-tail': loseTail, duplicate, swap, leak } = plan.switches
  const { 'slow-delivery': slow } = plan.switches
  const publish = (message: Message): Promise<void> => {
    const { room, body, entry } = message
    if (slow !== undefined && hits(slow, detailOf(message))) {
      // A broker that is down by then has lost it; its sender was told "sent" long ago.
      const late = (): void => void broker.publish(roomKey(room), body).catch(() => undefined)
      setTimeout(late, SLOW_MS).unref()
      return Promise.resolve()
    }
    entry?.published()
    return broker.publish(roomKey(room), body)
  }
  if ([loss, loseFirst, loseTail, duplicate, swap, leak].every((fault) => fault === undefined)) {
    return { message: publish, release: () => Promise.resolve() }
  }
  const held = new Map<string, { message: Message; timer: NodeJS.Timeout }>()
  const sentBefore = new Map<string, number>()

  function isLostMessage(message: Message): boolean {
    const detail = detailOf(message)
    if (hits(loss, detail)) return true
    if (loseFirst === undefined && loseTail === undefined) return false
    const stream = streamOf(message)
    const before = sentBefore.get(stream) ?? 0
    sentBefore.set(stream, before + 1)
    if (before === 0 && hits(loseFirst, detail)) return true
    if (loseTail === undefined || before < loseTail.every) return false
    loseTail.planted(detail)
    return true
  }

  /** Published without waiting for the confirm of the first, so that nothing comes between. */
  async function publishWithCopies(message: Message): Promise<void> {
    const confirms = [publish(message)]
    if (duplicate?.isDue() === true) {
      confirms.push(publish(message))
      duplicate.planted(detailOf(message))
    }
    if (leak?.isDue() === true) {
      const next = world.roomAfter(message.room.id)
      if (next === undefined || next.id === message.room.id) leak.missed()
      else {
        confirms.push(broker.publish(roomKey(next), message.body))
        leak.planted({ ...detailOf(message), leakedToRoomId: next.id })
      }
    }
    await Promise.all(confirms)
  }

  function takeHeld(stream: string): Message | undefined {
    const waiting = held.get(stream)
    if (waiting === undefined) return undefined
    clearTimeout(waiting.timer)
    held.delete(stream)
    return waiting.message
  }

  async function giveUp(stream: string): Promise<void> {
    const message = takeHeld(stream)
    if (message === undefined) return
    swap?.missed()
    await publishHeld(message)
  }

  function hold(message: Message): void {
    const stream = streamOf(message)
    // A broker that is down when the time is up loses the held message; its sender was told "sent" long ago.
    const timer = setTimeout(() => void giveUp(stream).catch(() => undefined), HOLD_MS).unref()
    held.set(stream, { message, timer })
    message.entry?.held()
  }

  function publishHeld(message: Message): Promise<void> {
    const published = publishWithCopies(message)
    message.entry?.released()
    return published
  }

  return {
    async message(message) {
      if (isLostMessage(message)) return
      if (swap === undefined) return publishWithCopies(message)
      const earlier = takeHeld(streamOf(message))
      if (earlier === undefined) {
        if (swap.isDue()) hold(message)
        else await publishWithCopies(message)
        return
      }
      swap.planted({ ...detailOf(earlier), afterMessageId: message.id })
      await Promise.all([publishWithCopies(message), publishHeld(earlier)])
    },
    async release(room) {
      const streams = [...held].filter(([, { message }]) => message.room.id === room.id)
      await Promise.all(streams.map(([stream]) => giveUp(stream)))
    },
  }
}

function streamOf({ room, senderId }: Message): string {
  return `${room.id}:${senderId}`
}

function detailOf({ id, senderId, room }: Message): { messageId: number; roomId: number; senderId: number } {
  return { messageId: id, roomId: room.id, senderId }
}

function roomKey(room: Room): string {
  return `room.${room.id}`
}

function now(): string {
  return new Date().toISOString()
}

function json(event: Record<string, string | number | boolean>): Buffer {
  return Buffer.from(JSON.stringify(event))
}
