import { stripVTControlCharacters } from 'node:util'

/** How many terminal columns a text takes: 2 for East Asian wide characters and emoji, 0 for combining marks and colours. */
export function widthOf(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length
  let width = 0
  for (const { segment } of GRAPHEMES.segment(stripVTControlCharacters(text))) width += graphemeWidth(segment)
  return width
}

/** The text in at most `columns` columns; an ellipsis marks the cut. The text must be without colour codes. */
export function clip(text: string, columns: number): string {
  if (columns <= 0) return ''
  if (widthOf(text) <= columns) return text
  let width = 0
  let kept = ''
  for (const { segment } of GRAPHEMES.segment(text)) {
    width += graphemeWidth(segment)
    if (width > columns - 1) break
    kept += segment
  }
  return `${kept}…`
}

/** The text followed by spaces up to `columns` columns. */
export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)))
}

/** The text after spaces, `columns` columns in all. */
export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - widthOf(text))) + text
}

/** The text broken between words into at most `most` lines of `columns` columns; the last one is clipped. */
export function wrap(text: string, columns: number, most: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`
    if (line !== '' && lines.length < most - 1 && widthOf(joined) > columns) {
      lines.push(line)
      line = word
    } else line = joined
  }
  return [...lines, line].map((each) => clip(each, columns))
}

// --- internal ---

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/
const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' })
const NO_ROOM = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u
/** Unicode's East Asian Width W and F in blocks, and everything shown as emoji. */
const WIDE =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u

function graphemeWidth(grapheme: string): number {
  if (NO_ROOM.test(grapheme)) return 0
  return WIDE.test(grapheme) ? 2 : 1
}
