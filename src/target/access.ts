import { randomBytes } from 'node:crypto'
import type { Broker } from './broker.ts'
import type { World } from './world.ts'

export type Credentials = ReturnType<Broker['credentialsOf']>

/** What one login of the embedded broker may do. Keys are routing keys of the exchange. */
export interface Reader {
  /** Asked when it subscribes and again for every message. */
  mayRead(key: string): boolean
  readonly mayWrite: boolean
}

/** Who may log in to the embedded broker, and as whom. */
export interface Access {
  /** What POST /connect hands to a user. */
  credentialsOf(userId: number): Credentials
  /** Undefined refuses. */
  logIn(login: string, passcode: string): Reader | undefined
  /** Every login may do everything: then nobody needs to be asked. */
  readonly isOpen: boolean
}

export const VHOST = '/'

/** The documented design: one login for all, who may do everything. */
export function sharedAccess(credentials: Credentials): Access {
  const { username, password } = credentials
  return {
    credentialsOf: () => credentials,
    logIn: (login, passcode) => (login === username && passcode === password ? ANYBODY : undefined),
    isOpen: true,
  }
}

/**
 * A design that keeps users apart: a login for each, who reads the rooms of which the world has it as a member now and
 * its own personal destination, and writes nothing.
 */
export function isolatedAccess(world: World): Access {
  const passwords = new Map<number, string>()
  return {
    credentialsOf(userId) {
      const password = passwords.get(userId) ?? randomBytes(18).toString('base64url')
      passwords.set(userId, password)
      return { username: `user-${userId}`, password, vhost: VHOST }
    },
    logIn(login, passcode) {
      const userId = Number(/^user-(\d+)$/.exec(login)?.[1])
      return passwords.get(userId) === passcode ? readerOf(userId, world) : undefined
    },
    isOpen: false,
  }
}

/** A login without any limit. */
export const ANYBODY: Reader = { mayRead: () => true, mayWrite: true }

// --- internal ---

function readerOf(userId: number, world: World): Reader {
  return {
    mayRead(key) {
      const [, kind, id] = /^(room|user)\.([1-9][0-9]*)$/.exec(key) ?? []
      if (kind === 'user') return Number(id) === userId
      return kind === 'room' && world.room(Number(id))?.members.has(userId) === true
    },
    mayWrite: false,
  }
}
