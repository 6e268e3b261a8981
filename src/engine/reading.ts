import type { ChatEvent } from '../chat/contract.ts'
import type { Token } from '../measure/token.ts'

/** What one body says, held to the contract and to what was sent. */
export interface Reading {
  readonly event: ChatEvent
  /**
   * Of a chat message: where it belongs; `foreign` when it is other people's, `damaged` when it was ours and is beyond
   * reading. Other events have none.
   */
  readonly token: Token | 'foreign' | 'damaged' | undefined
}

/**
 * The flawless bodies read last. A message goes to every member of its room as the same bytes, and equal bytes say equal
 * things: a copy is compared with what was read, byte for byte, instead of being parsed and validated again. Bodies with a
 * fault are not kept, so each of their copies is found anew. What it is worth: docs/performance.md.
 */
export class Readings {
  readonly #bodies: (Buffer | undefined)[] = Array.from({ length: PLACES })
  readonly #readings: (Reading | undefined)[] = Array.from({ length: PLACES })

  /** The reading of a body equal to `bytes`, where it is still kept. */
  find(bytes: Uint8Array): Reading | undefined {
    const place = placeOf(bytes)
    const body = this.#bodies[place]
    if (body === undefined || body.length !== bytes.length || body.compare(bytes) !== 0) return undefined
    return this.#readings[place]
  }

  /** Keeps a reading in the place of an older one. `bytes` is copied. */
  keep(bytes: Uint8Array, reading: Reading): void {
    if (bytes.length > LONGEST) return
    const place = placeOf(bytes)
    this.#bodies[place] = Buffer.from(bytes)
    this.#readings[place] = reading
  }
}

// --- internal ---

/** Many more than a shard has messages on their way at one moment. */
const PLACES = 256
/** So that all together stay below a megabyte. */
const LONGEST = 4096

/**
 * Every second octet, weighed by where it stands: two messages differ at least in their token's check digits, which are
 * neighbours. Bodies that share a place only take turns in it.
 */
function placeOf(bytes: Uint8Array): number {
  let hash = 0
  for (let i = 0; i < bytes.length; i += 2) hash = (hash + Math.imul(bytes[i]!, i + 7)) | 0
  return (hash ^ (hash >>> 8)) & (PLACES - 1)
}
