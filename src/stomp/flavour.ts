import type { FlavourName, StompOptions } from './client.ts'
import type { HeaderPairs } from './encode.ts'
import type { Heartbeat } from './heartbeat.ts'

/** What a client library puts on the wire, as far as a broker can tell the libraries apart. */
export interface Flavour {
  /** The library's defaults, or the guide's where it sets them. */
  heartbeat: Readonly<Heartbeat>
  /** WebSocket subprotocols offered in the upgrade. */
  subprotocols: readonly string[]
  acceptVersion: string
  /** Frames go out as binary WebSocket messages; heart-beats stay text. */
  binary: boolean
  /** Incoming frames may lack their NUL. */
  appendMissingNul: boolean
  /** The receipt asked for by DISCONNECT. */
  farewell: string
  subscribeHeaders(id: string, destination: string, extra: HeaderPairs): HeaderPairs
  sendHeaders(destination: string, extra: HeaderPairs): HeaderPairs
}

/** The headers of CONNECT that the guide's clients pass to their library, in the guide's order. */
export function callerHeaders(options: StompOptions): HeaderPairs {
  return [
    ['login', options.login],
    ['passcode', options.passcode],
    ['host', options.vhost],
  ]
}

/** All headers of CONNECT: the libraries add theirs after the caller's. */
export function connectHeaders(options: StompOptions, flavour: Flavour): HeaderPairs {
  return [
    ...callerHeaders(options),
    ['accept-version', flavour.acceptVersion],
    ['heart-beat', `${options.heartbeat.outgoingMs},${options.heartbeat.incomingMs}`],
  ]
}

/** @stomp/stompjs 7: `StompHandler.start`, `.subscribe` and `.publish`, and `Versions.default`. */
const STOMPJS = {
  subprotocols: ['v12.stomp', 'v11.stomp', 'v10.stomp'],
  acceptVersion: '1.2,1.1,1.0',
  farewell: 'close-0',
  subscribeHeaders: (id: string, destination: string, extra: HeaderPairs): HeaderPairs => [
    ...extra,
    ['id', id],
    ['destination', destination],
  ],
  sendHeaders: (destination: string, extra: HeaderPairs): HeaderPairs => [
    ['destination', destination],
    ...extra,
  ],
}

/** The guide's three clients. */
export const FLAVOURS: Readonly<Record<FlavourName, Flavour>> = {
  /** The guide's browser client sets 4 s both ways. */
  web: {
    ...STOMPJS,
    heartbeat: { outgoingMs: 4000, incomingMs: 4000 },
    binary: false,
    appendMissingNul: false,
  },
  /**
   * The guide leaves heart-beats at the library's 10 s. Frame modes as the library documents them for React Native,
   * whose bridge cuts text messages at the first NUL: `forceBinaryWSFrames` and `appendMissingNULLonIncoming`.
   */
  'react-native': {
    ...STOMPJS,
    heartbeat: { outgoingMs: 10_000, incomingMs: 10_000 },
    binary: true,
    appendMissingNul: true,
  },
  /** stomp_dart_client 0.4.4: `StompHandler._connectToStomp`, `.subscribe` and `.send`, and `StompConfig`'s defaults. */
  flutter: {
    heartbeat: { outgoingMs: 5000, incomingMs: 5000 },
    subprotocols: [],
    acceptVersion: '1.0,1.1,1.2',
    binary: false,
    appendMissingNul: false,
    farewell: 'disconnect-0',
    subscribeHeaders: (id, destination, extra) => [...extra, ['destination', destination], ['id', id]],
    sendHeaders: (destination, extra) => [...extra, ['destination', destination]],
  },
}
