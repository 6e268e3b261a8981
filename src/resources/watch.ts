import type { ResourceUse } from '../measure/capacity.ts'
import { membersOf, readParents, type WatchedProcess } from './process-tree.ts'
import { type Sample, sampleGenerator, sampleMachine, sampleProcesses, type ThreadTicks } from './sample.ts'
import { useOf } from './use.ts'

export type { WatchedProcess } from './process-tree.ts'

/** What processes used, second by second. */
export interface ResourceWatch {
  /**
   * What everything watched used between two moments of Date.now(). Each is told by the samples within, of which it
   * takes two: what has fewer, such as a process that ended, is left out. CPU seconds are the rate between the first and
   * the last of them times the whole span; memory is the most that was held, shares are the highest but for
   * `busiest thread`, which is the highest of the means of its threads.
   */
  use(fromMs: number, toMs: number): ResourceUse[]
  stop(): void
}

/**
 * Watches processes, each with its descendants, and always `generator` (this process) and `machine`. Reads /proc each
 * second; on systems without it only the generator is seen. Does not keep this process alive.
 */
export function watchResources(processes: readonly WatchedProcess[]): ResourceWatch {
  const leaders = processes.filter(({ isGroup }) => isGroup === true).map(({ pid }) => pid)
  const samples = new Map<string, Sample[]>()
  const threads: ThreadTicks = new Map()
  let members = new Map<string, number[]>()
  let count = 0
  const take = (): void => {
    const atMs = Date.now()
    // Looking at every process there is, and at open files, costs more than the rest.
    const isThorough = count++ % THOROUGH_EVERY === 0
    if (isThorough && processes.length > 0) members = membersOf(processes, readParents(leaders))
    for (const [name, pids] of members) {
      keep(samples, name, sampleProcesses(pids, { atMs, isThorough, threads }))
    }
    keep(samples, 'generator', sampleGenerator(atMs, isThorough))
    keep(samples, 'machine', sampleMachine(atMs))
  }
  take()
  const timer = setInterval(take, SAMPLE_MS)
  timer.unref()
  return {
    use(fromMs, toMs) {
      const cores = samples.get('machine')?.at(-1)?.cores ?? 0
      return [...samples].flatMap(([name, all]) => {
        const within = all.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
        const use = useOf(name, within, { spanS: (toMs - fromMs) / 1e3, cores })
        return use === undefined ? [] : [use]
      })
    },
    stop: () => clearInterval(timer),
  }
}

// --- internal ---

const SAMPLE_MS = 1_000
const THOROUGH_EVERY = 5

function keep(samples: Map<string, Sample[]>, name: string, sample: Sample | undefined): void {
  if (sample === undefined) return
  const known = samples.get(name)
  if (known === undefined) samples.set(name, [sample])
  else known.push(sample)
}
