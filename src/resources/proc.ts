import { readdirSync, readFileSync, statSync } from 'node:fs'

// What Linux tells of processes in /proc: texts in, numbers out. Where there is no /proc, everything is undefined.

/** A process or a thread by its `stat` line: proc_pid_stat(5). */
export interface ProcessStat {
  parent: number
  /** Ticks since boot: tells a process from a later one with the same number. */
  startTicks: number
  /** User and system time of its own, in clock ticks. */
  ownTicks: number
  /** The same of its children that have ended and were waited for. */
  endedChildrenTicks: number
}

/** Clock ticks a second in /proc: USER_HZ, 100 on every architecture that Node runs on. */
export const TICKS_PER_SECOND = 100

/** Reads a `stat` line. The name in brackets may hold spaces and brackets itself: what counts follows the last one. */
export function parseStat(text: string): ProcessStat | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const field = (number: number): number => Number(fields[number - FIRST_AFTER_NAME])
  const stat = {
    parent: field(4),
    ownTicks: field(14) + field(15),
    endedChildrenTicks: field(16) + field(17),
    startTicks: field(22),
  }
  return text.includes(')') && Object.values(stat).every(Number.isFinite) ? stat : undefined
}

/** The process group by a `stat` line; not a number where there is none. */
export function parseGroup(text: string): number {
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[GROUP - FIRST_AFTER_NAME])
}

/** Resident memory in bytes by `status`: there it is in kB whatever the size of a page. */
export function parseResident(text: string): number | undefined {
  return kilobytes(text, 'VmRSS')
}

/** The soft limit of open files by `limits`; Infinity where there is none. */
export function parseOpenFilesLimit(text: string): number | undefined {
  const found = /^Max open files\s+(\d+|unlimited)/m.exec(text)?.[1]
  if (found === undefined) return undefined
  return found === 'unlimited' ? Number.POSITIVE_INFINITY : Number(found)
}

/** Ticks in which the machine's processors were not idle, those that a host took away included, and how many there are. */
export function parseMachine(text: string): { busyTicks: number; cores: number } | undefined {
  const line = /^cpu +(.*)$/m.exec(text)?.[1]
  if (line === undefined) return undefined
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(' ').map(Number)
  const cores = text.match(/^cpu\d+ /gm)?.length ?? 0
  // Time of guests is in user and nice already.
  return { busyTicks: user + nice + system + irq + softirq + steal, cores }
}

/** Memory of the machine that is not available to anybody any more, by `meminfo`, in bytes. */
export function parseMemory(text: string): { usedBytes: number; totalBytes: number } | undefined {
  const total = kilobytes(text, 'MemTotal')
  const available = kilobytes(text, 'MemAvailable')
  if (total === undefined || available === undefined) return undefined
  return { usedBytes: total - available, totalBytes: total }
}

/** A file of /proc; undefined where there is none, or none any more. */
export function procText(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'latin1')
  } catch {
    return undefined
  }
}

/** The numbers among the names in a directory of /proc: processes, or threads of one. */
export function procNumbers(path: string): number[] {
  try {
    return readdirSync(`/proc/${path}`)
      .map(Number)
      .filter((number) => Number.isSafeInteger(number))
  } catch {
    return []
  }
}

/** Open files of a process; undefined where we may not look. Newer kernels tell the count as the directory's size. */
export function openFiles(pid: number): number | undefined {
  try {
    const { size } = statSync(`/proc/${pid}/fd`)
    return size > 0 ? size : readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return undefined
  }
}

// --- internal ---

/** Process number and name are fields 1 and 2. */
const FIRST_AFTER_NAME = 3
const GROUP = 5

function kilobytes(text: string, name: string): number | undefined {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]
  return found === undefined ? undefined : Number(found) * 1024
}
