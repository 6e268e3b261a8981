import type { CallName, ContractIssue } from '../chat/contract.ts'
import { prefixOf } from '../chat/api.ts'
import type { Identity } from '../chat/tokens.ts'
import { composeContent, TOKEN_LENGTH } from '../measure/token.ts'
import { curlLine } from './curl.ts'
import type { BrokerAccess, Environment } from './environment.ts'
import { claimsOf } from './forgery.ts'
import { isOk, wordsOf, type HttpAnswer } from './http.ts'
import { connectHeaders } from './login.ts'
import { frameWords, type Received } from './received.ts'
import { readConnect } from './read-connect.ts'
import { endWords, subscribe, type Subscription } from './subscription.ts'
import type { Transcript } from './transcript.ts'
import { unmet } from './unmet.ts'
import type { Wire } from './wire.ts'

/** An answer of the chat's API, held to the contract. */
export interface CallAnswer extends HttpAnswer {
  readonly call: CallName
  /** What the contract has against it; also empty where there is no answer. */
  readonly issues: readonly ContractIssue[]
  /** The call as lines for a shell, the last one of curl; for `shownBy`. */
  readonly curl: string
}

/** What is different about a call. */
export interface CallChanges {
  method?: string
  /** Instead of the documented path below the API's base, e.g. `/chat-ws/leave-room/abc`. */
  path?: string
  /** For the path of leave-room. */
  roomId?: number
  /** Another bearer token than the actor's own; null for no Authorization at all. */
  token?: string | null
  /** Added or replaced, by lower-case name; null leaves one out. */
  headers?: Readonly<Record<string, string | null>>
  timeoutMs?: number
}

/** A message as it was sent. */
export interface SentMessage {
  readonly content: string
  readonly roomId: number
  readonly answer: CallAnswer
  readonly isAccepted: boolean
}

/** One person at one device. A case has fresh ones; what they opened is closed when it ends. */
export interface Actor {
  /** `A`, `B`, `C`; another device of A is `A·phone`. */
  readonly name: string
  /** Index into the token plan. */
  readonly index: number
  readonly userId: number
  readonly token: string
  /** What the token says. */
  readonly claims: Readonly<Record<string, unknown>>
  /** Makes a call. An object body is sent as JSON, text and bytes as they are. Never rejects. */
  call(name: CallName, body?: unknown, changes?: CallChanges): Promise<CallAnswer>
  /** The guide's way in: POST /connect, WebSocket, CONNECT, CONNECTED. A step that fails is an unmet precondition. */
  connect(options?: { headers?: Readonly<Record<string, string | undefined>> }): Promise<Wire>
  /** The STOMP connection; unmet before `connect`. */
  readonly wire: Wire
  /** What POST /connect answered. */
  readonly connected: CallAnswer
  /** SUBSCRIBEs with a receipt, whatever comes of it. */
  subscribe(destination: string, id?: string): Promise<Subscription>
  /** Subscribes to a room the way members do; without its RECEIPT the precondition is unmet. */
  listen(roomId: number): Promise<Subscription>
  /** A content that only this actor can have sent: a token of this gate, then the text. */
  compose(roomId: number, text?: string): string
  /** POST /send-message with a composed content. */
  send(roomId: number, text?: string): Promise<SentMessage>
  typing(roomId: number, isTyping: boolean): Promise<CallAnswer>
  join(roomId: number): Promise<CallAnswer>
  leave(roomId: number): Promise<CallAnswer>
  /** POST /disconnect. The STOMP connection stays. */
  disconnect(): Promise<CallAnswer>
}

/** What an actor is given by the case it plays in. */
export interface ActorParts {
  name: string
  index: number
  identity: Identity
  environment: Environment
  caseId: string
  transcript: Transcript
  /** Throws when the case is over: a check that was left behind must not go on acting. */
  requireOpen: () => void
  openWire: (userId: number) => Promise<Wire>
  /** Hears of a call when it goes out; what it returns hears the answer. */
  onCall: (actor: Actor, name: CallName, body: unknown, changes: CallChanges) => (answer: CallAnswer) => void
  /** Called before a member leaves: whoever could not come back does not go. */
  beforeLeave: (actor: Actor, roomId: number) => Promise<void>
}

/** The destination of a room, as the guide documents it. */
export function roomDestination(roomId: number): string {
  return `/exchange/chat.direct/room.${roomId}`
}

/** The personal destination of a user. */
export function userDestination(userId: number): string {
  return `/exchange/chat.direct/user.${userId}`
}

