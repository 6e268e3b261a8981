/** Heart-beat intervals of one client in ms; 0 = none. `outgoingMs` is what it sends, `incomingMs` what it wants. */
export interface Heartbeat {
  outgoingMs: number
  incomingMs: number
}

/** No heart-beats either way: what a missing header means. */
export const NO_HEARTBEAT: Heartbeat = { outgoingMs: 0, incomingMs: 0 }

/**
 * The two numbers of a `heart-beat` header as the side that sent it means them (`outgoingMs` is what that side can
 * send). A missing header is `0,0`; undefined where the header is not "two positive integers separated by a comma".
 */
export function parseHeartbeat(header: string | undefined): Heartbeat | undefined {
  if (header === undefined) return NO_HEARTBEAT
  const numbers = /^(\d{1,9}),(\d{1,9})$/.exec(header)
  return numbers === null ? undefined : { outgoingMs: Number(numbers[1]), incomingMs: Number(numbers[2]) }
}

/** What holds for us: each direction is MAX of both sides' wishes, and none if either side has 0 (STOMP 1.2). */
export function negotiateHeartbeat(ours: Heartbeat, theirs: Heartbeat): Heartbeat {
  return {
    outgoingMs: slower(ours.outgoingMs, theirs.incomingMs),
    incomingMs: slower(ours.incomingMs, theirs.outgoingMs),
  }
}

/** How long after our last bytes an EOL is due: an eighth early, so that a late timer still keeps the promise. */
export function beatAfterMs(outgoingMs: number): number {
  return outgoingMs - Math.max(100, outgoingMs / 8)
}

/**
 * How long the broker may be silent before it counts as lost. Twice the interval, as @stomp/stompjs has it, and a
 * second more, because RabbitMQ keeps whole seconds only.
 */
export function silenceLimitMs(incomingMs: number): number {
  return incomingMs * 2 + 1000
}

// --- internal ---

function slower(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : Math.max(a, b)
}
