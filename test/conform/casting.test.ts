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
      rooms: [[10, 11], [12], [10, 11], [13, 14], [15], [13, 14]],
    })
    expect(casts.map(({ a, b, c, rooms }) => [a, b, c, rooms.shared, rooms.other, rooms.canary])).toEqual([
      [0, 1, 2, 1, 2, 3],
      [3, 4, 5, 4, 5, 6],
    ])
    expect(casts[1]?.memberships.get(5)).toEqual(new Set([5]))
  })

  it.each<[string, Record<number, number[]>, unknown]>([
    ['the first two that share, with a stranger', { 0: [1], 1: [1], 2: [2] }, [0, 1, 2, 1, 2, undefined]],
    [
      'whoever leaves a stranger and a canary',
      { 0: [5], 1: [1, 2], 2: [1, 2, 3], 3: [3] },
      [1, 2, 0, 1, 5, 2],
    ],
    ['no stranger where there is none', { 0: [1, 2], 1: [1, 2] }, [0, 1, undefined, 1, undefined, 2]],
    ['nobody where no two share', { 0: [1], 1: [2], 2: [] }, undefined],
  ])('of another deployment is %s', (_, rooms, expected) => {
    const found = findCast(world(rooms))
    const { a, b, c } = found ?? {}
    const got = found && [a, b, c, found.rooms.shared, found.rooms.other, found.rooms.canary]
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
