import { randomBytes } from 'node:crypto'
import { fail, info, nonStrict, pass, type ActiveRule } from '../rule.ts'
import { openedWire } from './opened-wire.ts'

const COMMON = { section: 'websocket', cost: 'quick', since: '0.2.0' } as const

/** What lies below STOMP: the upgrade and the control frames. */
export const webSocketRules: readonly ActiveRule[] = [
  {
    ...COMMON,
    id: 'WS-HAND-01',
    level: 'MUST',
    title: 'The upgrade agrees on a STOMP subprotocol that was offered',
    basis: {
      document: 'RFC 6455',
      section: '4.2.2 Sending the Server’s Opening Handshake',
      quote:
        'Either a single value representing the subprotocol the server is ready to use or null. The value chosen MUST be derived from the client’s handshake, specifically by selecting one of the values from the |Sec-WebSocket-Protocol| field',
    },
    sends: 'An upgrade that offers v12.stomp, v11.stomp and v10.stomp.',
    expected: ['101 with the subprotocol v12.stomp', '101 with another of those offered, or with none'],
    async check(stage) {
      const wire = await stage.wire('browser')
      if (!wire.wasOpened) return fail(`no WebSocket: ${wire.end?.error ?? 'closed'}`)
      const { subprotocol } = wire
      if (subprotocol === 'v12.stomp') return pass('101, subprotocol v12.stomp')
      if (subprotocol === '') return nonStrict('101 without a subprotocol, though three were offered')
      return nonStrict(`101, subprotocol ${subprotocol}`)
    },
  },
  {
    ...COMMON,
    id: 'WS-HAND-02',
    level: 'INFO',
    title: 'What the upgrade makes of a foreign Origin and of no subprotocol',
    basis: {
      document: 'RFC 6455',
      section: '10.2 Origin Considerations',
      quote:
        'Servers that are not intended to process input from any web page but only for certain sites SHOULD verify the |Origin| field is an origin they expect.',
    },
    sends: 'An upgrade with Origin: https://evil.example, and one without any subprotocol.',
    expected: ['recorded'],
    async check(stage) {
      const foreign = await stage.wire('foreign page', { headers: { origin: 'https://evil.example' } })
      const plain = await stage.wire('no subprotocol', { subprotocols: [] })
      const said = (isOpen: boolean, error: string | null | undefined): string =>
        isOpen ? 'accepted' : `refused (${error ?? 'closed'})`
      return info(
        `foreign Origin ${said(foreign.wasOpened, foreign.end?.error)}; no subprotocol ${said(plain.wasOpened, plain.end?.error)}`,
      )
    },
  },
  {
    ...COMMON,
    id: 'WS-PING-01',
    level: 'MUST',
    title: 'A WebSocket ping is answered with its own payload',
    basis: {
      document: 'RFC 6455',
      section: '5.5.2 Ping, 5.5.3 Pong',
      quote:
        'Upon receipt of a Ping frame, an endpoint MUST send a Pong frame in response, unless it already received a Close frame. A Pong frame sent in response to a Ping frame must have identical "Application data" as found in the message body of the Ping frame being replied to.',
    },
    sends: 'A ping with 16 random bytes.',
    expected: ['a pong with the same bytes'],
    async check(stage) {
      const wire = await openedWire(stage, 'browser')
      const payload = randomBytes(16)
      const pong = await wire.ping(payload)
      if (pong === undefined) return fail('no pong')
      return pong.equals(payload)
        ? pass('pong with the same 16 bytes')
        : fail(`pong with ${pong.length} other bytes`)
    },
  },
]
