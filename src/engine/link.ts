import {
  type CloseReport,
  type StompClient,
  type StompErrorFrame,
  StompFailure,
  type StompHandlers,
  type StompMessage,
} from '../stomp/client.ts'
import type { FrameFault } from '../stomp/frame.ts'

/** Who hears what a connection tells; `onClose` says of which. */
export interface LinkOwner extends Omit<StompHandlers, 'onClose'> {
  onClose(close: CloseReport, link: Link): void
}

/**
 * One connection of a user. Dropped, it may tell of its end only when the next one is already there: its owner tells
 * the two apart by this object.
 */
export class Link implements StompHandlers {
  readonly client: StompClient
  isEnded = false
  private readonly owner: LinkOwner
  private settle: (() => void) | undefined

  constructor(owner: LinkOwner, connect: (handlers: StompHandlers) => StompClient) {
    this.owner = owner
    this.client = connect(this)
  }

  /** Resolves when the connection has told of its end. */
  ended(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isEnded) resolve()
      else this.settle = resolve
    })
  }

  onMessage(message: StompMessage, receivedUs: number): void {
    this.owner.onMessage(message, receivedUs)
  }

  onErrorFrame(error: StompErrorFrame): void {
    this.owner.onErrorFrame(error)
  }

  onMalformed(fault: FrameFault): void {
    this.owner.onMalformed(fault)
  }

  onClose(close: CloseReport): void {
    this.isEnded = true
    this.owner.onClose(close, this)
    this.settle?.()
  }
}

/** The broker neither confirmed nor refused, and the connection lives. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof StompFailure && error.step === 'receipt' && error.close === undefined
}
