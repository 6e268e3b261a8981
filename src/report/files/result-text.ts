/** A result as JSON with each of its parts on a line of its own, so that a person and a diff find their way. */
export function resultText(result: object): string {
  const parts = Object.entries(result).map(
    ([name, part]) => `${JSON.stringify(name)}: ${JSON.stringify(part)}`,
  )
  return `{\n${parts.join(',\n')}\n}\n`
}
