import { performance } from 'node:perf_hooks'
import type { InferredOptionTypes } from 'yargs'
import type { SecondEvent, StartEvent } from '../engine/events.ts'
import { rebuild } from '../engine/rebuild.ts'
import { thresholdRow } from '../engine/result.ts'
import { reasonOf, StompedeError } from '../errors.ts'
import { isLoopback, serveDashboard } from '../report/dashboard/server.ts'
import { livePage, liveParts } from '../report/page/live-page.ts'
import { pageParts } from '../report/page/report-page.ts'
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
 * The live page of a run. `say` hears of its address. Throws USAGE for flags that cannot be followed, a port that is taken
 * among them, before any load.
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
  const server = await serveDashboard({ host, port, token, page: livePage(scenario.name) }).catch(
    (error: unknown) => {
      throw new StompedeError(
        'USAGE',
        `--dashboard: cannot listen at ${flags.dashboard} (${reasonOf(error)})`,
      )
    },
  )
  say(`live page at ${server.url}`)
  const plannedSeconds = scenario.durationMs / 1e3
  const seconds: SecondEvent[] = []
  let start: StartEvent | undefined
  let restUntilMs = 0
  return [
    {
      name: '--dashboard',
      started: (event) => (start = event),
      second: (second, { trends, thresholds }) => {
        seconds.push({ kind: 'second', ...second })
        const beganMs = performance.now()
        if (start === undefined || !server.hasReaders() || beganMs < restUntilMs) return
        const soFar = rebuild({ start, seconds, trends, notes: [], end: undefined })
        const result = { ...soFar, thresholds: thresholds.map(thresholdRow) }
        server.show(liveParts(result, { second: second.second, plannedSeconds }))
        restUntilMs = beganMs + (performance.now() - beganMs) / MOST_SHARE
      },
      ended: (result) => server.end(pageParts(result)),
      close: () => server.close(),
    },
  ]
}

// --- internal ---

/** Of one core, for the page: what a longer run costs to draw is made up for by drawing it less often. */
const MOST_SHARE = 0.02
