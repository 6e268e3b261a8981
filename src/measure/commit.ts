/** Fewer characters of a hash may be those of several commits. */
export const FEWEST_OF_COMMIT = 7

/** Whether a commit goes by its hash, or by enough of it. Only a hash may be cut short: `release-1` is not `release-10`. */
export function isHash(commit: string): boolean {
  return HASH.test(commit)
}

// --- internal ---

const HASH = new RegExp(`^[0-9a-f]{${FEWEST_OF_COMMIT},}$`, 'i')
