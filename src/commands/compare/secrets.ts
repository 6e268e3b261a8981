/**
 * A text as it may stand in a report: what follows a flag or a variable that is named like a secret, and what stands before the host
 * of an address, is left out. No list of such names is ever complete: of start commands `shownSide` shows less.
 */
export function withoutSecrets(text: string): string {
  return (
    text
      .replaceAll(
        new RegExp(String.raw`(--?[\w-]*${SECRET}[\w-]*)(\s+|=)${VALUE}`, 'gi'),
        (_, flag: string, gap: string) => `${flag}${gap}…`,
      )
      .replaceAll(new RegExp(String.raw`(\b\w*${SECRET}\w*=)${VALUE}`, 'gi'), (_, name: string) => `${name}…`)
      // A password may hold an @ itself.
      .replaceAll(/\/\/[^/?#\s"']*@/g, '//…@')
      .replaceAll(/((?:https?|wss?):[^\s?#]*[?#])[^\s"']*/gi, (_, before: string) => `${before}…`)
  )
}

/** What kind of side a text names: an address, the reference target, or a command for the shell. */
export function sideKind(text: string): 'url' | 'reference' | 'command' {
  if (/^https?:\/\//i.test(text)) return 'url'
  return /^target(?:\s|$)/.test(text) ? 'reference' : 'command'
}

/** A side as it may stand in a report: of a start command only its program, and `…` where there is more. */
export function shownSide(text: string): string {
  const written = text.trim()
  const kind = sideKind(written)
  if (kind === 'url') return withoutSecrets(written)
  return kind === 'reference' ? written : shownCommand(written)
}

/**
 * The words of a command line with the sides of a comparison as they may stand in a report. The sides are looked for as they were read,
 * so that no way of writing their flags can be missed.
 */
export function withShownSides(words: readonly string[], sides: readonly (string | undefined)[]): string[] {
  // The longer first: one may be a part of the other.
  const texts = sides
    .flatMap((side) => (side === undefined || side === '' ? [] : [side]))
    .toSorted((x, y) => y.length - x.length)
  return words.map((word) => {
    const side = texts.find((text) => word.includes(text))
    const shown = side === undefined ? word : word.split(side).join(shownSide(side))
    return /\s/.test(shown) ? withoutSecrets(shown) : shown
  })
}

// --- internal ---

const SECRET = '(?:pass|secret|token|key|credential|amqp-?url)'
const VALUE = String.raw`(?:"[^"]*"|'[^']*'|[^\s;&|]+)`

/** Whatever a shell would take for more than plain words is not shown at all: a part of it may be a secret. */
function shownCommand(command: string): string {
  const [, assigned = '', program = '', rest = ''] =
    /^((?:\w+=(?:[\w./:,@%+-]*|"[^"\\$`]*"|'[^']*')\s+)*)([\w./~:@%+,-]+)(?=\s|$)(.*)$/s.exec(command) ?? []
  if (program === '') return '…'
  return assigned === '' && rest === '' ? program : `${program} …`
}
