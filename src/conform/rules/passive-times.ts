import { chatFramesOf } from '../chat-frames.ts'
import type { CallEvent, GateEvent, History } from '../history.ts'
import { chatMessageOf, contentOf, eventOf } from '../received.ts'
import { fail, inconclusive, info, pass, seenAt, skip, type Outcome, type PassiveRule } from '../rule.ts'

const COMMON = { section: 'events', cost: 'quick', since: '0.2.0' } as const
const SENDS = 'Nothing: looks at every event of all cases.'
const TYPES = '수신 메시지 타입'

/** Times, ids and kinds of events, judged over the whole gate. */
export const passiveTimeRules: readonly PassiveRule[] = [
  {
    ...COMMON,
    id: 'EVT-ALL-02',
    level: 'SHOULD',
    title: 'Events have no field that is not documented',
    basis: { document: 'guide', section: TYPES, quote: 'STOMP 구독을 통해 받는 메시지의 종류' },
    sends: SENDS,
    expected: ['each keeps the strict schema: documented fields and no other'],
    judge: (history) =>
      overEvents(history, ({ body }) => {
        let drift: string | undefined
        history.contract.readEvent(body, (issue) => {
          if (issue.kind === 'drift') drift ??= issue.detail
        })
        return drift
      }),
  },
  {
    ...COMMON,
    id: 'EVT-ALL-03',
    level: 'MUST',
    title: 'Events carry the time at which they happened',
    basis: { document: 'guide', section: TYPES, quote: '"timestamp": "2024-01-01T12:00:00.000Z"' },
    sends: SENDS,
    expected: [
      'every timestamp, created_at and readAt lies within 5 s of its arrival, the clocks’ difference allowed for',
    ],
    judge(history) {
      const startMs = startedMs(history)
      const skewMs = skewOf(history, startMs)
      return overEvents(history, ({ body, atMs }) => {
        for (const [name, value] of timesOf(body)) {
          const offMs = Date.parse(value) - (startMs + atMs) - skewMs
          // What cannot be read as a time is for EVT-ALL-01 to say.
          if (Number.isFinite(offMs) && Math.abs(offMs) > NEAR_MS)
            return `${name} ${value} is ${Math.round(offMs / 1e3)} s off`
        }
        return undefined
      })
    },
  },
  {
    ...COMMON,
    id: 'EVT-ALL-04',
    level: 'MUST',
    title: 'Every documented type of event was seen',
    basis: {
      document: 'harness',
      section: 'coverage',
      quote: 'What was not seen was not checked.',
    },
    sends: SENDS,
    expected: ['each documented type at least once'],
    judge(history) {
      const seen = new Set(chatFramesOf(history).map(({ frame }) => eventOf(frame)?.['type']))
      const missing = history.contract.shapes.map(({ type }) => type).filter((type) => !seen.has(type))
      if (missing.length === 0) return pass(`${seen.size} types`)
      const words = `never seen: ${missing.join(', ')}`
      const isOpen = missing.every((type) => UNTRIGGERED.includes(type)) && !gateOf(history)?.isOwn
      return isOpen && seen.size > 0
        ? skip(`${words}; the guide does not say what triggers it, and nothing here did`)
        : inconclusive(words)
    },
  },
  {
    ...COMMON,
    id: 'EVT-MSG-02',
    level: 'MUST',
    title: 'A message has one id, everywhere, and no other message has it',
    basis: {
      document: 'derived',
      section: 'identity',
      quote: 'message.id names one message: equal for all who receive it, and used once.',
    },
    sends: 'Nothing: compares the message.id of every copy of all cases.',
    expected: ['the same id at every subscriber; no id for two messages'],
    judge(history) {
      const idOf = new Map<string, unknown>()
      const contentOfId = new Map<unknown, string>()
      return overEvents(history, (frame) => {
        const id = chatMessageOf(frame)?.['id']
        const content = contentOf(frame)
        // Forged and repeated requests make messages of their own; a token tells ours apart.
        if (content === undefined || id === undefined || !isSentOnce(history, content)) return undefined
        const known = idOf.get(content)
        if (known !== undefined && known !== id)
          return `subscribers saw the ids ${JSON.stringify(known)} and ${JSON.stringify(id)} for one message`
        idOf.set(content, id)
        const other = contentOfId.get(id)
        if (other !== undefined && other !== content)
          return `id ${JSON.stringify(id)} stands for two messages`
        contentOfId.set(id, content)
        return undefined
      })
    },
  },
  {
    ...COMMON,
    id: 'EVT-MSG-03',
    level: 'SHOULD',
    title: 'A message is created before it is published',
    basis: {
      document: 'derived',
      section: 'times',
      quote: 'created_at is not after the timestamp of the event that tells of it.',
    },
    sends: SENDS,
    expected: ['created_at ≤ timestamp in each new_message'],
    judge: (history) =>
      overEvents(history, (frame) => {
        const created = Date.parse(String(chatMessageOf(frame)?.['created_at']))
        const stamped = Date.parse(String(eventOf(frame)?.['timestamp']))
        // Times of different precision may differ by what was cut off.
        return created > stamped + 1_000 ? `created_at is ${created - stamped} ms after timestamp` : undefined
      }),
  },
  {
    ...COMMON,
    id: 'SEM-ORD-03',
    section: 'delivery',
    level: 'INFO',
    title: 'Whether ids and times agree with the order of arrival',
    basis: {
      document: 'derived',
      section: 'order',
      quote:
        'Clients that sort by id or by created_at show what arrived in another order, if the two disagree.',
    },
    sends: SENDS,
    expected: ['recorded'],
    judge(history) {
      const last = new Map<string, { id: number; created: number }>()
      let byId = 0
      let byTime = 0
      let pairs = 0
      for (const { frame, connection, subscribed } of chatFramesOf(history)) {
        const message = chatMessageOf(frame)
        if (typeof message?.['id'] !== 'number') continue
        const key = `${connection.connection} ${subscribed}`
        const now = { id: message['id'], created: Date.parse(String(message['created_at'])) }
        const before = last.get(key)
        last.set(key, now)
        if (before === undefined) continue
        pairs++
        if (now.id < before.id) byId++
        if (now.created < before.created) byTime++
      }
      return info(`of ${pairs} neighbours ${byId} disagree by id and ${byTime} by created_at`)
    },
  },
  {
    ...COMMON,
    id: 'HARN-04',
    section: 'harness',
    level: 'INFO',
    title: 'How far the target’s clock is from ours',
    basis: {
      document: 'harness',
      section: 'clock',
      quote: 'Times of two machines are compared with their difference known.',
    },
    sends: 'Nothing: compares timestamps with the moments of arrival.',
    expected: ['recorded'],
    judge(history) {
      const skewMs = skewOf(history, startedMs(history))
      return info(`the median event is stamped ${Math.round(skewMs)} ms after its arrival`)
    },
  },
]

