import { contentOf, eventOf, frameWords, type Received } from './received.ts'
import type { Wire } from './wire.ts'

/** How a SUBSCRIBE was answered. An ERROR counts first: RabbitMQ up to 4.3 sends a RECEIPT after it. */
export type SubscriptionOutcome = 'receipt' | 'error' | 'closed' | 'silent'

/** What `message` looks for: a message that was sent, by its content, or any MESSAGE that fits. */
export type Wanted = { readonly content: string } | ((frame: Received) => boolean)

/** One subscription of a connection, and what came on it. */
export interface Subscription {
  readonly id: string
  readonly destination: string
  readonly wire: Wire
  readonly outcome: SubscriptionOutcome
  /** What came instead of the RECEIPT, in words; of the RECEIPT for `receipt`. */
  readonly words: string
  /** The RECEIPT, also one that came after an ERROR. */
  readonly receipt: Received | undefined
  /** Every MESSAGE that belongs to it, so far. */
  messages(): Received[]
  /** The MESSAGEs so far that carry the content. */
  copiesOf(wanted: Wanted): Received[]
  /** The first that fits, waited for. */
  message(wanted: Wanted, timeoutMs?: number): Promise<Received | undefined>
  /** The first event that fits, waited for. */
  event(
    fits: (event: Readonly<Record<string, unknown>>) => boolean,
    timeoutMs?: number,
  ): Promise<Received | undefined>
}

/** SUBSCRIBEs with a receipt and waits for the answer. */
export async function subscribe(
  wire: Wire,
  id: string,
  destination: string,
  headers: readonly (readonly [string, string])[] = [],
): Promise<Subscription> {
  const from = wire.frames.length
  const receiptId = `subscribed-${id}`
  wire.frame('SUBSCRIBE', [['id', id], ['destination', destination], ['receipt', receiptId], ...headers])
  const isReceipt = (frame: Received): boolean =>
    frame.command === 'RECEIPT' && frame.header('receipt-id') === receiptId
  const answer = await wire.next((frame) => frame.command === 'ERROR' || isReceipt(frame), { from })
  const outcome: SubscriptionOutcome =
    answer !== undefined
      ? answer.command === 'RECEIPT'
        ? 'receipt'
        : 'error'
      : wire.end === undefined
        ? 'silent'
        : 'closed'
  const belongs = (frame: Received): boolean => {
    if (frame.command !== 'MESSAGE') return false
    const subscription = frame.header('subscription')
    // A MESSAGE without the header breaks STOMP-SUB-03 alone: here its destination says whose it is.
    return subscription === undefined ? frame.header('destination') === destination : subscription === id
  }
  const fitting = (wanted: Wanted): ((frame: Received) => boolean) =>
    typeof wanted === 'function'
      ? (frame) => belongs(frame) && wanted(frame)
      : (frame) => belongs(frame) && contentOf(frame) === wanted.content

  return {
    id,
    destination,
    wire,
    outcome,
    words: answer === undefined ? endWords(wire) : frameWords(answer),
    get receipt() {
      return wire.frames.find((frame) => frame.index >= from && isReceipt(frame))
    },
    messages: () => wire.frames.filter(belongs),
    copiesOf: (wanted) => wire.frames.filter(fitting(wanted)),
    message: (wanted, timeoutMs) => wire.next(fitting(wanted), timeoutMs === undefined ? {} : { timeoutMs }),
    event: (fits, timeoutMs) =>
      wire.next(
        (frame) => {
          const event = belongs(frame) ? eventOf(frame) : undefined
          return event !== undefined && fits(event)
        },
        timeoutMs === undefined ? {} : { timeoutMs },
      ),
  }
}

/** What is to be said of a connection on which an answer did not come. */
export function endWords({ end }: Wire): string {
  if (end === undefined) return 'no answer; the connection stays open'
  const reason = end.reason === '' ? '' : ` ${JSON.stringify(end.reason)}`
  return `no frame; the connection was closed with ${end.code}${reason}`
}
