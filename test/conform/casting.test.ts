import { describe, expect, it } from 'vitest'
import { findCast, newCasting, ownCasts } from '../../src/conform/casting.ts'

const world = (rooms: Record<number, number[]>): ReadonlyMap<number, ReadonlySet<number>> =>
  new Map(Object.entries(rooms).map(([index, own]) => [Number(index), new Set(own)]))

describe('a cast', () => {
  it('of the reference target has people and rooms of its own', () => {
    const { world: own, casts } = ownCasts(2, 10)
    expect(own).toEqual({
      users: 6,
      firstUserId: 10,
      rooms: [[10, 11], [12], [10, 11], [10, 11], [13, 14], [15], [13, 14], [13, 14]],
    })
    expect(casts.map(({ a, b, c, rooms }) => [a, b, c, ...Object.values(rooms).slice(0, 4)])).toEqual([
      [0, 1, 2, 1, 2, 3, 4],
      [3, 4, 5, 5, 6, 7, 8],
    ])
    expect(casts[1]?.memberships.get(5)).toEqual(new Set([6]))
  })

  // A, B, C, shared, other, second, canary
  it.each<[string, Record<number, number[]>, unknown]>([
    [
      'the first two that share, with a stranger',
      { 0: [1], 1: [1], 2: [2] },
      [0, 1, 2, 1, 2, undefined, undefined],
    ],
    [
      'whoever leaves a stranger and has more rooms in common, not only rooms of its own',
      { 0: [1, 6, 7], 1: [1], 2: [2, 3, 4, 9], 3: [2, 3, 4], 4: [5] },
      [2, 3, 0, 2, 1, 3, 4],
    ],
    [
      'no canary that only one of them is in',
      { 0: [1, 2], 1: [1], 2: [3] },
      [0, 1, 2, 1, 3, undefined, undefined],
    ],
    [
      'no stranger where there is none',
      { 0: [1, 2], 1: [1, 2] },
      [0, 1, undefined, 1, undefined, 2, undefined],
    ],
    ['nobody where no two share', { 0: [1], 1: [2], 2: [] }, undefined],
  ])('of another deployment is %s', (_, rooms, expected) => {
    const found = findCast(world(rooms))
    const { a, b, c, rooms: places } = found ?? {}
    const got = places && [a, b, c, places.shared, places.other, places.second, places.canary]
    expect(got).toEqual(expected)
  })

  it('is leased to one case at a time, the spare ones to slow cases first', async () => {
    const { casts } = ownCasts(2, 1)
    const casting = newCasting(casts, 'none')
    const slow = await casting.lease('own')
    expect(slow.plan).toBe(casts[1])
    const first = await casting.lease('first')
    const order: string[] = []
    const second = casting.lease('own').then((lease) => {
      order.push('second')
      return lease
    })
    order.push('release')
    first.release()
    expect((await second).plan).toBe(casts[0])
    expect(order).toEqual(['release', 'second'])
    slow.release()
    expect((await casting.lease('own')).plan).toBe(casts[1])
  })

  it('that nobody fits is an unmet precondition with its reason', async () => {
    await expect(newCasting([], 'nobody shares a room').lease('first')).rejects.toThrow(
      'nobody shares a room',
    )
  })
})
