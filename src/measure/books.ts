import type { Histogram } from './histogram.ts'
import type { CounterName, Metrics, Trend } from './metrics.ts'
import type { Kind, Outcome, Sent } from './obligation.ts'
import { NO_WARM_UP, recorderOf, type WarmUp } from './warm-up.ts'

/** What became of a message's obligations that is worth showing: the first few of each sort, with whose and when. */
export interface LedgerExample {
  what: 'lost' | 'duplicated' | 'reordered' | 'leaked' | 'gap-lost'
  kind: Kind
  room: number
  sender: number
  seq: number
  user: number
  /** ms since the run's start. */
  atMs: number
  note: string
}

/** Which subscriber's copy of which message: what an example names. */
export interface Copy {
  kind: Kind
  room: number
  sender: number
  seq: number
  user: number
}

/**
 * Where the ledger's decisions are written down: counters, latencies, examples. It decides nothing itself.
 * What never came is recorded at `timeoutUs`, marked censored.
 */
export class Books {
  /** How long withdrawn copies had been on their way, all together: time that is in no histogram, µs. */
  withdrawnUs = 0
  /** How long copies that need not have come had been on their way, in all: they are timed, and were never owed. */
  optionalUs = 0
  readonly examples: LedgerExample[] = []
  /** Losses by where they lie in the subscriber's sequence from one sender. Tail is known only at the end. */
  readonly lostPlaces = { head: 0, middle: 0, tail: 0 }
  /** Messages whose publishing call had no clear answer but which reached somebody (recovered), or only some (partial). */
  readonly unknowns = { recovered: 0, partial: 0 }
  private readonly metrics: Metrics
  private readonly startUs: number
  private readonly timeoutUs: number
  private readonly warmUp: WarmUp
  private readonly delivery: Trend
  private readonly deliveryService: Trend
  private readonly first: Trend
  private readonly last: Trend
  private readonly lastByAudience: Trend[]
  private readonly typingDelivery: Trend

  constructor(metrics: Metrics, startUs: number, timeoutUs: number, warmUp = NO_WARM_UP) {
    this.metrics = metrics
    this.startUs = startUs
    this.timeoutUs = timeoutUs
    this.warmUp = warmUp
    this.delivery = metrics.trend('message_delivery')
    this.deliveryService = metrics.trend('message_delivery{basis:service}')
    this.first = metrics.trend('message_first_delivery')
    this.last = metrics.trend('message_last_delivery')
    this.lastByAudience = AUDIENCES.map((label) => metrics.trend(`message_last_delivery{audience:${label}}`))
    this.typingDelivery = metrics.trend('typing_delivery')
  }

  /** Changes how many deliveries are owed in all. */
  expect(kind: Kind, by: number): void {
    this.metrics.counters[kind === 'messages' ? 'deliveries_expected' : 'typing_expected'] += by
  }

  /** A copy that was owed, and on its way until `atUs`, is owed no longer. */
  withdrawn(sent: Sent, atUs: number): void {
    this.expect(sent.kind, -1)
    if (sent.kind === 'messages') this.withdrawnUs += Math.max(0, atUs - sent.sentUs)
  }

  /** A publishing call ended for good, in the shard of its sender. What is neither rejected nor unknown was accepted. */
  answered(kind: Kind, outcome: Exclude<Outcome, 'open'>): void {
    const { counters } = this.metrics
    if (kind === 'typing') return
    if (outcome === 'rejected') counters.messages_rejected++
    else if (outcome === 'unknown') counters.messages_unknown++
  }

  /** A copy came to somebody who was owed it, or who might receive it (`isOwed` false). */
  delivered(sent: Sent, receivedUs: number, isOwed: boolean): void {
    const { counters } = this.metrics
    if (sent.kind === 'typing') {
      this.recorder(this.typingDelivery, sent).record(receivedUs - sent.plannedUs)
      if (isOwed) counters.typing_received++
      return
    }
    this.recorder(this.delivery, sent).record(receivedUs - sent.plannedUs)
    this.recorder(this.deliveryService, sent).record(receivedUs - sent.sentUs)
    counters[isOwed ? 'deliveries_received' : 'deliveries_optional']++
    if (!isOwed) this.optionalUs += Math.max(0, receivedUs - sent.sentUs)
  }

  /** What was on the books as lost came after all. */
  late(kind: Kind): void {
    const { counters } = this.metrics
    counters[LOST[kind]]--
    counters[kind === 'messages' ? 'deliveries_late' : 'typing_received']++
  }

