import { performance } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import type { SecondEvent, StartEvent } from '../../engine/events.ts'
import { rebuild } from '../../engine/rebuild.ts'
import { addLatencies, type Second } from '../../engine/timeline.ts'
import { reasonOf } from '../../errors.ts'
import type { Histogram } from '../../measure/histogram.ts'
import type { RunResult, ThresholdRow } from '../../measure/result.ts'
import { serveDashboard } from '../../report/dashboard/server.ts'
import { livePage, liveParts } from '../../report/page/live-page.ts'
import { pageParts } from '../../report/page/report-page.ts'

/** What the thread is started with. */
export interface ServedRun {
  host: string
  port: number
  token: string | undefined
  name: string
  plannedSeconds: number
}

export type ToDashboard =
  | { kind: 'start'; start: StartEvent }
  | { kind: 'second'; second: Second; thresholds: ThresholdRow[] }
  | { kind: 'end'; result: RunResult }
  | { kind: 'close' }

/** The first and only message to the run. */
export type FromDashboard = { kind: 'listening'; url: string } | { kind: 'failed'; reason: string }

// The thread that serves the live page: it hears every second of the run, and draws what it has heard when somebody looks.
const port = parentPort
if (port === null) throw new Error('dashboard-thread.ts runs in a worker thread')
const tell = (message: FromDashboard): void => port.postMessage(message)

/** Of one core: what a longer run costs to draw is made up for by drawing it less often. */
const MOST_SHARE = 0.003
/** But no page stands still for longer: a first drawing, of code that is not compiled yet, costs more than all others. */
const MOST_REST_MS = 5_000

const { name, plannedSeconds, ...address } = workerData as ServedRun
try {
  const server = await serveDashboard({ ...address, page: livePage(name) })
  const seconds: SecondEvent[] = []
  const trends: Record<string, Histogram> = {}
  let start: StartEvent | undefined
  let restUntilMs = 0
  const draw = (thresholds: ThresholdRow[]): void => {
    const beganMs = performance.now()
    if (start === undefined || !server.hasReaders() || beganMs < restUntilMs) return
    const soFar = rebuild({ start, seconds, trends, notes: [], end: undefined })
    server.show(liveParts({ ...soFar, thresholds }, { second: seconds.length, plannedSeconds }))
    restUntilMs = beganMs + Math.min(MOST_REST_MS, (performance.now() - beganMs) / MOST_SHARE)
  }
  port.on('message', (message: ToDashboard) => {
    switch (message.kind) {
      case 'start':
        start = message.start
        break
      case 'second':
        seconds.push({ ...message.second, kind: 'second' })
        if (start !== undefined) addLatencies(trends, message.second, start.scenario)
        draw(message.thresholds)
        break
      case 'end':
        server.end(pageParts(message.result))
        break
      case 'close':
        void server.close().finally(() => port.close())
    }
  })
  tell({ kind: 'listening', url: server.url })
} catch (error) {
  tell({ kind: 'failed', reason: reasonOf(error) })
  port.close()
}
