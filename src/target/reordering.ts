import type { Subscription } from './broker-delivery.ts'
import type { Session } from './broker-session.ts'
import type { FaultSwitch } from './faults.ts'

/** One new_message on its way to one subscriber. */
export interface Outgoing {
  subscription: Subscription<Session>
  /** The subscriber that a fault of this message hits. */
  isVictim: boolean
  isAmongMany: boolean
  id: number
  senderId: number
  send: () => void
}

export interface Reordering {
  send(outgoing: Outgoing): void
  /** Drops what is held for a subscription that has ended. */
  forget(subscription: Subscription<Session>): void
}

/** Sends messages on; with the fault some after the next one of another sender, each to one subscriber alone. */
export function createReordering(fault: FaultSwitch | undefined): Reordering {
  if (fault === undefined) return { send: ({ send }) => send(), forget: () => undefined }
  const held = new Map<Subscription<Session>, Outgoing & { timer: NodeJS.Timeout }>()

  const release = (subscription: Subscription<Session>): Outgoing | undefined => {
    const earlier = held.get(subscription)
    held.delete(subscription)
    clearTimeout(earlier?.timer)
    return earlier
  }

  const send = (outgoing: Outgoing): void => {
    const { subscription, isVictim, isAmongMany, senderId } = outgoing
    const earlier = release(subscription)
    if (earlier !== undefined) {
      const isSwapped = earlier.senderId !== senderId
      if (isSwapped) {
        fault.planted({
          session: subscription.receiver.name,
          messageId: earlier.id,
          afterMessageId: outgoing.id,
        })
        outgoing.send()
        return earlier.send()
      }
      // One sender's messages keep their order: this one must not be overtaken.
      fault.missed()
      earlier.send()
    }
    if (!isVictim || !isAmongMany || !fault.isDue()) return outgoing.send()
    const timer = setTimeout(() => {
      if (release(subscription) === undefined) return
      fault.missed()
      outgoing.send()
    }, HOLD_MS)
    held.set(subscription, { ...outgoing, timer: timer.unref() })
  }
  return { send, forget: (subscription) => void release(subscription) }
}

// --- internal ---

/** Longest time a message waits for another sender's. */
const HOLD_MS = 30
