import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A request as its bytes stood on the wire. */
export interface RawRequest {
  line: string
  /** By lower-case name. */
  headers: Readonly<Record<string, string>>
  body: string
  /** The connection it came on, counted from 1, and its place among that connection's requests. */
  connection: number
  nth: number
}

/** Answers a request by writing bytes; what it does not write is not sent. */
export type Script = (request: RawRequest, socket: Socket) => void

/** An HTTP server without an HTTP library: it reads whole requests and answers with the bytes of a script. */
export class RawApi implements AsyncDisposable {
  readonly url: string
  readonly requests: RawRequest[] = []
  readonly sockets = new Set<Socket>()
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  static async start(script: Script): Promise<RawApi> {
    const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const api = new RawApi(server)
    let connections = 0
    server.on('connection', (socket) => {
      api.sockets.add(socket)
      socket.on('close', () => api.sockets.delete(socket))
      // A client that breaks off is part of the script.
      socket.on('error', () => {})
      socket.on('end', () => socket.end())
      const connection = ++connections
      let unread = Buffer.alloc(0)
      let nth = 0
      socket.on('data', (bytes) => {
        unread = Buffer.concat([unread, bytes])
        for (;;) {
          const taken = takeRequest(unread)
          if (taken === undefined) return
          unread = unread.subarray(taken.bytes)
          const request = { ...taken.request, connection, nth: ++nth }
          api.requests.push(request)
          script(request, socket)
        }
      })
    })
    return api
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** The bytes of an answer; `headers` replace the usual ones of the same lower-case name, `null` leaves one out. */
export function response(
  status: number,
  body: string | Buffer,
  headers: Readonly<Record<string, string | null>> = {},
): Buffer {
  const content = Buffer.from(body)
  const all = { 'content-type': 'application/json', 'content-length': String(content.length), ...headers }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]))
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Words\r\n${lines.join('\r\n')}\r\n\r\n`), content])
}

// --- internal ---

function takeRequest(
  unread: Buffer,
): { bytes: number; request: Omit<RawRequest, 'connection' | 'nth'> } | undefined {
  const headEnd = unread.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [line = '', ...rest] = unread.toString('latin1', 0, headEnd).split('\r\n')
  const headers = Object.fromEntries(
    rest.map((text): [string, string] => {
      const colon = text.indexOf(':')
      return [text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim()]
    }),
  )
  const bytes = headEnd + 4 + Number(headers['content-length'] ?? 0)
  if (unread.length < bytes) return undefined
  return { bytes, request: { line, headers, body: unread.toString('utf8', headEnd + 4, bytes) } }
}
