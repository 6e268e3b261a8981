import { GAPPED, OPTIONAL, OWED, type Sent } from './obligation.ts'
import type { Stream } from './stream.ts'

/** What an absent copy was: owed and so on the books as lost, missed in a gap, or one that need not have come. */
export type Absence = 'lost' | 'gap-lost' | 'excused'

/**
 * Who did not get a message that is settled and off record, so that a very late arrival is told apart from a duplicate.
 * Bounded: beyond half a million pairs it would count as one; by then the run has failed in any case.
 */
export class Absentees {
  private readonly byStream = new Map<Stream, Map<number, Absence>>()
  private pairs = 0

  /** Keeps the subscribers that have no copy of a message which goes off record. */
  remember(stream: Stream, sent: Sent): void {
    for (let slot = 0; slot < sent.owed.length && this.pairs < MAX_PAIRS; slot++) {
      const code = sent.owed[slot]
      if (code !== OWED && code !== OPTIONAL && code !== GAPPED) continue
      let absences = this.byStream.get(stream)
      if (absences === undefined) this.byStream.set(stream, (absences = new Map()))
      absences.set(pairKey(sent.seq, slot), ABSENCE[code])
      this.pairs++
    }
  }

  /** Strikes a pair off, since its copy came after all; undefined when the subscriber had one already. */
  take(stream: Stream, seq: number, slot: number): Absence | undefined {
    const absences = this.byStream.get(stream)
    const absence = absences?.get(pairKey(seq, slot))
    if (absence === undefined) return undefined
    absences?.delete(pairKey(seq, slot))
    this.pairs--
    return absence
  }
}

// --- internal ---

const ABSENCE = { [OWED]: 'lost', [OPTIONAL]: 'excused', [GAPPED]: 'gap-lost' } as const

const MAX_PAIRS = 500_000

function pairKey(seq: number, slot: number): number {
  return seq * 65536 + slot
}
