import { visible } from '../visible.ts'

const TRUSTED = Symbol('markup')

/** HTML that was written here or escaped here. Only this file makes it; no JSON can pretend to be it. */
export interface Markup {
  readonly [TRUSTED]: string
}

export type Content = Markup | string | number | null | undefined | false | readonly Content[]

/**
 * HTML with values in it: strings are escaped and their control characters made visible, lists are joined, `false`,
 * `null` and `undefined` are nothing. What the source is indented by is left out. Throws where a value stands in an
 * attribute without quotes.
 */
export function html(literals: TemplateStringsArray, ...values: readonly Content[]): Markup {
  const parts = folded(literals)
  let text = parts[0] as string
  values.forEach((value, i) => {
    const isBare = text.trimEnd().endsWith('=') && text.lastIndexOf('<') > text.lastIndexOf('>')
    if (isBare) throw new TypeError(`attribute without quotes: ${literals[i]}`)
    text += rendered(value) + parts[i + 1]
  })
  return { [TRUSTED]: text }
}

/** A script of this package, to the character: its hash is in the page's policy. */
export function inlineScript(script: string): Markup {
  return { [TRUSTED]: `<script>${script}</script>` }
}

/** A style of this package, to the character: its hash is in the page's policy. */
export function inlineStyle(style: string): Markup {
  return { [TRUSTED]: `<style>${style}</style>` }
}

/** The HTML itself. */
export function textOf(markup: Markup): string {
  return markup[TRUSTED]
}

/** Text whose direction must not spill over into its neighbours: names and payloads of a target. */
export function isolated(text: string): Markup {
  return html`<bdi>${text}</bdi>`
}

/** Data for scripts, in a block that neither the HTML nor the JavaScript parser can be led out of. */
export function jsonBlock(id: string, data: unknown): Markup {
  const json = JSON.stringify(data).replaceAll(/[<>&\u2028\u2029]/g, asEscape)
  return { [TRUSTED]: `<script type="application/json" id="${rendered(id)}">${json}</script>` }
}

// --- internal ---

/** Literals without their indentation, by the template they are of: a page of tables repeats each a thousand times. */
const FOLDED = new WeakMap<TemplateStringsArray, readonly string[]>()

function folded(literals: TemplateStringsArray): readonly string[] {
  const known = FOLDED.get(literals)
  if (known !== undefined) return known
  const parts = literals.map((literal) => literal.replaceAll(/\n\s+/g, '\n'))
  FOLDED.set(literals, parts)
  return parts
}

const ENTITY: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function rendered(value: Content): string {
  if (value === null || value === undefined || value === false) return ''
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string')
    return visible(value).replaceAll(/[&<>"']/g, (character) => ENTITY[character] as string)
  if (TRUSTED in value) return value[TRUSTED]
  return value.map(rendered).join('')
}

function asEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
