import { describe, expect, it } from 'vitest'
import type { HistoryEvent } from '../../src/conform/history.ts'
import { newSecrets } from '../../src/conform/secrets.ts'
import { subscribe } from '../../src/conform/subscription.ts'
import { newTranscript, startClock, type Transcript } from '../../src/conform/transcript.ts'
import { openWire, type Wire, type WireOptions } from '../../src/conform/wire.ts'
import { ScriptedBroker, type ScriptedConnection } from '../stomp/scripted-broker.ts'

interface Opened {
  wire: Wire
  broker: ScriptedConnection
  transcript: Transcript
  events: HistoryEvent[]
}

async function withWire(
  test: (opened: Opened) => Promise<void>,
  changes: Partial<WireOptions> = {},
): Promise<void> {
  await using server = await ScriptedBroker.start()
  const events: HistoryEvent[] = []
  const transcript = newTranscript(startClock(), newSecrets(), (event) => events.push(event))
  const entry = { connection: 'c1', case: 'TEST', userId: 7 }
  const options = {
    url: server.url,
    subprotocols: ['v12.stomp'],
    headers: {},
    tls: {},
    timeoutMs: 2_000,
    decoder: {},
    entry,
  }
  const wire = await openWire('A', { ...options, ...changes }, transcript)
  await test({ wire, broker: await server.accept(), transcript, events })
  await wire.close()
}

describe('a wire', () => {
  it('sends exactly the bytes it is told to, as text or binary, with the headers it is given', () =>
    withWire(
      async ({ wire, broker, transcript }) => {
        expect(wire.subprotocol).toBe('v12.stomp')
        expect(broker.request.headers['origin']).toBe('https://evil.example')
        wire.send('SEND\ndest')
        wire.send(Buffer.from([0, 255]))
        wire.send(Buffer.from('\n'), { asText: true })
        wire.frame('SUBSCRIBE', [['id', 'a:b']])
        expect(await broker.next()).toMatchObject({ text: 'SEND\ndest', binary: false })
        expect(await broker.next()).toMatchObject({ binary: true })
        expect(await broker.next()).toMatchObject({ text: '\n', binary: false })
        expect(await broker.next()).toMatchObject({ text: 'SUBSCRIBE\nid:a\\cb\n\n\0', binary: false })
        expect(transcript.frames()).toHaveLength(4)
      },
      { headers: { origin: 'https://evil.example' } },
    ))

  it('finds frames that have come and waits for those that have not', () =>
    withWire(async ({ wire, broker }) => {
      await broker.send('MESSAGE\nn:1\n\none\0\nMESSAGE\nn:2\n\ntwo\0\n')
      const isN = (n: string) => (frame: { header(name: string): string | undefined }) =>
        frame.header('n') === n
      expect((await wire.next(isN('2')))?.body).toBe('two')
      expect((await wire.next(isN('1')))?.body).toBe('one')
      const third = wire.next(isN('3'), { from: 2 })
      await broker.send('MESSAGE\nn:3\n\nth')
      await broker.send('ree\0')
      expect((await third)?.body).toBe('three')
      expect(await wire.next(isN('4'), { timeoutMs: 20 })).toBe(undefined)
      expect(wire.frames.map(({ index }) => index)).toEqual([0, 1, 2])
    }))

  it('tells heart-beats from frames, and answers nothing by itself', () =>
    withWire(async ({ wire, broker }) => {
      await broker.send('\n')
      await broker.send('RECEIPT\nreceipt-id:1\n\n\0\n')
      await wire.next(({ command }) => command === 'RECEIPT')
      expect(wire.reads.map(({ isBeat, isBinary }) => [isBeat, isBinary])).toEqual([
        [true, false],
        [false, false],
      ])
      expect(broker.unread).toEqual([])
      wire.beat(5)
      expect((await broker.next()).text).toBe('\n')
      wire.stopBeating()
    }))

  it('keeps what the bytes were that are no frame; waiting on it is an unmet precondition, not a failure', () =>
    withWire(async ({ wire, broker, events }) => {
      await broker.send('MESSAGE\nno colon here\n\n\0')
      await expect(wire.next(() => true)).rejects.toThrow(/no STOMP frame \(no-colon\)/)
      expect(await wire.next(() => true, { isTolerant: true })).toBe(undefined)
      expect(wire.fault).toMatchObject({ reason: 'no-colon', offset: 8 })
      await wire.close()
      expect(events.at(-1)).toMatchObject({ kind: 'closed', isOurs: true, fault: 'no-colon' })
    }))

  it('says how the other end closed, and who waited gets nothing', () =>
    withWire(async ({ wire, broker }) => {
      const waiting = wire.next(() => true)
      broker.socket.close(1000, 'STOMP died')
      expect(await waiting).toBe(undefined)
      expect(await wire.ended()).toMatchObject({ code: 1000, reason: 'STOMP died', isOurs: false })
    }))

  it('pings', () =>
    withWire(async ({ wire }) => {
      expect((await wire.ping(Buffer.from('are you there')))?.toString()).toBe('are you there')
    }))

  it('hands the history what it sent by hand as far as it was frames, without the passcode', () =>
    withWire(async ({ wire, events, transcript }) => {
      wire.send('CONNECT\nlogin:me\npasscode:hidden\n\n\0SEND\ndestination:/x\n\nhello\0')
      const frames = events.filter((event) => event.kind === 'frame')
      expect(frames.map(({ command, body }) => [command, body])).toEqual([
        ['CONNECT', ''],
        ['SEND', 'hello'],
      ])
      expect(
        JSON.stringify([events, transcript.lines(), transcript.frames().map((frame) => atob(frame))]),
      ).not.toContain('hidden')
    }))

  it('that cannot be opened is data', async () => {
    const transcript = newTranscript(startClock(), newSecrets(), () => undefined)
    const entry = { connection: 'c1', case: 'TEST', userId: null }
    const options = { subprotocols: [], headers: {}, tls: {}, timeoutMs: 500, decoder: {}, entry }
    const refused = await openWire('A', { ...options, url: 'ws://127.0.0.1:9/ws' }, transcript)
    expect([refused.wasOpened, refused.end?.code, refused.end?.error]).toEqual([
      false,
      1006,
      expect.stringMatching(/ECONNREFUSED/),
    ])
    const malformed = await openWire('A', { ...options, url: 'mailto:x' }, transcript)
    expect([malformed.wasOpened, malformed.end?.error]).toEqual([false, expect.stringMatching(/URL/)])
    expect(await malformed.next(() => true)).toBe(undefined)
  })
})

