import fc from 'fast-check'
import { OWN_DESTINATION, ROOM_DESTINATION, type ReceiveWorld } from './world.ts'

/** One thing a broker sends. */
export type Step =
  | { what: 'message' | 'typing'; sender: number }
  | { what: 'status' | 'read' | 'eol' | 'stray' | 'receipt' | 'error' | 'connected' }
  | { what: 'body'; body: string }
  | { what: 'raw'; bytes: Uint8Array }

/** One thing that happens to the bytes. Positions are shares of the whole, in millionths, so that they shrink to its start. */
export type Mutation =
  | { how: 'flip'; at: number; bit: number }
  | { how: 'set'; at: number; byte: number }
  | { how: 'cut'; at: number; bytes: number }
  | { how: 'repeat'; at: number; bytes: number; times: number }
  | { how: 'insert'; at: number; bytes: Uint8Array }
  | { how: 'splice'; at: number; from: number; bytes: number }
  | { how: 'lie'; nth: number; length: string }
  | { how: 'end'; at: number }

export interface Case {
  steps: Step[]
  mutations: Mutation[]
  /** Sizes of the pieces in which the bytes arrive, in turn. */
  pieces: number[]
}

const at = fc.nat(1_000_000)

/** JSON that parsers, validators and objects stumble over. */
const NASTY: readonly string[] = [
  '',
  'null',
  '0',
  '"text"',
  '[]',
  '{}',
  '{"type":null}',
  '{"type":"__proto__"}',
  '{"type":"constructor"}',
  '{"type":["new_message"]}',
  '{"__proto__":{"type":"new_message","polluted":1}}',
  '{"type":"new_message","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
  '{"type":"new_message","message":{"__proto__":{"id":1,"content":"x"}}}',
  '{"type":"new_message","message":null}',
  '{"type":"new_message","message":[]}',
  '{"type":"new_message","message":{"id":1e999,"content":1}}',
  '{"type":"new_message","message":{"id":-0,"content":"~fuzz"}}',
  '{"type":"new_message","type":"user_typing","userId":1,"userId":2,"isTyping":true}',
  '{"type":"user_typing","userId":1e308,"isTyping":true,"timestamp":"x"}',
  '{"type":"user_typing","userId":9007199254740993,"isTyping":"true"}',
  '{"type":"user_typing","userId":{"valueOf":1},"isTyping":true}',
  '{"type":"user_status_changed","userId":1,"status":"\\ud800","timestamp":"\\udfff"}',
  '{"type":"message_read","messageId":1e400,"readerId":-1e400,"readAt":"never"}',
  '{"toString":1,"valueOf":2,"type":"new_message"}',
  '\ufeff{"type":"new_message"}',
  '{"type":"new_message"}\0trailing',
  '{"type":"new_message"',
  '{"a":1}'.repeat(3),
  '['.repeat(20_000),
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  `${'{"a":'.repeat(4_000)}1${'}'.repeat(4_000)}`,
  `{"type":"new_message","message":{"content":"${'x'.repeat(1_000_000)}"}}`,
  `{"type":"${'y'.repeat(100_000)}"}`,
  `{${Array.from({ length: 3_000 }, (_, i) => `"k${i}":${i}`).join(',')},"type":"user_typing"}`,
  `{"type":"new_message","message":{"id":${'9'.repeat(400)},"content":"~fuzz${'0'.repeat(36)}"}}`,
]

/** UTF-16 units of any kind, lone surrogates among them. */
const anyText = fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units))

const body: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.json(),
  anyText,
  // Documented names with anything as their values.
  fc
    .record(
      {
        type: fc.constantFrom(
          'new_message',
          'user_typing',
          'user_status_changed',
          'message_read',
          'nonesuch',
        ),
        message: fc.oneof(
          fc.jsonValue({ maxDepth: 2 }),
          fc.record(
            {
              id: fc.oneof(fc.integer(), fc.double(), fc.string()),
              content: fc.oneof(anyText, fc.constant(`~fuzz${'0'.repeat(40)}`), fc.integer()),
              message_type: fc.constantFrom('text', 'image', 7),
              sender_id: fc.oneof(fc.integer(), fc.double()),
              created_at: fc.string(),
            },
            { requiredKeys: [] },
          ),
        ),
        userId: fc.oneof(fc.integer({ min: -1, max: 12 }), fc.double(), fc.string()),
        isTyping: fc.oneof(fc.boolean(), fc.constant('yes')),
        status: fc.constantFrom('online', 'offline', 'away', 1),
        timestamp: fc.string(),
      },
      { requiredKeys: ['type'] },
    )
    .map((value) => JSON.stringify(value)),
)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ what: fc.constant('message' as const), sender: fc.nat(2) }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('typing' as const), sender: fc.nat(2) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constantFrom('status', 'read', 'eol', 'stray', 'receipt', 'error', 'connected'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('body' as const), body }) },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('raw' as const), bytes: fc.uint8Array({ maxLength: 80 }) }),
  },
)

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ how: fc.constant('flip' as const), at, bit: fc.nat(7) }),
  fc.record({
    how: fc.constant('set' as const),
    at,
    byte: fc.oneof(fc.constantFrom(0, 10, 13, 58, 92, 255), fc.nat(255)),
  }),
  fc.record({ how: fc.constant('cut' as const), at, bytes: fc.integer({ min: 1, max: 400 }) }),
  fc.record({
    how: fc.constant('repeat' as const),
    at,
    bytes: fc.integer({ min: 1, max: 900 }),
    times: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({
    how: fc.constant('insert' as const),
    at,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }),
  }),
  fc.record({ how: fc.constant('splice' as const), at, from: at, bytes: fc.integer({ min: 1, max: 400 }) }),
  fc.record({
    how: fc.constant('lie' as const),
    nth: fc.nat(4),
    length: fc.oneof(
      fc.nat(2_000).map(String),
      fc.constantFrom('-1', '', '1e3', '99999999999999999999', ' 5', '0x10', '٣'),
    ),
  }),
  fc.record({ how: fc.constant('end' as const), at }),
)

