import { readFileSync } from 'node:fs'
import { createServer, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocketServer, type WebSocket } from 'ws'
import { sharedAccess, VHOST, type Access } from './access.ts'
import { createSessionFaults } from './broker-faults.ts'
import { createPublication, writeText, type Subscription } from './broker-delivery.ts'
import { createSession, type Exchange, type Session } from './broker-session.ts'
import { BrokerDown, type Broker } from './broker.ts'
import { createFanout } from './fanout-faults.ts'
import type { FaultPlan } from './faults.ts'
import { listen, urlHost } from './listening.ts'
import { createSocketFaults } from './socket-faults.ts'

export interface EmbeddedBrokerOptions {
  host: string
  port: number
  plan: FaultPlan
  /** Default: everybody is guest, with the password guest. */
  access?: Access
  /** A session whose client sends no byte for this long is cut, as Cowboy does under RabbitMQ. Default 60,000. */
  idleTimeoutMs?: number
  /** A socket without CONNECT is cut after this long, as RabbitMQ does from 4.2.6 on. Default 10,000. */
  loginTimeoutMs?: number
  /** A subscriber that takes no byte for this long is cut, as RabbitMQ's send_timeout does. Default 30,000. */
  sendTimeoutMs?: number
  /** Nor may more than this wait for one subscriber. Default 16 MiB. */
  maxBufferedBytes?: number
}

/**
 * An in-memory STOMP broker over WebSocket (path /ws) with one direct exchange. It keeps to STOMP 1.2 where RabbitMQ
 * does not (ERROR then close, receipt-id in ERROR, id required), and to RabbitMQ in what STOMP leaves open.
 * @throws StompedeError TARGET_FAILED when the address cannot be listened on.
 */
export async function startEmbeddedBroker(options: EmbeddedBrokerOptions): Promise<Broker> {
  const { plan, access = sharedAccess(GUEST), maxBufferedBytes = 16 * 1024 * 1024 } = options
  const exchange = createExchange(plan, access, maxBufferedBytes)
  const settings = { exchange, access, server: `${NAME}/${VERSION}`, faults: createSessionFaults(plan) }
  const socketFaults = createSocketFaults(plan)
  const connections = new Set<Connection>()
  const limits = {
    idleMs: options.idleTimeoutMs ?? 60_000,
    loginMs: options.loginTimeoutMs ?? 10_000,
    sendMs: options.sendTimeoutMs ?? 30_000,
  }

  const webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 4 * 1024 * 1024 + 4 * 1024,
    clientTracking: false,
    autoPong: socketFaults.answersPings,
    handleProtocols: (offers) =>
      socketFaults.subprotocol(PROTOCOLS.find((protocol) => offers.has(protocol)) ?? false),
  })
  const server = createServer((request, response) => {
    const status = pathOf(request.url) === PATH ? 426 : 404
    response.writeHead(status, status === 426 ? { Upgrade: 'websocket' } : {}).end(STATUS_CODES[status])
  })
  server.on('upgrade', (request, stream, head) => {
    const socket = stream as Socket
    if (pathOf(request.url) !== PATH) {
      // Nobody else listens on this socket, and a client that is gone already must not end the process.
      socket.on('error', () => undefined)
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = open(webSocket, socket)
      connections.add(connection)
      webSocket.on('close', (code) => {
        connections.delete(connection)
        connection.session.end(code === WITHOUT_CLOSE)
      })
    })
  })

  function open(webSocket: WebSocket, socket: Socket): Connection {
    const session = createSession(
      {
        socket,
        isOpen: () => webSocket.readyState === webSocket.OPEN,
        close: (code, reason) => webSocket.close(code, reason),
      },
      settings,
    )
    const nowMs = performance.now()
    const connection: Connection = {
      session,
      webSocket,
      openedMs: nowMs,
      heardMs: nowMs,
      attendedMs: nowMs,
      drained: 0,
      drainedMs: nowMs,
      written: 0,
      writtenMs: nowMs,
    }
    const heard = (): void => {
      connection.heardMs = performance.now()
    }
    webSocket.on('message', (data) => {
      heard()
      session.receive(socketFaults.read(data as Buffer))
    })
    webSocket.on('ping', (payload) => {
      heard()
      if (!socketFaults.answersPings && socketFaults.answersPing()) webSocket.pong(payload)
    })
    webSocket.on('pong', heard)
    // `ws` closes the connection itself after an error; 'close' follows and is where it ends for us.
    webSocket.on('error', () => undefined)
    return connection
  }

  const port = await listen(server, options.host, options.port)
  const timer = setInterval(() => connections.forEach((connection) => attend(connection, limits)), TICK_MS)
  return {
    stompUrl: `ws://${urlHost(options.host)}:${port}${PATH}`,
    credentialsOf: (userId) => access.credentialsOf(userId),
    info: { name: NAME, version: VERSION },
    publish(key, body) {
      if (exchange.publish(key, createPublication(JSON_HEADERS, body))) return CONFIRMED
      return Promise.reject(new BrokerDown('the broker did not confirm the message'))
    },
    async close() {
      clearInterval(timer)
      const closed = new Promise((resolve) => server.close(resolve))
      for (const { webSocket } of connections) webSocket.close(1001, 'the broker stops')
      const deadlineMs = performance.now() + GOODBYE_MS
      while (connections.size > 0 && performance.now() < deadlineMs) await delay(10)
      for (const { webSocket } of connections) webSocket.terminate()
      server.closeAllConnections()
      await closed
    },
  }
}

