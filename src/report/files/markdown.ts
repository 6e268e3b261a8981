import { cut, visible, visibleLine } from '../visible.ts'

// Markdown that may hold text from outside: what every summary for GitHub and GitLab is put together from.

/** GitHub refuses comments above 64 KB and drops a step's summaries above 1 MB; this leaves room for others. */
export const MOST_BYTES = 48_000

/** Text from outside in running Markdown or a table's cell: one line, nothing in it is markup, a mention or a reference. */
export function plainMarkdown(text: string, most: number): string {
  return (
    plainHtml(text, most)
      .replaceAll(/[\\`*_[\]|~]/g, String.raw`\$&`)
      // GitHub makes links of bare addresses; where a target's leads, nobody should be led.
      .replaceAll(/:(?=\/\/)|\bwww(?=\.)/gi, '$&&#8203;')
  )
}

/** The same where HTML stands and Markdown is not read, as in a summary. */
export function plainHtml(text: string, most: number): string {
  return cut(visibleLine(text), most)
    .replaceAll(/[&<>]/g, (character) => ENTITY[character] as string)
    .replaceAll(/[@#](?=\w)/g, '$&&#8203;')
}

/** A code span that no backtick in it ends, fit for a table's cell: GitHub reads `\|` there also within code. */
export function code(text: string): string {
  const shown = cut(visibleLine(text), 200).replaceAll('|', String.raw`\|`)
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(longest + 1)
  const pad = longest > 0 ? ' ' : ''
  return shown === '' ? '' : fence + pad + shown + pad + fence
}

/** A block of code that no line in it ends. */
export function fenced(text: string, language: string): string[] {
  const shown = visible(text)
  const longest = Math.max(2, ...(shown.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(longest + 1)
  return [fence + language, shown, fence]
}

/** A row of a table, of cells that were made here. */
export function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

// --- internal ---

const ENTITY: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
