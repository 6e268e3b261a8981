import type { StompFailure } from './client.ts'

/** Who waits for a RECEIPT. */
export interface Awaiting {
  /** The command of the frame that asked for it. */
  command: string
  resolve(this: void): void
  reject(this: void, failure: StompFailure): void
}

/** The receipts one session waits for. They all have the same limit, so they fall due in the order they were asked for. */
export class Receipts {
  readonly #timeoutMs: number
  // Most sessions wait for nothing most of the time.
  #awaiting: Map<string, Awaiting & { deadlineMs: number }> | undefined = undefined

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /** Returns when the limit falls due. */
  add(receipt: string, awaiting: Awaiting, nowMs: number): number {
    const deadlineMs = nowMs + this.#timeoutMs
    this.#awaiting ??= new Map()
    this.#awaiting.set(receipt, { ...awaiting, deadlineMs })
    return deadlineMs
  }

  /** The RECEIPT arrived. One that nobody waits for is one whose limit has passed. */
  settle(receipt: string): void {
    const awaiting = this.#awaiting?.get(receipt)
    if (awaiting === undefined) return
    this.#awaiting?.delete(receipt)
    if (this.#awaiting?.size === 0) this.#awaiting = undefined
    awaiting.resolve()
  }

  /** Rejects those whose limit has passed; returns when the next one falls due, Infinity for never. */
  expire(nowMs: number, failureFor: (command: string) => StompFailure): number {
    for (const [receipt, awaiting] of this.#awaiting ?? []) {
      if (awaiting.deadlineMs > nowMs) return awaiting.deadlineMs
      this.#awaiting?.delete(receipt)
      awaiting.reject(failureFor(awaiting.command))
    }
    return Infinity
  }

  /** Rejects all. */
  fail(failureFor: (command: string) => StompFailure): void {
    const all = this.#awaiting
    this.#awaiting = undefined
    for (const awaiting of all?.values() ?? []) awaiting.reject(failureFor(awaiting.command))
  }
}
