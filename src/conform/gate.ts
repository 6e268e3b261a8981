import { randomInt } from 'node:crypto'
import type { Contract } from '../chat/contract.ts'
import { openTokens, type TokenPlan, type Tokens } from '../chat/tokens.ts'
import { reasonOf } from '../errors.ts'
import type { ConformanceCase, ConformanceResult } from '../measure/conformance.ts'
import { RUN_LENGTH } from '../measure/token.ts'
import type { TlsOptions } from '../stomp/client.ts'
import { newCasting, type CastPlan } from './casting.ts'
import type { Environment } from './environment.ts'
import { newForger } from './forgery.ts'
import { openHttp } from './http.ts'
import type { History, HistoryEvent } from './history.ts'
import { caseOf, resultOf } from './gate-result.ts'
import { judgeOutcome, type Judgement } from './judgement.ts'
import { knownFailuresFor, type KnownFailure, type KnownFailures } from './known-failures.ts'
import { watchLoop } from './loop-delay.ts'
import { excerptAround } from './passive-evidence.ts'
import { profileFor, profileNamed, type Profile } from './profile.ts'
import { REHEARSAL } from './rehearsal.ts'
import {
  inconclusive,
  skip,
  type ActiveRule,
  type Outcome,
  type PassiveRule,
  type Rule,
  type RuleText,
} from './rule.ts'
import { runCase, type RanCase } from './run-case.ts'
import { scout, type Scouted } from './scout.ts'
import { newSecrets, type Secrets } from './secrets.ts'
import { startClock } from './transcript.ts'

/** What to ask of whom. */
export interface GateRequest {
  /** The chosen rules, what was asked for to choose them, and the ids of all there are. */
  rules: readonly Rule[]
  asked: readonly string[]
  ruleIds: ReadonlySet<string>
  /** How many normative statements the whole catalogue rests on. */
  statements: number
  apiUrl: string
  /** Of the reference target: its rooms are known, and each slow case has people of its own. */
  casts: readonly CastPlan[] | undefined
  isOwn: boolean
  broker: string
  faults: readonly string[]
  tokens: TokenPlan
  tls: TlsOptions
  contract: Contract
  isAllowed: (url: string) => boolean
  managementUrl: string | undefined
  /** Name of a profile; undefined: by CONNECTED's `server`. */
  profile: string | undefined
  knownFailures: { file: string | null; entries: readonly KnownFailure[] }
  isStrict: boolean
  seed: number
  /** How long what must come is waited for. */
  patienceMs: number
  /** What spans of the target's own clocks are multiplied by; 1 but in tests. */
  scale: number
  /** How late our own event loop may be at the 99th percentile before times of this gate are doubted. */
  loopLimitMs: number
  /** The longest a case may take. */
  limitMs: Readonly<Record<RuleText['cost'], number>>
  /** The command that repeats this gate, without its selection and seed. */
  repeat: string
  command: string
  tags: Readonly<Record<string, string>>
  signal: AbortSignal
  onBegin?: (id: string) => void
  onCase?: (done: ConformanceCase) => void
  onEvent?: (event: HistoryEvent) => void
}

/** A finished gate: what it found, and everything it did and saw. */
export interface FinishedGate {
  result: ConformanceResult
  history: History
}

/**
 * Asks the chosen rules of a deployment: the quick ones one after the other, the slow ones beside them, the passive ones
 * at the end. Never rejects for what the target does; a target that cannot be reached is a result too.
 */
