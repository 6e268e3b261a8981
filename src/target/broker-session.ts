import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { encodeFrame, FrameDecoder, type Frame, type HeaderPairs, type StompVersion } from '../stomp/frame.ts'
import {
  createPublication,
  subscriptionHead,
  writeText,
  type Publication,
  type Receiver,
  type Subscription,
} from './broker-delivery.ts'
import { ANYBODY, VHOST, type Access, type Reader } from './access.ts'
import type { SessionFaults } from './broker-faults.ts'
import { EXCHANGE } from './broker.ts'
import { WORDS, type ErrorWords } from './broker-words.ts'

/** The WebSocket under a session. */
export interface Channel {
  readonly socket: Socket
  isOpen(): boolean
  /** Begins the close handshake; nothing is written afterwards. */
  close(code: number, reason: string): void
}

/** Binds subscriptions to keys and routes publications to them. */
export interface Exchange {
  bind(subscription: Subscription<Session>): void
  unbind(subscription: Subscription<Session>): void
  /** False where the publisher is not to be told that it was. */
  publish(key: string, publication: Publication): boolean
}

export interface SessionSettings {
  exchange: Exchange
  access: Access
  /** The `server` header of CONNECTED. */
  server: string
  faults: SessionFaults
}

/** One STOMP session. Its fields are what the broker's clock looks at every half second. */
export interface Session extends Receiver {
  readonly channel: Channel
  readonly name: string
  /** Who logged in; nobody may do anything before. */
  reader: Reader
  version: StompVersion
  state: 'new' | 'connected' | 'closing'
  /** What was promised in CONNECTED, in ms; 0 = none. */
  sendsEveryMs: number
  expectsEveryMs: number
  /** By consumer tag: `T_<id>`, or `Q_<destination>` for a STOMP 1.0 subscription without an id. */
  readonly subscriptions: Map<string, Subscription<Session>>
  receive(bytes: Buffer): void
  /** Unbinds everything. To be called when the socket is gone; `isCut`: without any goodbye. */
  end(isCut: boolean): void
}

export function createSession(channel: Channel, settings: SessionSettings): Session {
  const session: Session = {
    channel,
    socket: channel.socket,
    name: `session-${randomBytes(16).toString('base64url')}`,
    reader: NOBODY,
    version: '1.2',
    state: 'new',
    sendsEveryMs: 0,
    expectsEveryMs: 0,
    delivered: 0,
    subscriptions: new Map(),
    isOpen: () => channel.isOpen(),
    receive(bytes) {
      const fault = decoder.push(bytes)
      if (fault === undefined || session.state === 'closing') return
      fail(session, settings, WORDS.malformed(`${fault.reason}: ${fault.detail}`), undefined, MALFORMED)
    },
    end(isCut) {
      session.state = 'closing'
      settings.faults.ended(session, isCut)
      for (const subscription of session.subscriptions.values()) settings.exchange.unbind(subscription)
      session.subscriptions.clear()
    },
  }
  const decoder = new FrameDecoder(
    {
      onFrame(frame) {
        handle(session, settings, frame)
        // The version CONNECTED names governs the frames that follow, also those in the same push.
        decoder.version = session.version
      },
      onEol: () => undefined,
    },
    { maxHeadBytes: 64 * 1024, maxBodyBytes: 4 * 1024 * 1024 },
  )
  return session
}

// --- internal ---

const NOBODY: Reader = { mayRead: () => false, mayWrite: false }
const MALFORMED = { code: 1007, reason: 'malformed STOMP frame' }
/** How RabbitMQ ends a session: after a fatal ERROR, a missed heart-beat, DISCONNECT. */
const DIED = { code: 1000, reason: 'STOMP died' }

/** Carries a frame out. Answers with what is wrong with it, if anything; then nothing was done. */
type Handler = (session: Session, settings: SessionSettings, frame: Frame) => ErrorWords | undefined

const HANDLERS: Readonly<Record<string, Handler>> = {
  CONNECT: () => WORDS.alreadyConnected,
  STOMP: () => WORDS.alreadyConnected,
  SEND: send,
  SUBSCRIBE: subscribe,
  UNSUBSCRIBE: unsubscribe,
  DISCONNECT: () => undefined,
  ACK: () => WORDS.notSupported('"ACK"'),
  NACK: () => WORDS.notSupported('"NACK"'),
  BEGIN: () => WORDS.notSupported('"BEGIN"'),
  COMMIT: () => WORDS.notSupported('"COMMIT"'),
  ABORT: () => WORDS.notSupported('"ABORT"'),
}

