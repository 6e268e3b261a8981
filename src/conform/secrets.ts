/** What must not stand in evidence. Everything captured passes through it before it is kept. */
export interface Secrets {
  /** Makes a text known as secret; wherever it is met later, `label` stands in its place. The latest label holds. */
  add(secret: string, label: string): void
  /** The text with every secret replaced: known ones, JWTs, credentials by the names of their fields. */
  readonly redact: (text: string) => string
  /** The same for bytes that were sent: all other octets stay as they are. */
  redactBytes(bytes: Uint8Array): Buffer
}

export function newSecrets(): Secrets {
  const labels = new Map<string, string>()
  let known: RegExp | undefined

  const redact = (text: string): string => {
    let redacted = text
    if (known !== undefined)
      redacted = redacted.replaceAll(known, (secret) => `‹${labels.get(secret) ?? 'secret'}›`)
    for (const [pattern, replacement] of PATTERNS) redacted = redacted.replaceAll(pattern, replacement)
    return redacted
  }

  return {
    add(secret, label) {
      // A word as short as "guest" stands in harmless places too; it is hidden by the name of its field instead.
      if (secret.length < SHORTEST) return
      const isKnown = labels.has(secret)
      labels.set(secret, label)
      if (isKnown) return
      const longestFirst = [...labels.keys()].toSorted((a, b) => b.length - a.length)
      known = new RegExp(longestFirst.map((each) => RegExp.escape(each)).join('|'), 'g')
    },
    redact,
    redactBytes(bytes) {
      // As Latin-1 each octet is one character, so what is no secret comes out as it went in.
      const latin1 = Buffer.from(bytes).toString('latin1')
      if (!latin1.includes('passcode:') && !latin1.includes('eyJ') && known?.test(latin1) !== true)
        return Buffer.from(bytes)
      if (known !== undefined) known.lastIndex = 0
      let redacted = latin1
      if (known !== undefined) redacted = redacted.replaceAll(known, '$SECRET')
      redacted = redacted.replaceAll(JWT, '$$TOKEN').replaceAll(PASSCODE, '$1$$PASSCODE')
      return Buffer.from(redacted, 'latin1')
    },
  }
}

// --- internal ---

const SHORTEST = 8

/** Three parts of base64url, the last one empty where there is no signature; the first begins with `{"`. */
const JWT = /eyJ[\w-]*\.[\w-]*(?:\.[\w-]*)?/g
const PASSCODE = /((?:^|\n)passcode:)[^\r\n\0]*/g

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [JWT, '‹token›'],
  [PASSCODE, '$1‹passcode›'],
  [/("(?:password|passcode|token|secret)"\s*:\s*)"(?:[^"\\]|\\.)*"/gi, '$1"‹password›"'],
  [/(authorization:\s*(?:bearer|basic)\s+)(?!‹)[^\r\n]*/gi, '$1‹credentials›'],
  [/(\/\/)[^/@\s]*:[^/@\s]*@/g, '$1‹credentials›@'],
]