const pieces = fc.oneof(
  fc.constant([1 << 20] as number[]),
  fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 6 }),
  fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
)

/** Frames, real and hostile, mutated, in pieces of any size. */
export const anyCase: fc.Arbitrary<Case> = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 8 }),
  mutations: fc.array(mutation, { maxLength: 5 }),
  pieces,
})

/** What happens to whole deliveries: how often and in which order each of some messages comes. */
export const anyDelivery = fc.record({
  senders: fc.array(fc.nat(2), { minLength: 1, maxLength: 12 }),
  /** Indexes of messages, in order of arrival; some come often, some never. */
  arrivals: fc.array(fc.nat(11), { maxLength: 24 }),
  pieces,
})

/** The frame of a body on one of the user's subscriptions, as RabbitMQ writes it. */
export function frameOf(text: string, n: number, subscription = 's0'): Buffer {
  const destination = subscription === 's1' ? OWN_DESTINATION : ROOM_DESTINATION
  const content = Buffer.from(text)
  const head =
    `MESSAGE\nsubscription:${subscription}\ndestination:${destination}\n` +
    `message-id:T_${subscription}@@session-abc@@${n}\nredelivered:false\ncontent-type:application/json\n` +
    `content-length:${content.length}\n\n`
  return Buffer.concat([Buffer.from(head), content, Buffer.from('\0\n')])
}

/** The bytes of the steps; their messages are published in the world. */
export function bytesOf(world: ReceiveWorld, steps: readonly Step[]): Buffer {
  return Buffer.concat(steps.map((one, n) => stepBytes(world, one, n)))
}

/** The bytes after all that happened to them. */
export function mutated(bytes: Buffer, mutations: readonly Mutation[]): Buffer {
  let all = bytes
  for (const one of mutations) all = mutateOnce(all, one)
  return all.subarray(0, 4_000_000)
}

/** The bytes in pieces whose sizes come in turn. */
export function* inPieces(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  let from = 0
  // A megabyte in single bytes would show nothing that its first kilobytes do not.
  const least = bytes.length > 20_000 ? 700 : 1
  for (let i = 0; from < bytes.length; i++) {
    const size = Math.max(least, sizes[i % sizes.length] as number)
    yield bytes.subarray(from, from + size)
    from += size
  }
}

// --- internal ---

function stepBytes(world: ReceiveWorld, one: Step, n: number): Buffer {
  switch (one.what) {
    case 'message':
      return frameOf(world.publish(one.sender), n)
    case 'typing':
      return frameOf(world.publishTyping(one.sender), n)
    case 'status':
      return frameOf(
        '{"type":"user_status_changed","userId":2,"status":"online","timestamp":"2024-01-01T12:00:00.000Z"}',
        n,
      )
    case 'read':
      return frameOf(
        '{"type":"message_read","messageId":1,"readerId":2,"readAt":"2024-01-01T12:00:00.000Z"}',
        n,
        's1',
      )
    case 'eol':
      return Buffer.from('\n\r\n\n')
    case 'stray':
      return frameOf('{}', n, 'nobody')
    case 'receipt':
      return Buffer.from('RECEIPT\nreceipt-id:r0\n\n\0\n')
    case 'error':
      return Buffer.from('ERROR\nmessage:planted\n\nbody\0\n')
    case 'connected':
      return Buffer.from('CONNECTED\nversion:1.0\nheart-beat:1,1\n\n\0\n')
    case 'body':
      return frameOf(one.body, n)
    case 'raw':
      return Buffer.from(one.bytes)
    default:
      throw new Error('a step without bytes')
  }
}

function mutateOnce(bytes: Buffer, one: Mutation): Buffer {
  const place = (share: number): number => Math.floor((share / 1_000_001) * bytes.length)
  switch (one.how) {
    case 'flip':
    case 'set': {
      if (bytes.length === 0) return bytes
      const copy = Buffer.from(bytes)
      const index = place(one.at)
      copy[index] = one.how === 'set' ? one.byte : (copy[index] as number) ^ (1 << one.bit)
      return copy
    }
    case 'cut':
      return Buffer.concat([bytes.subarray(0, place(one.at)), bytes.subarray(place(one.at) + one.bytes)])
    case 'repeat': {
      const from = place(one.at)
      const piece = bytes.subarray(from, from + one.bytes)
      const copies = Array.from({ length: one.times }, () => piece)
      return Buffer.concat([bytes.subarray(0, from), ...copies, bytes.subarray(from)])
    }
    case 'insert':
      return Buffer.concat([bytes.subarray(0, place(one.at)), one.bytes, bytes.subarray(place(one.at))])
    case 'splice': {
      const from = place(one.from)
      const piece = bytes.subarray(from, from + one.bytes)
      return Buffer.concat([bytes.subarray(0, place(one.at)), piece, bytes.subarray(place(one.at))])
    }
    case 'lie': {
      let n = 0
      const text = bytes
        .toString('latin1')
        .replaceAll(/content-length:\d+/g, (whole) =>
          n++ === one.nth ? `content-length:${Buffer.from(one.length).toString('latin1')}` : whole,
        )
      return Buffer.from(text, 'latin1')
    }
    case 'end':
      return bytes.subarray(0, place(one.at))
    default:
      throw new Error('a mutation that does nothing')
  }
}
