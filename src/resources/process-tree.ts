import { parseGroup, parseStat, procNumbers, procText } from './proc.ts'

/** A process that stands for itself and for everything it started. */
export interface WatchedProcess {
  name: string
  pid: number
  /** It leads a process group, and stands for that as well: what its parent left behind has another parent by now. */
  isGroup?: boolean
}

/**
 * The processes behind each name: its own and their descendants, but not those that have a name of their own, with what
 * they started. A process that is gone has none.
 */
export function membersOf(
  watched: readonly WatchedProcess[],
  parents: ReadonlyMap<number, number>,
): Map<string, number[]> {
  const nameOf = new Map(watched.map(({ name, pid }) => [pid, name]))
  const members = new Map<string, number[]>(watched.map(({ name }) => [name, []]))
  for (const pid of parents.keys()) {
    const name = nearestName(pid, nameOf, parents)
    if (name !== undefined) members.get(name)?.push(pid)
  }
  return members
}

/** The parent of every process there is; of the members of some process groups, the one that leads the group. */
export function readParents(leaders: readonly number[] = []): Map<number, number> {
  const parents = new Map<number, number>()
  for (const pid of procNumbers('.')) {
    const text = procText(`${pid}/stat`) ?? ''
    const stat = parseStat(text)
    if (stat === undefined) continue
    const group = parseGroup(text)
    parents.set(pid, leaders.includes(group) && pid !== group ? group : stat.parent)
  }
  return parents
}

// --- internal ---

function nearestName(
  pid: number,
  names: ReadonlyMap<number, string>,
  parents: ReadonlyMap<number, number>,
): string | undefined {
  let at: number | undefined = pid
  // What was read over some milliseconds may be a circle: a number was given anew in between.
  for (let depth = 0; at !== undefined && depth < MOST_GENERATIONS; depth++) {
    const name = names.get(at)
    if (name !== undefined) return name
    at = parents.get(at)
  }
  return undefined
}

const MOST_GENERATIONS = 64
