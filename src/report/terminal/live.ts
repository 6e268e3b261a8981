import { createLogUpdate } from 'log-update'
import { nowUs } from '../../clock.ts'
import { liveLines, plainLine } from './live-lines.ts'
import { paintFor, type Screen } from './paint.ts'
import type { Progress } from './progress.ts'
import { visibleLine } from '../visible.ts'

export interface LiveOptions {
  /** Where to write; its width is read anew for each picture. */
  stream: Screen
  /** Whether to draw a block that replaces itself. Default: whether the stream is a terminal. */
  isTty?: boolean
  title: string
  plannedSeconds: number
}

/** A display of a run in progress. */
export interface Live {
  update(progress: Progress): void
  /** A line that stays, above the block. */
  log(line: string): void
  /** Takes the block away and gives the cursor back; further calls do nothing. */
  stop(): void
}

/**
 * Shows a run in progress: a block redrawn four times a second in a terminal, elsewhere one plain line every five
 * seconds. The cursor comes back however the process ends (log-update sees to exits, exceptions and signals).
 */
export function startLive(options: LiveOptions): Live {
  const { stream, isTty = stream.isTTY === true } = options
  // A terminal that does not know its size (0 columns) cannot hold a block.
  return isTty && stream.columns !== 0 ? startRun(options) : startLines(options)
}

/**
 * Draws lines that replace themselves, four times a second, until it is stopped: then they are gone and the cursor is back.
 * The lines are asked for anew each time, with the columns the terminal has then.
 */
export function startBlock(
  stream: Screen,
  lines: (columns: number) => readonly string[],
): Pick<Live, 'log' | 'stop'> {
  const logUpdate = createLogUpdate(stream)
  const draw = (): void => logUpdate(lines(stream.columns ?? 80).join('\n'))
  draw()
  const timer = setInterval(draw, REDRAW_MS)
  timer.unref()
  let isStopped = false
  return {
    log(line) {
      if (isStopped) stream.write(`${visibleLine(line)}\n`)
      else {
        logUpdate.persist(visibleLine(line))
        draw()
      }
    },
    stop() {
      if (isStopped) return
      isStopped = true
      clearInterval(timer)
      logUpdate.clear()
      logUpdate.done()
    },
  }
}

// --- internal ---

const REDRAW_MS = 250
const LINE_EVERY_SECONDS = 5
/** Wider than any sparkline. */
const HISTORY = 400

function startRun({ stream, title, plannedSeconds }: LiveOptions): Live {
  const paint = paintFor(stream)
  const history: Progress[] = []
  let startedUs: number | undefined
  const { log, stop } = startBlock(stream, (columns) => {
    const elapsedSeconds = startedUs === undefined ? 0 : (nowUs() - startedUs) / 1e6
    return liveLines({ title, plannedSeconds, elapsedSeconds, history }, columns, paint)
  })
  return {
    update(progress) {
      // The run's own seconds set the clock; the one that was on its way for the shortest time is right.
      startedUs = Math.min(startedUs ?? Number.POSITIVE_INFINITY, nowUs() - progress.second * 1e6)
      history.push(progress)
      if (history.length > HISTORY) history.shift()
    },
    log,
    stop,
  }
}

function startLines({ stream }: LiveOptions): Live {
  let shownSecond = 0
  let isStopped = false
  return {
    update(progress) {
      if (isStopped || progress.second - shownSecond < LINE_EVERY_SECONDS) return
      shownSecond = progress.second
      stream.write(`${plainLine(progress)}\n`)
    },
    log(line) {
      stream.write(`${visibleLine(line)}\n`)
    },
    stop() {
      isStopped = true
    },
  }
}
