import type { ResourceUse } from '../measure/capacity.ts'
import type { Sample } from './sample.ts'

/**
 * What something used, by its samples within a span of `spanS` seconds; undefined with fewer than two. `cores` are those of
 * the machine. `busiest thread` is the mean of each thread over the samples, and of these the highest: work that
 * wanders between threads fills none of them.
 */
export function useOf(
  name: string,
  within: readonly Sample[],
  { spanS, cores }: { spanS: number; cores: number },
): ResourceUse | undefined {
  const [first, last] = [within[0], within.at(-1)]
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return undefined
  const seconds = (last.atMs - first.atMs) / 1e3
  // A process that was started anew begins at zero again.
  const cpuCores = Math.max(0, last.cpuSeconds - first.cpuSeconds) / seconds
  const memory = within.flatMap(({ memoryBytes }) => memoryBytes ?? [])
  const shares: Record<string, number> = {}
  for (const { shares: seen } of within) {
    for (const [of, share] of Object.entries(seen)) shares[of] = Math.max(shares[of] ?? 0, share)
  }
  const busiest = busiestThread(within, seconds)
  if (busiest !== undefined) shares['busiest thread'] = busiest
  return {
    name,
    cpuCores,
    cores,
    cpuSeconds: cpuCores * spanS,
    memoryBytes: memory.length === 0 ? null : Math.max(...memory),
    shares,
  }
}

// --- internal ---

/** Of a core; undefined where no threads were looked at. */
function busiestThread(within: readonly Sample[], seconds: number): number | undefined {
  const used = new Map<string, number>()
  // What the first sample tells was used before it.
  const told = within.slice(1).flatMap(({ threadSeconds }) => threadSeconds ?? [])
  for (const [thread, more] of told.flatMap((each) => [...each]))
    used.set(thread, (used.get(thread) ?? 0) + more)
  return told.length === 0 ? undefined : Math.min(1, Math.max(0, ...used.values()) / seconds)
}
