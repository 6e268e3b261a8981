import {
  openFiles,
  parseMachine,
  parseMemory,
  parseOpenFilesLimit,
  parseResident,
  parseStat,
  procNumbers,
  procText,
  TICKS_PER_SECOND,
} from './proc.ts'

/** What something had used up to a moment of Date.now(). */
export interface Sample {
  atMs: number
  cpuSeconds: number
  memoryBytes?: number
  /** Processor seconds since the sample before by thread (`pid/tid`); those that used none are left out. */
  threadSeconds?: ReadonlyMap<string, number>
  /** Of limits, by what is limited. */
  shares: Record<string, number>
  /** Of the machine. */
  cores?: number
}

/** Ticks of each thread at the sample before, by `pid/tid`. */
export type ThreadTicks = Map<string, number>

/** Processes together; undefined when none of them is there any more. */
export function sampleProcesses(
  pids: readonly number[],
  { atMs, isThorough, threads }: { atMs: number; isThorough: boolean; threads: ThreadTicks },
): Sample | undefined {
  let ticks = 0
  let memoryBytes = 0
  let isAlive = false
  const shares: Record<string, number> = {}
  const threadSeconds = new Map<string, number>()
  for (const pid of pids) {
    const stat = parseStat(procText(`${pid}/stat`) ?? '')
    if (stat === undefined) continue
    isAlive = true
    // What a child used goes over to its parent when it ends: the sum stays.
    ticks += stat.ownTicks + stat.endedChildrenTicks
    memoryBytes += parseResident(procText(`${pid}/status`) ?? '') ?? 0
    addThreads(threadSeconds, pid, threads)
    if (isThorough) addOpenFiles(shares, pid)
  }
  if (!isAlive) return undefined
  return { atMs, cpuSeconds: ticks / TICKS_PER_SECOND, memoryBytes, threadSeconds, shares }
}

/** This process, its threads included. */
export function sampleGenerator(atMs: number, isThorough: boolean): Sample {
  const { user, system } = process.cpuUsage()
  const shares: Record<string, number> = {}
  if (isThorough) addOpenFiles(shares, process.pid)
  return { atMs, cpuSeconds: (user + system) / 1e6, memoryBytes: process.memoryUsage.rss(), shares }
}

/** Everything on this machine; undefined where there is no /proc. */
export function sampleMachine(atMs: number): Sample | undefined {
  const machine = parseMachine(procText('stat') ?? '')
  if (machine === undefined) return undefined
  const memory = parseMemory(procText('meminfo') ?? '')
  return {
    atMs,
    cpuSeconds: machine.busyTicks / TICKS_PER_SECOND,
    ...(memory === undefined ? {} : { memoryBytes: memory.usedBytes }),
    shares: memory === undefined ? {} : { memory: memory.usedBytes / memory.totalBytes },
    cores: machine.cores,
  }
}

// --- internal ---

/** Adds what each thread of a process used since the sample before, if it was there then. */
function addThreads(seconds: Map<string, number>, pid: number, threads: ThreadTicks): void {
  for (const tid of procNumbers(`${pid}/task`)) {
    const stat = parseStat(procText(`${pid}/task/${tid}/stat`) ?? '')
    if (stat === undefined) continue
    const key = `${pid}/${tid}`
    const before = threads.get(key)
    threads.set(key, stat.ownTicks)
    // Fewer ticks than before: the number was given to another thread.
    if (before !== undefined && stat.ownTicks > before)
      seconds.set(key, (stat.ownTicks - before) / TICKS_PER_SECOND)
  }
}

function addOpenFiles(shares: Record<string, number>, pid: number): void {
  const limit = parseOpenFilesLimit(procText(`${pid}/limits`) ?? '')
  const open = openFiles(pid)
  if (limit === undefined || open === undefined || !Number.isFinite(limit) || limit === 0) return
  shares['file descriptors'] = Math.max(shares['file descriptors'] ?? 0, open / limit)
}
