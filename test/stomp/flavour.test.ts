import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DriverName, FlavourName } from '../../src/stomp/client.ts'
import { FLAVOURS } from '../../src/stomp/flavour.ts'
import { opened, PASSCODE } from './recording.ts'
import { ScriptedBroker } from './scripted-broker.ts'

const OURS = `login:guest\npasscode:${PASSCODE}\nhost:/\n`

/**
 * Every frame of a small session, byte by byte. From the sources of @stomp/stompjs 7.5.0 (`StompHandler`, `Versions`)
 * and of stomp_dart_client 0.4.4 (`StompHandler`, `StompConfig`); receipts are added the way each library's callers do.
 */
const WIRE: Record<FlavourName, { protocols: string | undefined; binary: boolean; frames: string[] }> = {
  web: {
    protocols: 'v12.stomp,v11.stomp,v10.stomp',
    binary: false,
    frames: [
      `CONNECT\n${OURS}accept-version:1.2,1.1,1.0\nheart-beat:4000,4000\n\n\0`,
      'SUBSCRIBE\nreceipt:r1\nid:sub-0\ndestination:/exchange/chat.direct/room.1\n\n\0',
      'SEND\ndestination:/d\ncontent-type:text/plain\nreceipt:r2\ncontent-length:2\n\nhi\0',
      'UNSUBSCRIBE\nreceipt:r3\nid:sub-0\n\n\0',
      'DISCONNECT\nreceipt:close-0\n\n\0',
    ],
  },
  'react-native': {
    protocols: 'v12.stomp,v11.stomp,v10.stomp',
    binary: true,
    frames: [
      `CONNECT\n${OURS}accept-version:1.2,1.1,1.0\nheart-beat:10000,10000\n\n\0`,
      'SUBSCRIBE\nreceipt:r1\nid:sub-0\ndestination:/exchange/chat.direct/room.1\n\n\0',
      'SEND\ndestination:/d\ncontent-type:text/plain\nreceipt:r2\ncontent-length:2\n\nhi\0',
      'UNSUBSCRIBE\nreceipt:r3\nid:sub-0\n\n\0',
      'DISCONNECT\nreceipt:close-0\n\n\0',
    ],
  },
  flutter: {
    protocols: undefined,
    binary: false,
    frames: [
      `CONNECT\n${OURS}accept-version:1.0,1.1,1.2\nheart-beat:5000,5000\n\n\0`,
      'SUBSCRIBE\nreceipt:r1\ndestination:/exchange/chat.direct/room.1\nid:sub-0\n\n\0',
      'SEND\ncontent-type:text/plain\nreceipt:r2\ndestination:/d\ncontent-length:2\n\nhi\0',
      'UNSUBSCRIBE\nreceipt:r3\nid:sub-0\n\n\0',
      'DISCONNECT\nreceipt:disconnect-0\n\n\0',
    ],
  },
}

/** @stomp/stompjs puts the destination of a SEND first, whatever the flavour. */
const STOMPJS_FLUTTER_SEND =
  'SEND\ndestination:/d\ncontent-type:text/plain\nreceipt:r2\ncontent-length:2\n\nhi\0'

let server: ScriptedBroker
beforeEach(async () => {
  server = await ScriptedBroker.start()
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

describe.for<DriverName>(['lean', 'stompjs'])('the %s driver', (driver) => {
  describe.for<FlavourName>(['web', 'react-native', 'flutter'])('as %s', (flavour) => {
    it('writes the frames of that client', async () => {
      const { protocols, binary, frames } = WIRE[flavour]
      const { client, broker, connect, recording } = await opened(driver, server, {
        flavour,
        heartbeat: FLAVOURS[flavour].heartbeat,
      })
      // ws joins the offers without spaces.
      expect(broker.request.headers['sec-websocket-protocol']).toBe(protocols)
      const modes: boolean[] = []
      broker.socket.on('message', (_data, isBinary) => modes.push(isBinary))
      const written = [connect]
      const subscribing = client.subscribe('sub-0', '/exchange/chat.direct/room.1')
      written.push(await broker.grant())
      await subscribing
      const sending = client.send('/d', 'hi', { headers: { 'content-type': 'text/plain' }, receipt: true })
      written.push(await broker.grant())
      await sending
      const unsubscribing = client.unsubscribe('sub-0')
      written.push(await broker.grant())
      await unsubscribing
      const ending = client.disconnect()
      written.push(await broker.grant())
      expect(await ending).toMatchObject({ class: 'requested' })
      expect(written).toEqual(
        driver === 'stompjs' && flavour === 'flutter' ? frames.with(2, STOMPJS_FLUTTER_SEND) : frames,
      )
      expect(modes).toEqual([binary, binary, binary, binary])
      expect(recording.errors).toEqual([])
    })

    it('sends heart-beats as text', async () => {
      const { broker } = await opened(
        driver,
        server,
        { flavour, heartbeat: { outgoingMs: 200, incomingMs: 0 } },
        'version:1.2',
        'heart-beat:0,200',
      )
      expect(await broker.next()).toMatchObject({ text: '\n', binary: false })
    })
  })

  it('as react-native reads frames whose NUL was cut off, and whole ones', async () => {
    const { client, broker, recording } = await opened(driver, server, { flavour: 'react-native' })
    await broker.send('MESSAGE\nsubscription:a\ncontent-length:2\n\nab')
    await broker.send('MESSAGE\nsubscription:a\n\ncd')
    await broker.send('MESSAGE\nsubscription:a\n\nef\0\n')
    await broker.send('\n')
    await broker.send('MESSAGE\nsubscription:a\n\ngh\0')
    await recording.until(({ messages }) => messages.length === 4)
    expect(recording.messages.map(({ body }) => body)).toEqual(['ab', 'cd', 'ef', 'gh'])
    client.drop()
  })
})
