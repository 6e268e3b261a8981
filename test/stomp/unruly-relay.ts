import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { portOf } from './scripted-broker.ts'

/** One connection through the relay, as the test can disturb it. */
export interface Relayed {
  /** The client's end. */
  readonly client: Socket
  /** Nothing of the broker's is passed on any more. */
  silence(): void
  /** Writes bytes to the client between two WebSocket messages of the broker. */
  inject(bytes: Buffer): void
}

/**
 * Stands between clients and a real broker and passes their bytes on, the broker's in whole WebSocket messages, so that
 * what is injected lies between two of them.
 */
export class UnrulyRelay implements AsyncDisposable {
  readonly url: string
  /** In the order in which they were opened; `connection` events of the server tell of each. */
  readonly connections: Relayed[] = []
  readonly server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server) {
    this.server = server
    this.url = `ws://127.0.0.1:${portOf(server)}/ws`
  }

  static async start(brokerUrl: string): Promise<UnrulyRelay> {
    const { hostname, port } = new URL(brokerUrl)
    const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const relay = new UnrulyRelay(server)
    server.on('connection', (client) => {
      const broker = connect(Number(port), hostname)
      relay.connections.push(relayed(client, broker))
      for (const [socket, other] of [
        [client, broker],
        [broker, client],
      ] as const) {
        relay.#sockets.add(socket)
        // Who breaks off ends both.
        socket
          .on('error', () => {})
          .on('close', () => {
            relay.#sockets.delete(socket)
            other.destroy()
          })
      }
    })
    return relay
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.server.close()
    await once(this.server, 'close')
  }
}

/** One unmasked WebSocket frame of a final kind (0x81 text, 0x82 binary, 0x88 close). */
export function wsFrame(first: number, payload: Buffer | string): Buffer {
  const bytes = Buffer.from(payload)
  const length = bytes.length
  const head = length < 126 ? [first, length] : [first, 126, length >> 8, length & 255]
  return Buffer.concat([Buffer.from(head), bytes])
}

/** A close frame. */
export function wsClose(code: number, reason = ''): Buffer {
  return wsFrame(0x88, Buffer.concat([Buffer.of(code >> 8, code & 255), Buffer.from(reason)]))
}

// --- internal ---

function relayed(client: Socket, broker: Socket): Relayed {
  let unread = Buffer.alloc(0)
  let isUpgraded = false
  let isSilent = false
  client.on('data', (bytes) => broker.write(bytes))
  client.on('end', () => broker.end())
  broker.on('data', (bytes) => {
    unread = Buffer.concat([unread, bytes])
    for (;;) {
      const length = isUpgraded ? frameLength(unread) : headLength(unread)
      if (length === undefined || length > unread.length) return
      isUpgraded = true
      if (!isSilent) client.write(unread.subarray(0, length))
      unread = unread.subarray(length)
    }
  })
  return {
    client,
    silence: () => (isSilent = true),
    inject: (bytes) => client.write(bytes),
  }
}

function headLength(bytes: Buffer): number | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  return end < 0 ? undefined : end + 4
}

function frameLength(bytes: Buffer): number | undefined {
  if (bytes.length < 2) return undefined
  const short = bytes[1]! & 127
  if (short < 126) return 2 + short
  if (short === 126) return bytes.length < 4 ? undefined : 4 + bytes.readUInt16BE(2)
  return bytes.length < 10 ? undefined : 10 + Number(bytes.readBigUInt64BE(2))
}
