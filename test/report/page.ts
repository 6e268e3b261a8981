/** The page without what it is drawn with: scripts, styles and their hashes. */
export function contentOf(page: string): string {
  return page
    .replaceAll(/<(script|style)>[\s\S]*?<\/\1>/g, '<$1>…</$1>')
    .replaceAll(/&#39;sha256-[^ ;]+/g, '&#39;sha256-…')
}

/** What a reader sees of a part of the page: tags away, spaces folded. */
export function readingOf(page: string, id: string): string {
  const from = page.indexOf(`<section id="${id}">`)
  return page
    .slice(from, page.indexOf('</section>', from))
    .replaceAll(/<svg[\s\S]*?<\/svg>/g, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll(/\s+/g, ' ')
}
