import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CloseClass, DriverName } from '../../src/stomp/client.ts'
import { messageFrame, opened, recorded } from './recording.ts'
import { portOf, receiptOf, ScriptedBroker } from './scripted-broker.ts'

const DRIVERS: DriverName[] = ['lean', 'stompjs']

const FIN_TEXT = 0x81
const FIN_BINARY = 0x82

/** One unmasked WebSocket frame; `length` may lie about the payload. */
function frame(first: number, payload: Buffer | string, length = Buffer.byteLength(payload)): Buffer {
  const head =
    length < 126
      ? Buffer.of(first, length)
      : length < 65_536
        ? Buffer.of(first, 126, length >> 8, length & 255)
        : Buffer.concat([Buffer.of(first, 127), eightBytes(length)])
  return Buffer.concat([head, Buffer.from(payload)])
}

function eightBytes(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

function closeFrame(code: number, reason: Buffer | string = ''): Buffer {
  return frame(0x88, Buffer.concat([Buffer.of(code >> 8, code & 255), Buffer.from(reason)]))
}

/** Answers the first request of each connection with bytes, after its Sec-WebSocket-Key was read. */
async function rawServer(answer: (key: string, socket: Socket) => void) {
  let upgrades = 0
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (bytes) => {
      upgrades++
      answer(/sec-websocket-key: (\S+)/i.exec(bytes.toString())?.[1] ?? '', socket)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `ws://127.0.0.1:${portOf(server)}/ws`,
    upgrades: () => upgrades,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

/** RFC 6455, 4.2.2: what proves that the server has read the key. */
function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}

function upgrade(accept: string, ...headers: string[]): string {
  const lines = ['upgrade: websocket', 'connection: upgrade', `sec-websocket-accept: ${accept}`, ...headers]
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`
}

describe.for(DRIVERS)('the %s driver', (driver) => {
  let server: ScriptedBroker
  beforeEach(async () => {
    server = await ScriptedBroker.start()
  })
  afterEach(async () => {
    await server[Symbol.asyncDispose]()
  })

  /** What the client reports when these bytes come in an open session. It must report it once and let go of the socket. */
  async function endBy(bytes: Buffer, options: { fin?: boolean } = {}) {
    const { broker, recording, client } = await opened(driver, server, { timeoutMs: 500 })
    const gone = once(broker.raw, 'close')
    broker.raw.write(bytes)
    if (options.fin === true) broker.raw.end()
    const close = await recording.close()
    // Whatever the broker does with its end, ours is closed.
    broker.raw.resume()
    await gone
    expect(await client.disconnect()).toEqual(close)
    await expect(client.send('/d', 'x')).rejects.toMatchObject({ step: 'closed', close })
    expect(recording.closes).toEqual([close])
    return { close, recording }
  }

  describe('names the end of a session', () => {
    // Codes 1004, 1005, 1006 and 1015 must not be sent (RFC 6455, 7.4.1), nor unassigned ones below 3000: a fault of theirs.
    const CODES: [code: number, name: CloseClass, told?: number][] = [
      [0, 'protocol', 1002],
      [999, 'protocol', 1002],
      [1000, 'idle-timeout'],
      [1001, 'broker-gone'],
      [1002, 'protocol'],
      [1003, 'protocol'],
      [1004, 'protocol', 1002],
      [1005, 'protocol', 1002],
      [1006, 'protocol', 1002],
      [1007, 'protocol'],
      [1008, 'other'],
      [1009, 'too-large'],
      [1010, 'protocol'],
      [1011, 'broker-crash'],
      [1012, 'broker-gone'],
      [1013, 'broker-gone'],
      [1014, 'broker-gone'],
      [1015, 'protocol', 1002],
      [1016, 'protocol', 1002],
      [2999, 'protocol', 1002],
      [3000, 'other'],
      [3999, 'other'],
      [4000, 'other'],
      [4999, 'other'],
      [5000, 'protocol', 1002],
      [65_535, 'protocol', 1002],
    ]
    for (const [code, name, told = code] of CODES)
      it(`with ${code} ${name}`, async () => {
        expect((await endBy(closeFrame(code))).close).toMatchObject({ class: name, code: told })
      })

    const ENDS: [what: string, bytes: Buffer, name: CloseClass, code: number][] = [
      ['a close frame without a code', frame(0x88, ''), 'other', 1005],
      ['a close frame with half a code', frame(0x88, '\x03'), 'protocol', 1002],
      ['a close frame longer than control frames are', closeFrame(1000, 'x'.repeat(130)), 'protocol', 1002],
      ['a reason that is not UTF-8', closeFrame(1000, Buffer.from('\xff\xfe', 'latin1')), 'protocol', 1007],
      ['a frame of an unknown kind', frame(0x83, 'x'), 'protocol', 1002],
      ['a frame with a reserved bit', frame(0xc1, 'x'), 'protocol', 1002],
      ['a masked frame', Buffer.of(FIN_TEXT, 0x81, 1, 2, 3, 4, 5), 'protocol', 1002],
      ['a continuation of nothing', frame(0x80, 'x'), 'protocol', 1002],
      ['a fragmented ping', frame(0x09, 'x'), 'protocol', 1002],
      ['a message within a message', Buffer.concat([frame(0x01, 'a'), frame(0x81, 'b')]), 'protocol', 1002],
      ['a frame announced with 200 MiB', frame(FIN_TEXT, 'x', 200 * 1024 * 1024), 'too-large', 1009],
      [
        'a frame announced with 2^53 bytes',
        Buffer.concat([Buffer.of(0x81, 127), Buffer.alloc(8, 0x7f)]),
        'too-large',
        1009,
      ],
      [
        'text that is not UTF-8 in its head',
        frame(FIN_TEXT, Buffer.from('MESSAGE\nsubscription:\xff\n\nx\0', 'latin1')),
        'protocol',
        1007,
      ],
      [
        'text that is not UTF-8 in its body',
        frame(FIN_TEXT, Buffer.from('MESSAGE\nsubscription:a\n\n\xc3\x28\0', 'latin1')),
        'protocol',
        1007,
      ],
      [
        'text that ends inside a character',
        frame(FIN_TEXT, Buffer.from('MESSAGE\nsubscription:a\n\n\xec\x95\0', 'latin1')),
        'protocol',
        1007,
      ],
      ['HTTP', Buffer.from('HTTP/1.1 500 Oops\r\n\r\n'), 'protocol', 1002],
    ]
    for (const [what, bytes, name, code] of ENDS)
      it(`by ${what} ${name}`, async () => {
        const { close, recording } = await endBy(bytes)
        expect(close).toMatchObject({ class: name, code })
        expect(recording.messages).toEqual([])
      })

    it('by a FIN without a close frame broker-gone, also within a frame, a header and a message', async () => {
      const whole = frame(FIN_TEXT, messageFrame('1'))
      for (const bytes of [
        Buffer.alloc(0),
        whole.subarray(0, 1),
        whole.subarray(0, 60),
        frame(0x01, 'MESS'),
      ]) {
        const { close, recording } = await endBy(bytes, { fin: true })
        expect(close).toMatchObject({ class: 'broker-gone', code: 1006 })
        expect(recording.messages).toEqual([])
      }
    })

    it('by what a close frame says, whatever follows it', async () => {
      const after = frame(FIN_TEXT, messageFrame('after the close'))
      const { close, recording } = await endBy(Buffer.concat([closeFrame(1011), after, closeFrame(1000)]))
      expect(close).toMatchObject({ class: 'broker-crash', code: 1011 })
      expect(recording.messages).toEqual([])
    })
  })

  describe('reads on through', () => {
    it('a message in fragments with pings between them, and answers the pings', async () => {
      const { broker, recording, client } = await opened(driver, server)
      const pongs: string[] = []
      broker.socket.on('pong', (data) => pongs.push(data.toString()))
      const bytes = Buffer.from(messageFrame('{"a":"안녕"}'))
      broker.raw.write(frame(0x01, bytes.subarray(0, 3)))
      broker.raw.write(frame(0x89, 'one'))
      for (let at = 3; at < bytes.length - 5; at++) broker.raw.write(frame(0x00, bytes.subarray(at, at + 1)))
      broker.raw.write(frame(0x89, 'two'))
      broker.raw.write(frame(0x80, bytes.subarray(bytes.length - 5)))
      broker.raw.write(frame(FIN_TEXT, messageFrame('2')))
      await recording.until(({ messages }) => messages.length === 2)
      expect(recording.bodies).toEqual(['{"a":"안녕"}', '2'])
      while (pongs.length < 2) await once(broker.socket, 'pong')
      expect(pongs).toEqual(['one', 'two'])
      client.drop()
    })

    it('bytes that come one at a time', async () => {
      const { broker, recording, client } = await opened(driver, server)
      broker.raw.setNoDelay(true)
      for (const byte of frame(FIN_TEXT, messageFrame('{"n":1}'))) {
        broker.raw.write(Buffer.of(byte))
        await new Promise((resolve) => setImmediate(resolve))
      }
      await recording.until(({ messages }) => messages.length === 1)
      expect(recording.bodies).toEqual(['{"n":1}'])
      client.drop()
    })

    it('a flood of pings, empty messages and heart-beats', async () => {
      const { broker, recording, client } = await opened(driver, server)
      broker.raw.write(Buffer.concat(Array.from({ length: 5_000 }, () => frame(0x89, ''))))
      broker.raw.write(Buffer.concat(Array.from({ length: 5_000 }, () => frame(FIN_TEXT, ''))))
      broker.raw.write(Buffer.concat(Array.from({ length: 5_000 }, () => frame(FIN_TEXT, '\n'))))
      broker.raw.write(frame(FIN_TEXT, messageFrame('still here')))
      await recording.until(({ messages }) => messages.length === 1)
      expect(recording.bodies).toEqual(['still here'])
      client.drop()
    })

    it('a message of 5 MB, and one of 8 MB in a thousand fragments', async () => {
      const { broker, recording, client } = await opened(driver, server)
      const large = 'x'.repeat(5_000_000)
      broker.raw.write(frame(FIN_TEXT, messageFrame(large)))
      const larger = Buffer.from(messageFrame('y'.repeat(8_000_000)))
      const step = Math.ceil(larger.length / 1000)
      for (let at = 0; at < larger.length; at += step) {
        const isLast = at + step >= larger.length
        const kind = (at === 0 ? FIN_TEXT & 0x0f : 0) | (isLast ? 0x80 : 0)
        broker.raw.write(frame(kind, larger.subarray(at, at + step)))
      }
      await recording.until(({ messages }) => messages.length === 2)
      expect(recording.bodies.map((body) => [body.length, body[0]])).toEqual([
        [5_000_000, 'x'],
        [8_000_000, 'y'],
      ])
      client.drop()
    })

    it('binary messages where text is usual', async () => {
      const { broker, recording, client } = await opened(driver, server)
      broker.raw.write(frame(FIN_BINARY, messageFrame('{"a":"안"}')))
      await recording.until(({ messages }) => messages.length === 1)
      expect(recording.bodies).toEqual(['{"a":"안"}'])
      client.drop()
    })

    it('RECEIPTs for what was never asked, without an id, and twice', async () => {
      const { client, broker, recording } = await opened(driver, server)
      await broker.send('RECEIPT\nreceipt-id:never\n\n\0')
      await broker.send('RECEIPT\nreceipt-id:\n\n\0')
      await broker.send('RECEIPT\n\n\0')
      const subscribing = client.subscribe('a', '/d')
      const id = receiptOf(await broker.nextFrame())
      await broker.send(`RECEIPT\nreceipt-id:${id}\n\n\0RECEIPT\nreceipt-id:${id}\n\n\0`)
      await subscribing
      const second = client.subscribe('b', '/d')
      expect(receiptOf(await broker.grant())).not.toBe(id)
      await second
      expect(recording.closes).toEqual([])
      client.drop()
    })

    it('messages without the headers that messages have', async () => {
      const { broker, recording, client } = await opened(driver, server)
      await broker.send('MESSAGE\n\nbare\0')
      await broker.send(messageFrame('stranger', 'nobody-asked'))
      await recording.until(({ messages }) => messages.length === 2)
      expect(recording.seen).toEqual([
        ['', '', 'bare'],
        ['nobody-asked', '/exchange/chat.direct/room.1', 'stranger'],
      ])
      client.drop()
    })

    it('a frozen connection: what waited comes when it thaws, each thing once', async () => {
      const { client, broker, recording } = await opened(driver, server, { timeoutMs: 300 })
      broker.raw.cork()
      broker.raw.write(frame(FIN_TEXT, messageFrame('1')))
      await expect(client.subscribe('late', '/d')).rejects.toMatchObject({
        step: 'receipt',
        message: 'SUBSCRIBE: no RECEIPT within 300 ms',
      })
      expect(recording.messages).toEqual([])
      broker.raw.write(frame(FIN_TEXT, messageFrame('2')))
      broker.raw.write(frame(FIN_TEXT, `RECEIPT\nreceipt-id:${receiptOf(await broker.nextFrame())}\n\n\0`))
      broker.raw.uncork()
      await recording.until(({ messages }) => messages.length === 2)
      expect(recording.bodies).toEqual(['1', '2'])
      expect(recording.closes).toEqual([])
      client.drop()
    })
  })

  it('leaves a broker that freezes for good within its limit, whatever it was doing', async () => {
    const { client, broker, recording } = await opened(driver, server, { timeoutMs: 200 })
    broker.raw.pause()
    expect(await client.disconnect()).toEqual({ class: 'requested', code: 1006, reason: '' })
    expect(recording.closes).toHaveLength(1)
    // An ERROR, and then a broker that does not take our close.
    const second = await opened(driver, server, { timeoutMs: 200 })
    await second.broker.send('ERROR\nmessage:oops\n\n\0')
    second.broker.raw.pause()
    expect(await second.recording.close()).toMatchObject({ class: 'error-frame' })
  })

  describe('that does not read', () => {
    const BEATS = { heartbeat: { outgoingMs: 300, incomingMs: 0 } }
    const cuts: [what: string, cut: (socket: Socket) => unknown][] = [
      ['reset', (socket) => socket.resetAndDestroy()],
      ['closed', (socket) => socket.destroy()],
    ]
    for (const [what, cut] of cuts)
      it(`is told that it was cut for it, once its heart-beat finds the connection ${what}`, async () => {
        const { client, broker, recording } = await opened(
          driver,
          server,
          BEATS,
          'version:1.2',
          'heart-beat:0,300',
        )
        client.pause()
        await broker.send(messageFrame('never read'))
        cut(broker.raw)
        expect(await recording.close()).toMatchObject({ class: 'slow-consumer', code: 1006 })
        client.resume()
        expect(recording.closes).toHaveLength(1)
      })

    it('is told so when it reads again, too, after what had come before the cut', async () => {
      const { client, broker, recording } = await opened(driver, server)
      client.pause()
      await broker.send(messageFrame('1'))
      await broker.send(messageFrame('2'))
      broker.raw.end()
      await once(broker.raw, 'finish')
      expect(recording.closes).toEqual([])
      client.resume()
      expect(await recording.close()).toMatchObject({ class: 'slow-consumer', code: 1006 })
      expect(recording.bodies).toEqual(['1', '2'])
    })

    it('is told of a deliberate close by its own name', async () => {
      const { client, broker, recording } = await opened(driver, server)
      client.pause()
      broker.socket.close(1011)
      client.resume()
      expect(await recording.close()).toMatchObject({ class: 'broker-crash', code: 1011 })
    })
  })

  it('is not confused by a second CONNECTED', async () => {
    const { client, broker, recording } = await opened(driver, server)
    await broker.send('CONNECTED\nversion:1.1\nheart-beat:1,1\n\n\0')
    await broker.send(messageFrame('after'))
    if (driver === 'lean') {
      expect(await recording.close()).toMatchObject({ class: 'malformed', code: 1007 })
      expect(recording.faults).toMatchObject([{ reason: 'unexpected-frame' }])
      expect(recording.messages).toEqual([])
      return
    }
    // The library takes it; the session goes on as it was agreed the first time.
    await recording.until(({ messages }) => messages.length === 1)
    const subscribing = client.subscribe('a', '/d:1')
    await broker.grant()
    await subscribing
    expect(recording.closes).toEqual([])
    client.drop()
  })

  describe('does not open through', () => {
    const UPGRADES: [what: string, answer: (accept: string) => string][] = [
      ['a success that is no upgrade', () => 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi'],
      [
        'a redirect',
        () => 'HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n',
      ],
      ['a server error', () => 'HTTP/1.1 503 Busy\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n'],
      ['a wrong key', () => upgrade('nonsense')],
      ['a subprotocol nobody asked for', (accept) => upgrade(accept, 'sec-websocket-protocol: mqtt')],
      [
        'an extension nobody asked for',
        (accept) => upgrade(accept, 'sec-websocket-extensions: permessage-deflate'),
      ],
      ['half an upgrade', () => 'HTTP/1.1 101 Switching'],
      ['no HTTP', () => '\x00\x01\x02 what\r\n\r\n'],
      ['nothing', () => ''],
    ]
    for (const [what, answer] of UPGRADES)
      it(what, async () => {
        await using raw = await rawServer((key, socket) => {
          socket.end(answer(acceptOf(key)))
        })
        const { client, recording } = recorded(driver, raw.url, { timeoutMs: 1_000 })
        await expect(client.connect()).rejects.toMatchObject({
          step: 'websocket',
          close: { class: 'refused' },
        })
        expect(recording.closes).toEqual([])
        expect(raw.upgrades()).toBe(1)
      })
  })
})
