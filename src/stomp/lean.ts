import { lastReadUs } from './intake.ts'
import { abandon, gather, openWebSocket, pauseReading, WebSocket } from './socket.ts'
import type { StompHandlers, StompOptions } from './client.ts'
import { connectHeaders } from './flavour.ts'
import { encodeFrame, FrameDecoder, type Frame, type FrameSink, type HeaderPairs } from './frame.ts'
import { beatAfterMs, silenceLimitMs } from './heartbeat.ts'
import { Session, type Request } from './session.ts'
import { nowMs, visitAt } from './wheel.ts'

/**
 * The driver that carries load: our own codec on ws, strict about every byte. Nothing is allocated per connection that
 * could be shared, and no closure per message: the socket's listeners find their session by the socket.
 */
export class LeanClient extends Session implements FrameSink {
  #socket: LeanSocket | undefined = undefined
  readonly #decoder: FrameDecoder
  #beatAfterMs = Infinity
  #silenceLimitMs = Infinity
  #lastSentMs = 0
  #lastReadMs = 0

  constructor(options: StompOptions, handlers: StompHandlers) {
    super(options, handlers)
    this.#decoder = new FrameDecoder(this, {
      commandsOf: 'server',
      appendMissingNul: this.flavour.appendMissingNul,
    })
  }

  protected openSocket(): void {
    const socket = openWebSocket(LeanSocket, this.options, this.flavour.subprotocols, (payload) =>
      this.whenMessage(payload),
    )
    socket.owner = this
    // None by `once`: these come once anyway, and its wrappers are 170 bytes a user.
    socket.on('open', onOpen).on('message', onMessage).on('error', onError).on('close', onClose)
    this.#socket = socket
  }

  protected write(command: Request | 'CONNECT', headers: HeaderPairs, body?: string): void {
    const frame = encodeFrame(command, headers, body, { version: this.version })
    if (this.#socket !== undefined) {
      gather(this.#socket)
      this.#socket.send(frame, this.flavour.binary ? BINARY : TEXT)
    }
    this.#lastSentMs = nowMs()
  }

  protected closeSocket(code: number): void {
    this.#socket?.close(code)
  }

  protected destroySocket(): void {
    if (this.#socket !== undefined) abandon(this.#socket)
  }

  protected pauseSocket(): void {
    if (this.#socket !== undefined) pauseReading(this.#socket)
  }

  protected resumeSocket(): void {
    this.#lastReadMs = nowMs()
    this.#socket?.resume()
  }

  protected beat(now: number, paused: boolean): number {
    // Who does not read cannot judge the other end's silence.
    if (!paused && now - this.#lastReadMs >= this.#silenceLimitMs) {
      this.heartbeatLost()
      return Infinity
    }
    if (now - this.#lastSentMs >= this.#beatAfterMs) {
      this.#socket?.send(EOL, TEXT)
      this.#lastSentMs = now
    }
    const silent = (paused ? now : this.#lastReadMs) + this.#silenceLimitMs
    return Math.min(this.#lastSentMs + this.#beatAfterMs, silent)
  }

  /** @internal The socket's listeners below are the only callers of the `when` methods. */
  whenOpen(): void {
    this.socketOpened()
    if (this.listening) this.write('CONNECT', connectHeaders(this.options, this.flavour))
  }

  /** @internal */
  whenMessage(data: Buffer): void {
    if (!this.listening) return
    this.#lastReadMs = lastReadUs / 1e3
    const fault = this.#decoder.push(data)
    if (fault !== undefined && this.listening) this.malformed(fault)
  }

  /** @internal */
  whenError(error: Error): void {
    this.socketError(error)
  }

  /** @internal */
  whenClosed(code: number, reason: Buffer): void {
    this.#socket = undefined
    this.socketClosed(code, reason.toString())
  }

  /** @internal Called by the decoder. */
  onFrame(frame: Frame): void {
    if (!this.listening) return
    const { command } = frame
    if (command === 'MESSAGE' && this.isOpen) this.handlers.onMessage(frame, lastReadUs)
    else if (command === 'RECEIPT' && this.isOpen) this.receiptFrame(frame.header('receipt-id'))
    else if (command === 'ERROR')
      this.errorFrame(frame.header('message') ?? '', frame.body, frame.header('receipt-id'))
    else if (command === 'CONNECTED' && !this.isOpen) this.#connected(frame)
    else
      this.malformed({
        reason: 'unexpected-frame',
        offset: this.#decoder.frameOffset,
        detail: `${command} ${this.isOpen ? 'in an open session' : 'instead of CONNECTED'}`,
      })
  }

  /** @internal An EOL counts as a sign of life like any other byte, which `whenMessage` has noted. */
  onEol(): void {}

  #connected(frame: Frame): void {
    const connected = this.connectedFrame((name) => frame.header(name))
    if (connected === undefined) return
    this.#decoder.version = this.version
    const { outgoingMs, incomingMs } = connected.heartbeat
    if (outgoingMs > 0) this.#beatAfterMs = beatAfterMs(outgoingMs)
    if (incomingMs > 0) this.#silenceLimitMs = silenceLimitMs(incomingMs)
    const beatMs = this.beat(nowMs(), false)
    // The wheel would hold on to it up to its horizon, long after it may have gone.
    if (beatMs !== Infinity) visitAt(this, beatMs)
  }
}

// --- internal ---

const TEXT = { binary: false }
const BINARY = { binary: true }
const EOL = Buffer.from('\n')

class LeanSocket extends WebSocket {
  declare owner: LeanClient
}

function onOpen(this: WebSocket): void {
  if (this instanceof LeanSocket) this.owner.whenOpen()
}

function onMessage(this: WebSocket, data: unknown): void {
  if (this instanceof LeanSocket && data instanceof Buffer) this.owner.whenMessage(data)
}

function onError(this: WebSocket, error: Error): void {
  if (this instanceof LeanSocket) this.owner.whenError(error)
}

function onClose(this: WebSocket, code: number, reason: Buffer): void {
  if (this instanceof LeanSocket) this.owner.whenClosed(code, reason)
}
