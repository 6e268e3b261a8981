import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createWorld, evenWorld, readWorldFile } from '../../src/target/world.ts'
import { StompedeError } from '../../src/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'stompede-world-'))
afterAll(() => rmSync(folder, { recursive: true }))

function fileWith(text: string): string {
  const path = join(folder, 'world.json')
  writeFileSync(path, text)
  return path
}

function problemsOf(action: () => unknown): readonly string[] {
  try {
    action()
  } catch (error) {
    if (error instanceof StompedeError) return error.problems
    throw error
  }
  return []
}

describe('a compact world', () => {
  const spec = { users: 4, firstUserId: 100, rooms: [[100, 101], [101, 103], []] }

  it('has the users from the first id on and no others', () => {
    const world = createWorld(spec)
    expect(world.user(100)).toEqual({ id: 100, email: 'user100@example.com', userType: 'user' })
    expect(world.user(103)?.id).toBe(103)
    expect([99, 104, 100.5].map((id) => world.user(id))).toEqual([undefined, undefined, undefined])
    expect([world.userCount, world.roomCount]).toEqual([4, 3])
  })

  it('numbers the rooms from 1 and names them as the guide does', () => {
    const world = createWorld(spec)
    expect(world.room(2)).toMatchObject({ id: 2, name: '상담방 #2', members: new Set([101, 103]) })
    expect([world.room(0), world.room(4)]).toEqual([undefined, undefined])
    expect(world.roomsOf(101).map(({ id }) => id)).toEqual([1, 2])
    expect(world.roomsOf(102)).toEqual([])
  })

  it('keeps the rooms of a user in order through joining and leaving', () => {
    const world = createWorld(spec)
    expect(world.join(103, 3)).toBe(true)
    expect(world.join(103, 1)).toBe(true)
    expect(world.join(103, 1)).toBe(false)
    expect(world.roomsOf(103).map(({ id }) => id)).toEqual([1, 2, 3])
    expect(world.leave(103, 2)).toBe(true)
    expect(world.leave(103, 2)).toBe(false)
    expect(world.roomsOf(103).map(({ id }) => id)).toEqual([1, 3])
    expect(world.room(2)?.members).toEqual(new Set([101]))
  })

  it('goes round the rooms in order of id', () => {
    const world = createWorld(spec)
    expect([1, 2, 3].map((id) => world.roomAfter(id)?.id)).toEqual([2, 3, 1])
  })

  it('holds 50,000 users in 20,000 rooms, and finds the rooms of one at once', () => {
    const world = createWorld(evenWorld({ users: 50_000, rooms: 20_000, roomSize: 10 }))
    expect(world.roomsOf(50_000)).toHaveLength(4)
    expect(world.room(20_000)?.members.size).toBe(10)
  })
})

describe('unread messages', () => {
  const world = createWorld({ users: 3, firstUserId: 1, rooms: [[1, 2, 3], [1]] })

  it('are the last one of the room, reported once to each reader and never to its sender', () => {
    expect(world.readLast(1, 2)).toBeUndefined()
    expect([world.addMessage(1, 1), world.addMessage(2, 1), world.addMessage(1, 1)]).toEqual([1, 2, 3])
    expect(world.readLast(1, 1)).toBeUndefined()
    expect(world.readLast(1, 2)).toEqual({ messageId: 3, senderId: 1 })
    expect(world.readLast(1, 2)).toBeUndefined()
    expect(world.readLast(1, 3)).toEqual({ messageId: 3, senderId: 1 })
  })

  it('stay read when a reader leaves and joins again', () => {
    world.leave(2, 1)
    world.join(2, 1)
    expect(world.readLast(1, 2)).toBeUndefined()
    world.addMessage(1, 3)
    expect(world.readLast(1, 2)).toEqual({ messageId: 4, senderId: 3 })
  })
})

describe('an even world', () => {
  it('deals the users round, so that all are in as many rooms', () => {
    const { users, firstUserId, rooms } = evenWorld({ users: 6, rooms: 4, roomSize: 3 })
    expect({ users, firstUserId, rooms }).toEqual({
      users: 6,
      firstUserId: 1,
      rooms: [
        [1, 2, 3],
        [4, 5, 6],
        [1, 2, 3],
        [4, 5, 6],
      ],
    })
  })

  it('refuses sizes that are no positive integers, and rooms larger than the world', () => {
    expect(problemsOf(() => evenWorld({ users: 0, rooms: 1.5, roomSize: NaN }))).toEqual([
      'users must be a positive integer, got 0',
      'rooms must be a positive integer, got 1.5',
      'roomSize must be a positive integer, got NaN',
    ])
    expect(problemsOf(() => evenWorld({ users: 3, rooms: 1, roomSize: 4 }))).toEqual([
      'roomSize (4) must not be larger than users (3)',
    ])
  })
})

describe('a world file', () => {
  it('names its users and rooms', () => {
    const world = createWorld(
      readWorldFile(
        fileWith(
          '{"users":[{"id":7,"email":"a@example.com","userType":"expert"},{"id":9}],"rooms":[{"id":5,"members":[7]}]}',
        ),
      ),
    )
    expect(world.user(7)).toEqual({ id: 7, email: 'a@example.com', userType: 'expert' })
    expect(world.user(9)).toEqual({ id: 9, email: 'user9@example.com', userType: 'user' })
    expect(world.room(5)).toMatchObject({ name: '상담방 #5', members: new Set([7]) })
  })

  it('may be compact', () => {
    expect(
      createWorld(readWorldFile(fileWith('{"users":2,"firstUserId":1,"rooms":[[1,2]]}'))).roomCount,
    ).toBe(1)
  })

  it('is refused with every problem and its path', () => {
    const named =
      '{"users":[{"id":1},{"id":1},{"id":-3,"email":5}],"rooms":[{"id":1,"members":[1,8,1]},{"id":1}]}'
    expect(problemsOf(() => readWorldFile(fileWith(named)))).toEqual([
      '/users/1/id: 1 is used twice',
      '/users/2/id: must be a positive integer',
      '/users/2/email: must be text',
      '/rooms/0/members: 8 is not a user of this world',
      '/rooms/0/members: lists a user twice',
      '/rooms/1/id: 1 is used twice',
      '/rooms/1/members: must be a list of user ids',
    ])
    expect(
      problemsOf(() => readWorldFile(fileWith('{"users":2,"firstUserId":1,"rooms":[[1,3],"x"]}'))),
    ).toEqual(['/rooms/0: 3 is not a user of this world', '/rooms/1: must be a list of user ids'])
  })

  it('is refused when it cannot be read or is no JSON', () => {
    expect(() => readWorldFile(join(folder, 'missing.json'))).toThrow(
      /^cannot read the world .*missing\.json: ENOENT/,
    )
    expect(() => readWorldFile(fileWith('{'))).toThrow(/^cannot read the world .*JSON/)
  })
})
