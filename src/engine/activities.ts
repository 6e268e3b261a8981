import type { BUILT_INS } from '../scenario/complete.ts'
import type { Activity } from '../scenario/user.ts'

/** What users of the documented chat do, by the name scenarios use in `exec`. */
export const ACTIVITIES: Record<(typeof BUILT_INS)[number], Activity> = {
  /** Types, then sends a message into one of the user's rooms. */
  say: async (user) => {
    const room = user.pickRoom()
    if (room !== undefined) await user.say(room)
  },

  /** Types for a while and thinks better of it. */
  type: async (user) => {
    const room = user.pickRoom()
    if (room !== undefined) await user.type(room, 500 + 4_500 * user.random())
  },

  /** Leaves one room and joins another that it was not in. */
  hop: async (user) => {
    const room = user.pickRoom()
    const other = user.pickOtherRoom()
    if (room !== undefined) await user.leave(room)
    const next = other ?? room
    if (next !== undefined) await user.join(next)
  },

  /** Loses the connection and comes back. */
  reconnect: (user) => user.reconnect(),

  /** Only listens. */
  lurk: () => Promise.resolve(),
}
