import { Duplex, type Writable } from 'node:stream'
import { createServer, type Socket } from 'node:net'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as ws from 'ws'
import { Intake, READ_BUFFER } from '../../src/stomp/intake.ts'
import { recorded } from './recording.ts'

/** ws exports it; its types do not say so. */
const { Receiver } = ws as unknown as {
  Receiver: new (options: { isServer: boolean }) => Writable
}

const TEXT = 0x81
const BINARY = 0x82

describe('the intake', () => {
  it('hands over whole messages and leaves nothing of them to ws', async () => {
    const reading = await newReading()
    reading.read(Buffer.concat([frame(TEXT, 'one'), frame(BINARY, 'two'), frame(TEXT, '')]))
    expect(reading.seen).toEqual(['direct one', 'direct two', 'direct '])
  })

  it('leaves pings and pongs to ws, and goes on', async () => {
    const reading = await newReading()
    reading.read(Buffer.concat([frame(0x89, 'p'), frame(TEXT, 'one'), frame(0x8a, ''), frame(TEXT, 'two')]))
    expect(reading.seen).toEqual(['ping p', 'direct one', 'pong ', 'direct two'])
  })

  it('puts a message together that a read has cut, and leaves one that is too long to ws', async () => {
    const reading = await newReading()
    const cut = frame(TEXT, 'cut in two')
    reading.read(cut.subarray(0, 5))
    reading.read(Buffer.concat([cut.subarray(5), frame(TEXT, 'next')]))
    const long = frame(BINARY, Buffer.alloc(300_000, 'y'))
    for (let at = 0; at < long.length; at += 50_000) reading.read(long.subarray(at, at + 50_000))
    reading.read(frame(TEXT, 'after'))
    expect(reading.seen).toEqual([
      'direct cut in two',
      'direct next',
      `ws ${'y'.repeat(300_000)}`,
      'ws after',
    ])
  })

  it('leaves everything to ws from the first fragment on', async () => {
    const reading = await newReading()
    reading.read(
      Buffer.concat([frame(TEXT, 'whole'), frame(0x01, 'a'), frame(0x80, 'b'), frame(TEXT, 'next')]),
    )
    expect(reading.seen).toEqual(['direct whole', 'ws ab', 'ws next'])
  })

  it('keeps the order when it is told in the middle of a read to leave all that follows', async () => {
    const reading = await newReading((payload, intake) => {
      if (payload === 'two') intake.leaveToWs()
    })
    reading.read(Buffer.concat(['one', 'two', 'three', 'four'].map((text) => frame(TEXT, text))))
    expect(reading.seen).toEqual(['direct one', 'direct two', 'ws three', 'ws four'])
  })

  it('puts a header together that a read has cut', async () => {
    const long = frame(TEXT, 'x'.repeat(300))
    for (const cut of [1, 2, 3]) {
      const reading = await newReading()
      reading.read(long.subarray(0, cut))
      reading.read(Buffer.concat([long.subarray(cut), frame(TEXT, 'next')]))
      expect(reading.seen).toEqual([`direct ${'x'.repeat(300)}`, 'direct next'])
    }
  })

  it('leaves everything to ws from the first fault on', async () => {
    const masked = frame(TEXT, 'm')
    masked[1] = (masked[1] as number) | 0x80
    const faults: [what: string, bytes: Buffer, says: RegExp][] = [
      ['text that is not UTF-8', frame(TEXT, Buffer.from([0xff])), /UTF-8/],
      ['a masked frame', masked, /MASK/],
      ['reserved bits', frame(0xc1, 'r'), /RSV1/],
      ['an unknown opcode', frame(0x83, 'o'), /opcode/],
      ['a continuation of nothing', frame(0x80, 'c'), /opcode/],
      ['a ping that is too long', frame(0x89, 'p'.repeat(200)), /payload length/],
      [
        'fragments that are not UTF-8',
        Buffer.concat([frame(0x01, 'a'), frame(0x80, Buffer.from([0xff]))]),
        /UTF-8/,
      ],
      ['a message within a fragmented one', Buffer.concat([frame(0x01, 'a'), frame(TEXT, 'b')]), /opcode/],
    ]
    for (const [what, bytes, says] of faults) {
      const reading = await newReading()
      reading.read(Buffer.concat([frame(TEXT, 'before'), bytes, frame(TEXT, 'after')]))
      reading.read(frame(TEXT, 'much later'))
      // ws tells of its errors a turn later.
      await setImmediate()
      expect(reading.seen[0], what).toBe('direct before')
      expect(reading.seen[1], what).toMatch(says)
      expect(reading.seen.slice(2), what).toEqual([])
    }
  })

  it('hands over nothing after a close frame', async () => {
    const reading = await newReading()
    reading.read(Buffer.concat([frame(0x88, Buffer.from([0x03, 0xe8])), frame(TEXT, 'after')]))
    expect(reading.seen).toEqual(['close 1000'])
  })

  it('sees the same messages in the same order as ws alone, wherever the reads are cut', async () => {
    const message = fc.oneof(
      fc.record({
        kind: fc.constant('whole' as const),
        text: fc.string({ unit: 'grapheme', maxLength: 200 }),
      }),
      fc.record({
        kind: fc.constant('parts' as const),
        texts: fc.array(fc.string({ maxLength: 9 }), { minLength: 2, maxLength: 4 }),
      }),
      fc.record({ kind: fc.constant('ping' as const), text: fc.string({ maxLength: 30 }) }),
      fc.record({ kind: fc.constant('long' as const), size: fc.integer({ min: 60_000, max: 70_000 }) }),
    )
    let direct = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }),
        async (messages, cuts) => {
          const bytes = Buffer.concat(
            messages.flatMap((m) => {
              if (m.kind === 'whole') return [frame(TEXT, m.text)]
              if (m.kind === 'ping') return [frame(0x89, m.text)]
              if (m.kind === 'long') return [frame(BINARY, Buffer.alloc(m.size, 'y'))]
              return m.texts.map((text, i) =>
                frame((i === 0 ? 1 : 0) | (i === m.texts.length - 1 ? 0x80 : 0), text),
              )
            }),
          )
          const alone = newReceiver()
          alone.receiver.write(bytes)
          const reading = await newReading()
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = (cuts[i % cuts.length] as number) * (i % 3 === 0 ? 150 : 1)
            reading.read(bytes.subarray(at, Math.min(at + Math.min(size, READ_BUFFER.length), bytes.length)))
            at += Math.min(size, READ_BUFFER.length)
          }
          direct += reading.seen.filter((line) => line.startsWith('direct')).length
          expect(reading.seen.map((line) => line.replace(/^direct/, 'ws'))).toEqual(alone.seen)
        },
      ),
      { numRuns: 300 },
    )
    expect(direct).toBeGreaterThan(300)
  })
})

