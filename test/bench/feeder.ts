/**
 * The sending end of the receive benchmark, in a process of its own: a STOMP peer that answers CONNECT and SUBSCRIBE and
 * then writes prepared MESSAGE frames straight to every socket, so that it costs the measured side nothing but reading.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { composeContent } from '../../src/measure/token.ts'
import { FrameDecoder } from '../../src/stomp/frame.ts'

export type ToFeeder = { kind: 'go'; messages: number; framesPerWrite: number }
export type FromFeeder = { kind: 'listening'; port: number } | { kind: 'sent' }

const server = createServer()
const sockets: Duplex[] = []
const upgrades = new WebSocketServer({ server, handleProtocols: (offered) => [...offered][0] ?? false })

upgrades.on('connection', (ws, request) => {
  sockets.push(request.socket)
  const decoder = new FrameDecoder(
    {
      onEol: () => {},
      onFrame: (frame) => {
        if (frame.command === 'CONNECT') ws.send('CONNECTED\nversion:1.2\nheart-beat:0,0\n\n\0\n')
        const receipt = frame.header('receipt')
        if (receipt !== undefined) ws.send(`RECEIPT\nreceipt-id:${receipt}\n\n\0\n`)
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

process.on('message', ({ messages, framesPerWrite }: ToFeeder) => void feed(messages, framesPerWrite))
process.on('disconnect', () => process.exit(0))

/** Each message to every socket, then the next: as a fan-out does. Yields between messages so that nobody drowns. */
async function feed(messages: number, framesPerWrite: number): Promise<void> {
  for (let seq = 0; seq < messages; seq += framesPerWrite) {
    const frames = Array.from({ length: Math.min(framesPerWrite, messages - seq) }, (_, i) =>
      webSocketFrame(message(seq + i)),
    )
    const bytes = Buffer.concat(frames)
    for (const socket of sockets) socket.write(bytes)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * framesPerWrite))
  }
  process.send?.({ kind: 'sent' } satisfies FromFeeder)
}

/** Long enough for 1,000 sockets to be read by the slowest side, so that reads hold the frames of one write. */
const PAUSE_MS = Number(process.argv[2] ?? 40)

function message(seq: number): Buffer {
  const content = composeContent({ run: 'bnch', room: 1, sender: 0, seq, attempt: 1, plannedUs: 0 }, 90, 7)
  const body = JSON.stringify({
    type: 'new_message',
    message: {
      id: seq + 1,
      content,
      message_type: 'text',
      sender_id: 1,
      created_at: '2024-01-01T12:00:00.000Z',
    },
    timestamp: '2024-01-01T12:00:00.000Z',
  })
  const head =
    'MESSAGE\nsubscription:s0\ndestination:/exchange/chat.direct/room.1\n' +
    `message-id:T_s0@@session-abcdefghijklmnopqrstuv@@${seq + 1}\nredelivered:false\n` +
    `content-type:application/json\ncontent-length:${Buffer.byteLength(body)}\n\n`
  return Buffer.from(`${head}${body}\0\n`)
}

/** An unmasked text frame (RFC 6455, 5.2). */
function webSocketFrame(payload: Buffer): Buffer {
  const head = Buffer.from([0x81, 126, payload.length >> 8, payload.length & 255])
  return Buffer.concat([head, payload])
}
