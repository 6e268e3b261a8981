import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** uPlot's script and style, to be put into pages. Read once, when a page is made. */
export function chartAssets(): { script: string; style: string } {
  assets ??= { script: read('uplot/dist/uPlot.iife.min.js'), style: read('uplot/dist/uPlot.min.css') }
  return assets
}

/**
 * A content security policy under which a page runs these inline scripts and styles and nothing else: no network, no
 * other script, no style attribute. A connected page may also ask its own server.
 */
export function contentPolicy(
  scripts: readonly string[],
  styles: readonly string[],
  isConnected = false,
): string {
  return [
    "default-src 'none'",
    `script-src ${hashes(scripts)}`,
    `style-src ${hashes(styles)}`,
    ...(isConnected ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

// --- internal ---

function hashes(texts: readonly string[]): string {
  return texts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`).join(' ')
}

let assets: { script: string; style: string } | undefined

const require = createRequire(import.meta.url)

function read(file: string): string {
  // Inside a script element only `</script` and `<!--` would end or change it; a package that has them cannot be inlined.
  const text = readFileSync(require.resolve(file), 'utf8').trim()
  if (/<\/(?:script|style)|<!--/i.test(text)) throw new TypeError(`${file} cannot be put into a page`)
  return text
}
