/** What yargs knows of the flags of a command, as it hands it to a check. */
export interface KnownFlags {
  /** Every name and alias. */
  key: Readonly<Record<string, unknown>>
  alias: Readonly<Record<string, readonly string[]>>
  boolean: readonly string[]
  number: readonly string[]
  array: readonly string[]
}

/**
 * What is wrong with the values of a command line's flags, one sentence each. yargs takes a flag without its value for
 * one that was not given, words for numbers as NaN, and of a repeated flag makes a list: a run of another size, or against
 * another target, than was asked for.
 */
export function flagProblems(words: readonly string[], known: KnownFlags): string[] {
  const problems: string[] = []
  const seen = new Set<string>()
  const end = words.indexOf('--')
  for (const { name, value } of flagsIn(end < 0 ? words : words.slice(0, end), known)) {
    const flag = `--${name}`
    if (known.boolean.includes(name)) {
      if (value !== undefined && !/^(true|false)$/.test(value))
        problems.push(`${flag} takes no value (is ${quoted(value)})`)
      continue
    }
    if (value === undefined || value.trim() === '') problems.push(`${flag} needs a value`)
    else if (known.number.includes(name) && Number.isNaN(Number(value)))
      problems.push(`${flag} wants a number (is ${quoted(value)})`)
    if (seen.has(name) && !known.array.includes(name)) problems.push(`${flag} is given more than once`)
    seen.add(name)
  }
  return problems
}

// --- internal ---

interface Flag {
  /** The name under which yargs knows it. */
  name: string
  value: string | undefined
}

function flagsIn(words: readonly string[], known: KnownFlags): Flag[] {
  return words.flatMap((word, i) => {
    const next = words[i + 1]
    // A negative number is a value; everything else with a dash is the next flag.
    const following = next !== undefined && (!next.startsWith('-') || /^-\d/.test(next)) ? next : undefined
    const long = /^--(?<name>[^=]+)(?:=(?<value>.*))?$/s.exec(word)?.groups
    if (long !== undefined) return flagOf(long['name'] as string, long['value'], following, known)
    const short = /^-(?<letters>[A-Za-z].*)$/s.exec(word)?.groups
    return short === undefined ? [] : lettersOf(short['letters'] as string, following, known)
  })
}

/** `-q`, `-u5`, `-u=5`, and several at once: `-qu 5`. */
function lettersOf(letters: string, following: string | undefined, known: KnownFlags): Flag[] {
  const [letter = '', rest] = [letters[0], letters.slice(1)]
  const isSwitch = known.boolean.includes(letter)
  if (isSwitch && /^[A-Za-z]/.test(rest))
    return [...flagOf(letter, undefined, undefined, known), ...lettersOf(rest, following, known)]
  return flagOf(letter, rest === '' ? undefined : rest.replace(/^=/, ''), following, known)
}

/** Empty for what is no flag of the command: yargs says so itself. */
function flagOf(
  written: string,
  attached: string | undefined,
  following: string | undefined,
  known: KnownFlags,
): Flag[] {
  const kebab = written.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  const name = nameOf(written, known) ?? nameOf(kebab, known)
  if (name === undefined) {
    // yargs would set the flag to false or 0.
    const denied = nameOf(written.replace(/^no-/, ''), known)
    return denied === undefined || known.boolean.includes(denied) ? [] : [{ name: denied, value: undefined }]
  }
  const isSwitch = known.boolean.includes(name)
  return [{ name, value: attached ?? (isSwitch ? undefined : following) }]
}

function nameOf(written: string, { key, alias }: KnownFlags): string | undefined {
  if (!Object.hasOwn(key, written)) return undefined
  const owner = Object.entries(alias).find(([, aliases]) => aliases.includes(written))
  return owner === undefined ? written : owner[0]
}

function quoted(value: string): string {
  return JSON.stringify(value.slice(0, 80))
}
