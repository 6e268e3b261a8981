import { readFileSync } from 'node:fs'
import { availableParallelism, freemem } from 'node:os'
import { API_CONNECTIONS } from '../../chat/api.ts'

/** One thing looked at: fine, worth knowing, or in the way. */
export interface MachineFinding {
  name: string
  state: 'ok' | 'note' | 'fault'
  detail: string
}

/**
 * What this machine has for a run of so many users that connect from so many local addresses, and the command that
 * raises what it lacks.
 */
export function machineFindings(users: number, addresses = 1, workers = DEFAULT_WORKERS): MachineFinding[] {
  return [
    { name: 'Node', state: 'ok', detail: process.version },
    {
      name: 'cores',
      state: availableParallelism() > 1 ? 'ok' : 'note',
      detail: `${availableParallelism()}; one is left to everything else`,
    },
    memory(users),
    fileDescriptors(users, workers),
    ephemeralPorts(users, addresses),
  ]
}

/**
 * Most connections to the API that each worker may have so that its users' sockets find a descriptor; undefined where the
 * limit cannot be read. Calls beyond them wait, and their wait counts as theirs.
 */
export function apiConnections(users: number, workers: number, limit = softLimit()): number | undefined {
  if (limit === undefined) return undefined
  const left = Math.floor((limit - users - DESCRIPTORS_BESIDE) / workers)
  return Math.min(API_CONNECTIONS, Math.max(FEWEST_API_CONNECTIONS, left))
}

// --- internal ---

/** Measured with `npm run bench`: a connected, subscribed user takes less than this, its HTTP connection included. */
const BYTES_PER_USER = 48 * 1024
/** As `run` has it without --workers. */
const DEFAULT_WORKERS = Math.max(1, availableParallelism() - 1)
/** Fewer of them would make the wait for one the better part of a call. */
const FEWEST_API_CONNECTIONS = 64
const DESCRIPTORS_BESIDE = 256

function memory(users: number): MachineFinding {
  const needed = users * BYTES_PER_USER
  const isEnough = freemem() > needed
  return {
    name: 'memory',
    state: isEnough ? 'ok' : 'fault',
    detail: `${mebibytes(freemem())} MiB free, ${users} users take about ${mebibytes(needed)} MiB`,
  }
}

function fileDescriptors(users: number, workers: number): MachineFinding {
  const limit = softLimit()
  // A WebSocket each and, while calls overlap, connections to the API.
  const needed = users + Math.min(users, workers * API_CONNECTIONS) + DESCRIPTORS_BESIDE
  if (limit === undefined)
    return {
      name: 'descriptors',
      state: 'note',
      detail: `the limit cannot be read here; ${needed} are needed`,
    }
  const detail = `${limit} open files allowed, ${needed} needed`
  if (limit >= needed) return { name: 'descriptors', state: 'ok', detail }
  const least = users + Math.min(users, workers * FEWEST_API_CONNECTIONS) + DESCRIPTORS_BESIDE
  return limit >= least
    ? {
        name: 'descriptors',
        state: 'note',
        detail: `${detail} at most: API calls share ${limit - users - DESCRIPTORS_BESIDE} connections`,
      }
    : { name: 'descriptors', state: 'fault', detail: `${detail}: ulimit -n ${needed}` }
}

function ephemeralPorts(users: number, addresses: number): MachineFinding {
  const range = /^(\d+)\s+(\d+)/.exec(text('/proc/sys/net/ipv4/ip_local_port_range') ?? '')
  if (range === null)
    return { name: 'ports', state: 'note', detail: 'the range of local ports cannot be read here' }
  const each = Number(range[2]) - Number(range[1]) + 1
  const ports = each * addresses
  if (ports >= users)
    return { name: 'ports', state: 'ok', detail: `${ports} local ports towards one address, ${users} needed` }
  return {
    name: 'ports',
    state: 'fault',
    detail: `${ports} local ports towards one address, ${users} needed: --source-addresses 127.0.0.2-127.0.0.${1 + Math.ceil(users / each)}, or sysctl -w net.ipv4.ip_local_port_range="1024 65535"`,
  }
}

/** The soft limit of open files, from /proc: Node has no call for it. */
function softLimit(): number | undefined {
  const found = /^Max open files\s+(\d+|unlimited)/m.exec(text('/proc/self/limits') ?? '')
  if (found === null) return undefined
  return found[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(found[1])
}

function text(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // Not Linux: the caller says so.
    return undefined
  }
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1024 ** 2)
}
