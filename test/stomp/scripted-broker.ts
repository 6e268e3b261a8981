import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Server, Socket } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import { TEST_ONLY_CERTIFICATE, TEST_ONLY_KEY } from './test-only-certificate.ts'

/** One WebSocket message as the client sent it. */
export interface Received {
  text: string
  binary: boolean
  atMs: number
}

export interface Closed {
  code: number
  reason: string
}

/** The broker's end of one connection: it does exactly what the test says. */
export class ScriptedConnection {
  readonly request: IncomingMessage
  readonly socket: WebSocket
  /** What the client sent that the test has not looked at. */
  readonly unread: Received[] = []
  readonly closed: Promise<Closed>
  #waiting: ((message: Received) => void)[] = []

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.socket = socket
    this.request = request
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
    socket.on('message', (data: Buffer, binary) => {
      const message = { text: data.toString(), binary, atMs: performance.now() }
      const waiting = this.#waiting.shift()
      if (waiting === undefined) this.unread.push(message)
      else waiting(message)
    })
    // A client that breaks off is part of the script.
    socket.on('error', () => {})
  }

  /** The raw connection below the WebSocket. */
  get raw(): Socket {
    return this.request.socket
  }

  /** The next message of the client, heart-beats included. */
  next(): Promise<Received> {
    const message = this.unread.shift()
    return message === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(message)
  }

  /** The next frame of the client: heart-beats are passed over. */
  async nextFrame(): Promise<string> {
    for (;;) {
      const { text } = await this.next()
      if (text !== '\n') return text
    }
  }

  /** Sends a text message; `binary` for a binary one. Resolves when the kernel has it. */
  send(message: string | Buffer, binary = false): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.send(message, { binary }, (error) => (error ? reject(error) : resolve()))
    })
  }

  /** Takes CONNECT and answers CONNECTED with these header lines (`version:1.2` alone by default). */
  async welcome(...headers: string[]): Promise<string> {
    const connect = await this.nextFrame()
    const lines = headers.length === 0 ? ['version:1.2'] : headers
    await this.send(`CONNECTED\n${lines.map((line) => `${line}\n`).join('')}\n\0\n`)
    return connect
  }

  /** Takes a frame that asks for a receipt and gives it. Returns the frame. */
  async grant(): Promise<string> {
    const frame = await this.nextFrame()
    await this.send(`RECEIPT\nreceipt-id:${receiptOf(frame)}\n\n\0\n`)
    return frame
  }
}

/** The value of a frame's receipt header. */
export function receiptOf(frame: string): string {
  return /^receipt:(.*)$/m.exec(frame)?.[1] ?? ''
}

/** The port a listening server was given. */
export function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on a port')
  return address.port
}

/** A WebSocket server on a free port whose every connection is scripted by the test. */
export class ScriptedBroker implements AsyncDisposable {
  readonly url: string
  readonly #server: WebSocketServer
  readonly #http: ReturnType<typeof createHttpServer>
  readonly #accepted: ScriptedConnection[] = []
  #waiting: ((connection: ScriptedConnection) => void)[] = []

  private constructor(http: ReturnType<typeof createHttpServer>, url: string) {
    this.#http = http
    this.url = url
    this.#server = new WebSocketServer({ server: http, path: '/ws' })
    this.#server.on('connection', (socket, request) => {
      const connection = new ScriptedConnection(socket, request)
      const waiting = this.#waiting.shift()
      if (waiting === undefined) this.#accepted.push(connection)
      else waiting(connection)
    })
  }

  static async start(options: { tls?: boolean } = {}): Promise<ScriptedBroker> {
    const tls = options.tls === true
    const http = tls
      ? createHttpsServer({ cert: TEST_ONLY_CERTIFICATE, key: TEST_ONLY_KEY })
      : createHttpServer()
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    return new ScriptedBroker(http, `${tls ? 'wss' : 'ws'}://127.0.0.1:${portOf(http)}/ws`)
  }

  /** The next connection that was opened. */
  accept(): Promise<ScriptedConnection> {
    const connection = this.#accepted.shift()
    return connection === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(connection)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#server.clients) client.terminate()
    this.#server.close()
    this.#http.closeAllConnections()
    this.#http.close()
    await once(this.#http, 'close')
  }
}
