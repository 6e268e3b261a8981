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
  /** Of a core, of the thread that was busiest since the sample before. */
  busiestThread?: number
  /** Of limits, by what is limited. */
  shares: Record<string, number>
  /** Of the machine. */
  cores?: number
}

/** Ticks of each thread at the sample before, by `pid/tid`. */
export type ThreadTicks = Map<string, { atMs: number; ticks: number }>

/** Processes together; undefined when none of them is there any more. */
export function sampleProcesses(
  pids: readonly number[],
  { atMs, isThorough, threads }: { atMs: number; isThorough: boolean; threads: ThreadTicks },
): Sample | undefined {
  let ticks = 0
  let memoryBytes = 0
  let isAlive = false
  const shares: Record<string, number> = {}
  const busiest: number[] = []
  for (const pid of pids) {
    const stat = parseStat(procText(`${pid}/stat`) ?? '')
    if (stat === undefined) continue
    isAlive = true
    // What a child used goes over to its parent when it ends: the sum stays.
    ticks += stat.ownTicks + stat.endedChildrenTicks
    memoryBytes += parseResident(procText(`${pid}/status`) ?? '') ?? 0
    busiest.push(...busyShares(pid, atMs, threads))
    if (isThorough) addOpenFiles(shares, pid)
  }
  if (!isAlive) return undefined
  return {
    atMs,
    cpuSeconds: ticks / TICKS_PER_SECOND,
    memoryBytes,
    ...(busiest.length === 0 ? {} : { busiestThread: Math.max(...busiest) }),
    shares,
  }
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

/** What each thread of a process that was there before used of a core since. */
function busyShares(pid: number, atMs: number, threads: ThreadTicks): number[] {
  return procNumbers(`${pid}/task`).flatMap((tid) => {
    const stat = parseStat(procText(`${pid}/task/${tid}/stat`) ?? '')
    if (stat === undefined) return []
    const before = threads.get(`${pid}/${tid}`)
    threads.set(`${pid}/${tid}`, { atMs, ticks: stat.ownTicks })
    if (before === undefined || atMs <= before.atMs) return []
    return [(stat.ownTicks - before.ticks) / TICKS_PER_SECOND / ((atMs - before.atMs) / 1e3)]
  })
}

function addOpenFiles(shares: Record<string, number>, pid: number): void {
  const limit = parseOpenFilesLimit(procText(`${pid}/limits`) ?? '')
  const open = openFiles(pid)
  if (limit === undefined || open === undefined || !Number.isFinite(limit) || limit === 0) return
  shares['file descriptors'] = Math.max(shares['file descriptors'] ?? 0, open / limit)
}