describe('a connection that is read past ws', () => {
  it('reads what the server sent together with its handshake', async () => {
    await using server = await rawServer((socket, accept) => {
      const early = 'CONNECTED\nversion:1.2\nserver:early\n\n\0'
      socket.write(Buffer.concat([Buffer.from(accept), frame(TEXT, early)]))
    })
    const { client } = recorded('lean', server.url)
    // The driver has not sent CONNECT yet when it comes; it counts all the same.
    expect(await client.connect()).toMatchObject({ server: 'early', version: '1.2' })
    client.drop()
  })

  it('does not read while it is paused, and misses nothing', async () => {
    const sent = Promise.withResolvers<void>()
    await using server = await rawServer((socket, accept) => {
      socket.write(accept)
      socket.write(frame(TEXT, 'CONNECTED\nversion:1.2\n\n\0'))
      socket.once('data', () => {
        void sent.promise.then(() => {
          for (let i = 0; i < 1000; i++)
            socket.write(frame(TEXT, `MESSAGE\nsubscription:s\nmessage-id:${i}\n\n${i}\0`))
        })
      })
    })
    const { client, recording } = recorded('lean', server.url)
    await client.connect()
    client.pause()
    sent.resolve()
    const before = recording.messages.length
    // The bytes are on their way over the same kind of socket: once one of them is through, ours have had their chance.
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect([before, recording.messages.length]).toEqual([0, 0])
    client.resume()
    await expect.poll(() => recording.messages.length).toBe(1000)
    expect(recording.bodies.map(Number)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
    client.drop()
  })
})

/** An unmasked frame (RFC 6455, 5.2), written by hand. */
function frame(first: number, payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload)
  const { length } = bytes
  if (length < 126) return Buffer.concat([Buffer.from([first, length]), bytes])
  if (length < 65_536) return Buffer.concat([Buffer.from([first, 126, length >> 8, length & 255]), bytes])
  const head = Buffer.alloc(10)
  head[0] = first
  head[1] = 127
  head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, bytes])
}

function newReceiver(): { receiver: Writable; seen: string[] } {
  const seen: string[] = []
  const receiver = new Receiver({ isServer: false })
  receiver.on('message', (data: Buffer) => seen.push(`ws ${data.toString()}`))
  receiver.on('ping', (data: Buffer) => seen.push(`ping ${data.toString()}`))
  receiver.on('pong', (data: Buffer) => seen.push(`pong ${data.toString()}`))
  receiver.on('conclude', (code: number) => seen.push(`close ${code}`))
  receiver.on('error', (error: Error) => seen.push(`error ${error.message}`))
  return { receiver, seen }
}

/** An intake between hand-written reads and a real ws receiver. */
async function newReading(
  onPayload: (payload: string, intake: Intake) => void = () => {},
): Promise<{ seen: string[]; read(bytes: Buffer): void }> {
  const { receiver, seen } = newReceiver()
  const intake: Intake = new Intake((payload) => {
    seen.push(`direct ${payload.toString()}`)
    onPayload(payload.toString(), intake)
  })
  const socket = new Duplex({ read() {}, write() {} })
  socket.on('data', (bytes: Buffer) => {
    if (!receiver.errored) receiver.write(bytes)
  })
  intake.socket = socket as unknown as Socket
  intake.open()
  // A stream begins to flow a turn after it has a listener.
  await setImmediate()
  return {
    seen,
    read(bytes) {
      bytes.copy(READ_BUFFER)
      intake.onRead(bytes.length)
      READ_BUFFER.fill(0xee, 0, bytes.length)
    },
  }
}

/** A server that speaks bytes: it answers the upgrade by `onUpgrade`, which is given the text of the answer. */
async function rawServer(
  onUpgrade: (socket: Socket, accept: string) => void,
): Promise<AsyncDisposable & { url: string }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}).setNoDelay())
    socket.once('data', (request) => {
      const key = /sec-websocket-key: (.*)\r\n/i.exec(request.toString())?.[1] ?? ''
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
      onUpgrade(
        socket,
        `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\nsec-websocket-protocol: v12.stomp\r\n\r\n`,
      )
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
