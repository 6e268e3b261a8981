import { Client, Versions, type IFrame, type IMessage } from '@stomp/stompjs'
import type { StompHandlers, StompMessage, StompOptions } from './client.ts'
import { callerHeaders } from './flavour.ts'
import { escapeHeader, type HeaderPairs, type StompVersion } from './encode.ts'
import { lastReadUs } from './intake.ts'
import { Session, type Request } from './session.ts'
import { abandon, openWebSocket, WebSocket } from './socket.ts'

/**
 * The driver for fidelity: the real @stomp/stompjs, as the guide's browser and React Native clients run it. What the
 * library lets pass (undefined escapes, trimmed headers, a missing NUL), this driver lets pass; it never reports
 * `onMalformed`. It heart-beats by itself.
 *
 * The library catches what is thrown in its callbacks and prints it. Every callback here is guarded, so that a fault of
 * ours still ends the process, as it does with the lean driver.
 */
export class StompjsClient extends Session {
  readonly #client: Client
  #socket: WebSocket | undefined = undefined

  constructor(options: StompOptions, handlers: StompHandlers) {
    super(options, handlers)
    const { flavour } = this
    this.#client = new Client({
      webSocketFactory: () => this.#newSocket(),
      stompVersions: new Versions(flavour.acceptVersion.split(',')),
      // accept-version and heart-beat come from the library itself.
      connectHeaders: Object.fromEntries(callerHeaders(options)),
      disconnectHeaders: { receipt: flavour.farewell },
      heartbeatOutgoing: options.heartbeat.outgoingMs,
      heartbeatIncoming: options.heartbeat.incomingMs,
      reconnectDelay: 0,
      // The session's limits stand for connectionTimeout, whose timer outlives a failed connect.
      discardWebsocketOnCommFailure: true,
      forceBinaryWSFrames: flavour.binary,
      appendMissingNULLonIncoming: flavour.appendMissingNul,
      onConnect: guarded((frame: IFrame) => this.#connected(frame)),
      onStompError: guarded((frame: IFrame) => this.#error(frame)),
      onUnhandledMessage: guarded((message: IMessage) => this.#message(message)),
      onUnhandledReceipt: guarded((frame: IFrame) => this.receiptFrame(frame.headers['receipt-id'])),
      onDisconnect: guarded((frame: IFrame) => this.receiptFrame(frame.headers['receipt-id'])),
      onHeartbeatLost: guarded(() => this.heartbeatLost()),
    })
  }

  protected openSocket(): void {
    // Opened here and not in the factory, which the library calls after an await, where a throw would be nobody's and
    // an early error event would find no listener.
    this.#socket = openWebSocket(WebSocket, this.options, this.flavour.subprotocols)
      .once('open', () => this.socketOpened())
      .on('error', (error) => this.socketError(error))
      .once('close', (code, reason) => this.socketClosed(code, reason.toString()))
    this.#client.activate()
  }

  protected write(command: Request, headers: HeaderPairs, body?: string): void {
    const named: Record<string, string> = Object.fromEntries(headers)
    const { destination = '', id = '' } = named
    if (command === 'SUBSCRIBE') this.#client.subscribe(destination, this.#onMessage, named)
    else if (command === 'UNSUBSCRIBE') this.#client.unsubscribe(id, named)
    else if (command === 'SEND') this.#client.publish({ destination, headers: named, body: body ?? '' })
    else this.#client.deactivate().catch(rethrow)
  }

  protected closeSocket(code: number): void {
    this.#socket?.close(code)
  }

  protected destroySocket(): void {
    if (this.#socket !== undefined) abandon(this.#socket)
  }

  protected pauseSocket(): void {
    this.#socket?.pause()
  }

  protected resumeSocket(): void {
    this.#socket?.resume()
  }

  protected beat(): number {
    return Infinity
  }

  readonly #onMessage = guarded((message: IMessage) => this.#message(message))

  #newSocket(): WebSocket {
    if (this.#socket === undefined) throw new Error('the library asked for a second socket')
    return this.#socket
  }

  #connected(frame: IFrame): void {
    if (this.listening) this.connectedFrame((name) => frame.headers[name])
  }

  #error(frame: IFrame): void {
    if (this.listening)
      this.errorFrame(frame.headers['message'] ?? '', frame.body, frame.headers['receipt-id'])
  }

  #message(message: IMessage): void {
    if (this.isOpen) this.handlers.onMessage(new LibraryMessage(message, this.version), lastReadUs)
  }
}

// --- internal ---

/** A message as the library gives it: headers trimmed and unescaped by its own rules. */
class LibraryMessage implements StompMessage {
  readonly #message: IMessage
  readonly #version: StompVersion

  constructor(message: IMessage, version: StompVersion) {
    this.#message = message
    this.#version = version
  }

  get subscription(): string {
    return this.header('subscription') ?? ''
  }

  get destination(): string {
    return this.header('destination') ?? ''
  }

  header(name: string): string | undefined {
    return this.#message.headers[name]
  }

  get body(): string {
    return this.#message.body
  }

  get bodyBytes(): Uint8Array {
    return this.#message.binaryBody
  }

  /** What these headers and this body take on the wire; the library does not keep the frame. */
  get wireBytes(): number {
    let bytes = this.#message.command.length + 1 + 1 + this.#message.binaryBody.length + 1
    for (const [name, value] of Object.entries(this.#message.headers))
      bytes += Buffer.byteLength(`${name}:${escapeHeader(value, this.#version)}`) + 1
    return bytes
  }
}

function guarded<A extends unknown[]>(callback: (...args: A) => void): (...args: A) => void {
  return (...args) => {
    try {
      callback(...args)
    } catch (thrown) {
      rethrow(thrown)
    }
  }
}

/** Throws where no library stands in between. */
function rethrow(thrown: unknown): void {
  setImmediate(() => {
    throw thrown
  })
}
