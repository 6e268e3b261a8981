import { roomDestination } from '../actor.ts'
import { connectHeaders } from '../login.ts'
import { frameWords } from '../received.ts'
import { fail, pass, type ActiveRule } from '../rule.ts'
import { endWords } from '../subscription.ts'
import { answerWords, isAnswer, openedWire } from './opened-wire.ts'

const COMMON = { section: 'stomp', level: 'MUST', cost: 'quick', since: '0.2.0' } as const

/** Frames on the wire. */
export const stompFrameRules: readonly ActiveRule[] = [
  {
    ...COMMON,
    id: 'STOMP-FRAME-01',
    title: 'Frames and WebSocket messages need not fall together',
    basis: {
      document: 'STOMP 1.2',
      section: 'STOMP Frames',
      quote:
        'STOMP is a frame based protocol which assumes a reliable 2-way streaming network protocol (such as TCP) underneath.',
    },
    sends: 'CONNECT cut into two WebSocket messages; two SUBSCRIBEs in one.',
    expected: ['CONNECTED, and both RECEIPTs'],
    async check(stage) {
      const { rooms } = await stage.cast()
      const wire = await openedWire(stage, 'browser')
      const lines = connectHeaders(stage.broker).map(([name, value]) => `${name}:${value}`)
      const connect = `CONNECT\n${lines.join('\n')}\n\n\0`
      wire.send(connect.slice(0, 12))
      wire.send(connect.slice(12))
      const connected = await wire.next(isAnswer)
      if (connected?.command !== 'CONNECTED')
        return fail(`a CONNECT in two messages was not CONNECTED: ${answerWords(wire, connected)}`)
      const subscribing = (id: string): string =>
        `SUBSCRIBE\nid:${id}\ndestination:${roomDestination(rooms.shared)}\nreceipt:${id}\n\n\0`
      wire.send(subscribing('one') + subscribing('two'))
      const receipts = await Promise.all(
        ['one', 'two'].map((id) =>
          wire.next((frame) => frame.command === 'RECEIPT' && frame.header('receipt-id') === id),
        ),
      )
      const missing = receipts.filter((receipt) => receipt === undefined).length
      return missing === 0
        ? pass('CONNECTED, and both RECEIPTs')
        : fail(`${missing} of 2 RECEIPTs are missing: ${endWords(wire)}`)
    },
  },
  {
    ...COMMON,
    id: 'STOMP-FRAME-02',
    title: 'Header values are unescaped and escaped',
    basis: {
      document: 'STOMP 1.2',
      section: 'Value Encoding',
      quote:
        'C style string literal escapes are used to encode any carriage return, line feed or colon that are found within the UTF-8 encoded headers. When decoding frame headers, the following transformations MUST be applied',
    },
    sends: 'SUBSCRIBE with a receipt that holds a colon, a line feed and a backslash.',
    expected: ['RECEIPT whose receipt-id, unescaped, is the same'],
    async check(stage) {
      const { rooms } = await stage.cast()
      const wire = await stage.stomp('browser')
      const receipt = 'a:b\nc\\d'
      const from = wire.frames.length
      wire.frame('SUBSCRIBE', [
        ['id', 'escaped'],
        ['destination', roomDestination(rooms.shared)],
        ['receipt', receipt],
      ])
      const answer = await wire.next(({ command }) => command !== 'MESSAGE', { from, isTolerant: true })
      if (wire.fault !== undefined) return fail(`the answer is no frame: ${wire.fault.detail}`)
      if (answer?.command !== 'RECEIPT')
        return fail(`no RECEIPT but ${answer === undefined ? endWords(wire) : frameWords(answer)}`)
      const id = answer.header('receipt-id')
      return id === receipt
        ? pass(`receipt-id:${JSON.stringify(id)}`)
        : fail(`receipt-id:${JSON.stringify(id ?? null)} instead of ${JSON.stringify(receipt)}`)
    },
  },
]
