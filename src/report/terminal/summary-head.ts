import { clip, padEnd, widthOf } from '../columns.ts'
import type { Paint, Style } from './paint.ts'

/** The first line of a summary: the verdict, what it is of, and the exit code at the right. */
export function headLine(
  verdict: string,
  style: Style,
  what: string,
  exitCode: number,
  columns: number,
  paint: Paint,
): string {
  const exit = `exit ${exitCode}`
  const room = Math.min(columns, MOST_HEAD_COLUMNS) - widthOf(verdict) - widthOf(exit) - 6
  return `${paint(style, verdict)}   ${padEnd(clip(what, room), room)}   ${paint('dim', exit)}`
}

/** Blocks of lines with an empty one between them. */
export function joined(blocks: readonly (readonly string[])[]): string[] {
  return blocks.filter((block) => block.length > 0).flatMap((block, i) => (i === 0 ? block : ['', ...block]))
}

// --- internal ---

/** Beyond this the eye no longer finds the exit code at the end of the line. */
const MOST_HEAD_COLUMNS = 100