export async function runGate(request: GateRequest): Promise<FinishedGate> {
  const startedAt = new Date()
  const events: HistoryEvent[] = []
  const onEvent = (event: HistoryEvent): void => {
    events.push(event)
    request.onEvent?.(event)
  }
  const gate = await openGate(request)
  const { environment, scouted, profileFrom } = gate
  const { profile } = environment
  const known = knownFailuresFor(request.knownFailures.file, request.knownFailures.entries, {
    apiUrl: request.apiUrl,
    profile: profile.name,
    today: startedAt,
    ruleIds: request.ruleIds,
  })
  onEvent(gateEvent(request, environment, startedAt))
  const done = new Map<Rule, ConformanceCase>()
  const remarks: string[] = []
  /** Memberships that the gate changed and could not put back. */
  const damage: string[] = []
  const settle = (rule: Rule, ran: RanCase, excuses: Pick<KnownFailures, 'excuse'> = known): void => {
    const judgement: Judgement = judgeOutcome(rule, ran.outcome, profile, excuses)
    if (judgement.remark !== undefined) remarks.push(judgement.remark)
    for (const problem of ran.unrestored) damage.push(`after ${rule.id}: ${problem}`)
    const settled = caseOf(
      rule,
      clean(ran, environment.secrets),
      redacted(judgement, environment.secrets),
      // A history is judged again, not made again; where it lies is known to whoever writes it.
      'judge' in rule ? undefined : `${request.repeat} --only ${rule.id} --seed ${request.seed}`,
    )
    done.set(rule, settled)
    request.onCase?.(settled)
  }
  const unasked = (outcome: Outcome): RanCase => ({
    ...NOTHING,
    outcome,
    startedMs: environment.clock.nowMs(),
  })
  const whyNobody = scouted.unreachable ?? scouted.closed

  const ask = async (rule: ActiveRule): Promise<void> => {
    const missing = missingNeed(rule, environment)
    const isClosed = scouted.unreachable !== undefined || rule.isEntry !== true
    if (whyNobody !== undefined && isClosed) settle(rule, unasked(inconclusive(whyNobody)), NO_EXCUSE)
    else if (request.signal.aborted)
      settle(rule, unasked(inconclusive('not asked: stopped by a signal')), NO_EXCUSE)
    else if (missing !== undefined) settle(rule, unasked(skip(missing)))
    else {
      request.onBegin?.(rule.id)
      settle(rule, await runCase(rule, environment, request.limitMs[rule.cost], onEvent, request.signal))
    }
  }

  const active = request.rules.filter((rule): rule is ActiveRule => 'check' in rule)
  const passive = request.rules.filter((rule): rule is PassiveRule => 'judge' in rule)
  try {
    if (passive.length > 0 && whyNobody === undefined && !request.signal.aborted)
      for (const problem of (
        await runCase(REHEARSAL, environment, request.limitMs.quick, onEvent, request.signal)
      ).unrestored)
        damage.push(`after the rehearsal: ${problem}`)
    const slow = active.filter(({ cost }) => cost === 'slow').map(ask)
    for (const rule of active.filter(({ cost }) => cost === 'quick')) await ask(rule)
    await Promise.all(slow)
    onEvent({
      kind: 'loop',
      atMs: environment.clock.nowMs(),
      p99Ms: environment.loop.p99Ms(),
      limitMs: request.loopLimitMs,
    })
    const history = { events, contract: request.contract }
    for (const rule of passive) {
      if (whyNobody === undefined) settle(rule, shown(unasked(judged(rule, history)), history))
      else settle(rule, unasked(inconclusive(whyNobody)), NO_EXCUSE)
    }
    const cases = request.rules.flatMap((rule) => done.get(rule) ?? [])
    const result = resultOf({
      request,
      cases,
      known,
      profile,
      profileFrom,
      scouted,
      remarks,
      damage,
      redact: environment.secrets.redact,
      startedAt,
      history,
    })
    return { result, history }
  } finally {
    environment.loop.stop()
    environment.http.close()
  }
}

/** Judges a passive rule; one that throws is INCONCLUSIVE. */
export function judged(rule: PassiveRule, history: History): Outcome {
  try {
    return rule.judge(history)
  } catch (error) {
    return inconclusive(`the check itself failed: ${reasonOf(error)}`)
  }
}

// --- internal ---

/** What was not asked was not seen to fail. */
const NO_EXCUSE: Pick<KnownFailures, 'excuse'> = { excuse: () => undefined }

/** With what happened around the example of a judgement. */
function shown(ran: RanCase, history: History): RanCase {
  const { seenMs } = ran.outcome
  if (seenMs === undefined) return ran
  const transcript = excerptAround(history, seenMs)
  return { ...ran, transcript, startedMs: transcript[0]?.atMs ?? ran.startedMs }
}