  /**
   * A copy came to a member who was away: not reading, or on its way back. Its latency tells how long it was away, so it
   * is kept apart from what the target is judged by. `isSettled`: it was on the books as lost in the gap.
   */
  cameToAway(kind: Kind, plannedUs: number, receivedUs: number, isSettled: boolean): void {
    if (kind === 'typing') return
    const { counters } = this.metrics
    const trend = this.metrics.trend('message_delivery{to:away}')
    recorderOf(trend, plannedUs, this.warmUp).record(receivedUs - plannedUs)
    counters.deliveries_optional++
    if (isSettled) counters.deliveries_gap_lost--
  }

  /** A copy nobody was owed came after its message was settled. */
  optional(): void {
    this.metrics.counters.deliveries_optional++
  }

  lost(copy: Copy, sent: Sent, nowUs: number): void {
    this.metrics.counters[LOST[copy.kind]]++
    if (copy.kind === 'typing') {
      this.recorder(this.typingDelivery, sent).recordCensored(this.timeoutUs)
      return
    }
    this.recorder(this.delivery, sent).recordCensored(this.timeoutUs)
    this.recorder(this.deliveryService, sent).recordCensored(this.timeoutUs)
    this.note('lost', copy, nowUs, `sent ${((nowUs - sent.sentUs) / 1e6).toFixed(1)} s before`)
  }

  gapLost(copy: Copy, sentUs: number): void {
    if (copy.kind === 'typing') return
    this.metrics.counters.deliveries_gap_lost++
    this.note('gap-lost', copy, sentUs, 'while the connection was down')
  }

  duplicated(copy: Copy, receivedUs: number, note: string): void {
    this.metrics.counters[copy.kind === 'messages' ? 'deliveries_duplicated' : 'typing_duplicated']++
    this.note('duplicated', copy, receivedUs, note)
  }

  leaked(copy: Copy, receivedUs: number, note: string): void {
    this.metrics.counters[LEAKED[copy.kind]]++
    this.note('leaked', copy, receivedUs, note)
  }

  /** Copies that went out although the API said no afterwards: its word and its deed disagree. */
  leakedBeforeRefusal(kind: Kind, copies: number): void {
    this.metrics.counters[LEAKED[kind]] += copies
  }

  reordered(copy: Copy, receivedUs: number, overtakenBy: number): void {
    this.metrics.counters.deliveries_reordered++
    this.note('reordered', copy, receivedUs, `arrived after ${overtakenBy}`)
  }

  retryDuplicated(): void {
    this.metrics.counters.deliveries_retry_duplicated++
  }

  foreign(): void {
    this.metrics.counters.deliveries_foreign++
  }

  /** Every shard has said when its members received the message: its fan-out is known. */
  fannedOut(sent: Sent): void {
    if (sent.kind === 'typing') return
    const byAudience = this.lastByAudience[audienceClass(sent.reach)] as Trend
    const first = this.recorder(this.first, sent)
    if (sent.lastUs > 0) first.record(sent.firstUs - sent.plannedUs)
    else if (sent.isIncomplete) first.recordCensored(this.timeoutUs)
    for (const trend of [this.recorder(this.last, sent), this.recorder(byAudience, sent)]) {
      if (sent.isIncomplete) trend.recordCensored(this.timeoutUs)
      else if (sent.lastUs > 0) trend.record(sent.lastUs - sent.plannedUs)
    }
  }

  // --- internal ---

  /** Where a latency of this message belongs: what was planned in the warm-up is not in the run's totals. */
  private recorder(trend: Trend, sent: Sent): Trend | Histogram {
    return recorderOf(trend, sent.plannedUs, this.warmUp)
  }

  private note(what: LedgerExample['what'], copy: Copy, atUs: number, note: string): void {
    const { kind, room, sender, seq, user } = copy
    if (this.examples.filter((example) => example.what === what).length >= MAX_EXAMPLES) return
    this.examples.push({
      what,
      kind,
      room,
      sender,
      seq,
      user,
      atMs: Math.round((atUs - this.startUs) / 1e3),
      note,
    })
  }
}

const MAX_EXAMPLES = 10

const LOST: Record<Kind, CounterName> = { messages: 'deliveries_lost', typing: 'typing_lost' }
const LEAKED: Record<Kind, CounterName> = { messages: 'deliveries_leaked', typing: 'typing_leaked' }

/** Audience sizes that get percentiles of their own. */
const AUDIENCES = ['1', '2-9', '10-99', '100-999', '1000+'] as const

/** The index in AUDIENCES of an audience of `size` members. */
function audienceClass(size: number): number {
  if (size < 10) return size < 2 ? 0 : 1
  if (size < 100) return 2
  return size < 1000 ? 3 : 4
}
