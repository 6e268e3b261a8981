import { visible, visibleLine } from '../visible.ts'

/**
 * An element with its attributes and what is in it: elements made by this function, or text through `xmlText`.
 * Attributes that are undefined are left out.
 */
export function element(
  name: string,
  attributes: Record<string, string | number | undefined>,
  ...content: readonly string[]
): string {
  const pairs = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(visibleLine(String(value)))}"`)
    .join('')
  const inner = content.join('')
  return inner === '' ? `<${name}${pairs}/>` : `<${name}${pairs}>${inner}</${name}>`
}

/** Text between tags: escaped, control characters made visible, what XML 1.0 has no place for taken out. */
export function xmlText(text: string): string {
  return escaped(visible(text))
}

// --- internal ---

/** Outside XML 1.0's `Char` (section 2.2). Most never get here: `visible` has turned them into pictures. */
const NO_CHAR = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

const ENTITY: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
}

function escaped(text: string): string {
  return text.replaceAll(NO_CHAR, '').replaceAll(/[&<>"\r]/g, (character) => ENTITY[character] as string)
}
