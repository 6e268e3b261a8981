/**
 * Text from a target made harmless and honest: control characters become their Unicode pictures (␀, ␛), characters
 * that turn the direction of text or take no room become ⟨U+202E⟩, lone surrogates become �. Tabs and line breaks stay.
 */
export function visible(text: string): string {
  return text.toWellFormed().replace(HIDDEN, picture)
}

/** The same in one line: tabs and line breaks become spaces. For terminals. */
export function visibleLine(text: string): string {
  return visible(text.replaceAll(/\s+/g, ' '))
}

/** At most `most` UTF-16 units of the text, with a note of how much is left out. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text
  const kept = text.slice(0, most).toWellFormed()
  return `${kept}… (${(text.length - most).toLocaleString('en-US')} more characters)`
}

/**
 * The text made visible, then cut to at most `most` UTF-16 units: what hides cannot grow beyond the limit. A note says how
 * long the whole is. A text of megabytes costs no more than what is kept of it.
 */
export function bounded(text: string, most: number): string {
  const start = visible(text.slice(0, most + 1))
  if (text.length <= most && start.length <= most) return start
  return `${start.slice(0, most).toWellFormed()}… (of ${text.length.toLocaleString('en-US')} characters)`
}

/** The text with its figures kept whole where lines are broken: no `≥` parts from its figure, and no figure from its `%` or `ms`. */
export function unbroken(text: string): string {
  return text.replaceAll(/(?<=[≥≤<>≈]) (?=[\d−+])|(?<=\d) (?=%|(?:ms|s)\b)/g, '\u00a0')
}

// --- internal ---

/**
 * C0 without tab, LF and CR; DEL and C1; zero-width space and directional marks; line and paragraph separators,
 * embeddings and overrides; word joiner to isolates; byte-order mark. The joiners U+200C and U+200D stay: scripts and
 * emoji are written with them.
 */
const HIDDEN =
  // oxlint-disable-next-line no-control-regex -- finding control characters is what it is for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

function picture(character: string): string {
  const code = character.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  if (code === 0x7f) return '␡'
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`
}
