import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import fc from 'fast-check'
import { WebSocketServer } from 'ws'
import type { DriverName } from '../../src/stomp/client.ts'
import { createStompClient } from '../../src/stomp/driver.ts'
import { anyCase, bytesOf, type Case, inPieces, mutated } from './cases.ts'
import { checkEnd, checkLaws, demand } from './laws.ts'
import { newProperty } from './properties.ts'
import { receiveWorld } from './world.ts'

interface SocketCase {
  case: Case
  driver: DriverName
  /** Sizes of the WebSocket messages the STOMP bytes are cut into, and how many fragments each has. */
  messages: number[]
  fragments: number
  isBinary: boolean
  pings: boolean
}

const socketCase: fc.Arbitrary<SocketCase> = fc.record({
  case: anyCase,
  driver: fc.constantFrom('lean', 'lean', 'lean', 'stompjs'),
  messages: fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 4 }),
  fragments: fc.integer({ min: 1, max: 3 }),
  isBinary: fc.boolean(),
  pings: fc.boolean(),
})

/** The same laws through real sockets: what is mutated are the bytes of the WebSocket connection. */
export const throughSockets = newProperty(
  'hostile bytes through sockets',
  socketCase,
  async (input, plant) => {
    const { url, script } = await broker()
    const world = await receiveWorld(
      (handlers, options) => createStompClient(input.driver, { ...options, url, timeoutMs: 2_000 }, handlers),
      plant,
    )
    demand(world.session.isUp, 'the user comes up')
    const first = world.client()
    await script(async (socket) => {
      const stomp = bytesOf(world, input.case.steps).subarray(0, 100_000)
      const bytes = mutated(webSocketBytes(stomp, input), input.case.mutations)
      for (const piece of inPieces(bytes, input.case.pieces)) {
        if (socket.destroyed) break
        socket.write(piece)
        if (bytes.length < 3_000) await turn()
      }
      socket.end()
    })
    await until(() => world.client() !== first && world.session.isUp, 'the user is back after the loss')
    checkLaws(world)
    await world.session.leave()
    checkLaws(world)
    demand(!world.session.isUp, 'the user has left')
    checkEnd(world)
  },
)

// --- internal ---

/** Unmasked frames of the bytes: whole messages or fragments, with pings between where they are wanted. */
function webSocketBytes(stomp: Buffer, { messages, fragments, isBinary, pings }: SocketCase): Buffer {
  const frames: Buffer[] = []
  for (const message of inPieces(stomp, messages)) {
    const size = Math.ceil(message.length / fragments)
    for (let at = 0; at < message.length; at += size) {
      const kind = at > 0 ? 0 : isBinary ? 2 : 1
      const isLast = at + size >= message.length
      frames.push(frame((isLast ? 0x80 : 0) | kind, message.subarray(at, at + size)))
      if (pings) frames.push(frame(0x89, Buffer.from('?')))
    }
  }
  return Buffer.concat(frames)
}

function frame(first: number, payload: Buffer): Buffer {
  const { length } = payload
  const head = length < 126 ? [first, length] : [first, 126, length >> 8, length & 255]
  return Buffer.concat([Buffer.from(head), payload])
}

/** The script of the connection that is up now: it gets the raw socket. */
type Script = (act: (socket: Socket) => Promise<void>) => Promise<void>

let started: Promise<{ url: string; sockets: Socket[] }> | undefined

/** One broker for all cases. It answers CONNECT and receipts; the rest is the script's. */
async function broker(): Promise<{ url: string; script: Script }> {
  started ??= start()
  const { url, sockets } = await started
  return { url, script: async (act) => act(sockets.at(-1) as Socket) }
}

async function start(): Promise<{ url: string; sockets: Socket[] }> {
  const http: Server = createServer().listen(0, '127.0.0.1')
  await once(http, 'listening')
  // Keeps no process alive.
  http.unref()
  const server = new WebSocketServer({ server: http, perMessageDeflate: false })
  const sockets: Socket[] = []
  server.on('connection', (webSocket, request) => {
    sockets.splice(0, sockets.length, request.socket)
    request.socket.setNoDelay(true)
    webSocket.on('error', () => {})
    webSocket.on('message', (data) => {
      const text = (data as Buffer).toString()
      const receipt = /^receipt:(.*)$/m.exec(text)?.[1]
      if (text.startsWith('CONNECT')) webSocket.send('CONNECTED\nversion:1.2\n\n\0\n')
      else if (receipt !== undefined) webSocket.send(`RECEIPT\nreceipt-id:${receipt}\n\n\0\n`)
    })
  })
  return { url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/ws`, sockets }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function until(holds: () => boolean, what: string): Promise<void> {
  const deadlineMs = performance.now() + 8_000
  while (!holds()) {
    demand(performance.now() < deadlineMs, what)
    await turn()
  }
}
