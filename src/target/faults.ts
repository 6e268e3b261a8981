import { StompedeError } from '../errors.ts'

/** Whether a fault is planted by what the API publishes and answers, or inside the embedded broker. */
export type FaultSeam = 'any broker' | 'embedded only'

export interface Fault {
  /** What happens, in one sentence. */
  does: string
  /** What 1/N counts: every N-th of these, beginning with the N-th, is hit. */
  counts: string
  seam: FaultSeam
}

/**
 * Every fault the reference target can commit. `NAME` and `NAME:1/1` hit each candidate, `NAME:1/N` the N-th, the
 * 2N-th and so on. A hit that cannot be carried out (a swap without a neighbour) passes to the next candidate; only what
 * was carried out is counted.
 */
export const FAULTS = {
  // Deliveries
  loss: any('reaches nobody, though the sender is told it was sent', 'new_message'),
  'lose-first': any(
    "a sender's first message in a room reaches nobody",
    'first message of a sender in a room',
  ),
  'lose-tail': any(
    "a sender's messages in a room after the N-th reach nobody",
    'message of a sender in a room',
  ),
  duplicate: any('is published twice, with the same id', 'new_message'),
  swap: any('is published after the next message of the same sender in the same room', 'new_message'),
  leak: any('is published in the next room as well', 'new_message'),
  'typing-end-lost': any('reaches nobody', 'user_typing with isTyping false'),
  'offline-lost': any('reaches nobody', 'user_status_changed to offline'),
  'offline-twice': any('is published twice', 'user_status_changed to offline'),
  'online-lost': any('reaches nobody', 'user_status_changed to online'),
  'typing-start-lost': any('reaches nobody', 'user_typing with isTyping true'),
  'typing-swap': any(
    'is published 100 ms later, after an end that comes in the meantime',
    'user_typing with isTyping true',
  ),
  'read-lost': any('reaches nobody', 'message_read'),
  'read-twice': any('is published twice', 'message_read'),
  'slow-delivery': any('is published 1.2 s later', 'new_message'),
  'loss-one-subscriber': embedded('does not reach one of its subscribers', 'new_message with a subscriber'),
  'duplicate-one-subscriber': embedded(
    'reaches one of its subscribers twice',
    'new_message with a subscriber',
  ),
  'reorder-one-subscriber': embedded(
    "reaches one of its subscribers after another sender's next message",
    'new_message with two subscribers or more',
  ),
  'half-published': embedded(
    'does not reach one of its subscribers, and its sender is told 503',
    'new_message with two subscribers or more',
  ),
  'frame-lost': embedded('is numbered and never sent', 'MESSAGE'),
  'replays-last': embedded('brings the last new_message before it', 'SUBSCRIBE'),

  // Payloads
  malformed: any('is published without message.id', 'new_message'),
  'null-field': any('is published with message.content null', 'new_message'),
  'wrong-type': any('is published with message.id as a string', 'new_message'),
  'extra-field': any('is published with an undocumented field message.debug', 'new_message'),
  'unknown-type': any('is published as type message_created', 'new_message'),
  'bad-timestamp': any('is published with a timestamp that is no RFC 3339 date', 'new_message'),
  'clock-off': any('is published with its times one hour ahead', 'new_message'),
  'wrong-sender': any("is published with another user's sender_id", 'new_message'),
  'duplicate-id': any('is published with the id of the message before it', 'new_message but the first'),
  'id-differs': embedded(
    'has another message.id for one of its subscribers',
    'new_message with two subscribers or more',
  ),
  'created-late': any('is published with a created_at 3 s after its timestamp', 'new_message'),
  'truncated-content': any('is published with the first half of its content', 'new_message'),
  'escaped-content': any(
    'is published with its content HTML-escaped',
    'new_message with & < > or " in its content',
  ),
  mojibake: any('is published with its UTF-8 content read as Latin-1', 'new_message with non-ASCII content'),
  'invalid-utf8': any('is published with a byte of its content that is no UTF-8', 'new_message with content'),
  'not-json': any('is published without its last brace', 'new_message'),
  'typing-wrong-user': any("is published with another member's userId", 'user_typing'),
  'read-wrong-reader': any('names the one who wrote the message as its reader', 'message_read'),
  'read-wrong-message': any('names the message after the one that was read', 'message_read'),

  // HTTP
  'http-500': any('is answered 500 and not carried out', 'request'),
  'http-html': any('is answered 502 with an HTML page and not carried out', 'request'),
  'http-slow': any('is carried out and answered 2 s later', 'request'),
  'http-hang': any('is not carried out and never answered', 'request'),
  'http-reset': any('is not carried out; its connection is reset', 'request'),
  'reject-late': any('is answered 403 although the message was published', 'send-message'),
  cacheable: any('is answered without Cache-Control', 'request'),
  'method-500': any('is answered 500', 'request with another method than POST'),
  'accept-text': any('is carried out', 'request with a body that is not announced as JSON'),
  'refusal-forms': any('has a body of another form', 'answer 403'),
  'stack-trace': any('has a stack trace in its message', 'answer 400, 403 or 404 to a call'),
  'odd-body-500': any('is answered 500', 'request with JSON that is no object'),
  'json-500': any('is answered 500 instead of 400', 'request with a malformed JSON body'),
  'accept-bad-body': any('is carried out as far as it goes', 'request with a body against the contract'),
  'refused-yet-sent': any(
    'is answered 400, and published without content all the same',
    'send-message of a member without a content that is text',
  ),
  'accept-non-member': any('is carried out', 'request of a user who is not in the room'),
  'accept-expired-jwt': any('is accepted', 'request with an expired token'),
  'accept-alg-none': any('is accepted', 'request with an unsigned token (alg none)'),
  'accept-bad-signature': any('is accepted', 'request with a token whose signature is wrong'),
  'accept-early-jwt': any('is accepted', 'request with a token that is not valid yet'),
  'accept-garbage-token': any(
    'is carried out as user 1',
    'request with an Authorization that holds no token',
  ),
  'accept-anonymous': any('is carried out as user 1', 'request without Authorization'),
  'no-challenge': any('has no WWW-Authenticate', 'answer 401'),

  // Calls
  'connect-incomplete': any('is answered without userInfo.email', 'connect'),
  'connect-bad-url': any('is answered with a stompUrl where nobody listens', 'connect'),
  'connect-wrong-passcode': any('is answered with a password that the broker refuses', 'connect'),
  'connect-wrong-destination': any(
    'is answered with the destination of another room for the first',
    'connect of a user with rooms',
  ),
  'connect-duplicate-room': any('is answered with the first room twice', 'connect of a user with rooms'),
  'connect-missing-room': any('is answered without the last room', 'connect of a user with rooms'),
  'connect-foreign-room': any('is answered with a room more', 'connect of a user who is not in every room'),
  'connect-wrong-user': any("is answered with another user's userId", 'connect'),
  'disconnect-500': any('is carried out and answered 500', 'disconnect'),
  'disconnect-twice-500': any(
    'is answered 500 and not carried out',
    'disconnect of a user who is not online',
  ),
  'send-as-text': any('is answered with the text "sent"', 'send-message that succeeds'),
  'accept-absent-room': any('is answered as if it were sent', 'send-message into a room that does not exist'),
  'sender-from-body': any(
    'is carried out in the name of that user',
    "send-message with another user's sender_id in its message",
  ),
  'typing-500': any('is carried out and answered 500', 'typing-start or typing-end'),
  'typing-non-member': any('is carried out', 'typing-start or typing-end of a user who is not in the room'),
  'join-incomplete': any('is answered without status', 'join-room'),
  'join-wrong-destination': any('is answered with the destination of another room', 'join-room'),
  'join-twice-500': any('is answered 500 and not carried out', 'join-room of a member'),
  'join-absent-room': any('is answered as if it were joined', 'join-room of a room that does not exist'),
  'join-ignored': any('is answered as if it were joined', 'join-room of a user who is not in the room'),
  'leave-500': any('is answered 500 and not carried out', 'leave-room of a member'),
  'leave-stranger-500': any('is answered 500', 'leave-room of a user who is not in the room'),
  'leave-ignored': any('is answered as if it were left', 'leave-room of a member'),

  // STOMP
  'wrong-subprotocol': embedded('is answered with a subprotocol that was not offered', 'upgrade'),
  'no-pong': embedded('is not answered', 'WebSocket ping'),
  'split-frame-lost': embedded('is ignored', 'WebSocket message that holds no end of a frame'),
  'second-frame-lost': embedded('loses all but its first frame', 'WebSocket message of several frames'),
  'stomp-command-refused': embedded('is refused', 'STOMP frame instead of CONNECT'),
  'low-version': embedded('is CONNECTED in version 1.1', 'CONNECT that accepts 1.2'),
  'accept-any-version': embedded('is CONNECTED in version 1.2', 'CONNECT without a common version'),
  'accept-any-passcode': embedded('is CONNECTED', 'CONNECT with a wrong passcode'),
  'accept-no-credentials': embedded('is CONNECTED', 'CONNECT without login or passcode'),
  'act-before-connect': embedded('is carried out', 'frame before CONNECT'),
  'heartbeat-refused': embedded('is promised none', 'CONNECT that asks for heart-beats'),
  'heartbeat-slow': embedded('is promised one every 10 s', 'CONNECT that asks for heart-beats'),
  'beats-unasked': embedded('gets one every second', 'session without heart-beats'),
  'no-receipt': embedded('is carried out without its RECEIPT', 'frame that asks for a receipt'),
  'wrong-receipt': embedded('is answered with a RECEIPT for another id', 'frame that asks for a receipt'),
  'receipt-before-binding': embedded('has its RECEIPT 200 ms before it takes effect', 'SUBSCRIBE'),
  'unsubscribe-ignored': embedded('has its RECEIPT and no effect', 'UNSUBSCRIBE'),
  'unsubscribe-all': embedded('ends every subscription of its session', 'UNSUBSCRIBE'),
  'rejoin-duplicates': embedded(
    'brings every message twice',
    'SUBSCRIBE to a destination that the session had unsubscribed from',
  ),
  'resubscribe-ignored': embedded(
    'has its RECEIPT and no effect',
    'SUBSCRIBE to a destination whose last session was cut',
  ),
  'personal-refused': embedded('is refused', 'SUBSCRIBE to a personal destination'),
  'accept-duplicate-id': embedded('has its RECEIPT and no effect', 'SUBSCRIBE with an id in use'),
  'accept-any-destination': embedded('has its RECEIPT and no effect', 'frame to an unknown destination'),
  'accept-log-exchange': embedded('has its RECEIPT and no effect', "frame to RabbitMQ's log exchange"),
  'accept-no-destination': embedded('has its RECEIPT and no effect', 'frame that lacks its destination'),
  'accept-unknown-command': embedded('has its RECEIPT and no effect', 'frame with an unknown command'),
  'spoofed-headers': embedded('brings its own redelivered header to the subscribers', 'SEND'),
  'error-without-close': embedded('leaves the connection open', 'ERROR'),
  'close-without-error': embedded('is not sent; the connection is closed', 'ERROR'),
  'error-swallowed': embedded('is not sent, and the connection stays open', 'ERROR'),
  'no-heartbeat': embedded('is promised heart-beats and gets none', 'session that asked for heart-beats'),
  'keeps-silent-client': embedded(
    'is not cut when the client stops its heart-beats',
    'session that promised them',
  ),
  'escape-broken': embedded('has its id unescaped', 'RECEIPT whose id needs escapes'),
  'content-length-off': embedded('has a content-length one too large', 'MESSAGE'),
  'missing-subscription': embedded('has no subscription header', 'MESSAGE'),
  'missing-message-id': embedded('has no message-id header', 'MESSAGE'),
  'message-id-reused': embedded('has the message-id of the one before it', 'MESSAGE'),
  'wrong-destination': embedded('has another destination than was subscribed to', 'MESSAGE'),
  redelivered: embedded('has redelivered:true', 'MESSAGE'),
  'no-content-length': embedded('has no content-length', 'MESSAGE'),
  'garbage-frame': embedded('is followed by a text message that is no STOMP frame', 'MESSAGE'),
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof FAULTS

export interface FaultSetting {
  name: FaultName
  /** N of `NAME:1/N`; 1 without it. */
  every: number
}

/** What one planted fault hit: ids that a test can compare with what it saw. */
export type FaultDetail = Readonly<Record<string, string | number>>

/** How often each fault was planted, with the first 100 hits of each. A fault that never fitted counts 0. */
export type FaultLog = Record<string, { count: number; details: FaultDetail[] }>

/** One active fault. */
export interface FaultSwitch {
  readonly every: number
  /** Counts a candidate; true when this one is to be hit. Then either `planted` or `missed` must follow. */
  isDue(): boolean
  /** Records that the due fault was carried out. */
  planted(detail: FaultDetail): void
  /** The due fault could not be carried out: the next candidate is hit instead. */
  missed(): void
}

/** The active faults. An inactive one is undefined, so that asking costs a property read. */
export interface FaultPlan {
  readonly switches: Readonly<Partial<Record<FaultName, FaultSwitch>>>
  readonly isEmpty: boolean
  log(): FaultLog
}

/**
 * Reads `--fault` values; all problems are reported together.
 * @throws StompedeError USAGE for an unknown name, a bad 1/N, or a fault of the embedded broker when `broker` is another.
 */
export function parseFaults(texts: readonly string[], broker: 'embedded' | 'rabbitmq'): FaultSetting[] {
  const settings: FaultSetting[] = []
  const problems: string[] = []
  for (const text of texts) {
    const [, name = '', every = '1'] = /^([^:]*)(?::1(?:\/([1-9][0-9]{0,8}))?)?$/.exec(text) ?? []
    if (name === '') problems.push(`"${text}" must be NAME or NAME:1/N`)
    else if (!isFaultName(name)) problems.push(unknownFault(name))
    else if (broker !== 'embedded' && FAULTS[name].seam === 'embedded only') {
      problems.push(`${name} is a fault of the embedded broker; it cannot be planted in RabbitMQ`)
    } else if (settings.some((setting) => setting.name === name)) problems.push(`${name} is given twice`)
    else settings.push({ name, every: Number(every) })
  }
  if (problems.length > 0) throw new StompedeError('USAGE', 'cannot plant the faults asked for', { problems })
  return settings
}

/** `onPlanted` hears of every hit, also beyond those the log keeps. */
export function createFaultPlan(
  settings: readonly FaultSetting[],
  onPlanted: (name: FaultName, detail: FaultDetail) => void = () => undefined,
): FaultPlan {
  const switches: Partial<Record<FaultName, CountingSwitch>> = {}
  for (const { name, every } of settings) {
    switches[name] = countingSwitch(every, (detail) => onPlanted(name, detail))
  }
  return {
    switches,
    isEmpty: settings.length === 0,
    log: () =>
      Object.fromEntries(
        Object.entries(switches).map(([name, { count, details }]) => [
          name,
          { count, details: [...details] },
        ]),
      ),
  }
}

/** Counts a candidate; when it is to be hit, records it and says so. */
export function hits(fault: FaultSwitch | undefined, detail: FaultDetail): boolean {
  if (fault?.isDue() !== true) return false
  fault.planted(detail)
  return true
}

/** One line a fault, for `--list-faults`. */
export function listFaults(): string {
  const names = Object.keys(FAULTS) as FaultName[]
  const width = Math.max(...names.map((name) => name.length))
  return names
    .map((name) => {
      const { does, counts, seam } = FAULTS[name]
      return `${name.padEnd(width)}  each ${counts} ${does}${seam === 'embedded only' ? ' (embedded broker only)' : ''}`
    })
    .join('\n')
}

// --- internal ---

const MAX_DETAILS = 100

interface CountingSwitch extends FaultSwitch {
  count: number
  details: FaultDetail[]
}

function any(does: string, counts: string): Fault {
  return { does, counts, seam: 'any broker' }
}

function embedded(does: string, counts: string): Fault {
  return { does, counts, seam: 'embedded only' }
}

function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name)
}

function unknownFault(name: string): string {
  return `unknown fault "${name}"; there are ${Object.keys(FAULTS).join(', ')}`
}

function countingSwitch(every: number, onPlanted: (detail: FaultDetail) => void): CountingSwitch {
  let candidates = 0
  let isOwed = false
  const own: CountingSwitch = {
    every,
    count: 0,
    details: [],
    isDue() {
      candidates++
      const isDue = isOwed || candidates % every === 0
      isOwed = false
      return isDue
    },
    missed() {
      isOwed = true
    },
    planted(detail) {
      own.count++
      if (own.details.length < MAX_DETAILS) own.details.push(detail)
      onPlanted(detail)
    },
  }
  return own
}
