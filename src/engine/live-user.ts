import type { ApiAnswer, ChatApi } from '../chat/api.ts'
import { nowUs } from '../clock.ts'
import type { Outcome } from '../measure/obligation.ts'
import { composeContent, TOKEN_LENGTH } from '../measure/token.ts'
import { recorderOf } from '../measure/warm-up.ts'
import { draw } from '../scenario/distribution.ts'
import { generator, STREAM } from '../scenario/random.ts'
import type { ChatUser, RawStomp } from '../scenario/user.ts'
import { StompFailure } from '../stomp/client.ts'
import { subscriptionOf } from './admission.ts'
import { call, type Parts } from './parts.ts'
import type { Session } from './session.ts'

/** A simulated person: performs activities over its session. One activity at a time, as people do. */
export class LiveUser implements ChatUser {
  readonly index: number
  readonly session: Session
  /** An activity is running. */
  isBusy = false
  readonly random: () => number
  /** Where the plan is in the running activity; steps are due at it, whenever the step before them ended. */
  private planUs = 0
  private readonly parts: Parts

  constructor(session: Session, parts: Parts) {
    this.index = session.index
    this.session = session
    this.parts = parts
    this.random = generator(parts.scenario.seed, STREAM.users + 16 * (session.index + 1))
  }

  get userId(): number {
    return this.parts.tokens.userIdOf(this.index)
  }

  get rooms(): readonly number[] {
    return this.session.rooms
  }

  /** Made when it is asked for: few scenarios do, and an object of closures a user is 260 bytes. */
  get stomp(): RawStomp {
    return rawStomp(this.session, this.parts)
  }

  /** Sets the planned moment of the activity that begins now. */
  begin(plannedUs: number): void {
    this.planUs = plannedUs
  }

  pickRoom(): number | undefined {
    const { rooms } = this
    return rooms[Math.floor(this.random() * rooms.length)]
  }

  pickOtherRoom(): number | undefined {
    const mine = new Set(this.rooms)
    const all = [...this.parts.knownRooms]
    const start = Math.floor(this.random() * all.length)
    for (let i = 0; i < all.length; i++) {
      const room = all[(start + i) % all.length] as number
      if (!mine.has(room)) return room
    }
    return undefined
  }

  async pause(ms: number): Promise<void> {
    this.planUs += ms * 1e3
    await this.parts.agenda.until(this.planUs)
  }

  async say(room: number, options: { length?: number; typing?: boolean } = {}): Promise<void> {
    const { message } = this.parts.scenario
    this.requireApi()
    const length = Math.max(TOKEN_LENGTH, Math.round(options.length ?? draw(message.length, this.random)))
    const { typing } = message
    if (typing === false || options.typing === false) {
      await this.send(room, length)
      return
    }
    // typing-end waits for the answer to typing-start, so that the two cannot overtake each other; the message does not.
    const started = this.typingCall('typing-start', room)
    await this.pause(Math.min(typing.maxMs, (length / typing.charactersPerSecond) * 1e3))
    await Promise.all([this.send(room, length), started.then(() => this.typingCall('typing-end', room))])
  }

  async type(room: number, ms: number): Promise<void> {
    this.requireApi()
    const started = this.typingCall('typing-start', room)
    await this.pause(ms)
    await started
    await this.typingCall('typing-end', room)
  }

  async leave(room: number): Promise<void> {
    const listening = this.session.listeningTo(room)
    if (listening === undefined) return
    await this.session.unsubscribe(listening, () =>
      call(this.parts, this.api, 'leave-room', this.token, undefined, room),
    )
  }

  async join(room: number): Promise<void> {
    const answer = await call(this.parts, this.api, 'join-room', this.token, { roomId: room })
    const destination = subscriptionOf(answer)
    // Subscribing a second time would bring every message twice.
    if (destination === undefined || this.session.listeningTo(room) !== undefined) return
    await this.session.subscribe(destination, room)
  }

  async reconnect(awayMs?: number): Promise<void> {
    await this.session.dropFor(awayMs ?? this.parts.scenario.reconnect.awayMs)
  }

  pauseReading(): void {
    this.session.pauseReading()
  }

  resumeReading(): void {
    this.session.resumeReading()
  }

  // --- internal ---

  private get api(): ChatApi {
    if (this.parts.api === undefined) throw new Error('this scenario has no chat API: it sets stomp.url')
    return this.parts.api
  }

