/** A request as one line of curl. The token is left to the shell: `$TOKEN`. */
export function curlLine(
  method: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): string {
  return [
    `curl -i -X ${method} ${quoted(url)}`,
    // Double quotes, so that the shell fills the token in.
    ...Object.entries(headers).map(([name, value]) => `-H "${name}: ${escaped(name, value)}"`),
    ...(body === ''
      ? []
      : [`--data-raw ${quoted(body.length > LONGEST ? `${body.slice(0, LONGEST)}…` : body)}`]),
  ].join(' ')
}

// --- internal ---

const LONGEST = 2_000

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** Whatever was sent as a bearer token, it is not shown. */
function escaped(name: string, value: string): string {
  if (name === 'authorization') return value.replace(/^(\w+) .*$/, '$1 $TOKEN')
  return value.replaceAll(/["\\$`]/g, (character) => `\\${character}`)
}
