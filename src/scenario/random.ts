/**
 * Randomness as a pure function: the same (seed, stream, index) gives the same number in any order, on any shard.
 * Mixing is the 32-bit finalizer of MurmurHash3 (Appleby, public domain), applied to each part in turn.
 */
export function random(seed: number, stream: number, index: number): number {
  return mix(mix(mix(seed | 0) ^ stream) ^ index) / 4294967296
}

/** A seeded generator of uniform numbers in [0, 1) for code that draws one after the other. */
export function generator(seed: number, stream: number): () => number {
  let index = 0
  return () => random(seed, stream, index++)
}

/** 0 … count−1 in seeded random order (Fisher-Yates). */
export function permutation(count: number, next: () => number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1))
    const held = order[i] as number
    order[i] = order[j] as number
    order[j] = held
  }
  return order
}

/**
 * The streams of randomness a run draws from; each has its own so that adding a draw to one changes no other.
 * Those of one user or activity i are `STREAM.x + 16 * (i + 1)`.
 */
export const STREAM = { rooms: 1, arrivals: 2, users: 3, activity: 4, backoff: 5 } as const

// --- internal ---

function mix(value: number): number {
  let h = value + 0x9e3779b9
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
