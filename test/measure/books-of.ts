import { Ledger, type LedgerOptions, type Seat } from '../../src/measure/ledger.ts'
import { Metrics } from '../../src/measure/metrics.ts'
import type { Sent } from '../../src/measure/obligation.ts'

/** A ledger with its counters, and short words for the histories the tests write. Times are ms. */
export function bookkeeping(options: Partial<LedgerOptions> = {}) {
  const metrics = new Metrics()
  const ledger = new Ledger(metrics, { startUs: 0, timeoutUs: 10_000_000, echo: 'expected', ...options })
  const us = (ms: number): number => ms * 1e3
  return {
    ledger,
    metrics,
    counters: metrics.counters,
    books: ledger.books,
    /** A member with its RECEIPT at `atMs`. */
    member: (room: number, user: number, atMs = 0): Seat => {
      const seat = ledger.seat(room, user)
      ledger.move(seat, 'joining', us(atMs))
      ledger.move(seat, 'joined', us(atMs))
      return seat
    },
    /** A message sent at `atMs` and accepted 1 ms later (not answered with `answeredMs: null`). */
    send: (room: number, sender: number, atMs: number, answeredMs: number | null = atMs + 1): Sent => {
      const sent = ledger.publish('messages', room, sender, us(atMs), us(atMs))
      if (answeredMs !== null) ledger.answer(sent, 'accepted', us(answeredMs))
      return sent
    },
    receive: (
      seat: Seat,
      sent: { room: number; sender: number; seq: number },
      atMs: number,
      attempt = 1,
    ): void => {
      const token = {
        run: 'test',
        room: sent.room,
        sender: sent.sender,
        seq: sent.seq,
        attempt,
        plannedUs: 0,
      }
      ledger.deliver(seat, token, 1, us(atMs))
    },
    move: (seat: Seat, move: Parameters<Ledger['move']>[1], atMs: number): void =>
      ledger.move(seat, move, us(atMs)),
    sweep: (atMs: number): void => ledger.sweep(us(atMs)),
    finish: (atMs: number): void => ledger.finish(us(atMs)),
  }
}
