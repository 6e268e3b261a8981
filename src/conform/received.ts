import type { Frame, HeaderPairs } from '../stomp/frame.ts'

/** A frame that came, kept whole. */
export interface Received {
  readonly command: string
  readonly headers: HeaderPairs
  /** The value of the first header of that name. */
  header(name: string): string | undefined
  readonly body: string
  readonly bodyBytes: Buffer
  readonly atMs: number
  /** Its place among the frames of its connection. */
  readonly index: number
}

/** Copies a decoded frame, which is only a view of the socket's buffer. */
export function received(frame: Frame, atMs: number, index: number): Received {
  const headers = frame.headers()
  return {
    command: frame.command,
    headers,
    header: (name) => headers.find((pair) => pair[0] === name)?.[1],
    body: frame.body,
    bodyBytes: Buffer.from(frame.bodyBytes),
    atMs,
    index,
  }
}

/** The body as an object; undefined where it is no JSON object. */
export function eventOf({ body }: Pick<Received, 'body'>): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The `message` of a `new_message`; undefined for anything else. */
export function chatMessageOf(frame: Pick<Received, 'body'>): Readonly<Record<string, unknown>> | undefined {
  const event = eventOf(frame)
  const message = event?.['type'] === 'new_message' ? event['message'] : undefined
  return isObject(message) ? message : undefined
}

/** The content of the message in an event, whatever type it says it is of: that is for one rule alone to judge. */
export function contentOf(frame: Pick<Received, 'body'>): string | undefined {
  const message = eventOf(frame)?.['message']
  const content = isObject(message) ? message['content'] : undefined
  return typeof content === 'string' ? content : undefined
}

/** A frame in a few words: its command and what tells it apart. */
export function frameWords(frame: Received | undefined): string {
  if (frame === undefined) return 'nothing'
  const { command, body } = frame
  const first = ['message', 'receipt-id', 'destination', 'version']
    .map((name) => [name, frame.header(name)] as const)
    .find(([, value]) => value !== undefined)
  const text = body.trim().replaceAll(/\s+/g, ' ')
  const cut = text.length > 100 ? `${text.slice(0, 100)}…` : text
  return [command, first === undefined ? '' : `${first[0]}:${first[1]}`, cut].filter(Boolean).join(' ')
}

// --- internal ---

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
