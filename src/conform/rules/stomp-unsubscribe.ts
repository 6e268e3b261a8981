import { info, deviation, fail, inconclusive, nonStrict, pass, type ActiveRule } from '../rule.ts'
import { fence } from '../fence.ts'
import { endWords, type Subscription } from '../subscription.ts'
import type { Stage } from '../stage.ts'
import type { Wire } from '../wire.ts'
import { unmet } from '../unmet.ts'

const COMMON = { section: 'stomp', cost: 'quick', since: '0.2.0' } as const

/** Leaving: a subscription, and a session. */
export const stompUnsubscribeRules: readonly ActiveRule[] = [
  {
    ...COMMON,
    id: 'STOMP-UNSUB-01',
    level: 'MUST',
    title: 'After the RECEIPT of an UNSUBSCRIBE nothing comes on that subscription',
    basis: {
      document: 'STOMP 1.2',
      section: 'UNSUBSCRIBE',
      quote:
        'Once the subscription is removed the STOMP connections will no longer receive messages from that subscription.',
    },
    sends:
      'UNSUBSCRIBE with a receipt by B’s phone while A sends 20 messages; then one more, which B’s other device receives.',
    expected: ['no MESSAGE of that subscription after the RECEIPT'],
    isNegative: true,
    async check(stage) {
      const { wire, subscription, receiptIndex } = await unsubscribedUnderTraffic(stage)
      // One that names no subscription is for STOMP-SUB-03 to say.
      const late = subscription
        .messages()
        .filter((frame) => frame.index > receiptIndex && frame.header('subscription') === subscription.id)
      const before = subscription.messages().length - late.length
      if (late.length > 0)
        return fail(`${late.length} MESSAGEs came on ${subscription.id} after the RECEIPT of its UNSUBSCRIBE`)
      if (wire.end !== undefined) return inconclusive(`the connection ended: ${endWords(wire)}`)
      return pass(`${before} MESSAGEs before the RECEIPT, none after it`)
    },
  },
  {
    ...COMMON,
    id: 'STOMP-UNSUB-02',
    level: 'INFO',
    title: 'How many late ERRORs an UNSUBSCRIBE under traffic brings',
    basis: {
      document: 'derived',
      section: 'noise',
      quote:
        'RabbitMQ answers messages that were on their way with ERROR "Subscription not found" and goes on: clients must not take it for the end.',
    },
    sends: 'As STOMP-UNSUB-01.',
    expected: ['recorded'],
    async check(stage) {
      const { wire } = await unsubscribedUnderTraffic(stage)
      const errors = wire.frames.filter(({ command }) => command === 'ERROR')
      return info(
        `${errors.length} ERRORs, the connection ${wire.end === undefined ? 'stays open' : 'was closed'}`,
      )
    },
  },
  {
    ...COMMON,
    id: 'STOMP-DISC-01',
    level: 'SHOULD',
    title: 'DISCONNECT with a receipt is answered with that RECEIPT, then closed',
    basis: {
      document: 'STOMP 1.2',
      section: 'DISCONNECT',
      quote:
        'To do a graceful shutdown, where the client is assured that all previous frames have been received by the server, the client SHOULD: send a DISCONNECT frame with a receipt header set',
    },
    sends: 'DISCONNECT with receipt:goodbye.',
    expected: ['RECEIPT with receipt-id:goodbye, then closed with 1000', 'RECEIPT, and left open'],
    async check(stage) {
      const wire = await stage.stomp('browser')
      wire.frame('DISCONNECT', [['receipt', 'goodbye']])
      const receipt = await wire.next(({ command }) => command === 'RECEIPT' || command === 'ERROR')
      const end = await wire.ended(CLOSE_MS)
      if (receipt?.command === 'ERROR') return fail('ERROR instead of the RECEIPT')
      if (receipt === undefined) {
        return end === undefined
          ? fail('neither a RECEIPT nor a close')
          : deviation('no-receipt', `no RECEIPT; closed with ${end.code} ${end.reason}`.trimEnd())
      }
      const id = receipt.header('receipt-id')
      if (id !== 'goodbye') return fail(`RECEIPT with receipt-id:${id ?? 'missing'}`)
      if (end === undefined) return nonStrict('RECEIPT, and the connection stays open')
      return end.code === 1000
        ? pass('RECEIPT, then closed with 1000')
        : fail(`RECEIPT, then closed with ${end.code}`)
    },
  },
]

// --- internal ---

const CLOSE_MS = 2_000
const MESSAGES = 20

/** B listens with two devices; the phone unsubscribes in the middle of A's messages. The other device is the fence. */
async function unsubscribedUnderTraffic(
  stage: Stage,
): Promise<{ wire: Wire; subscription: Subscription; receiptIndex: number }> {
  const { a, b, rooms, device } = await stage.cast()
  const phone = device(b, 'phone')
  await Promise.all([b.connect(), phone.connect()])
  const [stays, leaves] = await Promise.all([b.listen(rooms.shared), phone.listen(rooms.shared)])
  const { wire } = phone
  await fence(stage, { by: a, roomId: rooms.shared, at: [stays, leaves] })
  let receipt: ReturnType<Wire['next']> | undefined
  for (let i = 0; i < MESSAGES; i++) {
    const sent = a.send(rooms.shared, ` traffic ${i}`)
    if (i === MESSAGES / 2) {
      wire.frame('UNSUBSCRIBE', [
        ['id', leaves.id],
        ['receipt', 'left'],
      ])
      receipt = wire.next((frame) => frame.command === 'RECEIPT' && frame.header('receipt-id') === 'left')
    }
    await sent
  }
  const came = await receipt
  if (came === undefined) throw unmet(`UNSUBSCRIBE has no RECEIPT: ${endWords(wire)}`)
  await fence(stage, { by: a, roomId: rooms.shared, at: [stays] })
  // The phone has another subscription to be fenced by: what was published before it comes before it.
  const again = await phone.subscribe(leaves.destination, 'control')
  if (again.outcome === 'receipt') await fence(stage, { by: a, roomId: rooms.shared, at: [again, stays] })
  return { wire, subscription: leaves, receiptIndex: came.index }
}