describe('a subscription', () => {
  const SUBSCRIBED = 'RECEIPT\nreceipt-id:subscribed-s\n\n\0\n'
  it.each([
    ['receipt', SUBSCRIBED],
    ['error', 'ERROR\nmessage:access_refused\n\n\0\n'],
    ['error', `ERROR\nmessage:not_found\n\n\0\n${SUBSCRIBED}`],
    ['closed', undefined],
  ] as const)('is answered by %s (%j)', (outcome, answer) =>
    withWire(async ({ wire, broker }) => {
      const subscribing = subscribe(wire, 's', '/exchange/chat.direct/room.1')
      expect((await broker.next()).text).toBe(
        'SUBSCRIBE\nid:s\ndestination:/exchange/chat.direct/room.1\nreceipt:subscribed-s\n\n\0',
      )
      if (answer === undefined) broker.socket.close(1000, 'STOMP died')
      else await broker.send(answer)
      const subscription = await subscribing
      expect(subscription.outcome).toBe(outcome)
      if (answer === undefined)
        expect(subscription.words).toBe('no frame; the connection was closed with 1000 "STOMP died"')
    }),
  )

  it('takes the messages that name it, and those that name none by their destination', () =>
    withWire(async ({ wire, broker }) => {
      const subscribing = subscribe(wire, 's', '/d')
      await broker.grant()
      const subscription = await subscribing
      const chat = (content: string): string => JSON.stringify({ type: 'new_message', message: { content } })
      await broker.send(`MESSAGE\nsubscription:s\ndestination:/other\n\n${chat('a')}\0`)
      await broker.send(`MESSAGE\nsubscription:t\ndestination:/d\n\n${chat('b')}\0`)
      await broker.send(`MESSAGE\ndestination:/d\n\n${chat('c')}\0`)
      expect((await subscription.message({ content: 'c' }))?.header('destination')).toBe('/d')
      expect(subscription.messages()).toHaveLength(2)
      expect(subscription.copiesOf({ content: 'b' })).toEqual([])
      expect(await subscription.event(({ type }) => type === 'user_typing', 20)).toBe(undefined)
    }))
})
