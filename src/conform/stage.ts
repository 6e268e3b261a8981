import type { CallName, Contract } from '../chat/contract.ts'
import { generator } from '../scenario/random.ts'
import { brokerOf, logIn, newActor, type Actor, type CallAnswer, type CallChanges } from './actor.ts'
import type { CastPlan, CastRooms } from './casting.ts'
import type { BrokerAccess, Environment } from './environment.ts'
import { confusingKeys, signedByStranger, unsigned, withAlteredSignature, type Forgery } from './forgery.ts'
import { recipeOf, signedRecipe } from './forgery-recipe.ts'
import { isOk, isRefused, type HttpAnswer } from './http.ts'
import { connectHeaders } from './login.ts'
import type { Profile } from './profile.ts'
import { readConnect } from './read-connect.ts'
import type { RuleText } from './rule.ts'
import type { Transcript } from './transcript.ts'
import { absent, unmet } from './unmet.ts'
import { openWire, type Wire, type WireOptions } from './wire.ts'

/** The people of a case, not connected yet. Asking for one whom the deployment has not is an unmet precondition. */
export interface Cast {
  /** A and B are members of `rooms.shared`. */
  readonly a: Actor
  readonly b: Actor
  /** A member of `other` alone. */
  readonly c: Actor
  readonly rooms: {
    readonly shared: number
    readonly absent: number
    readonly other: number
    /** Another one that A and B are members of. */
    readonly second: number
    /** One more, into which nothing is sent but the control of whoever listens there. */
    readonly canary: number
  }
  /** The rooms the deployment is meant to know for an actor. Of a deployment that is not ours: those it listed itself. */
  roomsOf(actor: Actor): ReadonlySet<number>
  /** The same person at another device: same token, a connection of its own. */
  readonly device: (actor: Actor, device: string) => Actor
}

/** Everything a check may use. One a case; what is opened through it is closed when the case ends. */
export interface Stage {
  readonly rule: string
  readonly seed: number
  /** Seeded by the gate's seed and the rule's id alone: the same numbers whichever other rules are asked. */
  random(): number
  /** Base URL of the chat's API. */
  readonly apiUrl: string
  readonly contract: Contract
  readonly profile: Profile
  readonly transcript: Transcript
  /** The reference target: its memberships are known, and what the guide leaves open is as the contract pins it. */
  readonly isOwn: boolean
  /** How long what must come is waited for. */
  readonly patienceMs: number
  /** A span of the target's own clocks; shorter in tests. */
  scaled(ms: number): number
  /** Waits for the people and rooms of the case. A slow case may get some of its own. */
  cast(): Promise<Cast>
  /** A; where there is no cast, the first user there is. */
  somebody(): Promise<Actor>
  /** Where the broker is and how to log in. */
  readonly broker: BrokerAccess
  /** Opens a bare WebSocket to the broker, without POST /connect; no frame is sent. It may have failed to open. */
  wire(name: string, options?: Partial<Pick<WireOptions, 'url' | 'subprotocols' | 'headers'>>): Promise<Wire>
  /** A bare connection that is logged in; headers of CONNECT may differ. Unmet where no CONNECTED comes. */
  stomp(name: string, headers?: Readonly<Record<string, string | undefined>>): Promise<Wire>
  /** A token of this actor's that must be refused; SKIP where it takes a signing key that is not there. */
  forged(actor: Actor, forgery: Forgery): Promise<string>
  /** A token that is validly signed and has these claims; SKIP without a signing key. */
  signed(actor: Actor, claims: Readonly<Record<string, unknown>>): Promise<string>
  /** Any HTTP request, e.g. to the management API. Never rejects. */
  request(
    url: string,
    init?: { method?: string; headers?: Readonly<Record<string, string>>; body?: string },
  ): Promise<HttpAnswer>
  readonly managementUrl: string | undefined
  /** Writes down whether a positive control stood. */
  control(text: string, stood: boolean): void
  /** A remark in the transcript. */
  note(text: string): void
  /** By how much our own event loop was late at worst since then, in ms: so much of what seems slow may be ours. */
  latenessSince(atMs: number): number
}

/** A stage, and what the gate does with it. */
export interface OpenStage extends Stage {
  /** Whether a positive control stood, and none failed. */
  readonly isControlled: boolean
  /** The lines of curl for the last call of the API. */
  curl(): string | undefined
  /** Ends every connection at once, so that a check that waits for something comes back. */
  abort(): void
  /** Takes memberships back, says goodbye and closes what was opened. Resolves with what could not be put back. */
  close(): Promise<string[]>
}

