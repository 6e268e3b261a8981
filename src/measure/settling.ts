import type { Kind, Sent } from './obligation.ts'
import type { Room } from './room.ts'
import type { Stream } from './stream.ts'

export interface Unsettled {
  sent: Sent
  stream: Stream
  room: Room
}

/** What is not settled yet, by age: a queue that is taken from at its front without moving the rest. */
export class Settling {
  private readonly entries: Unsettled[] = []
  private head = 0

  add(entry: Unsettled): void {
    this.entries.push(entry)
  }

  /**
   * Takes what was sent until `dueUs`, oldest first. An unanswered call can still turn out refused: it goes behind the
   * others and waits there for its answer.
   */
  *due(dueUs: number): Generator<Unsettled> {
    const end = this.entries.length
    while (this.head < end) {
      const entry = this.entries[this.head] as Unsettled
      if (entry.sent.sentUs > dueUs) break
      this.head++
      if (entry.sent.doneUs === 0) this.entries.push(entry)
      else yield entry
    }
    if (this.head > LONGEST_TAIL) {
      this.entries.splice(0, this.head)
      this.head = 0
    }
  }

  /** How many obligations are neither met nor given up; with `kind`, of messages or of typing events alone. */
  pending(kind?: Kind): number {
    let pending = 0
    for (let i = this.head; i < this.entries.length; i++) {
      const { sent } = this.entries[i] as Unsettled
      if (kind === undefined || sent.kind === kind) pending += sent.pending
    }
    return pending
  }

  /** Those whose publishing call is still unanswered. */
  open(): Sent[] {
    return this.entries.flatMap(({ sent }, i) => (i >= this.head && sent.doneUs === 0 ? [sent] : []))
  }

  hasOpen(): boolean {
    return this.entries.some(({ sent }, i) => i >= this.head && sent.doneUs === 0)
  }
}

// --- internal ---

/** Entries already taken that are kept in front, so that taking one moves nothing. */
const LONGEST_TAIL = 4_096
