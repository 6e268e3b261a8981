import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameImpl } from '../../node_modules/@stomp/stompjs/esm6/frame-impl.js'
import { Parser } from '../../node_modules/@stomp/stompjs/esm6/parser.js'
import { encodeFrame, FrameDecoder, type HeaderPairs, type StompVersion } from '../../src/stomp/frame.ts'
import { decode } from './decoding.ts'

interface Whole {
  command: string
  headers: [string, string][]
  body: string
}

/** Our reading of the pieces. */
function ours(pieces: readonly Buffer[], version: StompVersion): Whole[] {
  const frames: Whole[] = []
  const decoder = new FrameDecoder(
    {
      onFrame: (frame) =>
        frames.push({
          command: frame.command,
          headers: frame.headers().map(([name, value]) => [name, value]),
          body: frame.body,
        }),
      onEol() {},
    },
    { version },
  )
  for (const piece of pieces) expect(decoder.push(piece)).toBeUndefined()
  return frames
}

/** The reading of @stomp/stompjs, headers sorted because it keeps them in an object. */
function theirs(pieces: readonly Buffer[], version: StompVersion): Whole[] {
  const frames: Whole[] = []
  const parser = new Parser(
    (raw) => {
      const frame = FrameImpl.fromRawFrame(raw, version === '1.2')
      frames.push({
        command: frame.command,
        headers: sorted(Object.entries(frame.headers)),
        body: frame.body,
      })
    },
    () => {},
  )
  for (const piece of pieces) parser.parseChunk(Uint8Array.from(piece).buffer)
  return frames
}

/** What @stomp/stompjs puts on the wire on 1.2. */
function written(frame: Parameters<typeof FrameImpl.marshall>[0]): Buffer {
  const wire = FrameImpl.marshall({ ...frame, escapeHeaderValues: true })
  return typeof wire === 'string' ? Buffer.from(wire) : Buffer.from(wire)
}

function sorted(headers: [string, string][]): [string, string][] {
  return headers.toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/** Cuts the bytes at the given fractions of their length. */
function cut(bytes: Buffer, fractions: readonly number[]): Buffer[] {
  const cuts = fractions.map((fraction) => Math.floor(fraction * bytes.length)).toSorted((a, b) => a - b)
  return [0, ...cuts].map((from, i) => bytes.subarray(from, cuts[i] ?? bytes.length))
}

const command = fc.constantFrom('SEND', 'SUBSCRIBE', 'MESSAGE', 'RECEIPT', 'ERROR', 'CONNECT', 'CONNECTED')
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/).filter((text) => text !== 'content-length')
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom('\\', 'n', 'r', 'c', ':', '\n', '\r', 'a', ' ', '안'), maxLength: 12 }),
)
/** TextDecoder, which stompjs uses, drops a byte order mark at the beginning; it belongs to the text. */
const body = text.filter((value) => !value.startsWith('\ufeff'))
const fractions = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 })
const version = fc.constantFrom<StompVersion>('1.0', '1.1', '1.2')

/** Values that stompjs reads as they were written: it trims, and unescapes `\\n` as a backslash and a line feed. */
const readable = text.filter((value) => value.trim() === value && !/\\[ncr]/.test(value))

function isUnescaped(frameCommand: string): boolean {
  return frameCommand === 'CONNECT' || frameCommand === 'CONNECTED'
}

/** The headers with distinct names, and for frames without escapes only with values that need none. */
function fitting(frameCommand: string, headers: HeaderPairs): [string, string][] {
  const distinct = new Map(headers)
  return [...distinct].filter(([, value]) => !isUnescaped(frameCommand) || !/[\\\r\n]/.test(value))
}

/** One to four frames whose header values are drawn from `value`. */
function framesWith(value: fc.Arbitrary<string>) {
  const headers = fc.array(fc.tuple(name, value), { maxLength: 6 })
  return fc.array(fc.tuple(command, headers, body), { minLength: 1, maxLength: 4 })
}