// --- internal ---

interface Connection {
  readonly session: Session
  readonly webSocket: WebSocket
  readonly openedMs: number
  /** When the client last sent anything. */
  heardMs: number
  attendedMs: number
  /** Bytes the kernel has taken, and since when it has taken no more. */
  drained: number
  drainedMs: number
  /** Bytes written, and a moment before the last of them were. */
  written: number
  writtenMs: number
}

const NAME = 'Stompede'
const { version: VERSION } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string }
const PATH = '/ws'
const PROTOCOLS = ['v12.stomp', 'v11.stomp', 'v10.stomp']
const GUEST = { username: 'guest', password: 'guest', vhost: VHOST }
const JSON_HEADERS = [['content-type', 'application/json']] as const
const CONFIRMED = Promise.resolve()
const HEART_BEAT = Buffer.from('\n')
const TICK_MS = 250
const GOODBYE_MS = 500
/** RFC 6455 7.4.1: the connection was lost without a close frame. */
const WITHOUT_CLOSE = 1006

function createExchange(plan: FaultPlan, access: Access, maxBufferedBytes: number): Exchange {
  const bindings = new Map<string, Subscription<Session>[]>()
  const fanout = createFanout(plan)
  return {
    bind(subscription) {
      const bound = bindings.get(subscription.key)
      if (bound === undefined) bindings.set(subscription.key, [subscription])
      else bound.push(subscription)
      fanout.bound(subscription)
    },
    unbind(subscription) {
      const bound = bindings.get(subscription.key) ?? []
      let place = bound.indexOf(subscription)
      for (; place >= 0; place = bound.indexOf(subscription, place)) bound.splice(place, 1)
      if (bound.length === 0) bindings.delete(subscription.key)
      fanout.unbound(subscription)
    },
    publish(key, publication) {
      const bound = bindings.get(key) ?? []
      const readers = access.isOpen ? bound : bound.filter(({ receiver }) => receiver.reader.mayRead(key))
      const isConfirmed = fanout.publish(key, readers, publication)
      for (const { receiver } of bound) {
        if (receiver.socket.writableLength > maxBufferedBytes) receiver.socket.destroy()
      }
      return isConfirmed
    },
  }
}

/** What time demands of a connection: beats sent, and the silent, the idle and the stuck cut. */
function attend(connection: Connection, limits: { idleMs: number; loginMs: number; sendMs: number }): void {
  const { session, webSocket } = connection
  const nowMs = performance.now()
  const silentMs = nowMs - connection.heardMs
  if (session.state === 'new' && nowMs - connection.openedMs > limits.loginMs)
    webSocket.close(1000, 'login timeout')
  // RabbitMQ 3.10 cuts after three missed intervals.
  else if (session.expectsEveryMs > 0 && silentMs > 3 * session.expectsEveryMs)
    webSocket.close(1000, 'STOMP died')
  else if (silentMs > limits.idleMs && session.expectsEveryMs !== Infinity) webSocket.close(1000)
  else if (isStuck(connection, nowMs, limits.sendMs)) webSocket.terminate()
  else beat(connection, nowMs)
}

function isStuck(connection: Connection, nowMs: number, sendMs: number): boolean {
  const { socket } = connection.session
  const drained = progressOf(socket)
  if (drained !== connection.drained || socket.writableLength === 0) {
    connection.drained = drained
    connection.drainedMs = nowMs
  }
  return nowMs - connection.drainedMs > sendMs
}

function progressOf(socket: Socket): number {
  return socket.bytesWritten - socket.writableLength
}

/**
 * STOMP 1.2: data at least every n ms. Looked at every tick, a beat is due two ticks before n is over, so that a late
 * tick is not a late beat.
 */
function beat(connection: Connection, nowMs: number): void {
  const { session } = connection
  if (session.sendsEveryMs === 0) return
  const written = session.socket.bytesWritten
  if (written !== connection.written) {
    connection.written = written
    connection.writtenMs = connection.attendedMs
  }
  connection.attendedMs = nowMs
  if (nowMs + 2 * TICK_MS - connection.writtenMs > session.sendsEveryMs) writeText(session, HEART_BEAT)
}

function pathOf(url = ''): string {
  return url.replace(/\?.*$/, '').replace(/(.)\/$/, '$1')
}
