import { describe, expect, it } from 'vitest'
import { beatAfterMs, negotiateHeartbeat, parseHeartbeat, silenceLimitMs } from '../../src/stomp/heartbeat.ts'

describe('a heart-beat header', () => {
  it('is two whole numbers', () => {
    expect(parseHeartbeat('4000,1000')).toEqual({ outgoingMs: 4000, incomingMs: 1000 })
    expect(parseHeartbeat('0,0')).toEqual({ outgoingMs: 0, incomingMs: 0 })
  })

  it('means none where it is missing', () => {
    expect(parseHeartbeat(undefined)).toEqual({ outgoingMs: 0, incomingMs: 0 })
  })

  it('is refused in any other form', () => {
    for (const header of [
      '',
      'abc',
      '1',
      '1,',
      ',1',
      '1,2,3',
      '-1,0',
      '1.5,2',
      ' 1,2',
      '1, 2',
      '1e3,2',
      '9999999999,1',
    ])
      expect(parseHeartbeat(header), header).toBeUndefined()
  })
})

describe('the negotiated heart-beat', () => {
  it('is the larger wish of each direction', () => {
    expect(
      negotiateHeartbeat({ outgoingMs: 4000, incomingMs: 5000 }, { outgoingMs: 6000, incomingMs: 1000 }),
    ).toEqual({ outgoingMs: 4000, incomingMs: 6000 })
  })

  it('is none in a direction that either side does without', () => {
    expect(
      negotiateHeartbeat({ outgoingMs: 0, incomingMs: 5000 }, { outgoingMs: 0, incomingMs: 1000 }),
    ).toEqual({ outgoingMs: 0, incomingMs: 0 })
    expect(
      negotiateHeartbeat({ outgoingMs: 4000, incomingMs: 0 }, { outgoingMs: 6000, incomingMs: 0 }),
    ).toEqual({ outgoingMs: 0, incomingMs: 0 })
  })
})

it('beats an eighth early, and at least 100 ms', () => {
  expect(beatAfterMs(4000)).toBe(3500)
  expect(beatAfterMs(400)).toBe(300)
})

it('suffers twice the interval and a second of silence', () => {
  expect(silenceLimitMs(4000)).toBe(9000)
})
