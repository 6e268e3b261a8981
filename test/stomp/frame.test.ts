import { describe, expect, it } from 'vitest'
import {
  FrameDecoder,
  type DecoderOptions,
  type FaultReason,
  type Frame,
  type StompVersion,
} from '../../src/stomp/frame.ts'
import { decode, everySplit, octets } from './decoding.ts'

/** What one MESSAGE of RabbitMQ 3.10.8 looks like on the wire: the frame, its NUL, and an LF. */
const RABBITMQ_MESSAGE =
  'MESSAGE\nsubscription:sub-0\ndestination:/exchange/chat.direct/room.1\n' +
  'message-id:T_sub-0@@session-abc@@1\nredelivered:false\ncontent-type:application/json\ncontent-length:13\n\n' +
  '{"a":"\xec\x95\x88"}\x20\x20\0\n'

function framesOf(text: string, options: DecoderOptions = {}) {
  const { frames, fault } = decode([text], options)
  expect(fault).toBeUndefined()
  return frames
}

function only(text: string, options: DecoderOptions = {}) {
  const frames = framesOf(text, options)
  expect(frames).toHaveLength(1)
  return frames[0]!
}

function faultOf(text: string, options: DecoderOptions = {}) {
  return decode([text], options).fault
}

/** The frame itself, for what plain data does not show. */
function frameOf(text: string | Buffer, options: DecoderOptions = {}): Frame {
  const frames: Frame[] = []
  const decoder = new FrameDecoder({ onFrame: (frame) => frames.push(frame), onEol() {} }, options)
  expect(decoder.push(typeof text === 'string' ? octets(text) : text)).toBeUndefined()
  expect(frames).toHaveLength(1)
  return frames[0]!
}

describe('a frame', () => {
  it('is a command, headers and a body up to the NUL', () => {
    expect(only('COMMAND\nheader1:value1\nheader2:value2\n\nBody Content\0\n')).toEqual({
      command: 'COMMAND',
      headers: [
        ['header1', 'value1'],
        ['header2', 'value2'],
      ],
      body: 'Body Content',
    })
  })

  it('may end its lines in CRLF', () => {
    expect(
      only('COMMAND\r\nheader1:value1\r\nheader2:value2\r\n\r\nBody\r\nContent\r\n\0\r\n'),
    ).toStrictEqual({
      command: 'COMMAND',
      headers: [
        ['header1', 'value1'],
        ['header2', 'value2'],
      ],
      body: 'Body\r\nContent\r\n',
    })
  })

  it('may be a command alone', () => {
    expect(only('COMMAND\n\n\0')).toEqual({ command: 'COMMAND', headers: [], body: '' })
  })

  it('may follow newlines, CRLFs and empty frames', () => {
    for (const before of ['\n', '\r\n', '\n\r\n\n', '\0\0', '\n\0\r\n\0'])
      expect(only(`${before}COMMAND\n\n\0`).command).toBe('COMMAND')
  })

  it('passes with a command STOMP does not know, case and all', () => {
    expect(only('Bogus\n\n\0').command).toBe('Bogus')
    expect(only('send\n\n\0').command).toBe('send')
    expect(only('MESSAGES\n\n\0').command).toBe('MESSAGES')
    expect(only('MESSAGF\n\n\0').command).toBe('MESSAGF')
    expect(only('COM\\\\rAND\n\n\0').command).toBe('COM\\\\rAND')
  })

  it('carries every command of STOMP', () => {
    const commands =
      'CONNECT STOMP CONNECTED SEND SUBSCRIBE UNSUBSCRIBE ACK NACK BEGIN COMMIT ABORT DISCONNECT MESSAGE RECEIPT ERROR'
    expect(
      framesOf(
        commands
          .split(' ')
          .map((command) => `${command}\n\n\0`)
          .join(''),
      ).map((frame) => frame.command),
    ).toEqual(commands.split(' '))
  })

  it('tells its size on the wire from the command to the NUL', () => {
    expect(frameOf('\n\nSEND\na:b\n\nxyz\0\n\n').wireBytes).toBe('SEND\na:b\n\nxyz\0'.length)
    expect(frameOf(RABBITMQ_MESSAGE).wireBytes).toBe(RABBITMQ_MESSAGE.length - 1)
  })

  it('gives its body as text', () => {
    expect(frameOf(RABBITMQ_MESSAGE).body).toBe('{"a":"안"}  ')
    expect(frameOf('SEND\n\n\xff!\0').body).toBe('�!')
    expect(frameOf('SEND\n\n\0').body).toBe('')
  })

  it('gives subscription and destination, empty where the broker left them out', () => {
    const frame = frameOf(RABBITMQ_MESSAGE)
    expect([frame.subscription, frame.destination]).toEqual(['sub-0', '/exchange/chat.direct/room.1'])
    const bare = frameOf('MESSAGE\nmessage-id:Q_/exchange/x/k@@s@@1\n\n\0')
    expect([bare.subscription, bare.destination]).toEqual(['', ''])
  })
})

