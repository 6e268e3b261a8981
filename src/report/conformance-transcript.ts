import type { ConformanceCase, TranscriptLine } from '../measure/conformance.ts'
import { padEnd, padStart, widthOf } from './columns.ts'
import { cut, visible, visibleLine } from './visible.ts'

/** How much of a transcript a report has room for. */
export interface Room {
  lines: number
  /** Of each line's text. */
  characters: number
}

/** For evidence files. */
export const WHOLE: Room = { lines: Number.POSITIVE_INFINITY, characters: Number.POSITIVE_INFINITY }

/** A transcript as far as there is room: its beginning, how many lines are left out, and its end. */
export interface Excerpt {
  head: readonly TranscriptLine[]
  leftOut: number
  tail: readonly TranscriptLine[]
}

/** What is shown of a transcript. Where it is cut, the end gets more than the beginning: it has the cause. */
export function excerptOf(transcript: readonly TranscriptLine[], { lines }: Room): Excerpt {
  if (transcript.length <= lines) return { head: transcript, leftOut: 0, tail: [] }
  const head = Math.ceil(lines / 3)
  const tail = lines - head
  return {
    head: transcript.slice(0, head),
    leftOut: transcript.length - lines,
    tail: transcript.slice(transcript.length - tail),
  }
}

/** When a line was seen, in ms after the case began, with one decimal. */
export function momentOf({ atMs }: TranscriptLine, { startedMs }: ConformanceCase): string {
  const text = (atMs - startedMs).toFixed(1)
  return text === '-0.0' ? '0.0' : text
}

/** Which way a line went; nothing for a remark of the checker. */
export function channelOf({ channel, direction }: TranscriptLine): string {
  return direction === '·' ? '' : channel
}

/**
 * A transcript as aligned lines: ms after the case began, actor, channel, direction, text. Further lines of a text stand
 * under its first; control characters are made visible. `whole` names the place where nothing is cut.
 */
export function transcriptText(each: ConformanceCase, room: Room, whole: string): string[] {
  const { head, leftOut, tail } = excerptOf(each.transcript, room)
  const shown = [...head, ...tail].map((line) => ({
    moment: momentOf(line, each),
    actor: visibleLine(cut(line.actor, MOST_ACTOR)),
    line,
  }))
  const widths = {
    moment: Math.max(0, ...shown.map(({ moment }) => moment.length)),
    actor: Math.max(0, ...shown.map(({ actor }) => widthOf(actor))),
  }
  const rendered = shown.map(({ moment, actor, line }) => {
    const before = `${padStart(moment, widths.moment)}  ${padEnd(actor, widths.actor)}  ${channelOf(line).padEnd(6)}  ${line.direction} `
    const [first = '', ...rest] = visible(cut(line.text, room.characters)).trimEnd().split(/\r?\n/)
    const indent = ' '.repeat(widthOf(before))
    return [before + first, ...rest.map((text) => (text === '' ? '' : indent + text))].join('\n')
  })
  const note = leftOut > 0 ? [`… ${leftOut.toLocaleString('en-US')} lines left out; all are in ${whole}`] : []
  return [...rendered.slice(0, head.length), ...note, ...rendered.slice(head.length)]
}

// --- internal ---

/** An actor is a user's or the checker's name; anything longer is no name. */
const MOST_ACTOR = 40
