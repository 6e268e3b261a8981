import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { WebSocket } from 'ws'
import { nowUs } from '../clock.ts'
import type { StompOptions, TlsOptions } from './client.ts'

export { WebSocket } from 'ws'

/**
 * When bytes were last read from any socket of this thread (`nowUs`). While a message is being handled this is the
 * moment its bytes were read: reading, unframing and handling happen in one turn, so one variable serves all sockets.
 */
export let lastReadUs = 0

/**
 * Opens a WebSocket of class `Class` (ws's own, or a subclass that carries its owner). Throws on a malformed URL;
 * every other failure arrives as `error` and `close` events. There is no timeout: the caller destroys what takes too long.
 */
export function openWebSocket<S extends WebSocket>(
  Class: new (url: string, protocols: string[], options: WebSocket.ClientOptions) => S,
  options: StompOptions,
  subprotocols: readonly string[],
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
  return new Class(options.url, [...subprotocols], client).once('upgrade', onUpgrade)
}

/** Resets the TCP connection where it can be reset (not under TLS), destroys it otherwise. Nothing is said to the peer. */
export function abandon(socket: WebSocket): void {
  const raw = rawSocketOf(socket)
  if (raw !== undefined && !('encrypted' in raw) && !raw.destroyed) raw.resetAndDestroy()
  socket.terminate()
}

// --- internal ---

const rawSocket = Symbol('raw socket')

interface WithRawSocket {
  [rawSocket]?: Socket
}

function rawSocketOf(socket: WebSocket & WithRawSocket): Socket | undefined {
  return socket[rawSocket]
}

function onUpgrade(this: WebSocket & WithRawSocket, response: IncomingMessage): void {
  this[rawSocket] = response.socket
  // Before ws adds its own listener, so that the clock is read before the bytes are looked at.
  response.socket.prependListener('data', onRead)
}

function onRead(): void {
  lastReadUs = nowUs()
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