export function openStage(
  rule: Pick<RuleText, 'id' | 'cost'>,
  environment: Environment,
  transcript: Transcript,
  timing: { pause: () => void; begin: () => void },
): OpenStage {
  const { contract, profile, patienceMs, seed, scale } = environment
  const wires: Wire[] = []
  const online = new Map<string, Actor>()
  /** Memberships that were changed, or may have been: undefined. */
  const moved = new Map<string, { actor: Actor; roomId: number; isMember: boolean | undefined }>()
  const controls: boolean[] = []
  let lease: Promise<{ plan: CastPlan; release: () => void }> | undefined
  let cast: Promise<Cast> | undefined
  let lastCall: string | undefined
  let isAborted = false
  let isClosing = false
  let isClosed = false

  const open = async (
    name: string,
    userId: number | null,
    changes: Partial<WireOptions> = {},
  ): Promise<Wire> => {
    const { url } = { ...brokerOf(environment), ...changes }
    if (!environment.isAllowed(url)) throw unmet(`${url} is not a host that may be contacted`)
    const opened = await openWire(
      name,
      {
        url,
        subprotocols: changes.subprotocols ?? ['v12.stomp', 'v11.stomp', 'v10.stomp'],
        headers: changes.headers ?? {},
        tls: environment.tls,
        timeoutMs: patienceMs,
        decoder: profile.decoder,
        entry: { connection: environment.nextConnection(), case: rule.id, userId },
      },
      transcript,
    )
    wires.push(opened)
    if (isAborted) opened.drop()
    return opened
  }

  const onCall = (
    actor: Actor,
    name: CallName,
    body: unknown,
    changes: CallChanges,
  ): ((answer: CallAnswer) => void) => {
    const roomId = name === 'join-room' ? (body as { roomId?: unknown } | undefined)?.roomId : changes.roomId
    const isMove = (name === 'join-room' || name === 'leave-room') && typeof roomId === 'number'
    const key = `${actor.index}/${String(roomId)}`
    const before = moved.get(key)
    // Until the answer says otherwise, nobody knows whether it was carried out.
    if (isMove) moved.set(key, { actor, roomId, isMember: undefined })
    return (answer) => {
      lastCall = answer.curl
      if (isOk(answer) && name === 'connect') online.set(actor.name, actor)
      if (isOk(answer) && name === 'disconnect') online.delete(actor.name)
      if (!isMove) return
      if (isOk(answer)) moved.set(key, { actor, roomId, isMember: name === 'join-room' })
      else if (isRefused(answer) && before === undefined) moved.delete(key)
      else if (isRefused(answer) && before !== undefined) moved.set(key, before)
    }
  }

  /** A deployment that does not let a member join again would not let back in who left either. */
  const beforeLeave = async (actor: Actor, roomId: number): Promise<void> => {
    const plan = (await lease)?.plan
    if (environment.isOwn || isClosing || plan?.memberships.get(actor.index)?.has(roomId) !== true) return
    const answer = await actor.join(roomId)
    if (!isOk(answer))
      throw absent(`${actor.name} would not be let back in: POST /join-room gave ${answer.status}`)
  }

  const person = async (name: string, index: number): Promise<Actor> =>
    actorWith(name, index, await environment.tokens.identityOf(index))
  const actorWith = (name: string, index: number, identity: { userId: number; token: string }): Actor =>
    newActor({
      name,
      index,
      identity,
      environment,
      caseId: rule.id,
      transcript,
      requireOpen: () => {
        if (isClosed) throw unmet('the case is over')
      },
      openWire: (userId) => open(name, userId),
      onCall,
      beforeLeave,
    })

  const enter = async (): Promise<Cast> => {
    timing.pause()
    lease = environment.casting.lease(rule.cost === 'slow' ? 'own' : 'first')
    const { plan } = await lease
    if (isAborted) throw unmet('the case was ended before its people were free')
    timing.begin()
    const [a, b] = await Promise.all([person('A', plan.a), person('B', plan.b)])
    const c = plan.c === undefined ? undefined : await person('C', plan.c)
    return {
      a,
      b,
      get c() {
        if (c === undefined) throw unmet('no user has a room that A and B are not in, so nobody can play C')
        return c
      },
      rooms: roomsOf(plan.rooms),
      roomsOf: ({ index }) => plan.memberships.get(index) ?? new Set(),
      device: (actor, device) => actorWith(`${actor.name}·${device}`, actor.index, actor),
    }
  }

  const stage: OpenStage = {
    rule: rule.id,
    seed,
    random: generator(seed, streamOf(rule.id)),
    apiUrl: environment.apiUrl,
    contract,
    profile,
    transcript,
    isOwn: environment.isOwn,
    patienceMs,
    scaled: (ms) => Math.round(ms * scale),
    cast: () => (cast ??= enter()),
    somebody: async () => (environment.casting.isEmpty ? person('A', 0) : (await (cast ??= enter())).a),
    get broker() {
      return brokerOf(environment)
    },
    wire: (name, options) => open(name, null, options),
    async stomp(name, headers) {
      const opened = await open(name, null)
      if (!opened.wasOpened)
        throw unmet(`${name} could not open a WebSocket: ${opened.end?.error ?? 'closed'}`)
      await logIn(opened, connectHeaders(brokerOf(environment), headers))
      return opened
    },
    async forged(actor, forgery) {
      const token = await FORGERIES[forgery](actor, environment)
      if (token === undefined) throw absent(WHY_NOT[forgery])
      environment.secrets.add(token, `token of ${actor.name}, ${forgery}`)
      environment.shownTokens.set(token, recipeOf(forgery, token, environment.tokenPlan))
      return token
    },
    async signed(actor, claims) {
      const token = await environment.forger.signed(actor.index, claims)
      if (token === undefined) throw absent(NO_KEY)
      const changed = `${Object.keys(claims).join(', ')} changed`
      environment.secrets.add(token, `token of ${actor.name} with ${changed}`)
      environment.shownTokens.set(
        token,
        signedRecipe(token, environment.tokenPlan, `validly signed, ${changed}`),
      )
      return token
    },
    async request(url, { method = 'GET', headers = {}, body } = {}) {
      if (!environment.isAllowed(url)) throw unmet(`${url} is not a host that may be contacted`)
      transcript.request('checker', `${method} ${url}`)
      const answer = await environment.http.ask({ method, url, headers, body }, patienceMs)
      transcript.response('checker', answer.failure ?? `${answer.status} ${answer.text.slice(0, 500)}`)
      return answer
    },
    managementUrl: environment.managementUrl,
    control(text, stood) {
      controls.push(stood)
      transcript.note(`positive control ${stood ? 'stood' : 'failed'}: ${text}`)
      transcript.record({ kind: 'control', atMs: transcript.clock.nowMs(), case: rule.id, stood, text })
    },
    note: (text) => transcript.note(text),
    latenessSince: (atMs) => environment.loop.worstMs(atMs),
    get isControlled() {
      return controls.length > 0 && controls.every(Boolean)
    },
    curl: () => lastCall,
    abort() {
      isAborted = true
      for (const wire of wires) wire.drop()
    },
    async close() {
      isAborted = true
      isClosing = true
      const restored = await Promise.all([...moved.values()].map((move) => restore(move)))
      await Promise.all([
        ...[...online.values()].map((actor) =>
          actor.call('disconnect', undefined, { timeoutMs: GOODBYE_MS }),
        ),
        ...wires.map((wire) => wire.close()),
      ])
      // A lease that is still queued gives the people back as soon as it has them.
      void lease?.then(({ release }) => release()).catch(() => undefined)
      isClosed = true
      return restored.filter((problem) => problem !== '')
    },
  }

  /** Puts a membership back as it was; '' when that went well. */
  async function restore({
    actor,
    roomId,
    isMember,
  }: {
    actor: Actor
    roomId: number
    isMember: boolean | undefined
  }): Promise<string> {
    const plan = (await lease)?.plan
    const wasMember = plan?.memberships.get(actor.index)?.has(roomId) === true
    if (isMember === wasMember) return ''
    for (let attempt = 0; attempt < RESTORE_ATTEMPTS; attempt++) {
      const answer = wasMember ? await actor.join(roomId) : await actor.leave(roomId)
      if (isOk(answer)) return ''
    }
    // An answer that failed says nothing about where the actor is; this one does.
    const listed = await actor.call('connect')
    if (isOk(listed) && readConnect(listed.json).rooms.includes(roomId) === wasMember) return ''
    return `${actor.name} could not be put back ${wasMember ? 'into' : 'out of'} room ${roomId}`
  }

  return stage
}

