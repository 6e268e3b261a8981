/** The protocol versions a frame can be written in. */
export type StompVersion = '1.0' | '1.1' | '1.2'

/** Header names and values in the order they are written. Names may repeat; the first one counts. */
export type HeaderPairs = readonly (readonly [name: string, value: string])[]

export interface EncodeOptions {
  /** Default 1.2. */
  version?: StompVersion
  /** Whether content-length is added. Default: if there is a body and the headers do not have it already. */
  contentLength?: boolean
  /** End in NUL LF, as RabbitMQ does, instead of NUL. */
  trailingLf?: boolean
}

/** The bytes of one frame. */
export function encodeFrame(
  command: string,
  headers: HeaderPairs,
  body: string | Uint8Array = '',
  options: EncodeOptions = {},
): Buffer {
  const head = command + headerLines(command, headers, body, options)
  const end = options.trailingLf === true ? '\0\n' : '\0'
  if (typeof body === 'string') return Buffer.from(`${head}\n${body}${end}`)
  return Buffer.concat([Buffer.from(`${head}\n`), body, Buffer.from(end)])
}

/**
 * What the frames of one MESSAGE to many subscribers share: these headers, the body and the end. Made once; then
 * `encodeWithTail` puts each subscriber's own headers before it.
 */
export function encodeTail(
  headers: HeaderPairs,
  body: string | Uint8Array,
  options: EncodeOptions = {},
): Buffer {
  return encodeFrame('', headers, body, options)
}

/** The bytes of a frame that begins with `command` and `headers` and goes on with the shared `tail`. */
export function encodeWithTail(
  command: string,
  headers: HeaderPairs,
  tail: Buffer,
  version: StompVersion = '1.2',
): Buffer {
  let head = command
  for (const [name, value] of headers) head += headerLine(command, name, value, version)
  const headBytes = Buffer.byteLength(head)
  const frame = Buffer.allocUnsafe(headBytes + tail.length)
  frame.write(head, 0, headBytes)
  frame.set(tail, headBytes)
  return frame
}

/** The commands whose headers are never escaped: "to remain backward compatible with STOMP 1.0". */
export function isUnescaped(command: string): boolean {
  return command === 'CONNECT' || command === 'CONNECTED' || command === 'STOMP'
}

/**
 * The text as it stands in a header line of `version`: 1.0 has no escapes, 1.1 has `\n \c \\`, 1.2 also `\r`.
 *
 * A raw line feed would end the header and let a value inject another one, so where the version has no escape for
 * it (1.0, and CONNECT and CONNECTED in every version) it is written as `\n` all the same.
 */
export function escapeHeader(text: string, version: StompVersion): string {
  if (version === '1.2') return SPECIAL_12.test(text) ? text.replaceAll(EACH_12, escapeOf) : text
  if (version === '1.1') return SPECIAL_11.test(text) ? text.replaceAll(EACH_11, escapeOf) : text
  return text.includes('\n') ? text.replaceAll('\n', '\\n') : text
}

/** The text a header line stands for. Each escape is read once, so `\\n` is a backslash and an `n`. */
export function unescapeHeader(text: string): string {
  return text.includes('\\') ? text.replaceAll(EACH_ESCAPE, plainOf) : text
}

// --- internal ---

const SPECIAL_12 = /[\\\r\n:]/
const SPECIAL_11 = /[\\\n:]/
const EACH_12 = /[\\\r\n:]/g
const EACH_11 = /[\\\n:]/g
const EACH_ESCAPE = /\\[\\rnc]/g

const ESCAPE_OF: Readonly<Record<string, string>> = { '\\': '\\\\', '\r': '\\r', '\n': '\\n', ':': '\\c' }
const PLAIN_OF: Readonly<Record<string, string>> = { '\\\\': '\\', '\\r': '\r', '\\n': '\n', '\\c': ':' }

function escapeOf(character: string): string {
  return ESCAPE_OF[character] ?? character
}

function plainOf(escape: string): string {
  return PLAIN_OF[escape] ?? escape
}

function headerLine(command: string, name: string, value: string, version: StompVersion): string {
  const rules = isUnescaped(command) ? '1.0' : version
  return `\n${escapeHeader(name, rules)}:${escapeHeader(value, rules)}`
}

/** The header lines, each after its LF, and the LF that ends the last one. */
function headerLines(
  command: string,
  headers: HeaderPairs,
  body: string | Uint8Array,
  options: EncodeOptions,
): string {
  let lines = ''
  let announced = false
  for (const [name, value] of headers) {
    announced ||= name === 'content-length'
    lines += headerLine(command, name, value, options.version ?? '1.2')
  }
  if (options.contentLength ?? (body.length > 0 && !announced)) {
    lines += `\ncontent-length:${typeof body === 'string' ? Buffer.byteLength(body) : body.length}`
  }
  return `${lines}\n`
}
