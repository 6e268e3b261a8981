import { setTimeout as delay } from 'node:timers/promises'
import { hits, type FaultDetail, type FaultPlan, type FaultSwitch } from './faults.ts'
import type { Room } from './world.ts'

export interface TypingEvent {
  userId: number
  isTyping: boolean
}

export interface StatusEvent {
  userId: number
  status: 'online' | 'offline'
}

export interface ReadEvent {
  messageId: number
  readerId: number
}

/** Publishes an event as it is to be seen. */
type Publish<Event> = (event: Event) => Promise<void>

/** What planted faults make of the events that are no chat messages. Without faults each is published as it is. */
export interface EventFaults {
  typing(room: Room, event: TypingEvent, publish: Publish<TypingEvent>): Promise<void>
  status(event: StatusEvent, publish: Publish<StatusEvent>): Promise<void>
  /** `senderId` wrote the message. */
  read(senderId: number, event: ReadEvent, publish: Publish<ReadEvent>): Promise<void>
}

export function createEventFaults({ switches }: FaultPlan): EventFaults {
  const holdTyping = createTypingSwap(switches['typing-swap'])

  return {
    async typing(room, event, publish) {
      const { userId, isTyping } = event
      const detail = { roomId: room.id, userId }
      if (hits(switches[isTyping ? 'typing-start-lost' : 'typing-end-lost'], detail)) return
      const other = room.members.values().find((member) => member !== userId)
      const seen =
        other !== undefined && hits(switches['typing-wrong-user'], detail)
          ? { ...event, userId: other }
          : event
      await holdTyping(`${room.id}:${userId}`, isTyping, detail, () => publish(seen))
    },
    async status(event, publish) {
      const { userId, status } = event
      if (hits(switches[status === 'online' ? 'online-lost' : 'offline-lost'], { userId })) return
      const times = status === 'offline' && hits(switches['offline-twice'], { userId }) ? 2 : 1
      for (let i = 0; i < times; i++) await publish(event)
    },
    async read(senderId, event, publish) {
      const detail = { messageId: event.messageId, readerId: event.readerId }
      if (hits(switches['read-lost'], detail)) return
      const seen = { ...event }
      if (hits(switches['read-wrong-reader'], detail)) seen.readerId = senderId
      if (hits(switches['read-wrong-message'], detail)) seen.messageId++
      const times = hits(switches['read-twice'], detail) ? 2 : 1
      for (let i = 0; i < times; i++) await publish(seen)
    },
  }
}

// --- internal ---

const TYPING_HOLD_MS = 100

/** Holds the beginning of typing back, so that an end that follows closely overtakes it. */
function createTypingSwap(
  fault: FaultSwitch | undefined,
): (key: string, isTyping: boolean, detail: FaultDetail, publish: () => Promise<void>) => Promise<void> {
  if (fault === undefined) return (_key, _isTyping, _detail, publish) => publish()
  const held = new Map<string, () => Promise<void>>()
  return async (key, isTyping, detail, publish) => {
    const begin = held.get(key)
    held.delete(key)
    if (!isTyping) {
      await publish()
      if (begin === undefined) return
      fault.planted(detail)
      return begin()
    }
    await begin?.()
    if (!fault.isDue()) return publish()
    held.set(key, publish)
    void delay(TYPING_HOLD_MS, undefined, { ref: false }).then(async () => {
      if (held.get(key) !== publish) return
      held.delete(key)
      fault.missed()
      // A broker that is down by then has lost it; its sender was answered long ago.
      await publish().catch(() => undefined)
    })
  }
}
