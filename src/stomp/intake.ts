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
 * its owner; all else (control frames, fragments, messages longer than one read, whatever is not allowed) is pushed into the
 * socket, where ws answers, assembles and judges it as ever. Each frame is read by one of the two, in order.
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
  /** Bytes still to come of the frame that ws is reading. */
  #wsBytes = 0
  /** A fragmented message is under way: its frames are for ws. */
  #isFragmented = false
  /** After a close frame or a fault ws reads alone. */
  #isForWs = false
  /** The first bytes of a frame's header, where a read ended within it. */
  #head: Buffer | undefined = undefined

  /** `onPayload` takes the payload of one whole message: a view of READ_BUFFER, valid until it returns. */
  constructor(onPayload: (payload: Buffer) => void) {
    this.#onPayload = onPayload
    this.onRead = (length) => this.#read(length)
  }

  /** The handshake is over. What came with its answer is in the socket already, on its way to ws. */
  open(): void {
    this.#isOpen = true
    if (this.socket !== undefined && this.socket.readableLength > 0) this.#isForWs = true
  }

  /** Leaves all that follows to ws. */
  leaveToWs(): void {
    this.#isForWs = true
  }

  #read(length: number): boolean {
    lastReadUs = nowUs()
    if (!this.#isOpen || this.#isForWs) return this.#pass(READ_BUFFER, 0, length)
    const head = this.#head
    if (head === undefined) return this.#readFrames(READ_BUFFER, length)
    this.#head = undefined
    return this.#readFrames(Buffer.concat([head, READ_BUFFER.subarray(0, length)]), head.length + length)
  }

  #readFrames(bytes: Buffer, end: number): boolean {
    let isWelcome = true
    let at = 0
    if (this.#wsBytes > 0) {
      at = Math.min(this.#wsBytes, end)
      this.#wsBytes -= at
      isWelcome = this.#pass(bytes, 0, at)
    }
    while (at < end) {
      const payloadAt = payloadStart(bytes, at, end)
      if (payloadAt < 0) {
        this.#head = Buffer.from(bytes.subarray(at, end))
        return isWelcome
      }
      const frameEnd = payloadAt + payloadLength(bytes, at)
      const first = bytes[at]!
      if (frameEnd <= end && !this.#isFragmented && (first === TEXT || first === BINARY)) {
        const payload = bytes.subarray(payloadAt, frameEnd)
        if (isUnmasked(bytes, at) && (first === BINARY || isUtf8(payload))) {
          this.#onPayload(payload)
          at = frameEnd
          continue
        }
        this.#isForWs = true
      } else if (!isUnmasked(bytes, at) || !this.#follow(first)) this.#isForWs = true
      if (this.#isForWs) return this.#pass(bytes, at, end) && isWelcome
      this.#wsBytes = Math.max(0, frameEnd - end)
      isWelcome = this.#pass(bytes, at, Math.min(frameEnd, end)) && isWelcome
      at = frameEnd
    }
    return isWelcome
  }

  /** Keeps up with what ws is about to read; false when nothing after this frame can be read past it. */
  #follow(first: number): boolean {
    if (first === PING || first === PONG) return true
    const opcode = first & ~FIN
    // A new message within a fragmented one, a continuation of nothing, a close frame, reserved bits.
    if (opcode > 2 || (opcode === 0) !== this.#isFragmented) return false
    this.#isFragmented = (first & FIN) === 0
    return true
  }

  #pass(bytes: Buffer, from: number, to: number): boolean {
    // A copy: ws may keep it, and the buffer is read into again.
    return this.socket?.push(Buffer.from(bytes.subarray(from, to))) ?? false
  }
}

// --- internal ---

const FIN = 0x80
const TEXT = 0x81
const BINARY = 0x82
const PING = 0x89
const PONG = 0x8a

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

/** A server must not mask (RFC 6455, 5.1). */
function isUnmasked(bytes: Buffer, at: number): boolean {
  return bytes[at + 1]! < 128
}
