import { describe, expect, it } from 'vitest'
import {
  encodeFrame,
  encodeTail,
  encodeWithTail,
  type EncodeOptions,
  type HeaderPairs,
} from '../../src/stomp/frame.ts'

function wire(
  command: string,
  headers: HeaderPairs,
  body: string | Uint8Array = '',
  options: EncodeOptions = {},
): string {
  return encodeFrame(command, headers, body, options).toString('latin1')
}

const AWKWARD: HeaderPairs = [['a:b\\', '1\r\n2:3\\4']]

describe('an encoded frame', () => {
  it('is command, headers, an empty line, body and NUL', () => {
    expect(wire('SUBSCRIBE', [['id', 'sub-0']])).toBe('SUBSCRIBE\nid:sub-0\n\n\0')
    expect(wire('DISCONNECT', [])).toBe('DISCONNECT\n\n\0')
  })

  it('announces its body in octets, last', () => {
    expect(wire('SEND', [['destination', '/d']], '안!')).toBe(
      'SEND\ndestination:/d\ncontent-length:4\n\n\xec\x95\x88!\0',
    )
  })

  it('carries octets as they are', () => {
    expect(wire('SEND', [['h', '안']], Uint8Array.of(0, 255, 10))).toBe(
      'SEND\nh:\xec\x95\x88\ncontent-length:3\n\n\0\xff\n\0',
    )
  })

  it('does not announce what the caller announced, what is empty, or what the caller will not have announced', () => {
    expect(wire('SEND', [['content-length', '2']], 'ab')).toBe('SEND\ncontent-length:2\n\nab\0')
    expect(wire('SEND', [], '')).toBe('SEND\n\n\0')
    expect(wire('SEND', [], 'ab', { contentLength: false })).toBe('SEND\n\nab\0')
    expect(wire('SEND', [], '', { contentLength: true })).toBe('SEND\ncontent-length:0\n\n\0')
  })

  it('ends in NUL LF where RabbitMQ is imitated', () => {
    expect(wire('RECEIPT', [['receipt-id', 'r1']], '', { trailingLf: true })).toBe(
      'RECEIPT\nreceipt-id:r1\n\n\0\n',
    )
    expect(wire('SEND', [], Uint8Array.of(1), { trailingLf: true })).toBe(
      'SEND\ncontent-length:1\n\n\x01\0\n',
    )
  })

  it('escapes names and values as 1.2 has it', () => {
    expect(wire('SEND', AWKWARD)).toBe('SEND\na\\cb\\\\:1\\r\\n2\\c3\\\\4\n\n\0')
  })

  it('escapes all but the CR in 1.1', () => {
    expect(wire('SEND', AWKWARD, '', { version: '1.1' })).toBe('SEND\na\\cb\\\\:1\r\\n2\\c3\\\\4\n\n\0')
  })

  it('escapes nothing in 1.0, in CONNECT and in CONNECTED, but lets no line feed make a header of its own', () => {
    expect(wire('SEND', AWKWARD, '', { version: '1.0' })).toBe('SEND\na:b\\:1\r\\n2:3\\4\n\n\0')
    for (const command of ['CONNECT', 'STOMP', 'CONNECTED'])
      expect(wire(command, [['passcode', 'a:b\\c\nhost:evil']])).toBe(
        `${command}\npasscode:a:b\\c\\nhost:evil\n\n\0`,
      )
  })
})

describe('a frame with a shared tail', () => {
  it('is the same as one encoded at once', () => {
    const shared: HeaderPairs = [
      ['redelivered', 'false'],
      ['x:y', '안\n'],
    ]
    for (const version of ['1.0', '1.1', '1.2'] as const) {
      const tail = encodeTail(shared, '{"a":"안"}', { version, trailingLf: true })
      for (const id of ['sub-0', '안녕:1']) {
        const own: HeaderPairs = [
          ['subscription', id],
          ['message-id', 'T_1@@s@@1'],
        ]
        expect(encodeWithTail('MESSAGE', own, tail, version).toString()).toBe(
          encodeFrame('MESSAGE', [...own, ...shared], '{"a":"안"}', { version, trailingLf: true }).toString(),
        )
      }
    }
  })

  it('is made of bytes of its own', () => {
    const tail = encodeTail([], 'x')
    const first = encodeWithTail('MESSAGE', [['subscription', 'a']], tail)
    encodeWithTail('MESSAGE', [['subscription', 'b']], tail).fill(0)
    expect(first.toString()).toBe('MESSAGE\nsubscription:a\ncontent-length:1\n\nx\0')
  })
})
