import { encodeTail } from '../stomp/frame.ts'
import {
  deliver,
  writeMessage,
  writeText,
  subscriptionHead,
  type Publication,
  type Subscription,
} from './broker-delivery.ts'
import type { Session } from './broker-session.ts'
import type { FaultDetail, FaultPlan, FaultSwitch } from './faults.ts'

/** Where a session asks whether it is to misbehave. Without planted faults every answer is no. */
export interface SessionFaults {
  /** Called once CONNECTED is sent; may break the heart-beats it promised. */
  connected(session: Session): void
  /** The RECEIPT is to precede the binding, which `later` then makes. */
  delaysBinding(session: Session): boolean
  later(bind: () => void): void
  keepsBinding(subscription: Subscription<Session>): boolean
  hidesError(message: string): boolean
  staysOpen(message: string): boolean
  /** The bytes to send instead of the RECEIPT: none for no bytes, undefined for the true one. */
  receipt(session: Session, receiptId: string): Buffer | undefined
}

/** Sends one publication to the subscribers of its key. */
export type Fanout = (
  key: string,
  subscriptions: readonly Subscription<Session>[],
  publication: Publication,
) => void

export function createSessionFaults({ switches }: FaultPlan): SessionFaults {
  return {
    connected(session) {
      const detail = { session: session.name }
      if (session.sendsEveryMs > 0 && hits(switches['no-heartbeat'], detail)) session.sendsEveryMs = 0
      if (session.expectsEveryMs > 0 && hits(switches['keeps-silent-client'], detail))
        session.expectsEveryMs = Infinity
    },
    delaysBinding: (session) => hits(switches['receipt-before-binding'], { session: session.name }),
    later: (bind) => void setTimeout(bind, BINDING_DELAY_MS).unref(),
    keepsBinding: ({ key, receiver }) =>
      hits(switches['unsubscribe-ignored'], { session: receiver.name, key }),
    hidesError: (message) => hits(switches['close-without-error'], { message }),
    staysOpen: (message) => hits(switches['error-without-close'], { message }),
    receipt(session, receiptId) {
      const detail = { session: session.name, receiptId }
      if (hits(switches['no-receipt'], detail)) return NOTHING
      if (hits(switches['wrong-receipt'], detail)) return receiptBytes('not-the-receipt-id')
      const isSpecial = NEEDS_ESCAPE.test(receiptId) && !receiptId.includes('\n')
      if (isSpecial && hits(switches['escape-broken'], detail)) return receiptBytes(receiptId)
      return undefined
    },
  }
}

/** The healthy fan-out, or one that commits the planted delivery faults. */
export function createFanout({ switches }: FaultPlan): Fanout {
  const lossOfOne = switches['loss-one-subscriber']
  const duplicateOfOne = switches['duplicate-one-subscriber']
  const ofFrame = DELIVERY_FAULTS.flatMap(([name, write]) => {
    const fault = switches[name]
    return fault === undefined ? [] : [{ fault, write }]
  })
  if (lossOfOne === undefined && duplicateOfOne === undefined && ofFrame.length === 0) return healthyFanout

  return (key, subscriptions, publication) => {
    const messageId = subscriptions.length === 0 ? undefined : newMessageId(publication)
    const lost =
      messageId !== undefined && lossOfOne?.isDue() === true ? pick(subscriptions, messageId) : undefined
    const twice =
      messageId !== undefined && duplicateOfOne?.isDue() === true ? pick(subscriptions, messageId) : undefined
    if (lost !== undefined) lossOfOne?.planted(detailOf(lost, messageId))
    if (twice !== undefined) duplicateOfOne?.planted(detailOf(twice, messageId))
    for (const subscription of subscriptions) {
      if (subscription === lost) continue
      const due = ofFrame.find(({ fault }) => fault.isDue())
      if (due === undefined) deliver(subscription, publication)
      else {
        due.write(subscription, publication)
        due.fault.planted({ ...detailOf(subscription, messageId), key })
      }
      if (subscription === twice) deliver(subscription, publication)
    }
  }
}

// --- internal ---

const BINDING_DELAY_MS = 300
const NOTHING = Buffer.alloc(0)
const NEEDS_ESCAPE = /[\\:\r\n]/
const GARBAGE = Buffer.from('GARBAGE\nthis line has no colon\n\n\0\n')

const healthyFanout: Fanout = (_key, subscriptions, publication) => {
  for (const subscription of subscriptions) deliver(subscription, publication)
}

type FrameWriter = (subscription: Subscription<Session>, publication: Publication) => void

const DELIVERY_FAULTS: readonly (readonly [
  'content-length-off' | 'missing-subscription' | 'garbage-frame',
  FrameWriter,
])[] = [
  [
    'content-length-off',
    ({ receiver, head }, { headers, body, isText }) => {
      const wrong: [string, string] = ['content-length', String(body.length + 1)]
      const tail = encodeTail([...headers, wrong], body, { version: receiver.version, trailingLf: true })
      writeMessage(receiver, head, tail, isText)
    },
  ],
  [
    'missing-subscription',
    ({ receiver, id, destination }, publication) => {
      const head = subscriptionHead(`T_${id ?? ''}`, receiver.name, undefined, destination, receiver.version)
      writeMessage(receiver, head, publication.tail(receiver.version), publication.isText)
    },
  ],
  [
    'garbage-frame',
    (subscription, publication) => {
      deliver(subscription, publication)
      writeText(subscription.receiver, GARBAGE)
    },
  ],
]

function hits(fault: FaultSwitch | undefined, detail: FaultDetail): boolean {
  if (fault?.isDue() !== true) return false
  fault.planted(detail)
  return true
}

function receiptBytes(receiptId: string): Buffer {
  return Buffer.from(`RECEIPT\nreceipt-id:${receiptId}\n\n\0\n`)
}

/** The id of the message in a new_message; undefined for any other event. */
function newMessageId({ body }: Publication): number | undefined {
  const [, id] = /^\{"type":"new_message","message":\{"id":(\d+)/.exec(body.toString('latin1', 0, 80)) ?? []
  return id === undefined ? undefined : Number(id)
}

/** A different subscriber for each message, the same one in every run. */
function pick<T>(subscriptions: readonly T[], messageId: number): T | undefined {
  return subscriptions[messageId % subscriptions.length]
}

function detailOf({ receiver, id, key }: Subscription<Session>, messageId: number | undefined): FaultDetail {
  return { session: receiver.name, subscription: id ?? '', key, messageId: messageId ?? 0 }
}
