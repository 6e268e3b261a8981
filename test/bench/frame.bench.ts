/** Our codec beside that of @stomp/stompjs on the same frames. `node test/bench/frame.bench.ts` prints the rows. */
import { fileURLToPath } from 'node:url'
import { Bench } from 'tinybench'
import { FrameImpl } from '../../node_modules/@stomp/stompjs/esm6/frame-impl.js'
import { Parser } from '../../node_modules/@stomp/stompjs/esm6/parser.js'
import { encodeFrame, FrameDecoder, type Frame } from '../../src/stomp/frame.ts'
import { type BenchRow, rowOf } from './row.ts'

/**
 * Three rows: decoding, decoding and reading what a chat client reads, and encoding. The sides take turns, and the best
 * round of each counts: what a busy machine adds to a round is not the codec's.
 */
export async function rows(): Promise<BenchRow[]> {
  const rounds: Bench[] = []
  for (let n = 0; n < ROUNDS; n++) rounds.push(await round())
  check()
  return Object.entries(PAIRS).map(([name, { batch, wanted }]) => {
    const oursNs = Math.min(...rounds.map((bench) => medianNs(bench, `ours: ${name}`))) / batch
    const theirsNs = Math.min(...rounds.map((bench) => medianNs(bench, `theirs: ${name}`))) / batch
    return rowOf(`frame: ${name} / @stomp/stompjs`, 'ns', oursNs, theirsNs, wanted)
  })
}

// --- internal ---

const ROUNDS = 6

async function round(): Promise<Bench> {
  const bench = new Bench({ time: 150, warmupTime: 50 })
  for (const [name, { ours, theirs, batch }] of Object.entries(PAIRS)) {
    // A batch, because one call is too short for the clock.
    bench.add(`ours: ${name}`, () => {
      for (let n = 0; n < batch; n++) ours()
    })
    bench.add(`theirs: ${name}`, () => {
      for (let n = 0; n < batch; n++) theirs()
    })
  }
  await bench.run()
  return bench
}

const EMPTY_EVENT = newMessage('')
const HEAD_BYTES = rabbitMqMessage(EMPTY_EVENT).length
/** A new_message as RabbitMQ 3.10 delivers it: 450 bytes with its NUL and LF. */
const WIRE = rabbitMqMessage(newMessage('가'.repeat(10) + 'x'.repeat(450 - HEAD_BYTES - 30)))
const TEXT = WIRE.toString()
const EVENT = TEXT.slice(TEXT.indexOf('{'), -2)

function newMessage(content: string): string {
  return JSON.stringify({
    type: 'new_message',
    message: { id: 123, content, message_type: 'text', sender_id: 456, created_at: '2024-01-01T12:00:00Z' },
    timestamp: '2024-01-01T12:00:00.000Z',
  })
}

function rabbitMqMessage(body: string): Buffer {
  return encodeFrame(
    'MESSAGE',
    [
      ['subscription', 'sub-0'],
      ['destination', '/exchange/chat.direct/room.1'],
      ['message-id', 'T_sub-0@@session-abc@@12345'],
      ['redelivered', 'false'],
      ['content-type', 'application/json'],
    ],
    body,
    { trailingLf: true, contentLength: true },
  )
}

/** What was read last, so that no reading is optimised away, and so that it can be checked. */
const last = { ours: '', theirs: '' }
let oursFrame: Frame | undefined
let theirsBytes = 0

const oursDecoder = new FrameDecoder({
  onFrame(frame) {
    oursFrame = frame
  },
  onEol() {},
})
const oursReader = new FrameDecoder({
  onFrame(frame) {
    last.ours = frame.subscription + frame.destination + frame.body
  },
  onEol() {},
})
const theirsParser = new Parser(
  (raw) => {
    theirsBytes = raw.binaryBody?.length ?? 0
  },
  () => {},
)
const theirsReader = new Parser(
  (raw) => {
    const { headers, body } = FrameImpl.fromRawFrame(raw, true)
    last.theirs = `${headers['subscription']}${headers['destination']}${body}`
  },
  () => {},
)

/** Both get what ws gives them: a Buffer, and for the library, whose socket is a browser's, a string. */
const PAIRS = {
  'decode a MESSAGE of 450 bytes': {
    ours: () => oursDecoder.push(WIRE),
    theirs: () => theirsParser.parseChunk(TEXT),
    batch: 20,
    wanted: { ratio: 0.05 },
  },
  'decode it and read subscription, destination and body': {
    ours: () => oursReader.push(WIRE),
    theirs: () => theirsReader.parseChunk(TEXT),
    batch: 20,
    wanted: undefined,
  },
  'encode a SEND of the same body': {
    ours: () =>
      encodeFrame(
        'SEND',
        [
          ['destination', '/exchange/chat.direct/room.1'],
          ['content-type', 'application/json'],
        ],
        EVENT,
      ),
    theirs: () =>
      FrameImpl.marshall({
        command: 'SEND',
        headers: { destination: '/exchange/chat.direct/room.1', 'content-type': 'application/json' },
        body: EVENT,
        escapeHeaderValues: true,
      }),
    batch: 20,
    wanted: undefined,
  },
}

/** The two sides must have done the same work. */
function check(): void {
  const written = PAIRS['encode a SEND of the same body']
  if (
    WIRE.length !== 450 ||
    last.ours !== `sub-0/exchange/chat.direct/room.1${EVENT}` ||
    last.theirs !== last.ours ||
    oursFrame?.bodyBytes.length !== theirsBytes ||
    written.ours().toString() !== written.theirs()
  )
    throw new Error('the two codecs disagree')
}

function medianNs(bench: Bench, name: string): number {
  const result = bench.getTask(name)?.result
  if (result?.state !== 'completed') throw new Error(`${name} did not complete`)
  return result.latency.p50 * 1e6
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const row of await rows()) process.stdout.write(`${JSON.stringify(row)}\n`)
}
