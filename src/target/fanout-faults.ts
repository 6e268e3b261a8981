import { encodeFrame, encodeTail } from '../stomp/frame.ts'
import { deliver, writeMessage, writeText, type Publication, type Subscription } from './broker-delivery.ts'
import type { Session } from './broker-session.ts'
import { hits, type FaultDetail, type FaultPlan } from './faults.ts'
import { createReordering } from './reordering.ts'

/** Sends one publication to the subscribers of its key. Answers whether its publisher is told that it was. */
export interface Fanout {
  publish(key: string, subscriptions: readonly Subscription<Session>[], publication: Publication): boolean
  /** Called once a subscription is bound. */
  bound(subscription: Subscription<Session>): void
  /** Called once it is bound no more. */
  unbound(subscription: Subscription<Session>): void
}

/** The healthy fan-out, or one that commits the planted delivery faults. */
export function createFanout(plan: FaultPlan): Fanout {
  const { switches } = plan
  const ofFrame = DELIVERY_FAULTS.flatMap(([name, write]) => {
    const fault = switches[name]
    return fault === undefined ? [] : [{ fault, write }]
  })
  if (ofFrame.length === 0 && OF_PUBLICATION.every((name) => switches[name] === undefined)) return HEALTHY
  const reordering = createReordering(switches['reorder-one-subscriber'])
  const last = new Map<string, Publication>()

  const write = (
    subscription: Subscription<Session>,
    publication: Publication,
    detail: FaultDetail,
  ): void => {
    const due = ofFrame.find(({ fault }) => fault.isDue())
    if (due === undefined) deliver(subscription, publication)
    else {
      due.write(subscription, publication)
      due.fault.planted(detail)
    }
  }

  return {
    publish(key, subscriptions, publication) {
      const message = newMessageOf(publication)
      const own = (subscription: Subscription<Session>): FaultDetail => detailOf(subscription, message?.id)
      const victim = message === undefined ? undefined : pick(subscriptions, message.id)
      const isHit = (name: (typeof OF_PUBLICATION)[number], atLeast: number): boolean =>
        victim !== undefined && subscriptions.length >= atLeast && hits(switches[name], own(victim))
      if (switches['replays-last'] !== undefined && message !== undefined) last.set(key, publication)
      const isLost = isHit('loss-one-subscriber', 1)
      const isTwice = isHit('duplicate-one-subscriber', 1)
      const isHalf = isHit('half-published', 2)
      const isOther = isHit('id-differs', 2)
      for (const subscription of subscriptions) {
        const isVictim = subscription === victim
        if (isVictim && (isLost || isHalf)) continue
        const seen = isVictim && isOther ? withOtherId(publication) : publication
        const send = (): void => write(subscription, seen, { ...own(subscription), key })
        if (message === undefined) send()
        else
          reordering.send({ subscription, isVictim, isAmongMany: subscriptions.length > 1, ...message, send })
        if (isVictim && isTwice) deliver(subscription, publication)
      }
      return !isHalf
    },
    bound(subscription) {
      const publication = last.get(subscription.key)
      if (publication === undefined || !hits(switches['replays-last'], detailOf(subscription, undefined)))
        return
      deliver(subscription, publication)
    },
    unbound: (subscription) => reordering.forget(subscription),
  }
}

// --- internal ---

const GARBAGE = Buffer.from('GARBAGE\nthis line has no colon\n\n\0\n')

/** Faults of a publication as a whole, told apart from those of single MESSAGEs. */
const OF_PUBLICATION = [
  'loss-one-subscriber',
  'duplicate-one-subscriber',
  'half-published',
  'id-differs',
  'reorder-one-subscriber',
  'replays-last',
] as const

const HEALTHY: Fanout = {
  publish(_key, subscriptions, publication) {
    for (const subscription of subscriptions) deliver(subscription, publication)
    return true
  },
  bound: () => undefined,
  unbound: () => undefined,
}

type FrameWriter = (subscription: Subscription<Session>, publication: Publication) => void

/** The headers of a MESSAGE, before anything is wrong with them. */
type Headers = [name: string, value: string][]

const DELIVERY_FAULTS = [
  [
    'content-length-off',
    ({ receiver, head }, { headers, body, isText }) => {
      const wrong: [string, string] = ['content-length', String(body.length + 1)]
      const tail = encodeTail([...headers, wrong], body, { version: receiver.version, trailingLf: true })
      writeMessage(receiver, head, tail, isText)
    },
  ],
  ['missing-subscription', altered((headers) => without(headers, 'subscription'))],
  ['missing-message-id', altered((headers) => without(headers, 'message-id'))],
  [
    'message-id-reused',
    (subscription, publication) => {
      if (subscription.receiver.delivered > 0) subscription.receiver.delivered--
      deliver(subscription, publication)
    },
  ],
  [
    'wrong-destination',
    altered((headers) => [
      ...without(headers, 'destination'),
      ['destination', '/exchange/chat.direct/elsewhere'],
    ]),
  ],
  ['redelivered', altered((headers) => [...without(headers, 'redelivered'), ['redelivered', 'true']])],
  ['no-content-length', altered((headers) => headers, { contentLength: false })],
  ['frame-lost', ({ receiver }) => void receiver.delivered++],
  [
    'garbage-frame',
    (subscription, publication) => {
      deliver(subscription, publication)
      writeText(subscription.receiver, GARBAGE)
    },
  ],
] as const satisfies readonly (readonly [string, FrameWriter])[]

function altered(
  alter: (headers: Headers) => Headers,
  options: { contentLength?: boolean } = {},
): FrameWriter {
  return ({ receiver, id, destination }, { headers, body }) => {
    const number = ++receiver.delivered
    const all: Headers = [
      ['subscription', id ?? ''],
      ['destination', destination],
      ['message-id', `T_${id ?? ''}@@${receiver.name}@@${number}`],
      ...headers.map(([name, value]): [string, string] => [name, value]),
    ]
    const encoding = { version: receiver.version, trailingLf: true, ...options }
    writeText(receiver, encodeFrame('MESSAGE', alter(all), body, encoding))
  }
}

function without(headers: Headers, name: string): Headers {
  return headers.filter((pair) => pair[0] !== name)
}

function withOtherId({ headers, body, isText }: Publication): Publication {
  const text = body.toString('utf8').replace(/"id":(\d+)/, (_all, id) => `"id":${Number(id) + 1_000_000}`)
  const other = Buffer.from(text)
  return {
    isText,
    headers,
    body: other,
    tail: (version) => encodeTail(headers, other, { version, trailingLf: true }),
  }
}

/** Id and sender of the message in a new_message; undefined for any other event. */
function newMessageOf({ body }: Publication): { id: number; senderId: number } | undefined {
  const [, id] = /^\{"type":"new_message","message":\{"id":(\d+)/.exec(body.toString('latin1', 0, 80)) ?? []
  if (id === undefined) return undefined
  const [, senderId] = /"sender_id":(\d+)/.exec(body.toString('latin1', Math.max(0, body.length - 200))) ?? []
  return { id: Number(id), senderId: Number(senderId ?? 0) }
}

/** A different subscriber for each message, the same one in every run. */
function pick<T>(subscriptions: readonly T[], messageId: number): T | undefined {
  return subscriptions[messageId % subscriptions.length]
}

function detailOf({ receiver, id, key }: Subscription<Session>, messageId: number | undefined): FaultDetail {
  return { session: receiver.name, subscription: id ?? '', key, messageId: messageId ?? 0 }
}
