import type { IncomingMessage } from 'node:http'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import {
  connect as connectTls,
  createSecureContext,
  type ConnectionOptions,
  type SecureContext,
} from 'node:tls'
import type { WebSocket } from 'ws'
import { Intake, noteRead, READ_BUFFER } from './intake.ts'
import type { StompOptions, TlsOptions } from './client.ts'

export { WebSocket } from 'ws'

/**
 * Opens a WebSocket of class `Class` (ws's own, or a subclass that carries its owner). Throws on a malformed URL;
 * every other failure arrives as `error` and `close` events. There is no timeout: the caller destroys what takes too long.
 *
 * With `onPayload`, whole data messages are handed to it straight from the bytes read (intake.ts) and no `message` event
 * is emitted for them; the others come as `message` events, in order with these.
 */
export function openWebSocket<S extends WebSocket>(
  Class: new (url: string, protocols: string[], options: WebSocket.ClientOptions) => S,
  options: StompOptions,
  subprotocols: readonly string[],
  onPayload?: (payload: Buffer) => void,
): S {
  const client: WebSocket.ClientOptions & { secureContext?: SecureContext; closeTimeout: number } = {
    // A deflate context costs 63 KB a connection, and a load generator gains nothing from it.
    perMessageDeflate: false,
    closeTimeout: options.timeoutMs,
  }
  if (options.localAddress !== undefined) client.localAddress = options.localAddress
  if (options.tls !== undefined) {
    client.rejectUnauthorized = options.tls.insecure !== true
    client.secureContext = secureContextOf(options.tls)
  }
  const intake = onPayload === undefined ? undefined : new Intake(onPayload)
  if (intake !== undefined) {
    client.createConnection = ((to: object) => connectThrough(intake, to, options.url)) as typeof connectTcp
  }
  const socket: WithRawSocket & S = new Class(options.url, [...subprotocols], client)
  if (intake === undefined) return socket.once('upgrade', onUpgrade)
  socket[reader] = intake
  return socket.once('upgrade', onUpgradeWithIntake).once('open', onOpen).on('error', onError)
}

/** Stops reading. What the socket still holds is ws's to read when it goes on. */
export function pauseReading(socket: WebSocket & WithRawSocket): void {
  socket[reader]?.leaveToWs()
  socket.pause()
}

/** Resets the TCP connection where it can be reset (not under TLS), destroys it otherwise. Nothing is said to the peer. */
export function abandon(socket: WebSocket): void {
  const raw = rawSocketOf(socket)
  if (raw !== undefined && !('encrypted' in raw) && !raw.destroyed) raw.resetAndDestroy()
  socket.terminate()
}

/** Lets the frames of one turn leave together: a user's SUBSCRIBEs cost one system call, not one each. */
export function gather(socket: WebSocket): void {
  const raw = rawSocketOf(socket)
  if (raw === undefined || raw.writableCorked > 0) return
  raw.cork()
  process.nextTick(uncork, raw)
}

// --- internal ---

function uncork(raw: Socket): void {
  raw.uncork()
}

const rawSocket = Symbol('raw socket')
const reader = Symbol('intake')

interface WithRawSocket {
  [rawSocket]?: Socket
  [reader]?: Intake
}

function rawSocketOf(socket: WebSocket & WithRawSocket): Socket | undefined {
  return socket[rawSocket]
}

function onUpgrade(this: WebSocket & WithRawSocket, response: IncomingMessage): void {
  this[rawSocket] = response.socket
  // Before ws adds its own listener, so that the clock is read before the bytes are looked at.
  response.socket.prependListener('data', noteRead)
}

function onUpgradeWithIntake(this: WebSocket & WithRawSocket, response: IncomingMessage): void {
  this[rawSocket] = response.socket
}

function onOpen(this: WebSocket & WithRawSocket): void {
  this[reader]?.open()
}

/** What ws refuses ends the connection: nothing after it counts. */
function onError(this: WebSocket & WithRawSocket): void {
  this[reader]?.leaveToWs()
}

/** What ws itself would open, with the reads going to the intake. */
function connectThrough(intake: Intake, to: object, url: string): Socket {
  const options = { ...to, path: undefined, onread: { buffer: READ_BUFFER, callback: intake.onRead } }
  const socket = url.startsWith('wss:') ? connectTls(named(options)) : connectTcp(options as never)
  intake.socket = socket
  return socket
}

/** TLS wants the name of the server; an address is none. */
function named(options: ConnectionOptions): ConnectionOptions {
  if (options.servername !== undefined) return options
  const { host = '' } = options
  return { ...options, servername: isIP(host) === 0 ? host : '' }
}

/** One context for all connections of a run: parsing the certificates again for each costs a millisecond of CPU. */
const secureContexts = new WeakMap<TlsOptions, SecureContext>()

function secureContextOf(tls: TlsOptions): SecureContext {
  const known = secureContexts.get(tls)
  if (known !== undefined) return known
  const context = createSecureContext(tls.ca === undefined ? {} : { ca: tls.ca })
  secureContexts.set(tls, context)
  return context
}
