import { nowUs } from '../../clock.ts'
import { clip, widthOf } from '../columns.ts'
import { clockText, countText } from '../format.ts'
import { type Live, startBlock } from './live.ts'
import { type Paint, paintFor, type Screen } from './paint.ts'
import { progressBar } from './sparkline.ts'
import { visibleLine } from '../visible.ts'

/** How far a gate is. */
export interface GateProgress {
  /** Cases that ended, of all chosen. */
  done: number
  total: number
  /** Cases that ended as FAIL or XPASS. */
  failed: number
  /** Ids of the cases under way; slow ones run beside each other. */
  running: readonly string[]
}

/** A display of a gate in progress. */
export interface GateLive extends Pick<Live, 'log' | 'stop'> {
  update(progress: GateProgress): void
}

/**
 * Shows a gate in progress: one line redrawn four times a second in a terminal, elsewhere a plain line every five seconds.
 * The cursor comes back however the process ends.
 */
export function startGateLive(options: { stream: Screen; isTty?: boolean }): GateLive {
  const { stream, isTty = stream.isTTY === true } = options
  // A terminal that does not know its size (0 columns) cannot hold a line that replaces itself.
  return isTty && stream.columns !== 0 ? startLine(stream) : startPlain(stream)
}

/** The line of a terminal, narrower than `columns`: bar, cases that ended, failures, what is under way. */
export function gateLine(
  { done, total, failed, running }: GateProgress,
  elapsedSeconds: number,
  columns: number,
  paint: Paint,
): string {
  const width = Math.max(NARROWEST, columns - 1)
  const failures = failed > 0 ? `  ${countText(failed)} failed` : ''
  const cases = total === 0 ? 'starting' : `${countText(done)} of ${countText(total)} cases`
  const counts = `  ${clockText(elapsedSeconds)}  ${cases}`
  const barColumns = Math.min(30, Math.floor(width / 4), width - widthOf(counts + failures))
  const bar = progressBar(total === 0 ? 0 : done / total, Math.max(0, barColumns))
  const room = width - widthOf(bar.done + bar.left) - widthOf(counts) - widthOf(failures) - 2
  const now = clip(visibleLine(running.join(', ')), room)
  return `${paint('green', bar.done)}${paint('dim', bar.left)}${counts}${paint('red', failures)}${now === '' ? '' : `  ${paint('dim', now)}`}`
}

/** One plain line for logs. */
export function plainGateLine(
  { done, total, failed, running }: GateProgress,
  elapsedSeconds: number,
): string {
  return visibleLine(
    [
      `${clockText(elapsedSeconds)} ${total === 0 ? 'starting' : `${done}/${total} cases`}`,
      ...(total === 0 ? [] : [`failed ${failed}`]),
      ...(running.length > 0 ? [`now ${running.join(' ')}`] : []),
    ].join(' '),
  )
}

// --- internal ---

const NARROWEST = 40
const LINE_EVERY_SECONDS = 5
const NOTHING: GateProgress = { done: 0, total: 0, failed: 0, running: [] }

function clockFrom(startedUs: number): () => number {
  return () => (nowUs() - startedUs) / 1e6
}

function startLine(stream: Screen): GateLive {
  const elapsed = clockFrom(nowUs())
  const paint = paintFor(stream)
  let last = NOTHING
  const block = startBlock(stream, (columns) => [gateLine(last, elapsed(), columns, paint)])
  return { ...block, update: (progress) => void (last = progress) }
}

function startPlain(stream: Screen): GateLive {
  const elapsed = clockFrom(nowUs())
  let last = NOTHING
  // A timer, because a slow case may be under way for longer than that without any news.
  const timer = setInterval(
    () => stream.write(`${plainGateLine(last, elapsed())}\n`),
    LINE_EVERY_SECONDS * 1e3,
  )
  timer.unref()
  return {
    update: (progress) => void (last = progress),
    log: (line) => void stream.write(`${visibleLine(line)}\n`),
    stop: () => clearInterval(timer),
  }
}
