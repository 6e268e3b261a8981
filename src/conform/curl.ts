/** What stands in a line of curl for a token that a case made. */
export interface ShownToken {
  /** For the header: a variable of the shell. */
  readonly text: string
  /** The line that sets the variable, and says what token it is. */
  readonly before: string
}

/**
 * A request as lines for a shell, the last one of curl. The caller's own token is left to the shell, `$TOKEN`; before a
 * token that the case made comes the line that makes it.
 */
export function curlLine(
  { method, url, headers, body }: CurlRequest,
  tokens: { own: string; shown: ReadonlyMap<string, ShownToken> },
): string {
  const given = /^\w+ (.+)$/s.exec(headers['authorization'] ?? '')?.[1] ?? ''
  const made = tokens.shown.get(given)
  const line = [
    `curl -i -X ${method} ${quoted(url)}`,
    // Double quotes, so that the shell fills the token in.
    ...Object.entries(headers).map(
      ([name, value]) =>
        `-H "${name}: ${name === 'authorization' ? authorization(value, given, tokens.own, made) : escaped(value)}"`,
    ),
    ...(body === ''
      ? []
      : [`--data-raw ${quoted(body.length > LONGEST ? `${body.slice(0, LONGEST)}…` : body)}`]),
  ].join(' ')
  return made === undefined ? line : `${made.before}\n${line}`
}

export interface CurlRequest {
  readonly method: string
  readonly url: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A text as one word of a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

// --- internal ---

const LONGEST = 2_000

/** Anything that reads like a token and is neither the caller's nor known to be harmless. */
const TOKEN_LIKE = /eyJ[\w-]*\./

function authorization(value: string, given: string, own: string, made: ShownToken | undefined): string {
  const before = value.slice(0, value.length - given.length)
  if (made !== undefined) return before + made.text
  if (given === own) return `${before}$TOKEN`
  const hidden = own === '' ? value : value.split(own).map(escaped).join('${TOKEN}')
  if (hidden.includes('${TOKEN}')) return hidden
  return TOKEN_LIKE.test(value) ? `${before}$TOKEN` : escaped(value)
}

function escaped(value: string): string {
  return value.replaceAll(/["\\$`]/g, (character) => `\\${character}`)
}
