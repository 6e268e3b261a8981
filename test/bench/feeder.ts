/**
 * The sending end of the receive benchmark, in a process of its own: a STOMP peer that answers CONNECT and SUBSCRIBE and
 * then writes prepared MESSAGE frames straight to the sockets, so that it costs the measured side nothing but reading.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { composeContent } from '../../src/measure/token.ts'
import { FrameDecoder } from '../../src/stomp/frame.ts'
import { destinationOf, type Traffic } from './traffic.ts'

export type ToFeeder = { kind: 'go' } & Traffic
export type FromFeeder = { kind: 'listening'; port: number } | { kind: 'sent' }

const server = createServer()
const upgrades = new WebSocketServer({ server, handleProtocols: (offered) => [...offered][0] ?? false })

/** Members of a room have the same subscription id for it, so one frame serves them all. */
interface Room {
  id: number
  subscription: string
  members: Duplex[]
}
const rooms = new Map<string, Room>()

upgrades.on('connection', (ws, request) => {
  const decoder = new FrameDecoder(
    {
      onEol: () => {},
      onFrame: (frame) => {
        if (frame.command === 'CONNECT') ws.send('CONNECTED\nversion:1.2\nheart-beat:0,0\n\n\0\n')
        const receipt = frame.header('receipt')
        if (receipt === undefined) return
        join(frame.header('destination') ?? '', frame.header('id') ?? '', request.socket)
        ws.send(`RECEIPT\nreceipt-id:${receipt}\n\n\0\n`)
      },
    },
    { commandsOf: 'client' },
  )
  ws.on('message', (data: Buffer) => void decoder.push(data))
})

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.send?.({ kind: 'listening', port } satisfies FromFeeder)
})

process.on('message', (order: ToFeeder) => void feed(order))
process.on('disconnect', () => process.exit(0))

function join(destination: string, subscription: string, socket: Duplex): void {
  const room = rooms.get(destination)
  if (room !== undefined) room.members.push(socket)
  else rooms.set(destination, { id: Number(/\d+$/.exec(destination)?.[0]), subscription, members: [socket] })
}

/**
 * Wave after wave: one message (or `framesPerWrite` of them) to each of so many rooms that about 1,000 sockets get one.
 * Within a wave the rooms take turns, so that all their messages are on their way at once.
 */
async function feed({ roomSize, messagesPerRoom, framesPerWrite }: Traffic): Promise<void> {
  const all = [...rooms.values()].toSorted((a, b) => a.id - b.id)
  const perWave = Math.max(1, Math.round(WAVE / roomSize))
  for (let seq = 0; seq < messagesPerRoom; seq += framesPerWrite) {
    const count = Math.min(framesPerWrite, messagesPerRoom - seq)
    for (let from = 0; from < all.length; from += perWave) {
      const wave = all.slice(from, from + perWave)
      const bytes = wave.map((room) =>
        Buffer.concat(Array.from({ length: count }, (_, i) => webSocketFrame(message(room, seq + i)))),
      )
      for (let place = 0; place < roomSize; place++)
        for (const [i, { members }] of wave.entries()) members[place]?.write(bytes[i])
      await new Promise((resolve) =>
        setTimeout(resolve, PAUSE_MS * framesPerWrite * Math.max(1, roomSize / WAVE)),
      )
    }
  }
  process.send?.({ kind: 'sent' } satisfies FromFeeder)
}

const WAVE = 1_000
/** Long enough for so many sockets to be read by the slowest side, so that reads hold the frames of one write. */
const PAUSE_MS = Number(process.argv[2] ?? 40)

function message({ id, subscription }: Room, seq: number): Buffer {
  const content = composeContent(
    { run: 'bnch', room: id, sender: 0, seq, attempt: 1, plannedUs: 0 },
    90,
    7 + 13 * seq,
  )
  const body = JSON.stringify({
    type: 'new_message',
    message: {
      id: id * 100_000 + seq,
      content,
      message_type: 'text',
      sender_id: 1,
      created_at: '2024-01-01T12:00:00.000Z',
    },
    timestamp: '2024-01-01T12:00:00.000Z',
  })
  const head =
    `MESSAGE\nsubscription:${subscription}\ndestination:${destinationOf(id)}\n` +
    `message-id:T_${subscription}@@session-abcdefghijklmnopqrstuv@@${seq + 1}\nredelivered:false\n` +
    `content-type:application/json\ncontent-length:${Buffer.byteLength(body)}\n\n`
  return Buffer.from(`${head}${body}\0\n`)
}

/** An unmasked text frame (RFC 6455, 5.2). */
function webSocketFrame(payload: Buffer): Buffer {
  const head = Buffer.from([0x81, 126, payload.length >> 8, payload.length & 255])
  return Buffer.concat([head, payload])
}