describe('a header', () => {
  it('keeps its spaces', () => {
    expect(only('COMMAND\nheader: foo \n\n\0').headers).toEqual([['header', ' foo ']])
    expect(only('COMMAND\n header :foo\n\n\0', { version: '1.1' }).headers).toEqual([[' header ', 'foo']])
    expect(frameOf('COMMAND\nheader: foo \n\n\0').header('header')).toBe(' foo ')
    expect(frameOf('COMMAND\n header :foo\n\n\0').header('header')).toBeUndefined()
  })

  it('loses its spaces in 1.0', () => {
    expect(only('COMMAND\n header : foo \n\n\0', { version: '1.0' }).headers).toEqual([['header', 'foo']])
    expect(frameOf('COMMAND\n header : foo \n\n\0', { version: '1.0' }).header('header')).toBe('foo')
  })

  it('counts the first time it appears', () => {
    const frame = frameOf('COMMAND\nheader:correct\nheader:incorrect\n\n\0')
    expect(frame.header('header')).toBe('correct')
    expect(frame.headers()).toEqual([
      ['header', 'correct'],
      ['header', 'incorrect'],
    ])
  })

  it('may have colons in its value', () => {
    const frame = frameOf('COMMAND\nheader:val:ue\n\n\0')
    expect(frame.headers()).toEqual([['header', 'val:ue']])
    expect(frame.header('header:val')).toBeUndefined()
  })

  it('may have an empty value', () => {
    const frame = frameOf('COMMAND\na:\nb:\r\n\n\0')
    expect([frame.header('a'), frame.header('b')]).toEqual(['', ''])
  })

  it('is found by its whole name only', () => {
    const frame = frameOf('MESSAGE\nx-id:1\nid-x:2\nvalue:id:3\nID:4\n\nid:5\n\0')
    expect(frame.header('id')).toBeUndefined()
    expect(frame.header('value')).toBe('id:3')
    expect(frame.header('')).toBeUndefined()
    expect(frame.header('MESSAGE')).toBeUndefined()
  })

  it('may be any UTF-8', () => {
    const frame = frameOf(Buffer.from('COMMAND\n이름:값 😀\n\n\0'))
    expect(frame.headers()).toEqual([['이름', '값 😀']])
    expect(frame.header('이름')).toBe('값 😀')
  })

  it('reads back what escapes stand for, each once', () => {
    const frame = frameOf('COMMAND\nhead\\r\\c\\ner:\\c\\n\\r\\\\\n\n\0')
    expect(frame.headers()).toEqual([['head\r:\ner', ':\n\r\\']])
    expect(frame.header('head\r:\ner')).toBe(':\n\r\\')
    expect(only('C\nhdr\\\\rname:hdr\\\\rval\\\\\\\\n\n\n\0').headers).toEqual([
      ['hdr\\rname', 'hdr\\rval\\\\n'],
    ])
  })

  it('has no escapes in CONNECT, STOMP and CONNECTED', () => {
    for (const command of ['CONNECT', 'STOMP', 'CONNECTED']) {
      const frame = frameOf(`${command}\npasscode:a\\nb\\tc\\\n\n\0`)
      expect(frame.header('passcode')).toBe('a\\nb\\tc\\')
    }
  })

  it('has no escapes in 1.0', () => {
    expect(only('SEND\nh:a\\nb\\t\\c\n\n\0', { version: '1.0' }).headers).toEqual([['h', 'a\\nb\\t\\c']])
  })

  it('may hold a CR in 1.0 and 1.1, where only LF ends a line', () => {
    expect(only('SEND\nh:a\rb\n\n\0', { version: '1.1' }).headers).toEqual([['h', 'a\rb']])
    expect(only('SEND\nh:a\rb\r\n\n\0', { version: '1.0' }).headers).toEqual([['h', 'a\rb']])
  })
})

