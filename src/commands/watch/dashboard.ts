import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { InferredOptionTypes } from 'yargs'
import { thresholdRow } from '../../engine/result.ts'
import { StompedeError } from '../../errors.ts'
import { isLoopback } from '../../report/loopback.ts'
import type { FromDashboard, ServedRun, ToDashboard } from './dashboard-thread.ts'
import { listenAddress } from './listen-address.ts'
import type { Watcher } from './watchers.ts'

/** The flags of the live page. */
export const DASHBOARD_OPTIONS = {
  dashboard: {
    type: 'string',
    describe: 'Show the report while the run goes, at [HOST:]PORT; 0 takes a free port',
    group: 'Report:',
  },
  'dashboard-token': {
    type: 'string',
    describe:
      'What readers must name, where others than this machine can reach it (or STOMPEDE_DASHBOARD_TOKEN)',
    group: 'Report:',
  },
} as const

export type DashboardFlags = InferredOptionTypes<typeof DASHBOARD_OPTIONS>

/**
 * The live page of a run, drawn in a thread of its own: what a long run costs to draw must not keep the run waiting. `say`
 * hears of its address. Throws USAGE for flags that cannot be followed, a port that is taken among them, before any load.
 */
export async function openDashboard(
  flags: DashboardFlags,
  scenario: { name: string; durationMs: number },
  say: (line: string) => void,
): Promise<Watcher[]> {
  const token = flags['dashboard-token'] ?? process.env['STOMPEDE_DASHBOARD_TOKEN']
  if (flags.dashboard === undefined) {
    if (flags['dashboard-token'] === undefined) return []
    throw new StompedeError('USAGE', '--dashboard-token needs --dashboard')
  }
  const { host, port } = listenAddress('--dashboard', flags.dashboard)
  if (!isLoopback(host) && (token ?? '') === '')
    throw new StompedeError('USAGE', `--dashboard: others can reach ${host}, so it wants --dashboard-token`)
  const served: ServedRun = {
    host,
    port,
    token,
    name: scenario.name,
    plannedSeconds: scenario.durationMs / 1e3,
  }
  const thread = new Worker(new URL(`./dashboard-thread${extension}`, import.meta.url), {
    workerData: served,
  })
  let failure: Error | undefined
  thread.on('error', (error) => (failure = error))
  const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()))
  const [told] = (await once(thread, 'message')) as [FromDashboard]
  if (told.kind === 'failed') {
    throw new StompedeError('USAGE', `--dashboard: cannot listen at ${flags.dashboard} (${told.reason})`)
  }
  say(`live page at ${told.url}`)
  const post = (message: ToDashboard): void => {
    // Thrown here, it is named once by who watches the watchers, and the run goes on.
    if (failure !== undefined) throw failure
    thread.postMessage(message)
  }
  return [
    {
      name: '--dashboard',
      started: (start) => post({ kind: 'start', start }),
      second: (second, { thresholds }) =>
        post({ kind: 'second', second, thresholds: thresholds.map(thresholdRow) }),
      ended: (result) => post({ kind: 'end', result }),
      async close() {
        if (failure === undefined) thread.postMessage({ kind: 'close' } satisfies ToDashboard)
        const timer = setTimeout(() => void thread.terminate(), CLOSE_LIMIT_MS)
        await ended
        clearTimeout(timer)
      },
    },
  ]
}

// --- internal ---

/** It may be drawing a long run's report when it is to close. */
const CLOSE_LIMIT_MS = 10_000

/** From the sources as .ts, from the package as .js. */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
