import { padEnd } from '../columns.ts'
import type { Paint } from './paint.ts'

/** Width of the column of labels at the left of the summary. */
export const LABEL_COLUMNS = 11

/** A line of the summary under its label; an empty label continues the one above. */
export function labelled(label: string, text: string, paint: Paint): string {
  const column = padEnd(label, LABEL_COLUMNS)
  return (label === '' ? column : paint('dim', column)) + text
}
