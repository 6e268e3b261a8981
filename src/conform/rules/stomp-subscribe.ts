import { roomDestination } from '../actor.ts'
import { deviation, fail, pass, type ActiveRule } from '../rule.ts'

/** Subscribing, unsubscribing, and what MESSAGE frames say. */
export const stompSubscribeRules: readonly ActiveRule[] = [
  {
    id: 'STOMP-SUB-01',
    section: 'stomp',
    level: 'MUST',
    cost: 'quick',
    since: '0.2.0',
    title: 'A SUBSCRIBE with a receipt header is answered with that RECEIPT',
    basis: {
      document: 'STOMP 1.2',
      section: 'RECEIPT',
      quote:
        'A RECEIPT frame MUST include the header receipt-id, where the value is the value of the receipt header in the frame which this is a receipt for.',
    },
    sends: 'SUBSCRIBE to a room of A with a receipt header.',
    expected: ['RECEIPT whose receipt-id is the value of the receipt header'],
    async check(stage) {
      const { a, rooms } = await stage.cast()
      await a.connect()
      const subscription = await a.subscribe(roomDestination(rooms.shared))
      if (subscription.outcome === 'receipt') return pass(subscription.words)
      const other = a.wire.frames.find(({ command }) => command === 'RECEIPT')
      if (other !== undefined)
        return fail(`RECEIPT with receipt-id:${other.header('receipt-id') ?? 'missing'}`)
      if (subscription.outcome === 'silent') return deviation('no-receipt', subscription.words)
      return fail(subscription.words)
    },
  },
]
