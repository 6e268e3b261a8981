import type { Sent } from './obligation.ts'

/** An arrival that came before its publisher's shard announced the message. */
export interface EarlyArrival {
  seq: number
  slot: number
  attempt: number
  /** 0 for typing events, which do not carry it. */
  plannedUs: number
  receivedUs: number
  serverId: number
}

/**
 * What one sender sent into one room, in order, and how far each subscriber has come in it.
 * Messages stay here for the delivery timeout; afterwards only a few bytes a (subscriber, stream) pair remain.
 */
export class Stream {
  readonly sender: number
  /** Sequence number of `live[0]`: everything below is settled. */
  base = 0
  readonly live: Sent[] = []
  /** Highest sequence number each slot has received, -1 for none. */
  private high: Int32Array
  /** First sequence number each slot received since it last joined, -1 for none. */
  private low: Int32Array
  /** Losses of each slot that no later arrival has bracketed yet; made when the first loss happens. */
  private openLosses: Int32Array | undefined
  private early: EarlyArrival[] | undefined

  constructor(sender: number, slots: number) {
    this.sender = sender
    this.high = new Int32Array(slots).fill(-1)
    this.low = new Int32Array(slots).fill(-1)
  }

  get nextSeq(): number {
    return this.base + this.live.length
  }

  find(seq: number): Sent | undefined {
    return this.live[seq - this.base]
  }

  /** Takes the settled messages at the front off the record and returns them. */
  dropSettled(): Sent[] {
    let count = 0
    while (this.live[count]?.isSettled === true) count++
    this.base += count
    return this.live.splice(0, count)
  }

  /** Keeps an arrival until its message is announced. */
  park(arrival: EarlyArrival): void {
    this.early ??= []
    this.early.push(arrival)
  }

  /** Whether the slot had `seq` by `byUs`, though it is parked until it is announced. */
  hasCome(slot: number, seq: number, byUs: number): boolean {
    return (
      this.early?.some(
        (arrival) => arrival.slot === slot && arrival.seq === seq && arrival.receivedUs <= byUs,
      ) === true
    )
  }

  /** Whether an arrival of the slot is parked. */
  isWaiting(slot: number): boolean {
    return this.early?.some((arrival) => arrival.slot === slot) === true
  }

  /** How many arrivals of the slot are parked whose sequence number has this parity. */
  parked(slot: number, parity: number): number {
    return this.early?.filter((arrival) => arrival.slot === slot && arrival.seq % 2 === parity).length ?? 0
  }

  /** Takes each slot's parked arrivals, in the order in which they came, up to the first that is still unannounced. */
  takeAnnounced(): EarlyArrival[] {
    if (this.early === undefined) return []
    const blocked = new Set<number>()
    const taken: EarlyArrival[] = []
    const kept: EarlyArrival[] = []
    for (const arrival of this.early) {
      if (arrival.seq >= this.nextSeq) blocked.add(arrival.slot)
      ;(blocked.has(arrival.slot) ? kept : taken).push(arrival)
    }
    this.early = kept.length === 0 ? undefined : kept
    return taken
  }

  /** Takes every parked arrival. */
  takeEarly(): EarlyArrival[] {
    const { early = [] } = this
    this.early = undefined
    return early
  }

  highOf(slot: number): number {
    return slot < this.high.length ? (this.high[slot] as number) : -1
  }

  /** Notes the arrival of `seq` and classifies the losses that it brackets. Returns how many became head and middle. */
  arrived(slot: number, seq: number): { head: number; middle: number } | undefined {
    const isFirst = this.saw(slot, seq)
    const open = this.openLosses?.[slot] ?? 0
    if (open === 0 || this.openLosses === undefined) return undefined
    this.openLosses[slot] = 0
    return isFirst ? { head: open, middle: 0 } : { head: 0, middle: open }
  }

  /** Notes that the slot has `seq`; true when it is the first since it joined. */
  saw(slot: number, seq: number): boolean {
    if (slot >= this.high.length) this.grow(slot + 8)
    const isFirst = (this.low[slot] as number) < 0
    if (isFirst) this.low[slot] = seq
    if (seq > (this.high[slot] as number)) this.high[slot] = seq
    return isFirst
  }

  /** Where in the slot's sequence a loss lies: before its first arrival, between two, or (so far) after the last. */
  placeOf(slot: number, seq: number): 'head' | 'middle' | 'open' {
    const low = slot < this.low.length ? (this.low[slot] as number) : -1
    if (low < 0 || seq > this.highOf(slot)) return 'open'
    return seq < low ? 'head' : 'middle'
  }

  /** Adds to (or takes from) the slot's losses that nothing has bracketed yet. */
  addOpenLoss(slot: number, by: number): void {
    if (slot >= this.high.length) this.grow(slot + 8)
    this.openLosses ??= new Int32Array(this.high.length)
    this.openLosses[slot] = Math.max(0, (this.openLosses[slot] as number) + by)
  }

  /** Ends the slot's epoch (it joins anew, or the run is over): its open losses are tail losses. Returns how many. */
  endEpoch(slot: number): number {
    if (slot < this.low.length) this.low[slot] = -1
    const tail = this.openLosses?.[slot] ?? 0
    if (this.openLosses !== undefined && tail > 0) this.openLosses[slot] = 0
    return tail
  }

  get slots(): number {
    return this.high.length
  }

  private grow(slots: number): void {
    const resized = (old: Int32Array, fill: number): Int32Array => {
      const grown = new Int32Array(slots).fill(fill)
      grown.set(old)
      return grown
    }
    this.high = resized(this.high, -1)
    this.low = resized(this.low, -1)
    if (this.openLosses !== undefined) this.openLosses = resized(this.openLosses, 0)
  }
}
