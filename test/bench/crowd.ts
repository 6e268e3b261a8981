/** What a crowd of users costs, as the process that holds them sees it; the same for both sides. */
import { getHeapSpaceStatistics } from 'node:v8'
import { DEFAULT_CLAIMS, openTokens, type TokenPlan } from '../../src/chat/tokens.ts'
import { DEFAULT_JWT_SECRET } from '../../src/target/server.ts'

/** Told to the process: bring up so many users, so many a second. */
export interface CrowdOrder {
  kind: 'bring-up'
  apiUrl: string
  users: number
  perSecond: number
  /** How long to stay after the last one came; 0 = memory and idling do not matter. */
  holdS: number
  /** Signed as users come, as a run does by default, or all at hand before the first one comes. */
  tokens: 'minted' | 'listed'
  /** What connections come from, in turn. */
  sourceAddresses: readonly string[]
}

/** The climb, second by second: so many users up after so much processor time. Counted from the first user's start. */
export interface CrowdPoint {
  atS: number
  users: number
  cpuUs: number
}

export type FromCrowd =
  | { kind: 'ready' }
  /** All are up; or some failed, and why: then there is nothing to measure. */
  | { kind: 'up'; points: CrowdPoint[]; deliveries: number; failure?: string }
  | {
      kind: 'held'
      /**
       * After a full collection: resident memory but for V8's young generation, which is empty then and as large as the
       * pace of allocation once asked for, up to 130 MB, however many users there are; and of it live objects and buffers.
       */
      residentBytes: number
      liveBytes: number
      idleCpuUsPerS: number
    }

/** Takes the processor time of this process while nothing happens, and its memory before or after it, whichever is less. */
export async function hold(holdS: number): Promise<Extract<FromCrowd, { kind: 'held' }>> {
  const first = await memory()
  const before = process.cpuUsage()
  await new Promise((resolve) => setTimeout(resolve, holdS * 1e3))
  const { user, system } = process.cpuUsage(before)
  const second = await memory()
  return {
    kind: 'held',
    residentBytes: Math.min(first.residentBytes, second.residentBytes),
    liveBytes: Math.min(first.liveBytes, second.liveBytes),
    idleCpuUsPerS: (user + system) / holdS,
  }
}

/** The tokens of so many users, as the reference target trusts them. */
export async function tokensOf({ tokens, users }: CrowdOrder): Promise<TokenPlan> {
  const minted: TokenPlan = {
    kind: 'minted',
    key: DEFAULT_JWT_SECRET,
    algorithm: 'HS256',
    claims: DEFAULT_CLAIMS,
    firstUserId: 1,
    lifetimeS: 86_400,
  }
  if (tokens === 'minted') return minted
  const signer = await openTokens(minted)
  const identities = await Promise.all(Array.from({ length: users }, (_, index) => signer.identityOf(index)))
  return { kind: 'listed', identities }
}

/** Processor time of this process so far, µs. */
export function cpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

// --- internal ---

/** The second collection frees what finalizers of the first let go; pages are given back a moment later. */
async function memory(): Promise<{ residentBytes: number; liveBytes: number }> {
  if (globalThis.gc === undefined) throw new Error('a crowd is held with --expose-gc')
  for (let round = 0; round < 3; round++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
  return { residentBytes: rss - (young?.physical_space_size ?? NaN), liveBytes: heapUsed + external }
}