  /** Before anything is started that only fails later, when nobody waits for it yet. */
  private requireApi(): void {
    if (this.parts.api === undefined) throw new Error('this scenario has no chat API: it sets stomp.url')
    if (this.session.identity === undefined) throw new StompFailure('closed', 'the user never connected')
  }

  private get token(): string {
    if (this.session.identity === undefined) throw new StompFailure('closed', 'the user never connected')
    return this.session.identity.token
  }

  /** POST /send-message at the planned moment, with the documented retry: three tries, 1 s then 2 s apart. */
  private async send(room: number, length: number): Promise<void> {
    const { parts, api, token } = this
    const { ledger, metrics, runCode } = parts
    const plannedUs = this.planUs
    const sentUs = nowUs()
    recorderOf(parts.lateness, plannedUs, parts.warmUp).record(sentUs - plannedUs)
    const sent = ledger.publish('messages', room, this.index, plannedUs, sentUs)
    metrics.counters.messages_sent++
    const fillerOffset = Math.floor(this.random() * 65_536)
    let outcome: Exclude<Outcome, 'open'> = 'rejected'
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const content = composeContent(
        {
          run: runCode,
          room,
          sender: this.index,
          seq: sent.seq,
          attempt,
          plannedUs: plannedUs - parts.startUs,
        },
        length,
        fillerOffset,
      )
      const body = { roomId: room, message: { message_type: 'text', content } }
      const answer = await call(parts, api, 'send-message', token, body)
      outcome = worse(outcome, outcomeOf(answer))
      if (answer.kind === 'answered' || attempt === TRIES) break
      metrics.counters.http_retries++
      await parts.agenda.until(nowUs() + attempt * 1e6)
    }
    ledger.answer(sent, outcome, nowUs())
  }

  private async typingCall(name: 'typing-start' | 'typing-end', room: number): Promise<void> {
    const { parts } = this
    const plannedUs = this.planUs
    const sentUs = nowUs()
    if (name === 'typing-start')
      recorderOf(parts.lateness, plannedUs, parts.warmUp).record(sentUs - plannedUs)
    // A late typing-end is planned for when it is sent: it waits for the answer to typing-start, not for the generator.
    const sent = parts.ledger.publish(
      'typing',
      room,
      this.index,
      name === 'typing-start' ? plannedUs : sentUs,
      sentUs,
    )
    parts.metrics.counters.typing_sent++
    const answer = await call(parts, this.api, name, this.token, { roomId: room })
    parts.ledger.answer(sent, outcomeOf(answer), nowUs())
  }
}

// --- internal ---

const TRIES = 3

/** Failures of a call that never left: they are sure to have had no effect. */
const NEVER_SENT: ReadonlySet<string> = new Set(['refused', 'dns', 'exhausted'])

/** What a publishing call's end says about its effect. */
function outcomeOf(answer: ApiAnswer): Exclude<Outcome, 'open'> {
  if (answer.kind === 'failed') return NEVER_SENT.has(answer.class) ? 'rejected' : 'unknown'
  if (answer.isOk) return 'accepted'
  // A redirect does not say whether the message was taken: 303 means that it was, 307 that it was not.
  return answer.status >= 400 && answer.status < 500 ? 'rejected' : 'unknown'
}

/** Over several tries: accepted once is accepted; otherwise one unclear try leaves the whole unclear. */
function worse(before: Exclude<Outcome, 'open'>, now: Exclude<Outcome, 'open'>): Exclude<Outcome, 'open'> {
  if (now === 'accepted' || before === 'accepted') return 'accepted'
  return before === 'unknown' ? before : now
}

function rawStomp(session: Session, parts: Parts): RawStomp {
  return {
    subscribe: async (destination, onBody = () => {}) => {
      const held = await session.subscribe(destination, undefined, onBody)
      return held.id
    },
    unsubscribe: async (id) => {
      const held = session.listeningById(id)
      if (held !== undefined) await session.unsubscribe(held)
    },
    send: async (destination, body, headers) => {
      const sentUs = nowUs()
      await session.stomp.send(destination, body, {
        receipt: true,
        ...(headers === undefined ? {} : { headers }),
      })
      parts.metrics.counters.ws_msgs_sent++
      const sending = parts.metrics.trend('stomp_sending')
      recorderOf(sending, sentUs, parts.warmUp).record(nowUs() - sentUs)
    },
  }
}
