/** A cell: a number as it is, text made safe, nothing where there is nothing. */
export type Cell = number | string | null

/** Rows as CSV of RFC 4180: CRLF, quotes where a cell needs them. The first row is the head. */
export function csvText(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(cellText).join(',')}\r\n`).join('')
}

// --- internal ---

function cellText(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  const text = inert(cell.toWellFormed())
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Spreadsheets calculate what begins like this, out of a quoted cell too: an apostrophe makes it text. */
function inert(text: string): string {
  return /^[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]/.test(text) ? `'${text}` : text
}
