import type { FrameEvent, History, OpenedEvent } from './history.ts'

/** A MESSAGE that came on a subscription to a destination of the chat. */
export interface ChatFrame {
  readonly frame: FrameEvent
  readonly connection: OpenedEvent
  /** The subscription it belongs to, by its id; '' where the frame does not say. */
  readonly subscription: string
  /** What that subscription subscribed to. */
  readonly subscribed: string
}

/**
 * Every MESSAGE of a history that came on a subscription to a room or a personal destination, in order of arrival, but for
 * those that the gate itself had published past the API: what it forged says nothing about the target.
 */
export function chatFramesOf({ events }: History): ChatFrame[] {
  const forged = forgedBodies(events)
  const connections = new Map<string, OpenedEvent>()
  const subscribed = new Map<string, string>()
  const frames: ChatFrame[] = []
  for (const event of events) {
    if (event.kind === 'opened') connections.set(event.connection, event)
    if (event.kind !== 'frame') continue
    const connection = connections.get(event.connection)
    if (connection === undefined) continue
    const header = (name: string): string => event.headers.find((pair) => pair[0] === name)?.[1] ?? ''
    if (event.direction === 'out') {
      if (event.command === 'SUBSCRIBE')
        subscribed.set(`${event.connection} ${header('id')}`, header('destination'))
      continue
    }
    if (event.command !== 'MESSAGE' || forged.has(event.body)) continue
    const subscription = header('subscription')
    const destination = subscribed.get(`${event.connection} ${subscription}`) ?? header('destination')
    if (CHAT_DESTINATION.test(destination))
      frames.push({ frame: event, connection, subscription, subscribed: destination })
  }
  return frames
}

/** The bodies of every SEND of the gate. */
export function forgedBodies(events: History['events']): ReadonlySet<string> {
  const bodies = new Set<string>()
  for (const event of events) {
    if (event.kind === 'frame' && event.direction === 'out' && event.command === 'SEND')
      bodies.add(event.body)
  }
  return bodies
}

/** The room of a destination; undefined where it is none. */
export function roomOf(destination: string): number | undefined {
  const id = /^\/exchange\/chat\.direct\/room\.(\d+)$/.exec(destination)?.[1]
  return id === undefined ? undefined : Number(id)
}

// --- internal ---

const CHAT_DESTINATION = /^\/exchange\/chat\.direct\/(?:room|user)\.\d+$/