export function newActor(parts: ActorParts): Actor {
  const { name, index, identity, environment, transcript } = parts
  const { contract, secrets, patienceMs } = environment
  const base = new URL(environment.apiUrl)
  const prefix = prefixOf(base, contract)
  let wire: Wire | undefined
  let connected: CallAnswer | undefined
  let subscriptions = 0
  secrets.add(identity.token, `token of ${name[0] ?? ''}`)

  const actor: Actor = {
    name,
    index,
    userId: identity.userId,
    token: identity.token,
    claims: claimsOf(identity.token),
    async call(call, body, changes = {}) {
      parts.requireOpen()
      const onAnswer = parts.onCall(actor, call, body, changes)
      const { method = 'POST', roomId = 0, token = identity.token, timeoutMs = patienceMs } = changes
      const path = prefix + (changes.path ?? contract.calls[call].path(roomId))
      const sent =
        body === undefined || typeof body === 'string' || body instanceof Uint8Array
          ? body
          : JSON.stringify(body)
      const headers: Record<string, string> = {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        accept: 'application/json',
        ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      }
      for (const [header, value] of Object.entries(changes.headers ?? {})) {
        if (value === null) delete headers[header]
        else headers[header] = value
      }
      const text = sent === undefined ? '' : Buffer.from(sent).toString('utf8')
      transcript.request(name, requestText(method, base.origin + path, headers, text))
      const answer = await environment.http.ask(
        { method, url: base.origin + path, headers, body: sent },
        timeoutMs,
      )
      transcript.response(name, responseText(answer))
      const issues: ContractIssue[] = []
      if (answer.failure === null)
        contract.readResponse(call, answer.status, answer.contentType, answer.text, (issue) =>
          issues.push(issue),
        )
      const { sentMs, doneMs, status, contentType } = answer
      transcript.record({
        kind: 'call',
        case: parts.caseId,
        actor: name,
        userId: identity.userId,
        call,
        method,
        sentMs,
        doneMs,
        request: text,
        roomId: changes.path === undefined && call === 'leave-room' ? roomId : null,
        status,
        contentType,
        answer: answer.text,
      })
      const curl = curlLine(
        { method, url: base.origin + path, headers, body: secrets.redact(text) },
        { own: identity.token, shown: environment.shownTokens },
      )
      const judged = { ...answer, call, issues, curl }
      onAnswer(judged)
      return judged
    },
    async connect({ headers = {} } = {}) {
      connected = await actor.call('connect')
      if (!isOk(connected)) throw unmet(`${name} could not connect: POST /connect gave ${wordsOf(connected)}`)
      const login = loginOf(connected, brokerOf(environment))
      secrets.add(login.passcode, `passcode of ${name[0] ?? ''}`)
      const opened = await parts.openWire(identity.userId)
      if (!opened.wasOpened)
        throw unmet(`${name} could not open a WebSocket: ${opened.end?.error ?? 'closed'}`)
      await logIn(opened, connectHeaders(login, headers))
      wire = opened
      return opened
    },
    get wire() {
      if (wire === undefined) throw unmet(`${name} has no STOMP connection`)
      return wire
    },
    get connected() {
      if (connected === undefined) throw unmet(`${name} did not POST /connect`)
      return connected
    },
    subscribe: (destination, id = `${name}-${subscriptions++}`) => subscribe(actor.wire, id, destination),
    async listen(roomId) {
      const subscription = await actor.subscribe(roomDestination(roomId))
      if (subscription.outcome === 'receipt') return subscription
      throw unmet(`${name} could not subscribe to room ${roomId}: ${subscription.words}`)
    },
    compose(roomId, text = '') {
      const room = roomId % ROOM_LIMIT
      const token = {
        run: environment.runCode,
        room,
        sender: index,
        seq: environment.nextSeq(room, index),
        attempt: 1,
        plannedUs: Math.round(environment.clock.nowMs() * 1e3),
      }
      return `${composeContent(token, TOKEN_LENGTH, 0)}${text}`
    },
    async send(roomId, text) {
      const content = actor.compose(roomId, text)
      const answer = await actor.call('send-message', { roomId, message: { message_type: 'text', content } })
      return { content, roomId, answer, isAccepted: isOk(answer) }
    },
    typing: (roomId, isTyping) => actor.call(isTyping ? 'typing-start' : 'typing-end', { roomId }),
    join: (roomId) => actor.call('join-room', { roomId }),
    async leave(roomId) {
      await parts.beforeLeave(actor, roomId)
      return actor.call('leave-room', undefined, { roomId })
    },
    disconnect: () => actor.call('disconnect'),
  }
  return actor
}

/** Sends CONNECT and waits for CONNECTED; anything else is an unmet precondition. */
export async function logIn(wire: Wire, headers: readonly (readonly [string, string])[]): Promise<Received> {
  wire.frame('CONNECT', headers)
  const answer = await wire.next(({ command }) => command === 'CONNECTED' || command === 'ERROR')
  if (answer?.command === 'CONNECTED') return answer
  const words = answer === undefined ? endWords(wire) : frameWords(answer)
  throw unmet(`${wire.name} was not connected: ${words}`)
}

/** Where the broker is; unmet where POST /connect did not say. */
export function brokerOf({ broker, whyNoBroker }: Environment): NonNullable<Environment['broker']> {
  if (broker === undefined) throw unmet(whyNoBroker)
  return broker
}

// --- internal ---

/**
 * What this user was told; where that is nothing usable, or all have one login, what the first one was: whether each is
 * told the right thing is for HTTP-CONN-01 and HTTP-CONN-03 to say.
 */
function loginOf({ json }: CallAnswer, first: BrokerAccess): BrokerAccess {
  const { access } = readConnect(json)
  return access === undefined || access.login === first.login ? first : { ...access, url: first.url }
}

/** Room ids have six base-36 digits in a token. */
const ROOM_LIMIT = 36 ** 6

function requestText(method: string, url: string, headers: Record<string, string>, body: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `\n${name}: ${value}`)
  return `${method} ${url}${lines.join('')}${body === '' ? '' : `\n\n${body}`}`
}

function responseText(answer: HttpAnswer): string {
  if (answer.failure !== null) return `no answer: ${answer.failure}`
  const tookMs = Math.round((answer.doneMs - answer.sentMs) * 10) / 10
  const { status, headers, text } = answer
  const told = ['content-type', 'www-authenticate', 'allow', 'location', 'cache-control']
    .filter((name) => headers[name] !== undefined)
    .map((name) => `\n${name}: ${headers[name]}`)
  return `${status} after ${tookMs} ms${told.join('')}${text === '' ? '' : `\n\n${text}`}`
}
