import type { Contract } from '../chat/contract.ts'
import type { TokenPlan, Tokens } from '../chat/tokens.ts'
import type { TlsOptions } from '../stomp/client.ts'
import type { Casting } from './casting.ts'
import type { ShownToken } from './curl.ts'
import type { Forger } from './forgery.ts'
import type { Http } from './http.ts'
import type { LoopDelay } from './loop-delay.ts'
import type { Profile } from './profile.ts'
import type { Secrets } from './secrets.ts'
import type { GateClock } from './transcript.ts'

/** Where the broker is and how to log in, as POST /connect said. */
export interface BrokerAccess {
  url: string
  login: string
  passcode: string
  vhost: string
}

/** What all cases of a gate share. */
export interface Environment {
  readonly apiUrl: string
  readonly contract: Contract
  readonly tokenPlan: TokenPlan
  readonly tokens: Tokens
  readonly forger: Forger
  readonly tls: TlsOptions
  readonly http: Http
  readonly secrets: Secrets
  readonly clock: GateClock
  /** How late our own event loop is. */
  readonly loop: LoopDelay
  readonly profile: Profile
  readonly casting: Casting
  /** The rooms of every user that may play, by user id, as they are before any case. */
  readonly members: Readonly<Record<string, readonly number[]>>
  /** Undefined where POST /connect named no broker that may be contacted; `whyNoBroker` says why. */
  readonly broker: BrokerAccess | undefined
  readonly whyNoBroker: string
  readonly managementUrl: string | undefined
  /** The reference target: who is in which room is known, and that senders receive their own messages. */
  readonly isOwn: boolean
  /** What is to be shown in a line of curl instead of a token that a case made, by token. */
  readonly shownTokens: Map<string, ShownToken>
  readonly seed: number
  readonly runCode: string
  /** How long what must come is waited for. */
  readonly patienceMs: number
  /** What spans of the target's own clocks (heart-beats, idle times) are multiplied by. */
  readonly scale: number
  isAllowed(url: string): boolean
  /** The next number of a sender in a room, dense from 0. */
  nextSeq(roomId: number, sender: number): number
  /** A name for a connection, unique in the gate. */
  nextConnection(): string
}
