import { readFileSync } from 'node:fs'
import { reasonOf, StompedeError } from '../errors.ts'

export interface WorldUser {
  id: number
  email: string
  userType: string
}

/**
 * A world as `run` hands it over: users `firstUserId … firstUserId + users - 1`; `rooms[i]` lists the members of
 * room `i + 1`. Names, e-mail addresses and user types follow from the ids, so 50,000 users cost no text.
 */
export interface CompactWorld {
  users: number
  firstUserId: number
  rooms: number[][]
}

/** A world written by a person: `--world FILE`. */
export interface NamedWorld {
  users: { id: number; email?: string; userType?: string }[]
  rooms: { id: number; name?: string; members: number[] }[]
}

export type WorldSpec = CompactWorld | NamedWorld

export interface Room {
  readonly id: number
  readonly name: string
  readonly members: ReadonlySet<number>
}

/**
 * Who exists and who is in which room, as the chat's database would know it.
 *
 * What is remembered about messages is bounded: per room the id and sender of the last message and who has read
 * that one, never the messages themselves.
 */
export interface World {
  readonly userCount: number
  readonly roomCount: number
  readonly user: (userId: number) => WorldUser | undefined
  room(roomId: number): Room | undefined
  /** The rooms of a user in ascending order of id. */
  roomsOf(userId: number): readonly Room[]
  /** The room after this one in order of id, wrapping round; the same room when there is only one. */
  roomAfter(roomId: number): Room | undefined
  /** False when the user was a member already. */
  join(userId: number, roomId: number): boolean
  /** False when the user was no member. */
  leave(userId: number, roomId: number): boolean
  /** Counts a message into its room and gives it an id, increasing over the whole world. */
  addMessage(roomId: number, senderId: number): number
  /**
   * Marks the room's last message as read by this user. Answers with it when it was unread and somebody else's,
   * so that a (message, reader) pair is reported at most once.
   */
  readLast(roomId: number, readerId: number): { messageId: number; senderId: number } | undefined
}

export function createWorld(spec: WorldSpec): World {
  const users = 'firstUserId' in spec ? countedUsers(spec) : namedUsers(spec)
  const rooms = new Map<number, RoomState>()
  const roomsOfUser = new Map<number, number[]>()
  for (const { id, name, members } of 'firstUserId' in spec ? numberedRooms(spec) : spec.rooms) {
    rooms.set(id, newRoom(id, name ?? roomName(id), members))
    for (const userId of members) {
      const own = roomsOfUser.get(userId)
      if (own === undefined) roomsOfUser.set(userId, [id])
      else own.push(id)
    }
  }
  for (const own of roomsOfUser.values()) own.sort((a, b) => a - b)
  const roomIds = [...rooms.keys()].toSorted((a, b) => a - b)
  let lastMessageId = 0

  return {
    userCount: users.count,
    roomCount: rooms.size,
    user: users.find,
    room: (roomId) => rooms.get(roomId),
    roomsOf: (userId) => (roomsOfUser.get(userId) ?? []).map((roomId) => rooms.get(roomId)!),
    roomAfter(roomId) {
      const next = roomIds[(roomIds.indexOf(roomId) + 1) % roomIds.length]
      return next === undefined ? undefined : rooms.get(next)
    },
    join(userId, roomId) {
      const room = rooms.get(roomId)
      if (room === undefined || room.members.has(userId)) return false
      room.members.add(userId)
      const own = roomsOfUser.get(userId) ?? []
      own.splice(placeOf(own, roomId), 0, roomId)
      roomsOfUser.set(userId, own)
      return true
    },
    leave(userId, roomId) {
      if (rooms.get(roomId)?.members.delete(userId) !== true) return false
      const own = roomsOfUser.get(userId)!
      own.splice(own.indexOf(roomId), 1)
      return true
    },
    addMessage(roomId, senderId) {
      lastMessageId++
      const room = rooms.get(roomId)
      if (room !== undefined) {
        room.lastMessageId = lastMessageId
        room.lastSenderId = senderId
        room.readers.clear()
      }
      return lastMessageId
    },
    readLast(roomId, readerId) {
      const room = rooms.get(roomId)
      if (room === undefined || room.lastMessageId === 0 || room.lastSenderId === readerId) return undefined
      if (room.readers.has(readerId)) return undefined
      room.readers.add(readerId)
      return { messageId: room.lastMessageId, senderId: room.lastSenderId }
    },
  }
}

/** `rooms` rooms of `roomSize` users each, dealt round so that every user is in about as many rooms. */
export function evenWorld(size: { users: number; rooms: number; roomSize: number }): CompactWorld {
  const problems = (['users', 'rooms', 'roomSize'] as const)
    .filter((name) => !Number.isSafeInteger(size[name]) || size[name] < 1)
    .map((name) => `${name} must be a positive integer, got ${size[name]}`)
  if (problems.length === 0 && size.roomSize > size.users) {
    problems.push(`roomSize (${size.roomSize}) must not be larger than users (${size.users})`)
  }
  if (problems.length > 0)
    throw new StompedeError('USAGE', 'the size of the world is not usable', { problems })
  const rooms = Array.from({ length: size.rooms }, (_room, index) =>
    Array.from({ length: size.roomSize }, (_user, seat) => 1 + ((index * size.roomSize + seat) % size.users)),
  )
  return { users: size.users, firstUserId: 1, rooms }
}