describe('a body', () => {
  it('with content-length may hold NULs', () => {
    expect(framesOf('SEND\ncontent-length:5\n\na\0b\0c\0\nSEND\n\n\0').map((frame) => frame.body)).toEqual([
      'a\0b\0c',
      '',
    ])
  })

  it('with content-length 0 is empty', () => {
    expect(only('SEND\ncontent-length:0\n\n\0').body).toBe('')
    expect(only('SEND\ncontent-length:000\n\n\0').body).toBe('')
  })

  it('goes by the first content-length', () => {
    expect(only('SEND\ncontent-length:1\ncontent-length:5\n\na\0').body).toBe('a')
  })

  it('is not measured by headers that merely look like content-length', () => {
    for (const header of ['Content-Length:1', 'xontent-length:1', 'content-lengti:1', 'content-length2:1'])
      expect(only(`SEND\n${header}\n\nabc\0`).body).toBe('abc')
  })

  it('is measured by a content-length with spaces in 1.0', () => {
    expect(only('SEND\n content-length : 3 \n\na\0b\0', { version: '1.0' }).body).toBe('a\0b')
  })

  it('without content-length ends at the first NUL', () => {
    expect(framesOf('SEND\n\nab\0\nSEND\n\ncd\0').map((frame) => frame.body)).toEqual(['ab', 'cd'])
  })
})

describe('a stream', () => {
  const STREAM = `\n${RABBITMQ_MESSAGE}\r\n\nSEND\r\nh\\c:\\\\\\n\r\ncontent-length:5\r\n\r\na\0\r\nb\0ERROR\nmessage:\xec\x95\x88\n\n\0\n\n`

  it('is the same however it is cut', () => {
    const whole = decode([STREAM])
    expect(whole.frames.map((frame) => [frame.command, frame.body])).toEqual([
      ['MESSAGE', '{"a":"\xec\x95\x88"}  '],
      ['SEND', 'a\0\r\nb'],
      ['ERROR', ''],
    ])
    expect(whole.frames[1]?.headers).toEqual([
      ['h:', '\\\n'],
      ['content-length', '5'],
    ])
    // Before, after RabbitMQ's NUL, the CRLF and LF between, and two at the end.
    expect(whole.eols).toBe(6)
    for (const pieces of everySplit(STREAM)) expect(decode(pieces)).toEqual(whole)
  })

  it('may carry many frames in one piece', () => {
    const { frames, eols } = decode([RABBITMQ_MESSAGE.repeat(100)])
    expect(frames).toHaveLength(100)
    expect(new Set(frames.map((frame) => JSON.stringify(frame))).size).toBe(1)
    expect(eols).toBe(100)
  })

  it('of text strings is read as UTF-8', () => {
    const bodies: string[] = []
    const decoder = new FrameDecoder({ onFrame: (frame) => bodies.push(frame.body), onEol() {} })
    decoder.push('SEND\ncontent-length:3\n\n안\0')
    expect(bodies).toEqual(['안'])
  })

  it('changes its rules where the version is set, even inside onFrame', () => {
    const seen: [string, string | undefined][] = []
    const decoder = new FrameDecoder({
      onFrame(frame) {
        seen.push([frame.command, frame.header('h')])
        decoder.version = '1.0'
      },
      onEol() {},
    })
    expect(decoder.push(octets('CONNECTED\nh:1\n\n\0MESSAGE\nh: a\\tb \n\n\0'))).toBeUndefined()
    expect(seen).toEqual([
      ['CONNECTED', '1'],
      ['MESSAGE', 'a\\tb'],
    ])
  })

  it('tells where the frame in hand began', () => {
    const offsets: number[] = []
    const decoder = new FrameDecoder({ onFrame: () => offsets.push(decoder.frameOffset), onEol() {} })
    for (const piece of ['\n\nSEND\n', '\n\0\nSE', 'ND\n\n\0SEND\n\n\0']) decoder.push(octets(piece))
    expect(offsets).toEqual([2, 10, 17])
  })

  it('costs time in proportion to its size, however small the pieces are', () => {
    const header = octets(`SEND\nh:${'x'.repeat(200_000)}\n\n`)
    const body = Buffer.alloc(16_000_000, 'y')
    const bodies: number[] = []
    const decoder = new FrameDecoder({ onFrame: (frame) => bodies.push(frame.bodyBytes.length), onEol() {} })
    const before = process.threadCpuUsage()
    for (let at = 0; at < header.length; at++) decoder.push(header.subarray(at, at + 1))
    for (let at = 0; at < body.length; at += 250) decoder.push(body.subarray(at, at + 250))
    decoder.push('\0')
    expect(bodies).toEqual([16_000_000])
    // CPU time, which a busy machine does not stretch. Looking at every byte again with each piece takes many times that.
    expect(process.threadCpuUsage(before).user / 1e3).toBeLessThan(3000)
  })
})