// --- internal ---

const NEAR_MS = 5_000
/** A difference of clocks; what is more is no difference of clocks but a wrong time. */
const MOST_SKEW_MS = 60_000

function overEvents(
  history: History,
  faultOf: (frame: { body: string; atMs: number }) => string | undefined,
): Outcome {
  const frames = chatFramesOf(history)
  if (frames.length === 0) return inconclusive('no event came, so there is nothing to judge')
  const faults = frames.flatMap(({ frame }) => {
    const fault = faultOf(frame)
    return fault === undefined ? [] : [{ fault, atMs: frame.atMs }]
  })
  const [first] = faults
  return first === undefined
    ? pass(`${frames.length} events`)
    : seenAt(fail(`${faults.length} of ${frames.length} events: ${first.fault}`), first.atMs)
}

/** Events of which the guide does not say when they come; on our own target it is known. */
const UNTRIGGERED: readonly string[] = ['message_read']

function gateOf({ events }: History): GateEvent | undefined {
  return events.find((event): event is GateEvent => event.kind === 'gate')
}

function startedMs(history: History): number {
  return Date.parse(gateOf(history)?.startedAt ?? '')
}

/** Median of timestamp − arrival, as far as that can be a difference of clocks. */
function skewOf(history: History, startMs: number): number {
  const offsets = chatFramesOf(history)
    .flatMap(({ frame }) => {
      const offMs = Date.parse(String(eventOf(frame)?.['timestamp'])) - (startMs + frame.atMs)
      return Number.isFinite(offMs) && Math.abs(offMs) <= MOST_SKEW_MS ? [offMs] : []
    })
    .toSorted((a, b) => a - b)
  return offsets[offsets.length >> 1] ?? 0
}

function timesOf(body: string): [name: string, value: string][] {
  const event = eventOf({ body })
  const pairs: [string, unknown][] = [
    ['timestamp', event?.['timestamp']],
    ['readAt', event?.['readAt']],
    ['message.created_at', chatMessageOf({ body })?.['created_at']],
  ]
  return pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string')
}

const sentOnce = new WeakMap<History, ReadonlySet<string>>()

/** Whether the content went out in exactly one request. */
function isSentOnce(history: History, content: string): boolean {
  let known = sentOnce.get(history)
  if (known === undefined) {
    const counts = new Map<string, number>()
    for (const event of history.events) {
      const text = event.kind === 'call' && event.call === 'send-message' ? contentIn(event) : undefined
      if (text !== undefined) counts.set(text, (counts.get(text) ?? 0) + 1)
    }
    known = new Set([...counts].filter(([, count]) => count === 1).map(([text]) => text))
    sentOnce.set(history, known)
  }
  return known.has(content)
}

function contentIn({ request }: CallEvent): string | undefined {
  return contentOf({ body: request })
}
