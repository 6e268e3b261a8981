import { encodeFrame, type StompVersion } from '../stomp/frame.ts'
import type { Subscription } from './broker-delivery.ts'
import type { Session } from './broker-session.ts'
import type { ErrorWords } from './broker-words.ts'
import { hits, type FaultName, type FaultPlan } from './faults.ts'

/** Where a session asks whether it is to misbehave. Without planted faults every answer is no. */
export interface SessionFaults {
  /** The version to agree on, where `agreed` is what is right; undefined for none. */
  version(session: Session, agreed: StompVersion | undefined): StompVersion | undefined
  /** Whether a login that is refused is let in all the same. */
  letsIn(session: Session, login: string | undefined, passcode: string | undefined): boolean
  refusesStomp(session: Session): boolean
  actsUnconnected(session: Session, command: string): boolean
  /** Called before CONNECTED is sent; may change the heart-beats it is to promise. */
  connecting(session: Session): void
  /** Called once CONNECTED is sent; may break the heart-beats it promised. */
  connected(session: Session): void
  /** What is wrong with a frame is not to be seen: it has its RECEIPT and no effect. */
  overlooks(session: Session, wrong: ErrorWords): boolean
  refusesKey(session: Session, key: string): boolean
  /** The RECEIPT is to precede the binding, which `later` then makes. */
  delaysBinding(session: Session): boolean
  later(bind: () => void): void
  /** How often a subscription is bound: once. */
  bindings(subscription: Subscription<Session>): number
  keepsBinding(subscription: Subscription<Session>): boolean
  /** An UNSUBSCRIBE of one is to end all. */
  endsAll(session: Session): boolean
  /** Called when a session ends; `isCut`: without any goodbye. */
  ended(session: Session, isCut: boolean): void
  keepsHeaders(session: Session): boolean
  /** An ERROR is to be neither sent nor followed by a close. */
  swallows(message: string): boolean
  hidesError(message: string): boolean
  staysOpen(message: string): boolean
  /** The bytes to send instead of the RECEIPT: none for no bytes, undefined for the true one. */
  receipt(session: Session, receiptId: string): Buffer | undefined
}

export function createSessionFaults({ switches }: FaultPlan): SessionFaults {
  const hit = (name: FaultName, session: Session, detail: Record<string, string> = {}): boolean =>
    switches[name] !== undefined && hits(switches[name], { session: session.name, ...detail })
  /** What sessions unsubscribed from, and what sessions that were cut had subscribed to. */
  const left = new WeakMap<Session, Set<string>>()
  const abandoned = new Set<string>()

  return {
    version(session, agreed) {
      if (agreed === undefined) return hit('accept-any-version', session) ? '1.2' : undefined
      return agreed === '1.2' && hit('low-version', session) ? '1.1' : agreed
    },
    letsIn: (session, login, passcode) =>
      login === undefined || passcode === undefined
        ? hit('accept-no-credentials', session)
        : hit('accept-any-passcode', session),
    refusesStomp: (session) => hit('stomp-command-refused', session),
    actsUnconnected: (session, command) => hit('act-before-connect', session, { command }),
    connecting(session) {
      if (session.sendsEveryMs === 0 && session.expectsEveryMs === 0) return
      if (hit('heartbeat-refused', session)) session.sendsEveryMs = session.expectsEveryMs = 0
      else if (hit('heartbeat-slow', session)) session.sendsEveryMs = session.expectsEveryMs = 10_000
    },
    connected(session) {
      if (session.sendsEveryMs > 0 && hit('no-heartbeat', session)) session.sendsEveryMs = 0
      else if (session.sendsEveryMs === 0 && hit('beats-unasked', session)) session.sendsEveryMs = 1_000
      if (session.expectsEveryMs > 0 && hit('keeps-silent-client', session)) session.expectsEveryMs = Infinity
    },
    overlooks(session, { message, body }) {
      if (body.includes(LOG_EXCHANGE) && hit('accept-log-exchange', session, { message })) return true
      const name = OVERLOOKED[message]
      return name !== undefined && hit(name, session, { message })
    },
    refusesKey: (session, key) => key.startsWith('user.') && hit('personal-refused', session, { key }),
    delaysBinding: (session) => hit('receipt-before-binding', session),
    later: (bind) => void setTimeout(bind, BINDING_DELAY_MS).unref(),
    bindings({ key, receiver }) {
      if (abandoned.delete(key) && hit('resubscribe-ignored', receiver, { key })) return 0
      return left.get(receiver)?.has(key) === true && hit('rejoin-duplicates', receiver, { key }) ? 2 : 1
    },
    keepsBinding({ key, receiver }) {
      if (hit('unsubscribe-ignored', receiver, { key })) return true
      if (switches['rejoin-duplicates'] !== undefined) {
        const keys = left.get(receiver) ?? new Set()
        left.set(receiver, keys.add(key))
      }
      return false
    },
    endsAll: (session) => hit('unsubscribe-all', session),
    ended({ subscriptions }, isCut) {
      if (!isCut || switches['resubscribe-ignored'] === undefined) return
      for (const { key } of subscriptions.values()) abandoned.add(key)
    },
    keepsHeaders: (session) => hit('spoofed-headers', session),
    swallows: (message) => hits(switches['error-swallowed'], { message }),
    hidesError: (message) => hits(switches['close-without-error'], { message }),
    staysOpen: (message) => hits(switches['error-without-close'], { message }),
    receipt(session, receiptId) {
      if (hit('no-receipt', session, { receiptId })) return NOTHING
      if (hit('wrong-receipt', session, { receiptId })) return receiptBytes('not-the-receipt-id')
      if (!NEEDS_ESCAPE.test(receiptId) || !hit('escape-broken', session, { receiptId })) return undefined
      return receiptBytes(receiptId)
    },
  }
}

// --- internal ---

const BINDING_DELAY_MS = 200
const NOTHING = Buffer.alloc(0)
const NEEDS_ESCAPE = /[\\:\r\n]/

/** As the ERROR for an exchange that is not there names it. */
const LOG_EXCHANGE = "'amq.rabbitmq.log'"

/** The faults that overlook an error, by its `message`. */
const OVERLOOKED: Readonly<Record<string, FaultName | undefined>> = {
  'Duplicated subscription identifier': 'accept-duplicate-id',
  'Unknown destination': 'accept-any-destination',
  'Invalid destination': 'accept-any-destination',
  not_found: 'accept-any-destination',
  'Missing destination': 'accept-no-destination',
  'Bad command': 'accept-unknown-command',
}

/** Nothing in it is escaped but LF, as in STOMP 1.0: a line cannot hold one. */
function receiptBytes(receiptId: string): Buffer {
  return encodeFrame('RECEIPT', [['receipt-id', receiptId]], '', { version: '1.0', trailingLf: true })
}