/** Nothing that is kept or told may hold a secret: whoever reads a public log reads it too. */
function redacted(judgement: Judgement, { redact }: Secrets): Judgement {
  return { ...judgement, actual: redact(judgement.actual) }
}

function clean(ran: RanCase, { redact }: Secrets): RanCase {
  const { fragment } = ran.outcome
  return {
    ...ran,
    outcome: {
      ...ran.outcome,
      ...(fragment === undefined ? {} : { fragment: { ...fragment, found: redact(fragment.found) } }),
    },
  }
}

const NOTHING = { durationMs: 0, transcript: [], frames: [], curl: undefined, unrestored: [] }

async function openGate(
  request: GateRequest,
): Promise<{ environment: Environment; scouted: Scouted; profileFrom: string }> {
  const { apiUrl, contract, tls, patienceMs, isAllowed } = request
  const clock = startClock()
  const loop = watchLoop(clock)
  const secrets = newSecrets()
  if (request.tokens.kind === 'minted') secrets.add(request.tokens.key, 'signing key')
  const http = openHttp(tls, clock)
  const tokens = await openTokens(request.tokens)
  const users =
    request.tokens.kind === 'listed' ? Math.min(MOST_USERS, request.tokens.identities.length) : MINTED_USERS
  const scouted = await scout({
    apiUrl,
    contract,
    tokens,
    users,
    casts: request.casts,
    http,
    secrets,
    clock,
    tls,
    patienceMs,
    isAllowed,
  })
  const chosen = chooseProfile(request.profile, scouted.server)
  const seqs = new Map<string, number>()
  let connections = 0
  const environment: Environment = {
    apiUrl,
    contract,
    tokenPlan: request.tokens,
    tokens,
    forger: newForger(request.tokens),
    tls,
    http,
    secrets,
    clock,
    loop,
    profile: chosen.profile,
    casting: newCasting(scouted.casts, scouted.whyNoCast),
    members: membersOf(scouted.casts, tokens),
    broker: scouted.broker,
    whyNoBroker: scouted.whyNoBroker,
    managementUrl: request.managementUrl,
    isOwn: request.isOwn,
    shownTokens: new Map(),
    seed: request.seed,
    // Never the same twice, so that what an earlier gate sent into the same rooms is told apart.
    runCode: randomInt(36 ** RUN_LENGTH)
      .toString(36)
      .padStart(RUN_LENGTH, '0'),
    patienceMs,
    scale: request.scale,
    isAllowed,
    nextSeq(roomId, sender) {
      const key = `${roomId}/${sender}`
      const seq = seqs.get(key) ?? 0
      seqs.set(key, seq + 1)
      return seq
    },
    nextConnection: () => `c${++connections}`,
  }
  return { environment, scouted, profileFrom: chosen.from }
}

/** So many users are asked for their rooms to find three that fit. */
const MOST_USERS = 12
const MINTED_USERS = 4

function chooseProfile(name: string | undefined, server: string | null): { profile: Profile; from: string } {
  return name === undefined ? profileFor(server) : { profile: profileNamed(name), from: '--profile' }
}

/** The rooms of every user that may play, by user id. */
function membersOf(casts: readonly CastPlan[], tokens: Tokens): Record<string, number[]> {
  const memberships = casts.flatMap((cast) => [...cast.memberships])
  return Object.fromEntries(memberships.map(([index, rooms]) => [tokens.userIdOf(index), [...rooms]]))
}

function missingNeed({ needs = [] }: Rule, { tokenPlan, managementUrl }: Environment): string | undefined {
  if (needs.includes('signing-key') && tokenPlan.kind === 'listed')
    return 'there is no key to sign tokens with: give --jwt-secret or --jwt-key'
  if (needs.includes('management') && managementUrl === undefined)
    return 'the broker’s management API is not known: give --management URL'
  return undefined
}

function gateEvent(request: GateRequest, environment: Environment, startedAt: Date): HistoryEvent {
  return {
    kind: 'gate',
    version: 1,
    startedAt: startedAt.toISOString(),
    seed: request.seed,
    runCode: environment.runCode,
    contract: request.contract.digest,
    profile: environment.profile.name,
    patienceMs: request.patienceMs,
    isOwn: request.isOwn,
    members: environment.members,
  }
}
