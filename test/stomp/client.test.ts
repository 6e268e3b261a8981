import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nowUs } from '../../src/clock.ts'
import { StompFailure, type CloseClass, type DriverName } from '../../src/stomp/client.ts'
import { messageFrame, opened, PASSCODE, recorded } from './recording.ts'
import { portOf, receiptOf, ScriptedBroker } from './scripted-broker.ts'
import { TEST_ONLY_CERTIFICATE } from './test-only-certificate.ts'

/** What the promise rejects with, as plain data. Fails if it resolves, or rejects with anything but a StompFailure. */
async function failureOf(promise: Promise<unknown>) {
  const failure = await promise.then(
    () => {
      throw new Error('it resolved')
    },
    (thrown: unknown) => thrown,
  )
  if (!(failure instanceof StompFailure)) throw failure
  return { step: failure.step, message: failure.message, close: failure.close }
}

const DRIVERS: DriverName[] = ['lean', 'stompjs']

describe.for(DRIVERS)('the %s driver', (driver) => {
  let server: ScriptedBroker
  beforeEach(async () => {
    server = await ScriptedBroker.start()
  })
  afterEach(async () => {
    await server[Symbol.asyncDispose]()
  })

  describe('connecting', () => {
    it('tells what the broker said, and how long it took', async () => {
      const started = nowUs()
      const { connected } = await opened(
        driver,
        server,
        { heartbeat: { outgoingMs: 4500, incomingMs: 500 } },
        'version:1.2',
        'server:RabbitMQ/3.10.8',
        'session:session-abc',
        'heart-beat:1000,4000',
      )
      expect(connected).toEqual({
        version: '1.2',
        server: 'RabbitMQ/3.10.8',
        session: 'session-abc',
        heartbeat: { outgoingMs: 4500, incomingMs: 1000 },
        webSocketUs: expect.any(Number),
        stompUs: expect.any(Number),
      })
      expect(connected.webSocketUs).toBeGreaterThan(0)
      expect(connected.stompUs).toBeGreaterThan(0)
      expect(connected.webSocketUs + connected.stompUs).toBeLessThanOrEqual(nowUs() - started)
    })

    it('takes a CONNECTED without version for 1.0, and one without heart-beat for none', async () => {
      const { connected } = await opened(
        driver,
        server,
        { heartbeat: { outgoingMs: 4000, incomingMs: 4000 } },
        'session:x',
      )
      expect(connected).toMatchObject({
        version: '1.0',
        server: undefined,
        heartbeat: { outgoingMs: 0, incomingMs: 0 },
      })
    })

    it('fails by ERROR, and leaves a socket that the broker would keep', async () => {
      const { client, recording } = recorded(driver, server.url)
      const failure = failureOf(client.connect())
      const broker = await server.accept()
      await broker.nextFrame()
      await broker.send("ERROR\nmessage:Bad CONNECT\n\nAccess refused for user 'guest'\n\0\n")
      expect(await failure).toEqual({
        step: 'connect',
        message: "ERROR: Bad CONNECT: Access refused for user 'guest'",
        close: undefined,
      })
      expect((await broker.closed).code).toBe(1000)
      expect(recording.errors).toEqual([
        {
          message: 'Bad CONNECT',
          body: "Access refused for user 'guest'\n",
          receiptId: undefined,
          terminal: true,
        },
      ])
      expect(await client.disconnect()).toEqual({ class: 'error-frame', code: 1000, reason: '' })
      expect(recording.closes).toEqual([])
    })

    it('fails by a close before CONNECTED', async () => {
      const { client, recording } = recorded(driver, server.url)
      const failure = failureOf(client.connect())
      const broker = await server.accept()
      await broker.nextFrame()
      broker.socket.close(1000, 'STOMP died')
      const close = { class: 'stomp-died', code: 1000, reason: 'STOMP died' }
      expect(await failure).toEqual({
        step: 'connect',
        message: 'closed: stomp-died, 1000 STOMP died',
        close,
      })
      expect(recording.closes).toEqual([])
    })

    it('fails by a refused port', async () => {
      const port = createServer().listen(0, '127.0.0.1')
      await once(port, 'listening')
      const free = portOf(port)
      port.close()
      await once(port, 'close')
      const { client, recording } = recorded(driver, `ws://127.0.0.1:${free}/ws`)
      const text = `connect ECONNREFUSED 127.0.0.1:${free}`
      expect(await failureOf(client.connect())).toEqual({
        step: 'websocket',
        message: `closed: refused, 1006 ${text}`,
        close: { class: 'refused', code: 1006, reason: text },
      })
      expect(recording.closes).toEqual([])
    })

    it('fails by an answer that is no upgrade', async () => {
      const { client } = recorded(driver, server.url.replace('/ws', '/nowhere'))
      expect(await failureOf(client.connect())).toMatchObject({
        step: 'websocket',
        close: { class: 'refused', reason: 'Unexpected server response: 400' },
      })
    })

    it('fails by an address that cannot be bound', async () => {
      const { client } = recorded(driver, server.url, { localAddress: '192.0.2.1' })
      expect(await failureOf(client.connect())).toMatchObject({
        step: 'websocket',
        close: { class: 'refused', reason: expect.stringContaining('EADDRNOTAVAIL') },
      })
    })

    it('fails by a URL that is none', async () => {
      const { client } = recorded(driver, 'http//nowhere')
      expect(await failureOf(client.connect())).toEqual({
        step: 'websocket',
        message: 'Invalid URL: http//nowhere',
        close: undefined,
      })
      expect(await client.disconnect()).toMatchObject({ class: 'requested' })
    })

    it('fails when no WebSocket opens in time', async () => {
      const mute = createServer((socket) => socket.resume()).listen(0, '127.0.0.1')
      await once(mute, 'listening')
      const { client } = recorded(driver, `ws://127.0.0.1:${portOf(mute)}/ws`, {
        timeoutMs: 200,
      })
      expect(await failureOf(client.connect())).toEqual({
        step: 'websocket',
        message: 'no WebSocket within 200 ms',
        close: undefined,
      })
      mute.close()
      // Ends only because the client has let go of its connection.
      await once(mute, 'close')
    })

    it('fails when no CONNECTED comes in time, and leaves', async () => {
      const { client } = recorded(driver, server.url, { timeoutMs: 200 })
      const failure = failureOf(client.connect())
      const broker = await server.accept()
      expect(await failure).toEqual({
        step: 'connect',
        message: 'no CONNECTED within 200 ms',
        close: undefined,
      })
      expect((await broker.closed).code).toBe(1006)
    })

    it('fails by a CONNECTED that cannot be worked with', async () => {
      for (const header of ['version:9.9', 'heart-beat:abc']) {
        const { client, recording } = recorded(driver, server.url)
        const failure = failureOf(client.connect())
        const broker = await server.accept()
        await broker.welcome(header)
        expect(await failure).toMatchObject({
          step: 'connect',
          message: `CONNECTED has an unusable header ${header}`,
        })
        await broker.closed
        expect(recording.closes).toEqual([])
      }
    })

    it('happens once', async () => {
      const { client } = await opened(driver, server)
      expect(await failureOf(client.connect())).toMatchObject({ step: 'closed' })
    })

    it('goes out from the address it is told to', async () => {
      const { broker } = await opened(driver, server, { localAddress: '127.0.0.2' })
      expect(broker.raw.remoteAddress).toBe('127.0.0.2')
    })

    it('does not offer to deflate', async () => {
      const { broker } = await opened(driver, server)
      expect(broker.request.headers['sec-websocket-extensions']).toBeUndefined()
    })

    it('is over when it is dropped', async () => {
      const { client, recording } = recorded(driver, server.url)
      const failure = failureOf(client.connect())
      const broker = await server.accept()
      await broker.nextFrame()
      client.drop()
      expect(await failure).toMatchObject({ step: 'connect', message: 'dropped by the caller' })
      expect((await broker.closed).code).toBe(1006)
      expect(await client.disconnect()).toMatchObject({ class: 'requested' })
      expect(recording.closes).toEqual([])
    })

    it('is over when it is dropped at once', async () => {
      const { client } = recorded(driver, server.url)
      const failure = failureOf(client.connect())
      client.drop()
      expect(await failure).toMatchObject({ step: 'websocket', message: 'dropped by the caller' })
      expect(await client.disconnect()).toMatchObject({ class: 'requested' })
    })
  })

  describe('over TLS', () => {
    it('connects to a certificate it was given, and to any if told so, and to no other', async () => {
      await using secure = await ScriptedBroker.start({ tls: true })
      for (const tls of [{ ca: TEST_ONLY_CERTIFICATE }, { insecure: true }]) {
        const { client, broker } = await opened(driver, secure, { tls })
        const sending = client.subscribe('a', '/d')
        await broker.grant()
        await sending
        client.drop()
        await broker.closed
      }
      for (const tls of [undefined, {}, { insecure: false }]) {
        const { client } = recorded(driver, secure.url, tls === undefined ? {} : { tls })
        expect(await failureOf(client.connect())).toMatchObject({
          step: 'websocket',
          close: { class: 'refused', reason: expect.stringContaining('self-signed certificate') },
        })
      }
    })
  })

  describe('subscribing', () => {
    it('is done at the RECEIPT and not before', async () => {
      const { client, broker } = await opened(driver, server)
      let done = false
      const subscribing = client.subscribe('sub-0', '/exchange/chat.direct/room.1').finally(() => {
        done = true
      })
      const frame = await broker.nextFrame()
      expect(frame).toBe('SUBSCRIBE\nreceipt:r1\nid:sub-0\ndestination:/exchange/chat.direct/room.1\n\n\0')
      // Another request that is answered first is the fence: whatever was under way has arrived by then.
      const fence = client.send('/d', 'x', { receipt: true })
      await broker.grant()
      await fence
      expect(done).toBe(false)
      await broker.send('RECEIPT\nreceipt-id:r1\n\n\0\n')
      await subscribing
      expect(done).toBe(true)
    })

    it('carries further headers', async () => {
      const { client, broker } = await opened(driver, server)
      const subscribing = client.subscribe('a', '/d', { ack: 'client', 'x-priority': '1' })
      expect(await broker.grant()).toBe(
        'SUBSCRIBE\nack:client\nx-priority:1\nreceipt:r1\nid:a\ndestination:/d\n\n\0',
      )
      await subscribing
    })

    it('ends at the RECEIPT of UNSUBSCRIBE', async () => {
      const { client, broker } = await opened(driver, server)
      const unsubscribing = client.unsubscribe('sub-7')
      expect(await broker.grant()).toBe('UNSUBSCRIBE\nreceipt:r1\nid:sub-7\n\n\0')
      await unsubscribing
    })

    it('fails when no RECEIPT comes in time, while the session lives on', async () => {
      const { client, broker, recording } = await opened(driver, server, { timeoutMs: 200 })
      const failure = failureOf(client.subscribe('a', '/d'))
      const late = receiptOf(await broker.nextFrame())
      expect(await failure).toEqual({
        step: 'receipt',
        message: 'SUBSCRIBE: no RECEIPT within 200 ms',
        close: undefined,
      })
      const next = client.subscribe('b', '/d')
      await broker.send(`RECEIPT\nreceipt-id:${late}\n\n\0\n`)
      await broker.grant()
      await next
      expect(recording.closes).toEqual([])
    })

    it('fails with the close when RabbitMQ 3.10 dies on it without a word', async () => {
      const { client, broker, recording } = await opened(driver, server)
      const failures = [
        failureOf(client.subscribe('a', '/exchange/nope/k')),
        failureOf(client.unsubscribe('b')),
      ]
      await broker.nextFrame()
      broker.socket.close(1000, 'STOMP died')
      const close = { class: 'stomp-died', code: 1000, reason: 'STOMP died' }
      expect(await Promise.all(failures)).toEqual([
        { step: 'closed', message: 'SUBSCRIBE: closed: stomp-died, 1000 STOMP died', close },
        { step: 'closed', message: 'UNSUBSCRIBE: closed: stomp-died, 1000 STOMP died', close },
      ])
      expect(recording.closes).toEqual([close])
      expect(await failureOf(client.subscribe('c', '/d'))).toEqual({
        step: 'closed',
        message: 'SUBSCRIBE: the session is not open',
        close,
      })
    })
  })

  describe('sending', () => {
    it('is done when the socket has it', async () => {
      const { client, broker } = await opened(driver, server)
      await client.send('/d', '{"a":"안"}', { headers: { 'content-type': 'application/json' } })
      expect(await broker.nextFrame()).toBe(
        'SEND\ndestination:/d\ncontent-type:application/json\ncontent-length:11\n\n{"a":"안"}\0',
      )
    })

    it('with a receipt is done at the RECEIPT', async () => {
      const { client, broker } = await opened(driver, server)
      const sending = client.send('/d', '', { receipt: true })
      expect(await broker.grant()).toBe('SEND\ndestination:/d\nreceipt:r1\n\n\0')
      await sending
    })

    it('escapes what stands in a header', async () => {
      const { client, broker } = await opened(driver, server)
      await client.send('/d:1', 'x', { headers: { h: 'a\nb\r\\' } })
      expect(await broker.nextFrame()).toBe(
        'SEND\ndestination:/d\\c1\nh:a\\nb\\r\\\\\ncontent-length:1\n\nx\0',
      )
    })

    it('fails before and after the session', async () => {
      const { client } = recorded(driver, server.url)
      expect(await failureOf(client.send('/d', 'x'))).toEqual({
        step: 'closed',
        message: 'SEND: the session is not open',
        close: undefined,
      })
      const { client: gone, broker, recording } = await opened(driver, server)
      broker.socket.close(1011)
      await recording.close()
      expect(await failureOf(gone.send('/d', 'x'))).toMatchObject({ close: { class: 'broker-crash' } })
    })
  })

  describe('receiving', () => {
    it('gives each MESSAGE with the time its bytes were read', async () => {
      const { broker, recording } = await opened(driver, server)
      const before = nowUs()
      const frame = messageFrame('{"a":"안"}')
      await broker.send(frame)
      await recording.until(({ messages }) => messages.length === 1)
      const [received] = recording.messages
      expect(received).toMatchObject({
        subscription: 'sub-0',
        destination: '/exchange/chat.direct/room.1',
        body: '{"a":"안"}',
        wireBytes: Buffer.byteLength(frame) - 1,
      })
      expect(received?.header('message-id')).toBe('T_sub-0@@session-abc@@1')
      expect(received?.header('nonesuch')).toBeUndefined()
      expect(recording.receivedUs[0]).toBeGreaterThanOrEqual(before)
      expect(recording.receivedUs[0]).toBeLessThanOrEqual(nowUs())
    })

    it('takes frames packed into one message, in order, at one time', async () => {
      const { client, broker, recording } = await opened(driver, server)
      const subscribing = client.subscribe('sub-0', '/d')
      const receipt = receiptOf(await broker.nextFrame())
      await broker.send(
        `${messageFrame('1')}RECEIPT\nreceipt-id:${receipt}\n\n\0\n\n\n${messageFrame('2', 'sub-0', 2)}${messageFrame('3', 'x', 3)}`,
      )
      await subscribing
      await recording.until(({ messages }) => messages.length === 3)
      expect(recording.messages.map(({ body, subscription }) => [body, subscription])).toEqual([
        ['1', 'sub-0'],
        ['2', 'sub-0'],
        ['3', 'x'],
      ])
      expect(new Set(recording.receivedUs).size).toBe(1)
    })

    it('takes a frame split over messages, and binary messages', async () => {
      const { broker, recording } = await opened(driver, server)
      const bytes = Buffer.from(messageFrame('{"a":"안"}'))
      for (let at = 0; at < bytes.length; at += 7) await broker.send(bytes.subarray(at, at + 7), true)
      await broker.send(Buffer.from(messageFrame('2')), true)
      await recording.until(({ messages }) => messages.length === 2)
      expect(recording.messages.map(({ body }) => body)).toEqual(['{"a":"안"}', '2'])
    })

    it('gives messages for subscriptions that ended or never were: they are leaks to be counted', async () => {
      const { client, broker, recording } = await opened(driver, server)
      const subscribing = client.subscribe('sub-0', '/d')
      await broker.grant()
      await subscribing
      const unsubscribing = client.unsubscribe('sub-0')
      await broker.grant()
      await unsubscribing
      await broker.send(messageFrame('late'))
      await broker.send(messageFrame('astray', 'never'))
      await recording.until(({ messages }) => messages.length === 2)
      expect(recording.messages.map(({ body }) => body)).toEqual(['late', 'astray'])
    })

    it('stops while paused', async () => {
      const { client, broker, recording } = await opened(driver, server)
      client.pause()
      await broker.send(messageFrame('1'))
      // The bytes are in our kernel; two more turns of a loop that reads other sockets would have read them.
      const other = await opened(driver, server)
      other.client.drop()
      const resumedUs = nowUs()
      expect(recording.messages).toEqual([])
      client.resume()
      await recording.until(({ messages }) => messages.length === 1)
      expect(recording.receivedUs[0]).toBeGreaterThanOrEqual(resumedUs)
    })
  })

  describe('an ERROR', () => {
    it('fails what is pending though a RECEIPT for it follows, and ends the session', async () => {
      const { client, broker, recording } = await opened(driver, server)
      const failure = failureOf(client.subscribe('a', '/exchange/nope/k'))
      const receipt = receiptOf(await broker.nextFrame())
      const error =
        "ERROR\nmessage:not_found\nreceipt-id:x\n\nNOT_FOUND - no exchange 'nope' in vhost '/'\0\n"
      await broker.send(`${error}RECEIPT\nreceipt-id:${receipt}\n\n\0\n${messageFrame('after')}`)
      const close = { class: 'error-frame', code: 1000, reason: '' }
      expect(await failure).toEqual({
        step: 'receipt',
        message: "SUBSCRIBE: ERROR: not_found: NOT_FOUND - no exchange 'nope' in vhost '/'",
        close: { ...close, reason: 'not_found' },
      })
      expect(await broker.closed).toEqual({ code: 1000, reason: '' })
      expect(await recording.close()).toEqual(close)
      expect(recording.errors).toEqual([
        {
          message: 'not_found',
          body: "NOT_FOUND - no exchange 'nope' in vhost '/'",
          receiptId: 'x',
          terminal: true,
        },
      ])
      expect(recording.messages).toEqual([])
      expect(recording.closes).toHaveLength(1)
    })

    it('about deliveries that an UNSUBSCRIBE overtook is told and survived', async () => {
      const { client, broker, recording } = await opened(driver, server)
      const unsubscribing = client.unsubscribe('a')
      await broker.grant()
      await unsubscribing
      await broker.send(
        "ERROR\nmessage:Subscription not found\n\nThere is no current subscription with tag 'T_a'.\0\n",
      )
      const subscribing = client.subscribe('b', '/d')
      await broker.grant()
      await subscribing
      expect(recording.errors).toMatchObject([{ message: 'Subscription not found', terminal: false }])
      expect(recording.closes).toEqual([])
    })

    it('of the same words is the end where nothing was unsubscribed', async () => {
      const { broker, recording } = await opened(driver, server)
      await broker.send('ERROR\nmessage:Subscription not found\n\n\0\n')
      expect(await recording.close()).toMatchObject({ class: 'error-frame' })
      expect(recording.errors).toMatchObject([{ terminal: true }])
    })
  })

  describe('a close', () => {
    const CLOSES: [code: number, reason: string, name: CloseClass][] = [
      [1000, '', 'idle-timeout'],
      [1000, 'STOMP died', 'stomp-died'],
      [1001, '', 'broker-gone'],
      [1002, '', 'protocol'],
      [1003, '', 'protocol'],
      [1007, '{bad_escape,"\\\\t"}', 'protocol'],
      [1009, '', 'too-large'],
      [1011, '', 'broker-crash'],
      [3000, 'x', 'other'],
    ]
    for (const [code, reason, name] of CLOSES)
      it(`with ${code} ${JSON.stringify(reason)} is ${name}`, async () => {
        const { broker, recording, client } = await opened(driver, server)
        broker.socket.close(code, reason)
        expect(await recording.close()).toEqual({ class: name, code, reason })
        expect(await client.disconnect()).toEqual({ class: name, code, reason })
        expect(recording.closes).toHaveLength(1)
      })

    it('without a close frame is 1006, broker-gone', async () => {
      const { broker, recording } = await opened(driver, server)
      broker.raw.destroy()
      expect(await recording.close()).toEqual({ class: 'broker-gone', code: 1006, reason: '' })
    })

    it('by a reset is 1006, broker-gone', async () => {
      const { broker, recording } = await opened(driver, server)
      broker.raw.resetAndDestroy()
      expect(await recording.close()).toMatchObject({ class: 'broker-gone', code: 1006 })
    })

    it('is ours, with 1007, when a text message is not UTF-8', async () => {
      const { broker, recording } = await opened(driver, server)
      await broker.send(Buffer.from('MESSAGE\nsubscription:a\n\n\xff\0', 'latin1'))
      expect(await recording.close()).toEqual({
        class: 'protocol',
        code: 1007,
        reason: expect.stringContaining('invalid UTF-8 sequence'),
      })
      expect((await broker.closed).code).toBe(1007)
      expect(recording.messages).toEqual([])
    })

    it('is ours, with 1002, when the bytes are no WebSocket', async () => {
      const { broker, recording } = await opened(driver, server)
      broker.raw.write('HTTP/1.1 500 Oops\r\n\r\n')
      expect(await recording.close()).toMatchObject({ class: 'protocol', code: 1002 })
    })
  })

  describe('disconnecting', () => {
    it('is DISCONNECT, RECEIPT, and the closing handshake', async () => {
      const { client, broker, recording } = await opened(driver, server)
      const ending = client.disconnect()
      expect(await broker.nextFrame()).toBe('DISCONNECT\nreceipt:close-0\n\n\0')
      await broker.send(messageFrame('in flight'))
      await broker.send('RECEIPT\nreceipt-id:close-0\n\n\0\n')
      const end = await ending
      expect(end).toMatchObject({ class: 'requested' })
      // The library closes without a code, we with 1000.
      expect([1000, 1005]).toContain((await broker.closed).code)
      expect(recording.messages.map(({ body }) => body)).toEqual(['in flight'])
      expect(recording.closes).toEqual([end])
      expect(await client.disconnect()).toEqual(end)
    })

    it('is over when RabbitMQ 3.10 closes without a RECEIPT', async () => {
      const { client, broker } = await opened(driver, server)
      const ending = client.disconnect()
      await broker.nextFrame()
      broker.socket.close(1000, 'STOMP died')
      expect(await ending).toEqual({ class: 'requested', code: 1000, reason: 'STOMP died' })
    })

    it('is over in time when the broker does nothing', async () => {
      const { client, broker } = await opened(driver, server, { timeoutMs: 200 })
      expect(await client.disconnect()).toEqual({ class: 'requested', code: 1006, reason: '' })
      await broker.closed
    })

    it('fails what is pending', async () => {
      const { client, broker } = await opened(driver, server)
      const failure = failureOf(client.subscribe('a', '/d'))
      const ending = Promise.all([client.disconnect(), client.disconnect()])
      await broker.nextFrame()
      await broker.grant()
      const [end, same] = await ending
      expect(same).toEqual(end)
      expect(await failure).toMatchObject({ step: 'closed', close: { class: 'requested' } })
    })

    it('of a client that never connected is nothing', async () => {
      expect(await recorded(driver, server.url).client.disconnect()).toMatchObject({ class: 'requested' })
    })
  })

  it('drops the connection without a word', async () => {
    const { client, broker, recording } = await opened(driver, server)
    const failure = failureOf(client.subscribe('a', '/d'))
    client.drop()
    expect(await recording.close()).toEqual({ class: 'requested', code: 1006, reason: '' })
    expect((await broker.closed).code).toBe(1006)
    expect(await failure).toMatchObject({ step: 'closed', close: { class: 'requested' } })
    client.drop()
    expect(recording.closes).toHaveLength(1)
  })

  describe('heart-beats', () => {
    it('go out at least as often as agreed while nothing else does', async () => {
      const { broker } = await opened(
        driver,
        server,
        { heartbeat: { outgoingMs: 400, incomingMs: 0 } },
        'version:1.2',
        'heart-beat:0,300',
      )
      const beats = [await broker.next(), await broker.next(), await broker.next()]
      expect(beats.map(({ text, binary }) => [text, binary])).toEqual(Array.from(beats, () => ['\n', false]))
      const gaps = beats.slice(1).map(({ atMs }, i) => atMs - beats[i]!.atMs)
      for (const gap of gaps) {
        expect(gap).toBeGreaterThan(200)
        // Agreed are 400 ms; the rest is for a machine that is busy.
        expect(gap).toBeLessThan(1200)
      }
    })

    it('that stop are missed', async () => {
      const { broker, recording } = await opened(
        driver,
        server,
        { heartbeat: { outgoingMs: 0, incomingMs: 200 } },
        'version:1.2',
        'heart-beat:200,0',
      )
      const started = performance.now()
      expect(await recording.close()).toEqual({ class: 'heartbeat-lost', code: 1006, reason: '' })
      expect(performance.now() - started).toBeGreaterThan(380)
      expect((await broker.closed).code).toBe(1006)
    })

    it('that keep coming keep the session, as any other bytes do', async () => {
      const { broker, recording, client } = await opened(
        driver,
        server,
        { heartbeat: { outgoingMs: 0, incomingMs: 400 } },
        'version:1.2',
        'heart-beat:400,0',
      )
      const until = performance.now() + 2400
      for (let n = 0; performance.now() < until; n++) {
        await broker.send(n % 2 === 0 ? '\n' : messageFrame(String(n)))
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      expect(recording.closes).toEqual([])
      client.drop()
    })
  })

  it('lets the passcode into no error', async () => {
    const { client, recording } = recorded(driver, server.url)
    const failure = failureOf(client.connect())
    const broker = await server.accept()
    expect(await broker.nextFrame()).toContain(`passcode:${PASSCODE}`)
    await broker.send(
      `ERROR\nmessage:bad ${PASSCODE}\n\nThe frame:\nCONNECT\npasscode:${PASSCODE}\nhost:/\0\n`,
    )
    expect((await failure).message).toBe('ERROR: bad ***: The frame:\nCONNECT\npasscode:***\nhost:/')
    const open = await opened(driver, server)
    const pending = failureOf(open.client.subscribe('a', '/d'))
    open.broker.socket.close(1008, `no ${PASSCODE}`)
    const close = await open.recording.close()
    expect(close.reason).toBe('no ***')
    const weak = recorded(driver, server.url, { passcode: 'guest' })
    const refused = failureOf(weak.client.connect())
    await (await server.accept()).send("ERROR\nmessage:Access refused for user 'guest'\n\npasscode:guest\n\0")
    // What is also the login is no secret, and redacting it would hide who was refused.
    expect((await refused).message).toBe("ERROR: Access refused for user 'guest': passcode:***")
    const told = JSON.stringify([
      await failure,
      await pending,
      close,
      recording.errors,
      open.recording.closes,
    ])
    expect(told).not.toContain(PASSCODE)
  })
})
