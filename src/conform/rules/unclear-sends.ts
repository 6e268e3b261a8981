import { chatFramesOf, roomOf } from '../chat-frames.ts'
import type { CallEvent, History } from '../history.ts'
import { contentOf } from '../received.ts'
import { fail, info, pass, seenAt, skip, type PassiveRule } from '../rule.ts'

const COMMON = { section: 'delivery', cost: 'quick', since: '0.2.0' } as const

/** What becomes of sends whose answer does not say, and of sends that were repeated; judged over the whole gate. */
export const unclearSendRules: readonly PassiveRule[] = [
  {
    ...COMMON,
    id: 'SEM-DEL-04',
    level: 'MUST',
    title: 'A message whose call had no clear answer reaches all or none',
    basis: {
      document: 'derived',
      section: 'delivery',
      quote:
        'A 5XX or no answer leaves open whether a message was published, but not whether half of it was.',
    },
    sends: 'Nothing: looks at every send of all cases that was answered with 5XX or not at all.',
    expected: ['each reached every subscription of its room, or none'],
    judge(history) {
      const sends = sendsOf(history)
      const unclear = sends.filter(({ status }) => status === 0 || status >= 500)
      if (unclear.length === 0) return skip('every send had a clear answer')
      const partial = unclear.flatMap((call) => {
        const content = contentOf({ body: call.request })
        if (content === undefined) return []
        const later = new Set(
          sends
            .filter(({ sentMs }) => sentMs >= call.doneMs)
            .map(({ request }) => contentOf({ body: request })),
        )
        const told = { reached: 0, missed: 0 }
        for (const contents of heardBy(history, call)) {
          if (contents.has(content)) told.reached++
          // Who has received what was sent after it would have received it by then.
          else if ([...contents].some((each) => later.has(each))) told.missed++
        }
        return told.reached > 0 && told.missed > 0
          ? [{ words: `${told.reached} of ${told.reached + told.missed} subscriptions`, atMs: call.doneMs }]
          : []
      })
      const [first] = partial
      if (first === undefined)
        return pass(`${unclear.length} sends without a clear answer, each to all or none`)
      const words = `${partial.length} of ${unclear.length} sends reached some only, e.g. ${first.words}`
      return seenAt(fail(words), first.atMs)
    },
  },
  {
    ...COMMON,
    id: 'SEM-DEL-06',
    level: 'INFO',
    title: 'How many messages repeated requests make',
    basis: {
      document: 'guide',
      section: '에러 처리',
      quote: 'const sendMessageWithRetry = async (roomId, content, retries = 3) => {',
    },
    sends: 'Nothing: looks at every content that was sent more than once.',
    expected: ['recorded'],
    judge(history) {
      const sent = new Map<string, number>()
      for (const { request } of sendsOf(history)) {
        const content = contentOf({ body: request })
        if (content !== undefined) sent.set(content, (sent.get(content) ?? 0) + 1)
      }
      const repeated = new Set([...sent].filter(([, times]) => times > 1).map(([content]) => content))
      if (repeated.size === 0) return skip('no request was repeated')
      const ids = new Set(
        chatFramesOf(history)
          .filter(({ frame }) => repeated.has(contentOf(frame) ?? ''))
          .map(({ frame }) => frame.body),
      )
      return info(`${repeated.size} contents were sent more than once and made ${ids.size} messages`)
    },
  },
]

// --- internal ---

function sendsOf({ events }: History): CallEvent[] {
  return events.filter(
    (event): event is CallEvent =>
      event.kind === 'call' && event.call === 'send-message' && event.method === 'POST',
  )
}

/** For each subscription to the room of a send that had its RECEIPT before it and did not end meanwhile: what came on it. */
function heardBy(history: History, call: CallEvent): Set<string>[] {
  const listeners = listenersOf(history, call)
  for (const { frame, connection, subscription } of chatFramesOf(history))
    listeners.get(`${connection.connection} ${subscription}`)?.add(contentOf(frame) ?? '')
  return [...listeners.values()]
}

function listenersOf({ events }: History, call: CallEvent): Map<string, Set<string>> {
  const listeners = new Map<string, Set<string>>()
  const roomId = roomAsked(call)
  if (roomId === undefined) return listeners
  const asked = new Map<string, string>()
  for (const event of events) {
    if (event.kind !== 'frame') continue
    const header = (name: string): string => event.headers.find((pair) => pair[0] === name)?.[1] ?? ''
    const key = `${event.connection} ${header('id')}`
    const isOut = event.direction === 'out'
    if (isOut && event.command === 'SUBSCRIBE' && roomOf(header('destination')) === roomId)
      asked.set(`${event.connection} ${header('receipt')}`, key)
    if (isOut && event.command === 'UNSUBSCRIBE' && event.atMs <= call.doneMs) listeners.delete(key)
    if (event.direction === 'in' && event.command === 'RECEIPT' && event.atMs < call.sentMs) {
      const listener = asked.get(`${event.connection} ${header('receipt-id')}`)
      if (listener !== undefined) listeners.set(listener, new Set())
    }
  }
  return listeners
}

function roomAsked({ request }: CallEvent): number | undefined {
  try {
    const { roomId } = (JSON.parse(request) ?? {}) as { roomId?: unknown }
    return typeof roomId === 'number' ? roomId : undefined
  } catch {
    return undefined
  }
}
