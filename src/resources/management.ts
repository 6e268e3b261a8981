import { reasonOf, StompedeError } from '../errors.ts'

/** What RabbitMQ says of its own limits; it does not say what of the processor it uses. */
export interface BrokerState {
  memoryBytes: number | null
  /** Shares of limits, 0 to 1: `memory`, `file descriptors`, `sockets`, `processes`; an alarm is a share of 1. */
  shares: Record<string, number>
  connections: number | null
}

/** RabbitMQ's own word, every few seconds. */
export interface ManagementWatch {
  /** The highest of what was said between two moments of Date.now(); undefined when nothing was. */
  most(fromMs: number, toMs: number): BrokerState | undefined
  stop(): void
}

/**
 * Reads nodes and totals from the management API once. `url` may hold a login; guest/guest otherwise.
 * @throws StompedeError TARGET_UNREACHABLE when it does not answer as RabbitMQ does.
 */
export async function readManagement(url: string, signal?: AbortSignal): Promise<BrokerState> {
  const base = new URL(url)
  const login = `${decodeURIComponent(base.username) || 'guest'}:${decodeURIComponent(base.password) || 'guest'}`
  const headers = { authorization: `Basic ${Buffer.from(login).toString('base64')}` }
  const get = async (path: string): Promise<unknown> => {
    const limit = AbortSignal.timeout(ANSWER_LIMIT_MS)
    const answer = await fetch(`${base.origin}${base.pathname.replace(/\/$/, '')}/api/${path}`, {
      headers,
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    })
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`)
    return answer.json()
  }
  try {
    const [nodes, overview] = await Promise.all([get('nodes'), get('overview')])
    return stateOf(nodes, overview)
  } catch (error) {
    throw new StompedeError(
      'TARGET_UNREACHABLE',
      `RabbitMQ’s management at ${base.origin} does not answer: ${reasonOf(error)}`,
      { cause: error },
    )
  }
}

/** Asks every few seconds until it is stopped. What does not answer is passed over: the broker is loaded, after all. */
export function watchManagement(url: string): ManagementWatch {
  const seen: { atMs: number; state: BrokerState }[] = []
  const stopping = new AbortController()
  let isAsking = false
  const ask = async (): Promise<void> => {
    if (isAsking) return
    isAsking = true
    const state = await readManagement(url, stopping.signal).catch(() => undefined)
    if (state !== undefined) seen.push({ atMs: Date.now(), state })
    isAsking = false
  }
  void ask()
  const timer = setInterval(() => void ask(), ASK_EVERY_MS)
  timer.unref()
  return {
    most: (fromMs, toMs) =>
      mostOf(seen.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs).map(({ state }) => state)),
    stop() {
      clearInterval(timer)
      stopping.abort()
    },
  }
}

/** Reads the answers of `/api/nodes` and `/api/overview`. Of several nodes the one nearest to a limit counts. */
export function stateOf(nodes: unknown, overview: unknown): BrokerState {
  const state: BrokerState = { memoryBytes: null, shares: {}, connections: null }
  for (const node of Array.isArray(nodes) ? nodes.filter(isRecord) : []) {
    const used = numberIn(node, 'mem_used')
    if (used !== undefined) state.memoryBytes = (state.memoryBytes ?? 0) + used
    for (const [name, [part, whole]] of Object.entries(LIMITED)) {
      const [value, limit] = [numberIn(node, part), numberIn(node, whole)]
      if (value === undefined || limit === undefined || limit <= 0) continue
      state.shares[name] = Math.max(state.shares[name] ?? 0, value / limit)
    }
    if (node['mem_alarm'] === true) state.shares['memory'] = 1
    if (node['disk_free_alarm'] === true) state.shares['disk'] = 1
  }
  const totals = isRecord(overview) ? overview['object_totals'] : undefined
  state.connections = isRecord(totals) ? (numberIn(totals, 'connections') ?? null) : null
  return state
}

// --- internal ---

const ASK_EVERY_MS = 5_000
const ANSWER_LIMIT_MS = 4_000

/** Names of ours, each with what RabbitMQ calls the used part and the limit. */
const LIMITED: Record<string, [part: string, whole: string]> = {
  memory: ['mem_used', 'mem_limit'],
  'file descriptors': ['fd_used', 'fd_total'],
  sockets: ['sockets_used', 'sockets_total'],
  processes: ['proc_used', 'proc_total'],
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function numberIn(record: Record<string, unknown>, name: string): number | undefined {
  const value = record[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

function mostOf(states: readonly BrokerState[]): BrokerState | undefined {
  if (states.length === 0) return undefined
  const shares: Record<string, number> = {}
  for (const state of states) {
    for (const [of, share] of Object.entries(state.shares)) shares[of] = Math.max(shares[of] ?? 0, share)
  }
  const most = (figure: (state: BrokerState) => number | null): number | null => {
    const values = states.flatMap((state) => figure(state) ?? [])
    return values.length === 0 ? null : Math.max(...values)
  }
  return {
    memoryBytes: most(({ memoryBytes }) => memoryBytes),
    shares,
    connections: most(({ connections }) => connections),
  }
}
