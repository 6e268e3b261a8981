/** The last `columns` values as block characters, from empty for 0 to full for the largest. */
export function sparkline(values: readonly number[], columns: number): string {
  const shown = columns > 0 ? values.slice(-columns) : []
  const largest = Math.max(0, ...shown)
  return shown.map((value) => BLOCKS[levelOf(value, largest)]).join('')
}

/** A bar of `columns` columns, `share` of it filled in eighths of a column. */
export function progressBar(share: number, columns: number): { done: string; left: string } {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * columns * 8)
  const done = '█'.repeat(eighths >> 3) + (EIGHTHS[eighths & 7] as string)
  return { done, left: '░'.repeat(columns - done.length) }
}

// --- internal ---

const BLOCKS = ' ▁▂▃▄▅▆▇█'
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** Zero is the only empty level: the smallest activity is seen. */
function levelOf(value: number, largest: number): number {
  if (value <= 0) return 0
  return Math.max(1, Math.round((value / largest) * (BLOCKS.length - 1)))
}