function handle(session: Session, settings: SessionSettings, frame: Frame): void {
  // STOMP 1.2, DISCONNECT: nothing is read after it; and nothing after an ERROR.
  if (session.state === 'closing') return
  const { command } = frame
  const { faults } = settings
  if (session.state === 'new') {
    const isConnect = command === 'CONNECT' || (command === 'STOMP' && !faults.refusesStomp(session))
    const wrong = isConnect ? connect(session, settings, frame) : WORDS.notConnected
    if (isConnect || !faults.actsUnconnected(session, command)) {
      if (wrong !== undefined) fail(session, settings, wrong, frame.header('receipt'))
      return
    }
    session.reader = ANYBODY
  }
  const receiptId = frame.header('receipt')
  const handler = Object.hasOwn(HANDLERS, command) ? HANDLERS[command] : undefined
  const wrong = handler === undefined ? WORDS.badCommand(command) : handler(session, settings, frame)
  if (wrong !== undefined && !faults.overlooks(session, wrong))
    return fail(session, settings, wrong, receiptId)
  if (receiptId !== undefined) sendReceipt(session, settings, receiptId)
  if (command === 'DISCONNECT') close(session, DIED)
}

function connect(session: Session, settings: SessionSettings, frame: Frame): ErrorWords | undefined {
  const { access, faults } = settings
  const version = faults.version(session, highestCommonVersion(frame.header('accept-version')))
  if (version === undefined) return WORDS.versionMismatch
  const login = frame.header('login')
  const passcode = frame.header('passcode')
  const isGiven = login !== undefined && passcode !== undefined
  const reader = isGiven ? access.logIn(login, passcode) : undefined
  if (reader === undefined && !faults.letsIn(session, login, passcode))
    return isGiven ? WORDS.accessRefused(login) : WORDS.missingCredentials
  const host = frame.header('host') ?? VHOST
  if (host !== VHOST) return WORDS.vhostDenied(host)
  const wishes = /^(\d{1,9}),(\d{1,9})$/.exec(frame.header('heart-beat') ?? '0,0')
  if (wishes === null) return WORDS.badHeartBeat

  session.sendsEveryMs = wholeSeconds(Number(wishes[2]))
  session.expectsEveryMs = wholeSeconds(Number(wishes[1]))
  faults.connecting(session)
  session.reader = reader ?? ANYBODY
  session.version = version
  session.state = 'connected'
  sendFrame(session, 'CONNECTED', [
    ['server', settings.server],
    ['session', session.name],
    ['heart-beat', `${session.sendsEveryMs},${session.expectsEveryMs}`],
    ['version', version],
  ])
  faults.connected(session)
  return undefined
}

function send(session: Session, { exchange, faults }: SessionSettings, frame: Frame): ErrorWords | undefined {
  const target = readDestination('SEND', frame)
  if (!target.ok) return target.words
  if (frame.header('message-id') !== undefined) return WORDS.messageIdNotAllowed
  if (frame.header('transaction') !== undefined) return WORDS.notSupported('a transaction')
  if (!session.reader.mayWrite) return WORDS.accessDenied(`exchange '${EXCHANGE}'`)
  const isKept = faults.keepsHeaders(session)
  const headers = frame
    .headers()
    .filter(([name]) => !OWN_HEADERS.has(name) || (isKept && name === 'redelivered'))
  // A copy: the frame is a view of the socket's buffer, and the publication may be queued for a slow subscriber.
  exchange.publish(target.key, createPublication(headers, Buffer.from(frame.bodyBytes)))
  return undefined
}

function subscribe(
  session: Session,
  { exchange, faults }: SessionSettings,
  frame: Frame,
): ErrorWords | undefined {
  const target = readDestination('SUBSCRIBE', frame)
  if (!target.ok) return target.words
  if (!session.reader.mayRead(target.key) || faults.refusesKey(session, target.key))
    return WORDS.accessDenied(`key '${target.key}' of exchange '${EXCHANGE}'`)
  const id = frame.header('id')
  if (id === undefined && session.version !== '1.0') return WORDS.missingHeader('SUBSCRIBE', 'id')
  if ((frame.header('ack') ?? 'auto') !== 'auto') return WORDS.notSupported("'ack' other than auto")
  const { destination } = target
  const tag = tagOf(id, destination)
  if (session.subscriptions.has(tag)) return WORDS.duplicateId(tag)
  const head = subscriptionHead(tag, session.name, id, destination, session.version)
  const subscription = { receiver: session, key: target.key, id, destination, head }
  session.subscriptions.set(tag, subscription)
  const bind = (): void => {
    if (session.subscriptions.get(tag) !== subscription) return
    for (let i = faults.bindings(subscription); i > 0; i--) exchange.bind(subscription)
  }
  if (frame.header('receipt') !== undefined && faults.delaysBinding(session)) faults.later(bind)
  else bind()
  return undefined
}