describe('a missing NUL', () => {
  const options = { appendMissingNul: true }

  it('is made good at the end of a piece where that was asked for', () => {
    const { frames, fault } = decode(
      [
        'CONNECTED\nversion:1.2\n\n',
        'MESSAGE\ncontent-length:2\n\nab',
        'MESSAGE\n\ncd',
        '\n',
        'RECEIPT\n\n\0\n',
      ],
      options,
    )
    expect(fault).toBeUndefined()
    expect(frames.map((frame) => [frame.command, frame.body])).toEqual([
      ['CONNECTED', ''],
      ['MESSAGE', 'ab'],
      ['MESSAGE', 'cd'],
      ['RECEIPT', ''],
    ])
  })

  it('is not made good in the middle of a frame of known length, nor when its NUL comes late', () => {
    const { frames } = decode(['MESSAGE\ncontent-length:4\n\nab', 'cd', '\0\nMESSAGE\n', '\nx\0'], options)
    expect(frames.map((frame) => frame.body)).toEqual(['abcd', 'x'])
  })

  it('is waited for otherwise', () => {
    expect(decode(['CONNECTED\nversion:1.2\n\n']).frames).toEqual([])
  })
})

describe('a fault', () => {
  const FAULTS: [
    what: string,
    text: string,
    reason: FaultReason,
    offset: number,
    options?: DecoderOptions & { version?: StompVersion },
  ][] = [
    ['a header without a colon', 'COMMAND\nhdr1:val1\nhdrerror\nhdr2:val2\n\n\0', 'no-colon', 18],
    ['a header without a name', 'SEND\n:x\n\n\0', 'empty-header-name', 5],
    ['a header without a name whose value has a colon', 'SEND\n:x:y\n\n\0', 'empty-header-name', 5],
    ['a content-length with a colon', 'SEND\ncontent-length:1:2\n\na\0', 'bad-content-length', 20],
    ['a CR between frames', '\n\rCOMMAND\n\n\0', 'bare-cr', 1],
    ['a CR between frames in 1.0', '\rCOMMAND\n\n\0', 'bare-cr', 0, { version: '1.0' }],
    ['a CR in a command', 'COMM\rAND\n\n\0', 'bare-cr', 4],
    ['a CR in a command of 1.1', 'COMM\rAND\n\n\0', 'bare-cr', 4, { version: '1.1' }],
    ['two CRs at the end of a command', 'COMMAND\r\r\n\n\0', 'bare-cr', 7],
    ['a CR in a header name', 'COMMAND\nhead\rer:val\n\n\0', 'bare-cr', 12],
    ['a CR in a header value', 'COMMAND\nheader:val\rue\n\n\0', 'bare-cr', 18],
    ['a CR before the empty line', 'COMMAND\n\r\r\n\0', 'bare-cr', 8],
    ['an escape nobody defines', 'SEND\nh:a\\tb\n\n\0', 'undefined-escape', 8],
    ['an escape in upper case', 'SEND\nh:\\C\n\n\0', 'undefined-escape', 7],
    ['an escape in a name', 'SEND\nh\\x:a\n\n\0', 'undefined-escape', 6],
    ['a backslash at the end of a line', 'SEND\nh:a\\\n\n\0', 'undefined-escape', 8],
    ['an escaped CR in 1.1', 'SEND\nh:\\c\\r\n\n\0', 'undefined-escape', 9, { version: '1.1' }],
    ['a NUL in the command', 'SEND\0SEND\n\n\0', 'nul-in-command', 4],
    ['a header that is not UTF-8', 'SEND\na:\xec\x95\x88\nh:\xec\x95\n\n\0', 'invalid-utf8', 13],
    ['a header in Latin-1', 'SEND\nh:caf\xe9\n\n\0', 'invalid-utf8', 10],
    ['an overlong UTF-8 sequence', 'SEND\nh:\xc0\xaf\n\n\0', 'invalid-utf8', 7],
    ['a command that is not UTF-8', 'SE\xffND\n\n\0', 'invalid-utf8', 2],
    ['a content-length that is no number', 'SEND\ncontent-length:abc\n\n\0', 'bad-content-length', 20],
    ['a negative content-length', 'SEND\ncontent-length:-1\n\n\0', 'bad-content-length', 20],
    ['a signed content-length', 'SEND\ncontent-length:+1\n\na\0', 'bad-content-length', 20],
    ['a content-length with a space', 'SEND\ncontent-length: 1\n\na\0', 'bad-content-length', 20],
    ['an empty content-length', 'SEND\ncontent-length:\n\n\0', 'bad-content-length', 20],
    ['a fractional content-length', 'SEND\ncontent-length:1.0\n\na\0', 'bad-content-length', 20],
    ['a content-length in hex', 'SEND\ncontent-length:0x1\n\na\0', 'bad-content-length', 20],
    ['a content-length beyond the limit', 'SEND\ncontent-length:104857601\n\n', 'body-too-large', 20],
    [
      'a content-length beyond all numbers',
      `SEND\ncontent-length:${'9'.repeat(400)}\n\n`,
      'body-too-large',
      20,
    ],
    ['a content-length one too small', 'SEND\ncontent-length:2\n\nabc\0', 'missing-nul', 25],
    ['a content-length one too large', 'SEND\ncontent-length:4\n\nabc\0SEND\n\n\0', 'missing-nul', 27],
    ['a body beyond its limit', 'SEND\n\nabcdef\0', 'body-too-large', 6, { maxBodyBytes: 5 }],
    ['a head beyond its limit', 'SEND\nabcdef:1234\n\n\0', 'head-too-large', 0, { maxHeadBytes: 12 }],
    ['a header too many', 'SEND\na:1\nb:2\nc:3\n\n\0', 'too-many-headers', 13, { maxHeaders: 2 }],
    ['a command servers lack', 'SEND\n\n\0', 'unknown-command', 0, { commandsOf: 'server' }],
    ['a command clients lack', '\nMESSAGE\n\n\0', 'unknown-command', 1, { commandsOf: 'client' }],
    ['a command nobody has', 'Message\n\n\0', 'unknown-command', 0, { commandsOf: 'server' }],
  ]

  for (const [what, text, reason, offset, options] of FAULTS) {
    it(`is ${what}`, () => {
      expect(faultOf(text, options)).toEqual({ reason, offset })
      for (const pieces of everySplit(text)) expect(decode(pieces, options).fault).toEqual({ reason, offset })
    })
  }

  it('counts its offset over all frames and pieces before it', () => {
    expect(decode([RABBITMQ_MESSAGE, RABBITMQ_MESSAGE, 'SEND\nx\n\n\0']).fault).toEqual({
      reason: 'no-colon',
      offset: RABBITMQ_MESSAGE.length * 2 + 5,
    })
  })

  it('comes after the frames before it, and is the last word', () => {
    const spent = decode(['SEND\n\n1\0SEND\nx\n\n\0SEND\n\n2\0', 'SEND\n\n3\0'])
    expect(spent.frames.map((frame) => frame.body)).toEqual(['1'])
    expect(spent.fault).toEqual({ reason: 'no-colon', offset: 13 })
  })

  it('says what rule was broken, and quotes no payload', () => {
    const decoder = new FrameDecoder({ onFrame() {}, onEol() {} })
    expect(decoder.push(octets('SEND\npasscode:hunter2\\q\n\n\0'))).toEqual({
      reason: 'undefined-escape',
      offset: 21,
      detail: '"\\\\q" is no escape of STOMP 1.2',
    })
  })

  it('is an endless head, as soon as it passes the limit', () => {
    const decoder = new FrameDecoder({ onFrame() {}, onEol() {} })
    let pushed = 0
    while (pushed < 10_000 && decoder.push(octets('x'.repeat(1024))) === undefined) pushed++
    expect(pushed).toBe(255)
  })

  it('is an endless body, as soon as it passes the limit', () => {
    const decoder = new FrameDecoder({ onFrame() {}, onEol() {} }, { maxBodyBytes: 10_240 })
    decoder.push('SEND\n\n')
    let pushed = 0
    while (pushed < 10_000 && decoder.push(octets('x'.repeat(1024))) === undefined) pushed++
    expect(pushed).toBe(10)
  })

  it('is not a body or a head of exactly the limit', () => {
    expect(only('SEND\n\nabcde\0', { maxBodyBytes: 5 }).body).toBe('abcde')
    expect(only('SEND\ncontent-length:5\n\nabcde\0', { maxBodyBytes: 5 }).body).toBe('abcde')
    expect(only('SEND\na:1\nb:2\n\n\0', { maxHeaders: 2, maxHeadBytes: 14 }).headers).toHaveLength(2)
  })
})
