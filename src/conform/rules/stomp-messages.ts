import { roomDestination } from '../actor.ts'
import { chatFramesOf, forgedBodies, type ChatFrame } from '../chat-frames.ts'
import type { FrameEvent, History } from '../history.ts'
import {
  fail,
  inconclusive,
  info,
  pass,
  seenAt,
  type ActiveRule,
  type Outcome,
  type PassiveRule,
} from '../rule.ts'
import { subscribe } from '../subscription.ts'
import { sendAccepted } from './answers.ts'

const PASSIVE = { section: 'stomp', cost: 'quick', since: '0.2.0' } as const
const SENDS = 'Nothing: looks at every MESSAGE of all cases.'

/** What MESSAGE frames say, judged over the whole gate. */
export const stompMessageRules: readonly PassiveRule[] = [
  {
    ...PASSIVE,
    id: 'STOMP-SUB-03',
    level: 'MUST',
    title: 'Every MESSAGE names its destination, its id and a subscription of ours',
    basis: {
      document: 'STOMP 1.2',
      section: 'MESSAGE',
      quote:
        'The MESSAGE frame MUST also contain a message-id header with a unique identifier for that message and a subscription header matching the identifier of the subscription that is receiving the message.',
    },
    sends: SENDS,
    expected: ['destination, message-id and subscription on each; subscription is one that was made'],
    judge: (history) =>
      overMessages(history, (frame, { subscriptions }) => {
        for (const name of ['destination', 'message-id', 'subscription'])
          if (headerOf(frame, name) === undefined) return `no ${name} header`
        const subscription = headerOf(frame, 'subscription') ?? ''
        return subscriptions.has(`${frame.connection} ${subscription}`)
          ? undefined
          : `subscription:${subscription} was never made on that connection`
      }),
  },
  {
    ...PASSIVE,
    id: 'STOMP-SUB-04',
    level: 'MUST',
    title: 'The destination of a MESSAGE is the one subscribed to',
    basis: {
      document: 'guide',
      section: 'JavaScript (웹 브라우저)',
      quote: "stompClient.subscribe('/exchange/chat.direct/room.1', function (message) {",
    },
    sends: SENDS,
    expected: ['the destination header equals that of the SUBSCRIBE'],
    judge: (history) => {
      const frames = chatFramesOf(history).filter(({ subscription }) => subscription !== '')
      return judged(
        frames,
        ({ frame }) => frame.atMs,
        ({ frame, subscribed }: ChatFrame) => {
          const destination = headerOf(frame, 'destination')
          return destination === undefined || destination === subscribed
            ? undefined
            : `destination:${destination} on a subscription to ${subscribed}`
        },
      )
    },
  },
  {
    ...PASSIVE,
    id: 'STOMP-SUB-05',
    level: 'MUST',
    title: 'No two MESSAGEs of a connection have the same message-id',
    basis: {
      document: 'STOMP 1.2',
      section: 'MESSAGE',
      quote: 'a message-id header with a unique identifier for that message',
    },
    sends: SENDS,
    expected: ['every message-id of a connection is used once'],
    judge: (history) => {
      const used = new Set<string>()
      return overMessages(history, (frame) => {
        const id = headerOf(frame, 'message-id')
        if (id === undefined) return undefined
        const key = `${frame.connection} ${id}`
        if (used.has(key)) return `message-id:${id} came twice`
        used.add(key)
        return undefined
      })
    },
  },
  {
    ...PASSIVE,
    id: 'STOMP-FRAME-03',
    level: 'SHOULD',
    title: 'A MESSAGE with a body says how long it is and what it is',
    basis: {
      document: 'STOMP 1.2',
      section: 'MESSAGE',
      quote:
        'MESSAGE frames SHOULD include a content-length header and a content-type header if a body is present.',
    },
    sends: SENDS,
    expected: ['content-length is the number of octets, content-type is application/json'],
    judge(history) {
      const broken = history.events.find((event) => event.kind === 'closed' && event.fault === 'missing-nul')
      if (broken?.kind === 'closed')
        return seenAt(fail('content-length does not lead to the NUL that ends the frame'), broken.atMs)
      return overMessages(history, (frame) => {
        if (frame.body === '') return undefined
        const length = headerOf(frame, 'content-length')
        if (length === undefined) return 'no content-length'
        const octets = Buffer.byteLength(frame.body)
        // What was no UTF-8 cannot be counted again; that it is none is for EVT-ALL-01.
        if (!frame.body.includes('\uFFFD') && Number(length) !== octets)
          return `content-length:${length} for ${octets} octets`
        const type = headerOf(frame, 'content-type') ?? 'missing'
        return /^application\/json\b/.test(type) ? undefined : `content-type ${type}`
      })
    },
  },
  {
    ...PASSIVE,
    id: 'STOMP-ACK-01',
    level: 'SHOULD',
    title: 'With ack:auto nothing is sent again',
    basis: {
      document: 'STOMP 1.2',
      section: 'SUBSCRIBE ack Header',
      quote:
        'When the ack mode is auto, then the client does not need to send the server ACK frames for the messages it receives.',
    },
    sends: SENDS,
    expected: ['no MESSAGE is marked redelivered:true'],
    judge: (history) =>
      overMessages(history, (frame) =>
        headerOf(frame, 'redelivered') === 'true' ? 'redelivered:true' : undefined,
      ),
  },
]

