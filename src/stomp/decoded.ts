import { unescapeHeader, type HeaderPairs } from './encode.ts'

/** Traits of a frame's head: it has escapes; its names and values are to be trimmed (1.0); it is not all ASCII. */
export const ESCAPED = 1
export const TRIMMED = 2
export const NON_ASCII = 4

/**
 * A decoded frame. It is a view of the bytes it was read from and decodes each part on first use, so it is cheap
 * to make and expensive to keep: keep the strings, not the frame.
 */
export class Frame {
  readonly command: string
  /** Size on the wire in bytes, from the command to the NUL. */
  readonly wireBytes: number
  readonly #bytes: Buffer
  readonly #headStart: number
  readonly #bodyStart: number
  readonly #bodyEnd: number
  readonly #traits: number
  #head: string | undefined
  #body: string | undefined

  /** Made by FrameDecoder. `headStart` is the LF that ends the command line. */
  constructor(
    command: string,
    wireBytes: number,
    bytes: Buffer,
    headStart: number,
    bodyStart: number,
    bodyEnd: number,
    traits: number,
  ) {
    this.command = command
    this.wireBytes = wireBytes
    this.#bytes = bytes
    this.#headStart = headStart
    this.#bodyStart = bodyStart
    this.#bodyEnd = bodyEnd
    this.#traits = traits
    this.#head = undefined
    this.#body = undefined
  }

  /** The value of the first header of that name: "only the first header entry SHOULD be used". */
  header(name: string): string | undefined {
    if ((this.#traits & (ESCAPED | TRIMMED)) !== 0)
      return this.headers().find((pair) => pair[0] === name)?.[1]
    const needle = needleOf(name)
    return needle === undefined ? undefined : this.#valueAt(needle)
  }

  /** The value behind `\nname:` in a head that needs no unescaping. */
  #valueAt(needle: string): string | undefined {
    const head = this.#headText()
    const found = head.indexOf(needle)
    if (found < 0) return undefined
    const from = found + needle.length
    const to = head.indexOf('\n', from)
    return head.slice(from, head.charCodeAt(to - 1) === CR ? to - 1 : to)
  }

  /** Every header in wire order, repeated ones included. */
  headers(): HeaderPairs {
    const pairs: [string, string][] = []
    for (const line of this.#headText().slice(1).split('\n')) {
      const colon = line.indexOf(':')
      if (colon < 0) continue
      const pair: [string, string] = [line.slice(0, colon), line.slice(colon + 1)]
      if (pair[1].endsWith('\r')) pair[1] = pair[1].slice(0, -1)
      if ((this.#traits & TRIMMED) !== 0) pairs.push([pair[0].trim(), pair[1].trim()])
      else if ((this.#traits & ESCAPED) !== 0) pairs.push([unescapeHeader(pair[0]), unescapeHeader(pair[1])])
      else pairs.push(pair)
    }
    return pairs
  }

  /** The body as UTF-8 text; what is not UTF-8 becomes U+FFFD. */
  get body(): string {
    return (this.#body ??= sliceable(this.#bytes).utf8Slice(this.#bodyStart, this.#bodyEnd))
  }

  /** The octets of the body: a view, valid as long as the frame. */
  get bodyBytes(): Buffer {
    return this.#bytes.subarray(this.#bodyStart, this.#bodyEnd)
  }

  /** The `subscription` header, empty where there is none. */
  get subscription(): string {
    return (
      ((this.#traits & (ESCAPED | TRIMMED)) === 0
        ? this.#valueAt(SUBSCRIPTION)
        : this.header('subscription')) ?? ''
    )
  }

  /** The `destination` header, empty where there is none. */
  get destination(): string {
    return (
      ((this.#traits & (ESCAPED | TRIMMED)) === 0
        ? this.#valueAt(DESTINATION)
        : this.header('destination')) ?? ''
    )
  }

  /** The header lines, each between two LFs, so that a name is found by `\nname:`. */
  #headText(): string {
    const bytes = sliceable(this.#bytes)
    return (this.#head ??=
      (this.#traits & NON_ASCII) === 0
        ? bytes.latin1Slice(this.#headStart, this.#bodyStart)
        : bytes.utf8Slice(this.#headStart, this.#bodyStart))
  }
}

/** Whether the octets from `start` are the ASCII text. */
export function spells(bytes: Buffer, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false
  return true
}

// --- internal ---

const CR = 13
/** Asked for with every MESSAGE. */
const SUBSCRIPTION = '\nsubscription:'
const DESTINATION = '\ndestination:'

/** What Buffer.toString calls after it has worked out its arguments; these are worked out already. */
interface Sliceable {
  utf8Slice(start: number, end: number): string
  latin1Slice(start: number, end: number): string
}

function sliceable(bytes: Buffer): Sliceable {
  return bytes as unknown as Sliceable
}

const needles = new Map<string, string>()

/** What a header of that name looks like in the head; undefined for a name that only an escape could spell. */
function needleOf(name: string): string | undefined {
  const known = needles.get(name)
  if (known !== undefined) return known
  if (name.includes(':') || name.includes('\n')) return undefined
  const needle = `\n${name}:`
  // The names a program asks for are few; the bound keeps computed names from filling memory.
  if (needles.size < 256) needles.set(name, needle)
  return needle
}
