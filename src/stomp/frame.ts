import { isUtf8 } from 'node:buffer'
import { ESCAPED, Frame, NON_ASCII, spells, TRIMMED } from './decoded.ts'
import { isUnescaped, type StompVersion } from './encode.ts'

export { Frame } from './decoded.ts'
export { encodeFrame, encodeTail, encodeWithTail } from './encode.ts'
export type { EncodeOptions, HeaderPairs, StompVersion } from './encode.ts'

/**
 * Why bytes are not a STOMP frame. The codes are stable:
 *  - `bare-cr`             a CR that no LF follows, where the grammar has no place for it
 *  - `nul-in-command`      a NUL before the end of the command line
 *  - `unknown-command`     only with `commandsOf`: a command that side does not have
 *  - `no-colon`            a header line without a colon
 *  - `empty-header-name`   a header line that starts with its colon
 *  - `undefined-escape`    a backslash sequence the version does not define ("MUST be treated as a fatal protocol error")
 *  - `invalid-utf8`        a command or header that is not UTF-8
 *  - `bad-content-length`  anything but decimal digits
 *  - `missing-nul`         the octet after `content-length` octets of body is not NUL
 *  - `unexpected-frame`    a well-formed frame where the protocol has no place for it (told by drivers, not by the decoder)
 *  - `head-too-large`, `too-many-headers`, `body-too-large`   our limits
 */
export type FaultReason =
  | 'bare-cr'
  | 'nul-in-command'
  | 'unknown-command'
  | 'no-colon'
  | 'empty-header-name'
  | 'undefined-escape'
  | 'invalid-utf8'
  | 'bad-content-length'
  | 'missing-nul'
  | 'unexpected-frame'
  | 'head-too-large'
  | 'too-many-headers'
  | 'body-too-large'

/** What is wrong with the bytes, and where: `offset` counts the bytes of the connection from 0. Quotes no payload. */
export interface FrameFault {
  reason: FaultReason
  offset: number
  detail: string
}

/** Receives what a decoder reads. Must not throw, and must not push into the decoder that called it. */
export interface FrameSink {
  onFrame(frame: Frame): void
  /** An EOL between frames: a heart-beat, or the LF that RabbitMQ writes after each NUL. */
  onEol(): void
}

export interface DecoderOptions {
  /** Rules for escapes and CRs until `version` is set. Default 1.2. */
  version?: StompVersion
  /** A frame that lacks only its NUL at the end of a push is complete (React Native cuts text messages at the NUL). */
  appendMissingNul?: boolean
  /** Only the commands this side may send; any other is a fault. Default: any command, defined by STOMP or not. */
  commandsOf?: 'client' | 'server'
  /** Command and header lines together. Default 256 KiB. */
  maxHeadBytes?: number
  /** Default 1,000. */
  maxHeaders?: number
  /** Default 100 MiB, as in RabbitMQ. */
  maxBodyBytes?: number
}

/**
 * Reads the frames of one connection from whatever pieces arrive. Malformed input is returned as a value; after it
 * the decoder is spent and returns the same fault again. It buffers at most one frame of the allowed size and one push.
 *
 * Accepted beyond the grammar, as RabbitMQ does: CRLF in 1.0 and 1.1, raw colons in values, NULs between frames.
 */
export class FrameDecoder {
  readonly #sink: FrameSink
  readonly #appendMissingNul: boolean
  readonly #commands: CommandTable
  readonly #commandsOnly: boolean
  readonly #maxHeadBytes: number
  readonly #maxHeaders: number
  readonly #maxBodyBytes: number
  #version: StompVersion
  #fault: FrameFault | undefined
  /** The beginning of a frame whose end has not arrived, and how much of the buffer is filled. */
  #held: Buffer | undefined = undefined
  #heldBytes = 0
  /** Bytes of the connection before the buffer now being read. */
  #consumed = 0

  // How far the current frame is read: indexes into the buffer now being read, so that no byte is looked at twice.
  #state = BETWEEN
  #at = 0
  #start = 0
  #lineStart = 0
  #colonAt = -1
  #headStart = 0
  #bodyStart = 0
  #command = ''
  #traits = 0
  #headers = 0
  #contentLength = -1