/** What comes of subscribing, seen in one case. */
export const stompSubscriptionRules: readonly ActiveRule[] = [
  {
    section: 'stomp',
    since: '0.2.0',
    cost: 'quick',
    id: 'STOMP-SUB-02',
    level: 'MUST',
    title: 'From the RECEIPT on every message is delivered',
    basis: {
      document: 'STOMP 1.2',
      section: 'RECEIPT',
      quote:
        'A RECEIPT frame is sent from the server to the client once a server has successfully processed a client frame that requests a receipt.',
    },
    sends:
      'Fifty times: B’s phone SUBSCRIBEs anew; the moment its RECEIPT is there, A sends a message, which B’s other device, subscribed all the time, receives too.',
    expected: ['the phone receives every message that the other device receives'],
    async check(stage) {
      const { a, b: owner, rooms, device } = await stage.cast()
      const b = device(owner, 'phone')
      await Promise.all([owner.connect(), b.connect()])
      const witness = await owner.listen(rooms.shared)
      const missed = { phone: 0, witness: 0, inARow: 0 }
      let seen = 0
      for (let i = 0; i < ROUNDS; i++) {
        const subscription = await b.listen(rooms.shared)
        const sent = await sendAccepted(a, rooms.shared, ` round ${i}`)
        const [own, other] = await Promise.all([subscription, witness].map((each) => each.message(sent)))
        if (other !== undefined) seen++
        if (own === undefined && other === undefined && seen === 0 && i === GIVE_UP)
          return inconclusive('no message reaches either device')
        if (own !== undefined && other === undefined) missed.witness++
        if (own !== undefined) missed.inARow = 0
        else if (other !== undefined) {
          missed.phone++
          missed.inARow++
        }
        // Single losses, which hit the other device as well, are for SEM-DEL-01 to count.
        if (missed.inARow === 2 || (missed.phone >= GIVE_UP && missed.phone > 2 * missed.witness))
          return fail(`${missed.phone} of ${i + 1} messages sent after a RECEIPT never came`)
        b.wire.frame('UNSUBSCRIBE', [
          ['id', subscription.id],
          ['receipt', `done-${subscription.id}`],
        ])
        await b.wire.next((frame) => frame.header('receipt-id') === `done-${subscription.id}`)
      }
      return pass(`${seen - missed.phone} of ${seen} delivered`)
    },
  },
  {
    section: 'stomp',
    since: '0.2.0',
    cost: 'quick',
    id: 'STOMP-SUB-08',
    level: 'INFO',
    title: 'How many copies two subscriptions to one destination bring',
    basis: {
      document: 'derived',
      section: 'subscriptions',
      quote:
        'A client that subscribes to a room twice, from the list and from join-room, may see each message twice.',
    },
    sends: 'Two SUBSCRIBEs of B to one room, then a message of A.',
    expected: ['recorded'],
    async check(stage) {
      const { a, b, rooms } = await stage.cast()
      await b.connect()
      const one = await b.listen(rooms.shared)
      const two = await subscribe(b.wire, 'second', roomDestination(rooms.shared))
      if (two.outcome !== 'receipt') return info(`the second SUBSCRIBE was refused: ${two.words}`)
      const sent = await a.send(rooms.shared, ' how often?')
      await Promise.all([one.message(sent), two.message(sent, stage.patienceMs / 4)])
      return info(`${one.copiesOf(sent).length + two.copiesOf(sent).length} copies`)
    },
  },
]

// --- internal ---

const ROUNDS = 50
const GIVE_UP = 5

function overMessages(
  history: History,
  faultOf: (frame: FrameEvent, seen: { subscriptions: ReadonlySet<string> }) => string | undefined,
): Outcome {
  const subscriptions = new Set<string>()
  const forged = forgedBodies(history.events)
  const frames: FrameEvent[] = []
  for (const event of history.events) {
    if (event.kind !== 'frame') continue
    if (event.direction === 'out' && event.command === 'SUBSCRIBE')
      subscriptions.add(`${event.connection} ${headerOf(event, 'id') ?? ''}`)
    if (event.direction === 'in' && event.command === 'MESSAGE' && !forged.has(event.body)) frames.push(event)
  }
  return judged(
    frames,
    ({ atMs }) => atMs,
    (frame) => faultOf(frame, { subscriptions }),
  )
}

function judged<T>(
  frames: readonly T[],
  atMs: (frame: T) => number,
  faultOf: (frame: T) => string | undefined,
): Outcome {
  if (frames.length === 0) return inconclusive('no MESSAGE came, so there is nothing to judge')
  const faults = frames.flatMap((frame) => {
    const fault = faultOf(frame)
    return fault === undefined ? [] : [{ fault, atMs: atMs(frame) }]
  })
  const [first] = faults
  return first === undefined
    ? pass(`${frames.length} MESSAGEs`)
    : seenAt(fail(`${faults.length} of ${frames.length} MESSAGEs: ${first.fault}`), first.atMs)
}

function headerOf({ headers }: FrameEvent, name: string): string | undefined {
  return headers.find((pair) => pair[0] === name)?.[1]
}
