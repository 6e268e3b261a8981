import { prefixOf } from '../chat/api.ts'
import type { Contract } from '../chat/contract.ts'
import type { Tokens } from '../chat/tokens.ts'
import type { TlsOptions } from '../stomp/client.ts'
import { findCast, type CastPlan } from './casting.ts'
import type { BrokerAccess } from './environment.ts'
import { isOk, wordsOf, type Http, type HttpAnswer } from './http.ts'
import { connectHeaders } from './login.ts'
import type { Secrets } from './secrets.ts'
import { readConnect } from './read-connect.ts'
import { newTranscript, type GateClock } from './transcript.ts'
import { openWire } from './wire.ts'

/** What must be known of a deployment before its rules can be asked. */
export interface Scouted {
  /** Why the API gave no HTTP answer at all; undefined where it gave one. */
  unreachable: string | undefined
  /** Why nobody was let in although it answers; undefined where somebody was. */
  closed: string | undefined
  broker: BrokerAccess | undefined
  whyNoBroker: string
  /** CONNECTED's `server` header; null where no CONNECTED came. */
  server: string | null
  casts: readonly CastPlan[]
  whyNoCast: string
}

export interface ScoutRequest {
  apiUrl: string
  contract: Contract
  tokens: Tokens
  /** How many users of the token plan may be asked for their rooms. */
  users: number
  /** Of the reference target, whose rooms are known; undefined where they must be found. */
  casts: readonly CastPlan[] | undefined
  http: Http
  secrets: Secrets
  clock: GateClock
  tls: TlsOptions
  patienceMs: number
  isAllowed: (url: string) => boolean
}

/** Asks POST /connect who is in which room and where the broker is, and the broker what it is. Never rejects. */
export async function scout(request: ScoutRequest): Promise<Scouted> {
  const memberships = new Map<number, ReadonlySet<number>>()
  const whyNot: string[] = []
  let broker: BrokerAccess | undefined
  let whyNoBroker = 'POST /connect named no broker'
  let isAnswered = false
  const users = request.casts === undefined ? request.users : 1
  for (let index = 0; index < users; index++) {
    const answer = await insist(request, index)
    isAnswered ||= answer.failure === null
    if (!isOk(answer)) {
      whyNot.push(`user ${request.tokens.userIdOf(index)}: ${wordsOf(answer)}`)
      if (!isAnswered) break
      continue
    }
    const { access, rooms } = readConnect(answer.json)
    memberships.set(index, new Set(rooms))
    if (access === undefined) whyNoBroker = 'POST /connect says nothing usable about the broker'
    else if (!request.isAllowed(access.url))
      whyNoBroker = `${access.url} is no loopback address; name its host with --allow-target`
    else broker ??= access
  }
  // Credentials or an address that fail now and then must not decide the gate either.
  let server = broker === undefined ? null : await serverOf(broker, request)
  for (let attempt = 1; broker !== undefined && server === null && attempt < ATTEMPTS; attempt++) {
    const { access } = readConnect((await insist(request, 0)).json)
    if (access === undefined || !request.isAllowed(access.url)) continue
    broker = access
    server = await serverOf(access, request)
  }
  const found = request.casts === undefined ? findCast(memberships) : undefined
  const isClosed = isAnswered && memberships.size === 0
  return {
    closed: isClosed ? closedWords(request, whyNot) : undefined,
    unreachable: isAnswered ? undefined : `${request.apiUrl} does not answer: ${whyNot[0] ?? 'no user'}`,
    broker,
    whyNoBroker,
    server,
    casts: request.casts ?? (found === undefined ? [] : [found]),
    whyNoCast: [
      `no two of the first ${users} users share a room, by what POST /connect lists`,
      ...whyNot.slice(0, 3),
    ].join('; '),
  }
}

// --- internal ---

const ATTEMPTS = 3

/** A single failure must not decide the gate: a target that fails now and then is for the rules to judge. */
async function insist(request: ScoutRequest, index: number): Promise<HttpAnswer> {
  const { token } = await request.tokens.identityOf(index)
  request.secrets.add(token, `token of user ${request.tokens.userIdOf(index)}`)
  const base = new URL(request.apiUrl)
  const ask = (call: 'connect' | 'disconnect', timeoutMs: number): Promise<HttpAnswer> =>
    request.http.ask(
      {
        method: 'POST',
        url: base.origin + prefixOf(base, request.contract) + request.contract.calls[call].path(0),
        headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
        body: undefined,
      },
      timeoutMs,
    )
  for (let attempt = 1; ; attempt++) {
    const answer = await ask('connect', request.patienceMs)
    if (isOk(answer)) await ask('disconnect', request.patienceMs)
    const isFinal = answer.failure === null && answer.status < 500
    if (isFinal || attempt === ATTEMPTS) return answer
  }
}

/** What nobody's being let in comes from as a rule: said plainly, for nothing else can be asked then. */
function closedWords({ apiUrl }: ScoutRequest, whyNot: readonly string[]): string {
  return [
    `nobody was let in: POST /connect of ${apiUrl} never answered 2XX`,
    ...whyNot.slice(0, 3),
    'is the token wrong (its secret, key or claims), or the base path of the API?',
  ].join('; ')
}

/** The `server` header of CONNECTED; null where none came. */
async function serverOf(broker: BrokerAccess, request: ScoutRequest): Promise<string | null> {
  request.secrets.add(broker.passcode, 'passcode')
  const transcript = newTranscript(request.clock, request.secrets, () => undefined)
  const wire = await openWire(
    'scout',
    {
      url: broker.url,
      subprotocols: ['v12.stomp', 'v11.stomp', 'v10.stomp'],
      headers: {},
      tls: request.tls,
      timeoutMs: request.patienceMs,
      decoder: {},
      entry: { connection: 'scout', case: 'scout', userId: null },
    },
    transcript,
  )
  if (!wire.wasOpened) return null
  wire.frame('CONNECT', connectHeaders(broker))
  const connected = await wire.next(({ command }) => command === 'CONNECTED', { isTolerant: true })
  await wire.close()
  return connected === undefined ? null : (connected.header('server') ?? '')
}