  constructor(sink: FrameSink, options: DecoderOptions = {}) {
    this.#sink = sink
    this.#version = options.version ?? '1.2'
    this.#appendMissingNul = options.appendMissingNul ?? false
    this.#commands = options.commandsOf === undefined ? EVERY_COMMAND : COMMANDS_OF[options.commandsOf]
    this.#commandsOnly = options.commandsOf !== undefined
    this.#maxHeadBytes = options.maxHeadBytes ?? 256 * 1024
    this.#maxHeaders = options.maxHeaders ?? 1000
    this.#maxBodyBytes = options.maxBodyBytes ?? 100 * 1024 * 1024
    this.#fault = undefined
  }

  /** The rules for the frames that follow: set it when CONNECTED names the version, from inside `onFrame` if need be. */
  set version(version: StompVersion) {
    this.#version = version
  }

  /** Where the frame just handed to `onFrame` began, in bytes of the connection. */
  get frameOffset(): number {
    return this.#consumed + this.#start
  }

  /** Reads one piece, calling the sink for each frame it completes. Returns the fault that ends the stream, if any. */
  push(piece: Buffer | string): FrameFault | undefined {
    if (this.#fault !== undefined) return this.#fault
    let bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
    if (this.#held !== undefined) bytes = this.#append(this.#held, bytes)
    const end = bytes.length
    let going = true
    while (going) {
      if (this.#state === BETWEEN) going = this.#skipEols(bytes, end)
      else if (this.#state === HEAD) going = this.#readHead(bytes, end)
      else going = this.#readBody(bytes, end)
    }
    if (this.#fault === undefined) this.#hold(bytes, end)
    else this.#held = undefined
    return this.#fault
  }

  #skipEols(bytes: Buffer, end: number): boolean {
    let at = this.#at
    for (; at < end; at++) {
      const byte = bytes[at]
      if (byte === LF) this.#sink.onEol()
      else if (byte === CR) {
        if (at + 1 === end) break
        if (bytes[at + 1] !== LF)
          return this.#fail('bare-cr', at, 'a CR between frames must be followed by LF')
      } else if (byte !== NUL) {
        this.#at = this.#start = this.#lineStart = at
        this.#state = HEAD
        this.#colonAt = -1
        this.#command = ''
        this.#traits = this.#version === '1.0' ? TRIMMED : 0
        this.#headers = 0
        this.#contentLength = -1
        return true
      }
    }
    this.#at = at
    return false
  }

  #readHead(bytes: Buffer, end: number): boolean {
    let at = this.#at
    let colonAt = this.#colonAt
    for (; at < end; at++) {
      // Most octets mean nothing; this inner loop is where decoding spends its time.
      while (at < end && KIND[bytes[at]!] === 0) at++
      if (at === end) break
      const kind = KIND[bytes[at]!]
      if (kind === COLON) {
        if (colonAt < 0) colonAt = at
      } else if (kind === LF) {
        if (at - this.#start >= this.#maxHeadBytes) break
        const lineEnd = bytes[at - 1] === CR ? at - 1 : at
        if (lineEnd === this.#lineStart) return this.#endHead(bytes, at)
        if (
          !(this.#command === ''
            ? this.#endCommand(bytes, lineEnd, at)
            : this.#endHeader(bytes, colonAt, lineEnd))
        )
          return false
        this.#lineStart = at + 1
        colonAt = -1
      } else if (kind === BACKSLASH) {
        if (this.#version === '1.0' || this.#command === '' || isUnescaped(this.#command)) continue
        if (at + 1 === end) break
        const escaped = bytes[++at]!
        if (!(escaped === LOWER_C || escaped === LOWER_N || escaped === BACKSLASH)) {
          if (escaped !== LOWER_R || this.#version !== '1.2') {
            const text = JSON.stringify(`\\${String.fromCharCode(escaped)}`)
            return this.#fail('undefined-escape', at - 1, `${text} is no escape of STOMP ${this.#version}`)
          }
        }
        this.#traits |= ESCAPED
      } else if (kind === CR) {
        if (at + 1 === end) break
        if (bytes[at + 1] !== LF && (this.#version === '1.2' || this.#command === ''))
          return this.#fail('bare-cr', at, 'a CR in a command or header line must be followed by LF')
      } else if (kind === HIGH) this.#traits |= NON_ASCII
      else if (this.#command === '') return this.#fail('nul-in-command', at, 'a command line must end in LF')
    }
    this.#at = at
    this.#colonAt = colonAt
    if (at - this.#start < this.#maxHeadBytes) return false
    return this.#fail('head-too-large', this.#start, `command and headers exceed ${this.#maxHeadBytes} bytes`)
  }

  #endCommand(bytes: Buffer, lineEnd: number, at: number): boolean {
    const known = knownCommand(this.#commands, bytes, this.#start, lineEnd)
    if (known === undefined && this.#commandsOnly)
      return this.#fail('unknown-command', this.#start, 'the command is not one this side of STOMP may send')
    this.#command = known ?? bytes.toString('utf8', this.#start, lineEnd)
    this.#headStart = at
    return true
  }

  #endHeader(bytes: Buffer, colonAt: number, lineEnd: number): boolean {
    const lineStart = this.#lineStart
    if (colonAt < 0) return this.#fail('no-colon', lineStart, 'a header line must have a colon')
    if (colonAt === lineStart) return this.#fail('empty-header-name', lineStart, 'a header must have a name')
    if (++this.#headers > this.#maxHeaders)
      return this.#fail('too-many-headers', lineStart, `more than ${this.#maxHeaders} headers`)
    if (this.#contentLength >= 0) return true
    let from = colonAt + 1
    let to = lineEnd
    if ((this.#traits & TRIMMED) !== 0) {
      if (bytes.toString('latin1', lineStart, colonAt).trim() !== CONTENT_LENGTH) return true
      while (from < to && bytes[from] === SPACE) from++
      while (from < to && bytes[to - 1] === SPACE) to--
    } else if (colonAt - lineStart !== CONTENT_LENGTH.length || !spells(bytes, lineStart, CONTENT_LENGTH))
      return true
    let length = from === to ? -1 : 0
    for (let at = from; at < to && length >= 0; at++) {
      const digit = bytes[at]! - ZERO
      length = digit >= 0 && digit <= 9 ? length * 10 + digit : -1
    }
    if (length < 0) return this.#fail('bad-content-length', from, 'content-length must be decimal digits')
    if (length > this.#maxBodyBytes)
      return this.#fail('body-too-large', from, `content-length exceeds ${this.#maxBodyBytes} bytes`)
    this.#contentLength = length
    return true
  }

  #endHead(bytes: Buffer, at: number): boolean {
    if ((this.#traits & NON_ASCII) !== 0 && !isUtf8(bytes.subarray(this.#start, at)))
      return this.#fail(
        'invalid-utf8',
        firstInvalidUtf8(bytes, this.#start),
        'command and headers must be UTF-8',
      )
    this.#at = this.#bodyStart = at + 1
    this.#state = BODY
    return true
  }

  #readBody(bytes: Buffer, end: number): boolean {
    const bodyStart = this.#bodyStart
    let bodyEnd: number
    if (this.#contentLength >= 0) {
      bodyEnd = bodyStart + this.#contentLength
      if (bodyEnd >= end && !(bodyEnd === end && this.#appendMissingNul)) return false
      if (bodyEnd < end && bytes[bodyEnd] !== NUL)
        return this.#fail('missing-nul', bodyEnd, 'content-length octets of body must be followed by NUL')
    } else {
      bodyEnd = bytes.indexOf(NUL, this.#at)
      if (bodyEnd < 0) bodyEnd = this.#appendMissingNul ? end : -1
      if ((bodyEnd < 0 ? end : bodyEnd) - bodyStart > this.#maxBodyBytes)
        return this.#fail('body-too-large', bodyStart, `the body exceeds ${this.#maxBodyBytes} bytes`)
      if (bodyEnd < 0) {
        this.#at = end
        return false
      }
    }
    const wireBytes = bodyEnd + 1 - this.#start
    this.#at = Math.min(bodyEnd + 1, end)
    this.#state = BETWEEN
    this.#sink.onFrame(
      new Frame(this.#command, wireBytes, bytes, this.#headStart, bodyStart, bodyEnd, this.#traits),
    )
    return true
  }

  #fail(reason: FaultReason, at: number, detail: string): false {
    this.#fault = { reason, offset: this.#consumed + at, detail }
    return false
  }

  #append(held: Buffer, piece: Buffer): Buffer {
    const filled = this.#heldBytes
    const needed = filled + piece.length
    let room = held
    if (needed > held.length) {
      // Doubling keeps the copying linear in the size of the frame, however small the pieces are.
      room = Buffer.allocUnsafe(Math.max(needed, held.length * 2))
      held.copy(room, 0, 0, filled)
    }
    piece.copy(room, filled)
    this.#held = room
    this.#heldBytes = needed
    return room.subarray(0, needed)
  }

  #hold(bytes: Buffer, end: number): void {
    const keepFrom = this.#state === BETWEEN ? this.#at : this.#start
    if (keepFrom === 0 && this.#held !== undefined) return
    this.#consumed += keepFrom
    this.#at -= keepFrom
    if (keepFrom === end) {
      this.#held = undefined
      return
    }
    // A copy, because the piece is a view of the socket's buffer, and frames already handed out are views of both.
    this.#held = Buffer.from(bytes.subarray(keepFrom, end))
    this.#heldBytes = end - keepFrom
    this.#start = 0
    this.#lineStart -= keepFrom
    this.#headStart -= keepFrom
    this.#bodyStart -= keepFrom
    if (this.#colonAt >= 0) this.#colonAt -= keepFrom
  }
}

// --- internal ---

const NUL = 0
const LF = 10
const CR = 13
const SPACE = 32
const ZERO = 48
const COLON = 58
const BACKSLASH = 92
const LOWER_C = 99
const LOWER_N = 110
const LOWER_R = 114

/** Any octet of a UTF-8 sequence, in KIND. */
const HIGH = 128
/** NUL, in KIND, where 0 means an octet without a meaning in the head. */
const KIND_NUL = 1

/** What an octet of the head means to the scan: 0 for nothing, otherwise itself, KIND_NUL or HIGH. */
const KIND = new Uint8Array(256)
for (const byte of [LF, CR, COLON, BACKSLASH]) KIND[byte] = byte
KIND[NUL] = KIND_NUL
KIND.fill(HIGH, 128)

const BETWEEN = 0
const HEAD = 1
const BODY = 2

const CONTENT_LENGTH = 'content-length'

/** Commands by length and first letter: no two share both. */
type CommandTable = readonly (string | undefined)[]

const CLIENT_COMMANDS =
  'CONNECT STOMP SEND SUBSCRIBE UNSUBSCRIBE ACK NACK BEGIN COMMIT ABORT DISCONNECT'.split(' ')
const SERVER_COMMANDS = 'CONNECTED MESSAGE RECEIPT ERROR'.split(' ')
const COMMANDS_OF = { client: commandTable(CLIENT_COMMANDS), server: commandTable(SERVER_COMMANDS) }
const EVERY_COMMAND = commandTable([...CLIENT_COMMANDS, ...SERVER_COMMANDS])

function commandTable(commands: string[]): CommandTable {
  const table: (string | undefined)[] = Array.from({ length: 12 * 32 })
  for (const command of commands) table[command.length * 32 + (command.charCodeAt(0) & 31)] = command
  return table
}

/** The constant for the command at these bytes, so that no string is made for it. */
function knownCommand(table: CommandTable, bytes: Buffer, start: number, end: number): string | undefined {
  const command = table[(end - start) * 32 + (bytes[start]! & 31)]
  return command !== undefined && spells(bytes, start, command) ? command : undefined
}

/** Where the first octet stands that begins no UTF-8 sequence. Only for text known to be invalid. */
function firstInvalidUtf8(bytes: Buffer, start: number): number {
  let at = start
  for (;;) {
    const lead = bytes[at]!
    const size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    if (!isUtf8(bytes.subarray(at, at + size))) return at
    at += size
  }
}
