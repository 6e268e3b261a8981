import { spanText } from '../format.ts'
import type { IndexEntry } from '../run-index.ts'
import { bounded, visibleLine } from '../visible.ts'
import { padEnd, widthOf } from '../columns.ts'

/** The list of results as lines of a terminal: verdict, directory, what, length, key figures; validity where it is not valid. */
export function listLines(
  { entries, older }: { entries: readonly IndexEntry[]; older: number },
  reports: string,
  page: string | void,
): string[] {
  if (entries.length === 0) return [`nothing has been run in ${visibleLine(reports)} yet`]
  const rows = entries.map(({ directory, kind, what, verdict, durationSeconds, validity, figures }) => {
    const doubt = validity !== null && !validity.startsWith('valid') ? [validity] : []
    return {
      cells: [
        `${SIGN[verdict.status]} ${verdict.word}`,
        short(directory),
        (KIND[kind] ?? '') + short(what),
        typeof durationSeconds === 'number' ? spanText(durationSeconds) : '–',
      ],
      rest: [...figures, ...doubt].map(short).join(' · '),
    }
  })
  const widths = [0, 1, 2, 3].map((i) => Math.max(...rows.map(({ cells }) => widthOf(cells[i] as string))))
  return [
    ...rows.map(({ cells, rest }) =>
      [...cells.map((cell, i) => padEnd(cell, widths[i] as number)), rest].join('  ').trimEnd(),
    ),
    ...(older > 0 ? [`and ${older.toLocaleString('en-US')} older`] : []),
    ...(typeof page === 'string' ? ['', `page       ${page}`] : []),
  ]
}

// --- internal ---

/** What is said before what was asked of; a run needs no word. */
const KIND: Partial<Record<IndexEntry['kind'], string>> = {
  gate: 'gate of ',
  capacity: 'capacity of ',
  comparison: 'comparison of ',
}

const SIGN: Record<IndexEntry['verdict']['status'], string> = { good: '✔', bad: '✘', unsure: '?' }

function short(text: string): string {
  return visibleLine(bounded(text, 100))
}
