import { describe, expect, it } from 'vitest'
import { closeClassOf, closeCodeOfError } from '../../src/stomp/close.ts'

describe('the class of a close', () => {
  const CLASSES: [code: number, reason: string, name: string][] = [
    [1000, '', 'idle-timeout'],
    [1000, 'STOMP died', 'stomp-died'],
    [1000, 'bye', 'other'],
    [1001, '', 'broker-gone'],
    [1002, '', 'protocol'],
    [1003, '', 'protocol'],
    [1005, '', 'other'],
    [1006, '', 'broker-gone'],
    [1007, '{bad_escape,"\\\\t"}', 'protocol'],
    [1008, '', 'other'],
    [1009, '', 'too-large'],
    [1010, '', 'protocol'],
    [1011, '', 'broker-crash'],
    [1012, '', 'broker-gone'],
    [1013, 'try again later', 'broker-gone'],
    [1014, '', 'broker-gone'],
    [3000, '', 'other'],
    [4001, '', 'other'],
  ]
  for (const [code, reason, name] of CLASSES)
    it(`is ${name} for ${code} ${JSON.stringify(reason)}`, () => {
      expect(closeClassOf(code, reason)).toBe(name)
    })
})

describe('the close code of an error', () => {
  it('is the one the WebSocket protocol gives the fault', () => {
    expect(closeCodeOfError(coded('WS_ERR_INVALID_UTF8'))).toBe(1007)
    expect(closeCodeOfError(coded('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'))).toBe(1009)
    expect(closeCodeOfError(coded('WS_ERR_UNEXPECTED_RSV_1'))).toBe(1002)
  })

  it('is none for an error of the network', () => {
    expect(closeCodeOfError(coded('ECONNRESET'))).toBeUndefined()
    expect(closeCodeOfError(coded())).toBeUndefined()
  })
})

function coded(code?: string): Error {
  return Object.assign(new Error('x'), code === undefined ? {} : { code })
}