/** Reads `--world FILE`: JSON in either form. All problems are reported together. */
export function readWorldFile(path: string): WorldSpec {
  let parsed: unknown
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new StompedeError('SCENARIO_UNREADABLE', `cannot read the world ${path}: ${reasonOf(error)}`, {
      cause: error,
    })
  }
  const problems = worldProblems(parsed)
  if (problems.length > 0) throw new StompedeError('SCENARIO_INVALID', `${path} is not a world`, { problems })
  return parsed as WorldSpec
}

// --- internal ---

interface RoomState {
  id: number
  name: string
  members: Set<number>
  lastMessageId: number
  lastSenderId: number
  /** Who has read the last message; emptied by the next one. */
  readers: Set<number>
}

function newRoom(id: number, name: string, members: readonly number[]): RoomState {
  return { id, name, members: new Set(members), lastMessageId: 0, lastSenderId: 0, readers: new Set() }
}

function roomName(roomId: number): string {
  return `상담방 #${roomId}`
}

function placeOf(sorted: readonly number[], value: number): number {
  const place = sorted.findIndex((other) => other > value)
  return place === -1 ? sorted.length : place
}

interface Users {
  count: number
  find: (userId: number) => WorldUser | undefined
}

function userOf(id: number, email = `user${id}@example.com`, userType = 'user'): WorldUser {
  return { id, email, userType }
}

function countedUsers({ users, firstUserId }: CompactWorld): Users {
  const isUser = (id: number): boolean =>
    Number.isInteger(id) && id >= firstUserId && id < firstUserId + users
  return { count: users, find: (id) => (isUser(id) ? userOf(id) : undefined) }
}

function namedUsers({ users }: NamedWorld): Users {
  const byId = new Map(users.map((user) => [user.id, userOf(user.id, user.email, user.userType)]))
  return { count: byId.size, find: (id) => byId.get(id) }
}

function numberedRooms({ rooms }: CompactWorld): { id: number; name?: string; members: number[] }[] {
  return rooms.map((members, index) => ({ id: index + 1, members }))
}

const MAX_PROBLEMS = 20

function worldProblems(world: unknown): string[] {
  if (!isRecord(world)) return ['/: must be an object with "users" and "rooms"']
  if (!Array.isArray(world['rooms'])) return ['/rooms: must be a list']
  const problems = Array.isArray(world['users'])
    ? namedProblems(world['users'], world['rooms'])
    : compactProblems(world, world['rooms'])
  return problems.length > MAX_PROBLEMS
    ? [...problems.slice(0, MAX_PROBLEMS), `and ${problems.length - MAX_PROBLEMS} more`]
    : problems
}

function compactProblems(world: Record<string, unknown>, rooms: readonly unknown[]): string[] {
  const { users, firstUserId } = world
  const problems: string[] = []
  if (!isId(users)) problems.push('/users: must be a positive integer or a list of users')
  if (!isId(firstUserId)) problems.push('/firstUserId: must be a positive integer')
  if (!isId(users) || !isId(firstUserId)) return problems
  const exists = (id: unknown): boolean => isId(id) && id >= firstUserId && id < firstUserId + users
  for (const [index, members] of rooms.entries()) {
    problems.push(...memberProblems(`/rooms/${index}`, members, exists))
  }
  return problems
}

function namedProblems(users: readonly unknown[], rooms: readonly unknown[]): string[] {
  const problems: string[] = []
  const ids = new Set<unknown>()
  for (const [index, user] of users.entries()) {
    const id = isRecord(user) ? user['id'] : undefined
    if (!isId(id)) problems.push(`/users/${index}/id: must be a positive integer`)
    else if (ids.has(id)) problems.push(`/users/${index}/id: ${id} is used twice`)
    ids.add(id)
    for (const field of ['email', 'userType']) {
      const value = isRecord(user) ? user[field] : undefined
      if (value !== undefined && typeof value !== 'string')
        problems.push(`/users/${index}/${field}: must be text`)
    }
  }
  const roomIds = new Set<unknown>()
  for (const [index, room] of rooms.entries()) {
    const id = isRecord(room) ? room['id'] : undefined
    if (!isId(id)) problems.push(`/rooms/${index}/id: must be a positive integer`)
    else if (roomIds.has(id)) problems.push(`/rooms/${index}/id: ${id} is used twice`)
    roomIds.add(id)
    const members = isRecord(room) ? room['members'] : undefined
    problems.push(...memberProblems(`/rooms/${index}/members`, members, (user) => ids.has(user)))
  }
  return problems
}

function memberProblems(path: string, members: unknown, exists: (id: unknown) => boolean): string[] {
  if (!Array.isArray(members)) return [`${path}: must be a list of user ids`]
  const unknown = members.filter((id) => !exists(id))
  const problems = unknown.map((id) => `${path}: ${JSON.stringify(id)} is not a user of this world`)
  if (new Set(members).size !== members.length) problems.push(`${path}: lists a user twice`)
  return problems
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}
