import { describe, expect, it } from 'vitest'
import { StompFailure } from '../../src/stomp/client.ts'
import { Receipts } from '../../src/stomp/receipts.ts'

/** Receipts asked for at the given times, and what became of them. */
function asked(times: Readonly<Record<string, number>>, timeoutMs = 100) {
  const receipts = new Receipts(timeoutMs)
  const ends: string[] = []
  const deadlines = Object.entries(times).map(([receipt, atMs]) =>
    receipts.add(
      receipt,
      {
        command: `command of ${receipt}`,
        resolve: () => ends.push(`${receipt} arrived`),
        reject: ({ message }) => ends.push(`${receipt}: ${message}`),
      },
      atMs,
    ),
  )
  return { receipts, ends, deadlines }
}

function failure(command: string): StompFailure {
  return new StompFailure('receipt', command)
}

describe('receipts', () => {
  it('fall due after the timeout', () => {
    expect(asked({ a: 1000, b: 1020 }).deadlines).toEqual([1100, 1120])
  })

  it('are settled once, and then no longer waited for', () => {
    const { receipts, ends } = asked({ a: 1000, b: 1020 })
    receipts.settle('a')
    receipts.settle('a')
    receipts.settle('nobody asked')
    expect(ends).toEqual(['a arrived'])
    expect(receipts.expire(2000, failure)).toBe(Infinity)
    receipts.fail(failure)
    expect(ends).toEqual(['a arrived', 'b: command of b'])
  })

  it('expire when they are due, and tell when the next one is', () => {
    const { receipts, ends } = asked({ a: 1000, b: 1020, c: 1050 })
    expect(receipts.expire(1099, failure)).toBe(1100)
    expect(ends).toEqual([])
    expect(receipts.expire(1120, failure)).toBe(1150)
    expect(ends).toEqual(['a: command of a', 'b: command of b'])
    expect(receipts.expire(1150, failure)).toBe(Infinity)
    expect(ends).toHaveLength(3)
  })

  it('fail together, once', () => {
    const { receipts, ends } = asked({ a: 1000, b: 1020 })
    receipts.fail(failure)
    receipts.fail(failure)
    expect(ends).toEqual(['a: command of a', 'b: command of b'])
  })
})