function unsubscribe(
  session: Session,
  { exchange, faults }: SessionSettings,
  frame: Frame,
): ErrorWords | undefined {
  const id = frame.header('id')
  const destination = frame.header('destination')
  if (id === undefined && destination === undefined) return WORDS.missingId
  const tag = tagOf(id, destination ?? '')
  const subscription = session.subscriptions.get(tag)
  if (subscription === undefined) return WORDS.noSubscription(id ?? destination ?? '')
  session.subscriptions.delete(tag)
  if (faults.keepsBinding(subscription))
    session.subscriptions.set(`kept ${session.subscriptions.size} ${tag}`, subscription)
  else exchange.unbind(subscription)
  if (faults.endsAll(session)) for (const other of session.subscriptions.values()) exchange.unbind(other)
  return undefined
}

/** STOMP 1.2: after ERROR the server must close the connection. */
function fail(
  session: Session,
  { faults }: SessionSettings,
  { message, body }: ErrorWords,
  receiptId: string | undefined,
  how = DIED,
): void {
  if (faults.swallows(message)) return
  const headers: [string, string][] = [
    ['message', message],
    ['content-type', 'text/plain'],
    ['version', '1.0,1.1,1.2'],
  ]
  if (receiptId !== undefined) headers.push(['receipt-id', receiptId])
  if (!faults.hidesError(message)) sendFrame(session, 'ERROR', headers, body)
  if (!faults.staysOpen(message)) close(session, how)
}

function sendReceipt(session: Session, { faults }: SessionSettings, receiptId: string): void {
  const altered = faults.receipt(session, receiptId)
  if (altered === undefined) sendFrame(session, 'RECEIPT', [['receipt-id', receiptId]])
  else if (altered.length > 0) writeText(session, altered)
}

function sendFrame(session: Session, command: string, headers: HeaderPairs, body = ''): void {
  writeText(session, encodeFrame(command, headers, body, { version: session.version, trailingLf: true }))
}

function close(session: Session, { code, reason }: { code: number; reason: string }): void {
  session.end(false)
  session.channel.close(code, reason)
}

const VERSIONS: readonly StompVersion[] = ['1.2', '1.1', '1.0']

/** STOMP 1.2: a missing accept-version means 1.0. */
function highestCommonVersion(accepted = '1.0'): StompVersion | undefined {
  const offers = accepted.split(',').map((offer) => offer.trim())
  return VERSIONS.find((version) => offers.includes(version))
}

/** RabbitMQ's heart-beats are whole seconds: rounded down, but never to none. */
function wholeSeconds(wishMs: number): number {
  return wishMs === 0 ? 0 : Math.max(1, Math.floor(wishMs / 1000)) * 1000
}

/** Headers of SEND that are the broker's business; all others go into the MESSAGE. */
const OWN_HEADERS = new Set([
  'destination',
  'receipt',
  'content-length',
  'subscription',
  'redelivered',
  'ack',
])

type Target = { ok: true; destination: string; key: string } | { ok: false; words: ErrorWords }

function readDestination(command: string, frame: Frame): Target {
  const destination = frame.header('destination')
  if (destination === undefined) return { ok: false, words: WORDS.missingDestination(command) }
  if (!/^\/exchange(?:\/|$)/.test(destination))
    return { ok: false, words: WORDS.unknownDestination(destination) }
  const rest = destination.slice('/exchange'.length)
  const [, exchange = '', key = '', ...more] = rest.split('/')
  if (exchange === '' || more.length > 0) return { ok: false, words: WORDS.invalidDestination(rest) }
  if (exchange !== EXCHANGE) return { ok: false, words: WORDS.noExchange(exchange, VHOST) }
  return { ok: true, destination, key: percentDecode(key) }
}

/** RabbitMQ writes `/` and other reserved characters of a key as %XX. */
function percentDecode(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

function tagOf(id: string | undefined, destination: string): string {
  return id === undefined ? `Q_${destination}` : `T_${id}`
}