describe('our codec and @stomp/stompjs', () => {
  it('agree on what we write', () => {
    fc.assert(
      fc.property(framesWith(readable), fractions, fc.boolean(), (list, cuts, trailingLf) => {
        const expected = list.map(([frameCommand, headers, content]) => ({
          command: frameCommand,
          headers: fitting(frameCommand, headers),
          body: content,
        }))
        const wire = Buffer.concat(
          expected.map((frame) => encodeFrame(frame.command, frame.headers, frame.body, { trailingLf })),
        )
        const read = theirs(cut(wire, cuts), '1.2').map((frame) => ({
          ...frame,
          headers: frame.headers.filter(([header]) => header !== 'content-length'),
        }))
        expect(read).toEqual(expected.map((frame) => ({ ...frame, headers: sorted(frame.headers) })))
      }),
      { numRuns: 300 },
    )
  })

  it('agree on what they write, and ours keeps the spaces', () => {
    fc.assert(
      fc.property(framesWith(text), fractions, (list, cuts) => {
        const expected = list.map(([frameCommand, headers, content]) => ({
          command: frameCommand,
          headers: fitting(frameCommand, headers),
          body: content,
        }))
        const wire = Buffer.concat(
          expected.map((frame) =>
            written({ command: frame.command, headers: Object.fromEntries(frame.headers), body: frame.body }),
          ),
        )
        const read = ours(cut(wire, cuts), '1.2').map((frame) => ({
          ...frame,
          headers: frame.headers.filter(([header]) => header !== 'content-length'),
        }))
        expect(read).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  })

  it('agree on binary bodies', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fractions, (octets, cuts) => {
        const wire = written({ command: 'SEND', headers: { destination: '/d' }, binaryBody: octets })
        const { frames: read, fault } = decode(cut(wire, cuts))
        expect(fault).toBeUndefined()
        expect(read).toEqual([
          {
            command: 'SEND',
            headers: [
              ['destination', '/d'],
              ['content-length', String(octets.length)],
            ],
            body: Buffer.from(octets).toString('latin1'),
          },
        ])
      }),
    )
  })
})

describe('our decoder', () => {
  it('reads what our encoder writes, in the same version, whatever stands in it', () => {
    fc.assert(
      fc.property(
        version,
        fc.array(fc.tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 10 }), text), {
          maxLength: 5,
        }),
        fc.string({ unit: 'binary' }),
        fractions,
        (frameVersion, pairs, content, cuts) => {
          // What a version cannot express: 1.0 and 1.1 take a CR at the end for the line's, and 1.0 has no escapes and trims.
          const headers = pairs.filter(([header, value]) =>
            frameVersion === '1.2'
              ? true
              : frameVersion === '1.1'
                ? !value.endsWith('\r')
                : !/[:\n\\]/.test(header) &&
                  !/\n/.test(value) &&
                  header.trim() === header &&
                  value.trim() === value,
          )
          const wire = encodeFrame('SEND', headers, content, { version: frameVersion, contentLength: true })
          expect(ours(cut(wire, cuts), frameVersion)).toEqual([
            {
              command: 'SEND',
              headers: [...headers, ['content-length', String(Buffer.byteLength(content))]],
              body: content,
            },
          ])
        },
      ),
      { numRuns: 500 },
    )
  })

  /** Octets that lead somewhere: frames of good and bad parts, and noise between and in them. */
  const noise = fc
    .uint8Array({ minLength: 1, maxLength: 4 })
    .map((octets) => Buffer.from(octets).toString('latin1'))
  const some = (...parts: string[]) => fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...parts) }, noise)
  const header = some(
    'a:b',
    'a\\c:\\n',
    'content-length:3',
    'content-length:99',
    'content-length:x',
    ':',
    'a:\\t',
    'long-'.repeat(30),
  )
  const frame = fc
    .tuple(
      some('SEND', 'MESSAGE', 'CONNECT'),
      fc.array(header, { maxLength: 6 }),
      some('', 'abc', '\0\0\0', 'x'.repeat(70)),
    )
    .map(([first, headers, content]) => `${[first, ...headers].join('\n')}\n\n${content}\0`)
  const garbage = fc.array(fc.oneof({ weight: 4, arbitrary: frame }, some('\n', '\r\n', '\r', '\0')), {
    maxLength: 5,
  })

  it('answers garbage by a fault or frames, the same ones however it is cut', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(garbage, version, fractions, fc.boolean(), (parts, frameVersion, cuts, strict) => {
        const bytes = Buffer.from(parts.join(''), 'latin1')
        const options = {
          version: frameVersion,
          maxBodyBytes: 64,
          maxHeadBytes: 128,
          maxHeaders: 4,
          ...(strict ? { commandsOf: 'client' as const } : {}),
        }
        const whole = decode([bytes], options)
        seen.add(whole.fault?.reason ?? (whole.frames.length > 0 ? 'frames' : 'nothing'))
        if (whole.fault !== undefined) {
          expect(whole.fault.offset).toBeGreaterThanOrEqual(0)
          expect(whole.fault.offset).toBeLessThan(bytes.length)
        }
        const pieces = decode(cut(bytes, cuts), options)
        expect(pieces.fault).toEqual(whole.fault)
        expect(pieces.frames).toEqual(whole.frames)
      }),
      { numRuns: 4000, seed: 12 },
    )
    // The garbage reaches every corner; otherwise this test would prove little.
    expect([...seen].toSorted()).toEqual([
      'bad-content-length',
      'bare-cr',
      'body-too-large',
      'empty-header-name',
      'frames',
      'head-too-large',
      'invalid-utf8',
      'missing-nul',
      'no-colon',
      'nothing',
      'nul-in-command',
      'too-many-headers',
      'undefined-escape',
      'unknown-command',
    ])
  })
})
