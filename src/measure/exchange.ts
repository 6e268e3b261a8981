import type { Outcome, Sent } from './obligation.ts'

/** How the publishing call of a message ended. */
export interface Answer {
  outcome: Exclude<Outcome, 'open'>
  atUs: number
}

/** How ledgers of one run keep each other informed. Called for this shard's own news only. */
export interface Exchange {
  shards: number
  /** Whether the sender is one of this shard's users. */
  isOwn(sender: number): boolean
  published(sent: Sent): void
  answered(sent: Sent): void
  /** This shard's members of a message sent elsewhere have it or lost it: the sender's shard adds it up. */
  closed(sent: Sent): void
}

/** What one shard's members had of a message that was sent in another. */
export interface FanOutPart {
  firstUs: number
  lastUs: number
  reach: number
  audience: number
  received: number
  isIncomplete: boolean
}
