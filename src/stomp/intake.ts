import { isUtf8 } from 'node:buffer'
import type { Socket } from 'node:net'
import { nowUs } from '../clock.ts'

/**
 * When bytes were last read from any socket of this thread (`nowUs`). While a message is being handled this is the
 * moment its bytes were read: reading, unframing and handling happen in one turn, so one variable serves all sockets.
 */
export let lastReadUs = 0

/** Notes that a socket has been read, for sockets that have no intake. */
export function noteRead(): void {
  lastReadUs = nowUs()
}

/**
 * The buffer that every socket of this thread is read into (`onread` of net.connect). What is read is handled before the
 * next read, so one serves all, and no connection owns or allocates one.
 */
export const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024)

/**
 * The reading end of one WebSocket (RFC 6455, 5.2): whole, unfragmented data messages go straight from the bytes read to
 * their owner; pings and pongs are pushed into the socket, where ws answers them. From the first frame on that is anything
 * else (a fragment, a close frame, one of over MOST_HELD_BYTES, whatever is not allowed), and from the first pause on, ws
 * reads alone and for good, so that order and judgement are its own.
 *
 * It exists for speed: bytes that pass through ws cost a Buffer, a stream write and an event each
 * (docs/performance.md, "Reading past ws").
 */
export class Intake {
  /** The socket that is read; what is pushed into it, ws reads. */
  socket: Socket | undefined = undefined
  /** The callback of `onread`: takes what was read into READ_BUFFER; false when ws wants no more for now. */
  readonly onRead: (length: number) => boolean
  readonly #onPayload: (payload: Buffer) => void
  /** Until the handshake is over everything is the handshake's. */
  #isOpen = false
  #isForWs = false
  /** The beginning of a frame, where a read ended within it. */
  #held: Buffer | undefined = undefined

  /** `onPayload` takes the payload of one whole message: a view, valid until it returns. */
  constructor(onPayload: (payload: Buffer) => void) {
    this.#onPayload = onPayload
    this.onRead = (length) => this.#read(length)
  }

  /** The handshake is over. What came with its answer is in the socket already, on its way to ws. */
  open(): void {
    this.#isOpen = true
    if (this.socket !== undefined && this.socket.readableLength > 0) this.#isForWs = true
  }

  /** Leaves all that follows to ws: before a pause, and once ws has found a fault. */
  leaveToWs(): void {
    this.#isForWs = true
    const held = this.#held
    this.#held = undefined
    if (held !== undefined) this.socket?.push(held)
  }

  #read(length: number): boolean {
    lastReadUs = nowUs()
    if (!this.#isOpen || this.#isForWs) return this.#pass(READ_BUFFER, 0, length)
    const held = this.#held
    if (held === undefined) return this.#readFrames(READ_BUFFER, length)
    this.#held = undefined
    return this.#readFrames(Buffer.concat([held, READ_BUFFER.subarray(0, length)]), held.length + length)
  }

  #readFrames(bytes: Buffer, end: number): boolean {
    let isWelcome = true
    for (let at = 0; at < end;) {
      const payloadAt = payloadStart(bytes, at, end)
      const frameEnd = payloadAt < 0 ? end + 1 : payloadAt + payloadLength(bytes, at)
      if (frameEnd > end && frameEnd - at <= MOST_HELD_BYTES && isOurs(bytes, at, end)) {
        this.#held = Buffer.from(bytes.subarray(at, end))
        return isWelcome
      }
      const kind = frameEnd > end ? FOREIGN : kindOf(bytes, at, payloadAt, frameEnd)
      if (kind === DATA) this.#onPayload(bytes.subarray(payloadAt, frameEnd))
      else if (kind === CONTROL) isWelcome = this.#pass(bytes, at, frameEnd) && isWelcome
      else this.#isForWs = true
      // The owner may have paused the socket while it had the message.
      const from = kind === FOREIGN ? at : frameEnd
      if (this.#isForWs) return from < end ? this.#pass(bytes, from, end) && isWelcome : isWelcome
      at = frameEnd
    }
    return isWelcome
  }

  #pass(bytes: Buffer, from: number, to: number): boolean {
    // A copy: ws may keep it, and the buffer is read into again.
    return this.socket?.push(Buffer.from(bytes.subarray(from, to))) ?? false
  }
}

// --- internal ---

/** A message that a read has cut is put together here up to this size; ws puts longer ones together. */
const MOST_HELD_BYTES = 256 * 1024

const TEXT = 0x81
const BINARY = 0x82
const PING = 0x89
const PONG = 0x8a

const DATA = 0
const CONTROL = 1
const FOREIGN = 2

/** Whether a frame that has begun can be one that we read or pass on: what cannot is for ws at once. */
function isOurs(bytes: Buffer, at: number, end: number): boolean {
  const first = bytes[at]!
  // A server must not mask (RFC 6455, 5.1); control frames are short (5.5).
  const second = end - at > 1 ? bytes[at + 1]! : 0
  if (first === TEXT || first === BINARY) return second <= 127
  return (first === PING || first === PONG) && second <= 125
}

/** What a whole frame is to us. Text must be UTF-8 (5.6). */
function kindOf(bytes: Buffer, at: number, payloadAt: number, end: number): number {
  if (!isOurs(bytes, at, end)) return FOREIGN
  const first = bytes[at]!
  if (first === TEXT) return isUtf8(bytes.subarray(payloadAt, end)) ? DATA : FOREIGN
  return first === BINARY ? DATA : CONTROL
}

/** Where the payload of the frame at `at` begins; -1 when its header is not all there. */
function payloadStart(bytes: Buffer, at: number, end: number): number {
  if (end - at < 2) return -1
  const short = bytes[at + 1]! & 127
  const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10)
  return start <= end ? start : -1
}

function payloadLength(bytes: Buffer, at: number): number {
  const short = bytes[at + 1]! & 127
  if (short < 126) return short
  if (short === 126) return (bytes[at + 2]! << 8) | bytes[at + 3]!
  return bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6)
}
