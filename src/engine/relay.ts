import type { Answer, Exchange } from '../measure/exchange.ts'
import type { Ledger } from '../measure/ledger.ts'
import type { Kind, Outcome, Sent } from '../measure/obligation.ts'

/** A message was sent: the others owe it to their own members. */
export interface PublishedNews {
  news: 'published'
  kind: Kind
  room: number
  sender: number
  plannedUs: number
  sentUs: number
  /** Its call's answer, where it had come before the news left; else it follows as news of its own. */
  answer: Answer | undefined
}

/** News of one message for the other shards of a run; plain data. Times are µs on the one clock. */
export type News =
  | PublishedNews
  | {
      news: 'answered'
      kind: Kind
      room: number
      sender: number
      seq: number
      outcome: Exclude<Outcome, 'open'>
      atUs: number
    }
  | {
      news: 'closed'
      kind: Kind
      room: number
      sender: number
      seq: number
      firstUs: number
      lastUs: number
      reach: number
      audience: number
      received: number
      isIncomplete: boolean
    }

/** One shard's end of the exchange: collects its own news, applies the others'. */
export interface Relay {
  exchange: Exchange
  /** News since the last call, for every other shard. */
  take(): News[]
  /** `publish` replaces the ledger's own for what another shard's user sent. */
  apply(ledger: Ledger, news: readonly News[], publish?: (item: PublishedNews) => void): void
}

/** Makes the relay of shard `index` of `shards`; user u belongs to shard u mod shards. */
export function newRelay(index: number, shards: number): Relay {
  let outbox: News[] = []
  /** What the outbox announces. */
  let announced = new Map<string, PublishedNews>()
  /** Own messages that some shard has not closed yet. */
  const open = new Map<string, Sent>()
  const isOwn = (sender: number): boolean => sender % shards === index

  return {
    exchange: {
      shards,
      isOwn,
      published: (sent) => {
        const { kind, room, sender, plannedUs, sentUs } = sent
        const key = keyOf(sent)
        const news: PublishedNews = {
          news: 'published',
          kind,
          room,
          sender,
          plannedUs,
          sentUs,
          answer: undefined,
        }
        open.set(key, sent)
        announced.set(key, news)
        outbox.push(news)
      },
      answered: (sent) => {
        const { kind, room, sender, seq, outcome, doneUs } = sent
        if (outcome === 'open') return
        const news = announced.get(keyOf(sent))
        if (news === undefined)
          outbox.push({ news: 'answered', kind, room, sender, seq, outcome, atUs: doneUs })
        else news.answer = { outcome, atUs: doneUs }
      },
      closed: ({ kind, room, sender, seq, firstUs, lastUs, reach, audience, received, isIncomplete }) => {
        outbox.push({
          news: 'closed',
          kind,
          room,
          sender,
          seq,
          firstUs,
          lastUs,
          reach,
          audience,
          received,
          isIncomplete,
        })
      },
    },
    take: () => {
      const taken = outbox
      outbox = []
      announced = new Map()
      return taken
    },
    apply: (ledger, news, publish = (item) => publishIn(ledger, item)) => {
      for (const item of news) {
        const { kind, room, sender } = item
        if (item.news === 'published') publish(item)
        else if (item.news === 'answered') {
          const sent = ledger.find(kind, room, sender, item.seq)
          if (sent !== undefined) ledger.answer(sent, item.outcome, item.atUs)
        } else if (isOwn(sender)) {
          const sent = open.get(keyOf(item))
          if (sent === undefined) continue
          ledger.absorb(sent, item)
          // Only this shard itself is missing: no more news of it will come.
          if (sent.openShards === (sent.isClosed ? 0 : 1)) open.delete(keyOf(item))
        }
      }
    },
  }
}

/** Opens what another shard's user sent in this shard's ledger. */
export function publishIn(ledger: Ledger, item: PublishedNews): Sent {
  return ledger.publish(item.kind, item.room, item.sender, item.plannedUs, item.sentUs, item.answer)
}

// --- internal ---

function keyOf({
  kind,
  room,
  sender,
  seq,
}: {
  kind: Kind
  room: number
  sender: number
  seq: number
}): string {
  return `${kind}/${room}/${sender}/${seq}`
}
