import { unmet } from './unmet.ts'

/** Who plays in a case, by index into the token plan, and where: A and B share a room, C has one they are not in. */
export interface CastPlan {
  a: number
  b: number
  /** Undefined where no user fits. */
  c: number | undefined
  rooms: CastRooms
  /** The rooms of each of them, as the deployment is meant to know them. */
  memberships: ReadonlyMap<number, ReadonlySet<number>>
}

export interface CastRooms {
  /** A and B are members, C is not. */
  shared: number
  /** C is a member, A and B are not. Undefined without C. */
  other: number | undefined
  /** A and B are members; checks send into it beside `shared`. Undefined where they have no second room in common. */
  second: number | undefined
  /**
   * A and B are members; no check sends into it, so that whoever listens there hears what went astray and nothing else
   * but the control. Undefined where they have no third room in common.
   */
  canary: number | undefined
  /** There is no such room. */
  absent: number
}

/** The world of the reference target for so many casts: each has users and rooms of its own. */
export function ownCasts(
  count: number,
  firstUserId: number,
): { world: { users: number; firstUserId: number; rooms: number[][] }; casts: CastPlan[] } {
  const rooms: number[][] = []
  const casts: CastPlan[] = []
  for (let n = 0; n < count; n++) {
    const [a, b, c] = [3 * n, 3 * n + 1, 3 * n + 2]
    // Room ids count from 1 in the order of this list.
    const [shared, other, second, canary] = [1, 2, 3, 4].map((i) => rooms.length + i) as RoomIds
    rooms.push([a, b], [c], [a, b], [a, b])
    casts.push({
      a,
      b,
      c,
      rooms: { shared, other, second, canary, absent: ABSENT_ROOM },
      memberships: new Map([
        [a, new Set([shared, second, canary])],
        [b, new Set([shared, second, canary])],
        [c, new Set([other])],
      ]),
    })
  }
  const ids = rooms.map((members) => members.map((index) => firstUserId + index))
  return { world: { users: 3 * count, firstUserId, rooms: ids }, casts }
}

/**
 * Finds A, B and C among the users of a deployment by the rooms it lists for them; undefined when no two share a room.
 * A third that fits is better than the first two that come.
 */
export function findCast(memberships: ReadonlyMap<number, ReadonlySet<number>>): CastPlan | undefined {
  let best: CastPlan | undefined
  for (const [a, roomsOfA] of memberships) {
    for (const [b, roomsOfB] of memberships) {
      if (a === b) continue
      for (const shared of roomsOfA) {
        if (!roomsOfB.has(shared)) continue
        const found = castWith(a, b, shared, memberships)
        if (best === undefined || valueOf(found) > valueOf(best)) best = found
      }
    }
  }
  return best
}

/** Hands casts out: one case at a time has the first; the slow ones have casts of their own while there are any. */
export interface Casting {
  /** There is nobody to lease. */
  readonly isEmpty: boolean
  /** Resolves when a cast is free. `wants` own: rather one that no quick case uses. */
  lease(wants: 'first' | 'own'): Promise<{ plan: CastPlan; release: () => void }>
}

export function newCasting(casts: readonly CastPlan[], whyNone: string): Casting {
  const [first, ...spare] = casts
  let last: Promise<void> = Promise.resolve()
  return {
    isEmpty: first === undefined,
    async lease(wants) {
      if (first === undefined) throw unmet(whyNone)
      const own = wants === 'own' ? spare.shift() : undefined
      if (own !== undefined) return { plan: own, release: () => void spare.push(own) }
      const before = last
      const turn = Promise.withResolvers<void>()
      last = turn.promise
      await before
      return { plan: first, release: turn.resolve }
    },
  }
}

// --- internal ---

type RoomIds = [shared: number, other: number, second: number, canary: number]

/** Below the six base-36 digits a message token has for a room. */
const ABSENT_ROOM = 2_000_000_011

function castWith(
  a: number,
  b: number,
  shared: number,
  memberships: ReadonlyMap<number, ReadonlySet<number>>,
): CastPlan {
  const roomsOf = (index: number): ReadonlySet<number> => memberships.get(index) ?? new Set()
  const [roomsOfA, roomsOfB] = [roomsOf(a), roomsOf(b)]
  let c: number | undefined
  let other: number | undefined
  for (const [index, rooms] of memberships) {
    if (index === a || index === b || rooms.has(shared)) continue
    const own = [...rooms].find((room) => !roomsOfA.has(room) && !roomsOfB.has(room))
    if (own === undefined) continue
    c = index
    other = own
    break
  }
  const [second, canary] = [...roomsOfA].filter((room) => room !== shared && roomsOfB.has(room))
  return { a, b, c, rooms: { shared, other, second, canary, absent: ABSENT_ROOM }, memberships }
}

function valueOf({ c, rooms }: CastPlan): number {
  return (
    (c === undefined ? 0 : 4) + (rooms.second === undefined ? 0 : 2) + (rooms.canary === undefined ? 0 : 1)
  )
}
