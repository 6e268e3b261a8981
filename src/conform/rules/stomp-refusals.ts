import { roomDestination } from '../actor.ts'
import { fence } from '../fence.ts'
import { frameWords, type Received } from '../received.ts'
import { deviation, fail, inconclusive, pass, together, type ActiveRule, type Outcome } from '../rule.ts'
import { endWords, subscribe } from '../subscription.ts'
import type { Wire } from '../wire.ts'

const COMMON = { section: 'stomp', level: 'SHOULD', cost: 'quick', since: '0.2.0' } as const

const NOT_SUBSCRIBED =
  'If the server cannot successfully create the subscription, the server MUST send the client an ERROR frame and then close the connection.'

/** How frames that cannot be carried out are refused. */
export const stompRefusalRules: readonly ActiveRule[] = [
  {
    ...COMMON,
    id: 'STOMP-SUB-06',
    level: 'MUST',
    title: 'A subscription that cannot be made is answered with ERROR, then closed',
    basis: { document: 'STOMP 1.2', section: 'SUBSCRIBE', quote: NOT_SUBSCRIBED },
    sends:
      'SUBSCRIBE to an exchange that does not exist; on another connection a second SUBSCRIBE with a used id.',
    expected: ['ERROR, no RECEIPT, and closed within 2 s'],
    async check(stage) {
      const { rooms } = await stage.cast()
      const unknown = await stage.stomp('unknown exchange')
      const first = await subscribe(unknown, 'x', `/exchange/no-such-exchange/room.${rooms.shared}`)
      const twice = await stage.stomp('used id')
      const made = await subscribe(twice, 'x', roomDestination(rooms.shared))
      if (made.outcome !== 'receipt') return inconclusive(`a good SUBSCRIBE has no RECEIPT: ${made.words}`)
      const from = twice.frames.length
      twice.frame('SUBSCRIBE', [
        ['id', 'x'],
        ['destination', roomDestination(rooms.shared)],
        ['receipt', 'again'],
      ])
      const answer = await twice.next(isReply, { from })
      return together([
        first.outcome === 'receipt'
          ? deviation('accepted', 'a SUBSCRIBE to an exchange that does not exist has its RECEIPT')
          : await refusal(unknown, 0),
        answer?.command === 'RECEIPT'
          ? deviation('accepted', 'a second SUBSCRIBE with a used id has its RECEIPT')
          : await refusal(twice, from),
      ])
    },
  },
  {
    ...COMMON,
    id: 'STOMP-SUB-07',
    title: 'A SUBSCRIBE without a destination is answered with ERROR',
    basis: {
      document: 'STOMP 1.2',
      section: 'SUBSCRIBE',
      quote:
        'the SUBSCRIBE frame requires a destination header indicating the destination to which the client wants to subscribe',
    },
    sends: 'SUBSCRIBE with an id and no destination.',
    expected: ['ERROR, and no RECEIPT'],
    async check(stage) {
      const wire = await stage.stomp('browser')
      wire.frame('SUBSCRIBE', [
        ['id', 'x'],
        ['receipt', 'nowhere'],
      ])
      return answered(wire, await wire.next(isReply))
    },
  },
  {
    ...COMMON,
    id: 'STOMP-FRAME-04',
    title: 'An unknown command is answered with ERROR',
    basis: {
      document: 'STOMP 1.2',
      section: 'Client Frames',
      quote:
        'A client MAY send a frame not in this list, but for such a frame a STOMP 1.2 server MAY respond with an ERROR frame and then close the connection.',
    },
    sends: 'A frame with the command DANCE.',
    expected: ['ERROR, and no RECEIPT'],
    async check(stage) {
      const wire = await stage.stomp('browser')
      wire.frame('DANCE', [['receipt', 'danced']])
      return answered(wire, await wire.next(isReply))
    },
  },
  {
    ...COMMON,
    id: 'STOMP-FRAME-05',
    title: 'Impossible frames end their connection and nobody else’s',
    basis: {
      document: 'STOMP 1.2',
      section: 'Size Limits',
      quote:
        'To prevent malicious clients from exploiting memory allocation in a server, servers MAY place maximum limits on',
    },
    sends:
      'A SEND with a negative content-length, and one with a header of 1 MB to no destination, each on its own connection, while B listens; then a message of A as the fence.',
    expected: ['ERROR or a close in time for each, and B goes on receiving'],
    isNegative: true,
    async check(stage) {
      const { a, b, rooms } = await stage.cast()
      await b.connect()
      const listening = await b.listen(rooms.shared)
      const cases: [what: string, bytes: string][] = [
        ['a negative content-length', 'SEND\ndestination:/nowhere\ncontent-length:-1\n\nx\0'],
        ['a header of 1 MB', `SEND\ndestination:/nowhere\nlong:${'x'.repeat(1024 * 1024)}\n\n\0`],
      ]
      const hung: string[] = []
      const ended: string[] = []
      for (const [what, bytes] of cases) {
        const wire = await stage.stomp(what)
        const from = wire.frames.length
        wire.send(bytes)
        const error = await wire.next(({ command }) => command === 'ERROR', { from })
        if (error === undefined && wire.end === undefined) hung.push(what)
        else ended.push(`${what}: ${error === undefined ? endWords(wire) : frameWords(error)}`)
      }
      await fence(stage, { by: a, roomId: rooms.shared, at: [listening] })
      if (hung.length > 0)
        return fail(`neither ERROR nor a close within ${stage.patienceMs} ms after ${hung.join(', ')}`)
      return pass(ended.join('; '))
    },
  },
]

// --- internal ---

const CLOSE_MS = 2_000

function isReply({ command }: Received): boolean {
  return command === 'RECEIPT' || command === 'ERROR'
}

/** An ERROR was due. */
function answered(wire: Wire, reply: Received | undefined): Outcome {
  if (reply?.command === 'ERROR') return pass(frameWords(reply))
  if (reply?.command === 'RECEIPT') return deviation('accepted', `no ERROR but ${frameWords(reply)}`)
  if (wire.end !== undefined) return deviation('close-without-error', endWords(wire))
  return fail('no ERROR, no close')
}

/** An ERROR, no RECEIPT and a close were due. */
async function refusal(wire: Wire, from: number): Promise<Outcome> {
  const end = await wire.ended(CLOSE_MS)
  const since = wire.frames.filter(({ index }) => index >= from)
  const error = since.find(({ command }) => command === 'ERROR')
  if (error === undefined) {
    return end === undefined
      ? fail(`${wire.name}: no ERROR, no close`)
      : deviation('close-without-error', `${wire.name}: ${endWords(wire)}`)
  }
  if (since.some(({ command }) => command === 'RECEIPT'))
    return deviation('receipt-after-error', `${wire.name}: ERROR, and then the RECEIPT of the same frame`)
  if (end === undefined)
    return deviation('error-without-close', `${wire.name}: ERROR, and the connection stays open`)
  return pass(`${frameWords(error)}, then closed with ${end.code}`)
}