// --- internal ---

const GOODBYE_MS = 1_000
const RESTORE_ATTEMPTS = 3
const NO_KEY = 'there is no key to sign tokens with: give --jwt-secret or --jwt-key'

const FORGERIES: Readonly<
  Record<
    Forgery,
    (actor: Actor, environment: Environment) => Promise<string | undefined> | string | undefined
  >
> = {
  expired: ({ index }, { forger }) => forger.expired(index),
  'foreign key': ({ token }) => signedByStranger(token),
  'altered signature': ({ token }) => withAlteredSignature(token),
  'alg none': ({ token }) => unsigned(token),
  'key confusion': ({ token }, { tokenPlan }) => confusingKeys(token, tokenPlan),
}

const WHY_NOT: Readonly<Record<Forgery, string>> = {
  expired: NO_KEY,
  'foreign key': 'the tokens are signed by none of HS256, RS256, ES256',
  'altered signature': '',
  'alg none': '',
  'key confusion': 'keys can only be confused where there is a key pair: give --jwt-key',
}

/** The rooms with those that are missing turned into unmet preconditions when they are asked for. */
function roomsOf({ shared, absent: unknown, other, second, canary }: CastRooms): Cast['rooms'] {
  return {
    shared,
    absent: unknown,
    get other() {
      if (other === undefined) throw unmet('no user has a room that A and B are not in')
      return other
    },
    get second() {
      if (second === undefined) throw absent('A and B have no second room in common')
      return second
    },
    get canary() {
      if (canary === undefined) throw absent('A and B have no third room in common, in which nothing is sent')
      return canary
    },
  }
}

/** A stream of randomness for a rule's id: FNV-1a, so that it does not depend on the other rules. */
function streamOf(id: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
