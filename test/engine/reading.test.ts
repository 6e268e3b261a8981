import { describe, expect, it } from 'vitest'
import { type Reading, Readings } from '../../src/engine/reading.ts'

const reading = (): Reading => ({ event: { type: 'new_message' } as Reading['event'], token: undefined })

describe('readings of bodies', () => {
  it('are found by equal bytes alone', () => {
    const readings = new Readings()
    const first = reading()
    readings.keep(Buffer.from('{"a":1}'), first)
    expect(readings.find(Buffer.from('{"a":1}'))).toBe(first)
    for (const other of ['{"a":2}', '{"a":1', '{"a":1} ', '', '{"b":1}'])
      expect(readings.find(Buffer.from(other))).toBeUndefined()
  })

  it('outlive the buffer that the bytes were read into', () => {
    const readings = new Readings()
    const shared = Buffer.from('{"a":1}{"a":2}')
    const first = reading()
    readings.keep(shared.subarray(0, 7), first)
    // The next read overwrites it, with a body of the same length in the same place.
    shared.copyWithin(0, 7)
    expect(readings.find(shared.subarray(0, 7))).toBeUndefined()
    expect(readings.find(Buffer.from('{"a":1}'))).toBe(first)
  })

  it('are told apart where bodies share a place: the later one takes it', () => {
    const readings = new Readings()
    const kept = Array.from({ length: 2_000 }, (_, n) => ({ body: Buffer.from(`{"n":${n}}`), of: reading() }))
    for (const { body, of } of kept) readings.keep(body, of)
    const found = kept.filter(({ body }) => readings.find(body) !== undefined)
    expect(found.length).toBeLessThanOrEqual(256)
    expect(found.every(({ body, of }) => readings.find(body) === of)).toBe(true)
    expect(readings.find(kept.at(-1)?.body ?? Buffer.alloc(0))).toBe(kept.at(-1)?.of)
  })

  it('of long bodies are not kept', () => {
    const readings = new Readings()
    for (const [length, isKept] of [
      [4096, true],
      [4097, false],
    ] as const) {
      readings.keep(Buffer.alloc(length, 'x'), reading())
      expect(readings.find(Buffer.alloc(length, 'x')) !== undefined).toBe(isKept)
    }
  })
})
