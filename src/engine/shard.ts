import { isAllowed } from '../chat/allowed.ts'
import { openChatApi } from '../chat/api.ts'
import { type Contract, loadContract } from '../chat/contract.ts'
import { openTokens, type Tokens } from '../chat/tokens.ts'
import { nowUs } from '../clock.ts'
import { newDrift, SAMPLE } from '../measure/drift.ts'
import { Findings } from '../measure/findings.ts'
import { Ledger } from '../measure/ledger.ts'
import { Metrics } from '../measure/metrics.ts'
import { readScenario } from '../scenario/read.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { activeFromMs, measuredFromMs } from '../scenario/span.ts'
import { activeIntervals } from '../scenario/workload.ts'
import { createStompClient } from '../stomp/driver.ts'
import { FLAVOURS } from '../stomp/flavour.ts'
import type { Account } from './account.ts'
import { newAgenda } from './agenda.ts'
import { type Activities, startActivities } from './drive.ts'
import { deliveriesOnTheWay, type InFlightSampler, publishHeard, sampleInFlight } from './in-flight.ts'
import { LiveUser } from './live-user.ts'
import type { Parts } from './parts.ts'
import { planRooms } from './plan.ts'
import type { FromShard, Line, ShardOrder, Tick, ToShard } from './protocol.ts'
import { newPulse, type Pulse } from './pulse.ts'
import { newReception } from './reception.ts'
import { newRelay, type Relay } from './relay.ts'
import { Session } from './session.ts'

/**
 * One slice of a run: the users u ≡ index (mod shards), their sessions, activities, ledger and metrics. The same code
 * in a worker thread here or, over the same messages, on another machine. Resolves after `done` is posted.
 */
export async function runShard(order: ShardOrder, line: Line<FromShard, ToShard>): Promise<void> {
  const scenario = await readScenario(order.scenarioFile, order.overrides)
  const contract = loadContract(order.contractDir)
  const tokens = await openTokens(order.tokens)
  const inbox = newInbox(line)
  line.post({ kind: 'ready', contractDigest: contract.digest })
  const startUs = await inbox.started
  const relay = order.shards > 1 ? newRelay(order.index, order.shards) : undefined
  const parts = newParts(order, scenario, contract, tokens, startUs, relay)
  const users = usersOf(order, parts)
  const inFlight = sampleInFlight(() => deliveriesOnTheWay(parts.metrics.counters), parts.ledger.books)
  inbox.onNews = (news) => relay?.apply(parts.ledger, news, (item) => publishHeard(parts, inFlight, item))

  const pulse = newPulse()
  const activities = startActivities(order, parts, users)
  const stopTicks = startTicks(parts, { pulse, inFlight }, activities, line)
  const stopChores = startChores(parts, relay, line)
  const ending = { is: false }
  scheduleSessions(parts, users, ending)
  parts.agenda.at(startUs + measuredFromMs(scenario) * 1e3, () => pulse.beginMeasured())

  const isPlanEnd = await Promise.race([
    parts.agenda.until(startUs + scenario.durationMs * 1e3).then(() => true),
    inbox.stopped.then(() => false),
  ])
  ending.is = true
  // Before the wait for what is unfinished: idle time would thin the figures.
  const health = pulse.measured()
  await activities.stop(isPlanEnd, inbox.stopped)
  const usersDown = usersDownAmong(users, scenario.timeoutMs * 1e3)
  // Late copies of the last messages still have someone to arrive at.
  await parts.agenda.until(nowUs() + scenario.delivery.drainMs * 1e3)
  await allLeave(parts, users)
  // Only when every shard's users have gone is all news of what was sent in: a sender's shard may end later than this one.
  postNews(relay, line)
  line.post({ kind: 'left' })
  const dead = await inbox.allLeft
  const wasDrained = parts.ledger.pending() === 0 && !parts.ledger.hasOpenCalls()
  parts.ledger.finish(nowUs(), (sender) => dead.includes(sender % order.shards))
  postNews(relay, line)
  line.post({ kind: 'settled', wasDrained })

  await inbox.finished
  await parts.api?.close()
  stopTicks()
  stopChores()
  inFlight.stop()
  pulse.stop()
  parts.agenda.clear()
  line.post({
    kind: 'done',
    report: {
      metrics: parts.metrics.encode(),
      ...standing(parts, activities),
      findings: parts.findings.encode(),
      examples: parts.ledger.books.examples,
      drift: parts.drift.encode(),
      users: usersDown,
      health,
    },
  })
}

// --- internal ---

interface Inbox {
  started: Promise<number>
  stopped: Promise<void>
  /** Resolves with the shards that died. */
  allLeft: Promise<number[]>
  finished: Promise<void>
  onNews: (news: Extract<ToShard, { kind: 'news' }>['news']) => void
}

function newInbox(line: Line<FromShard, ToShard>): Inbox {
  const started = Promise.withResolvers<number>()
  const stopped = Promise.withResolvers<void>()
  const allLeft = Promise.withResolvers<number[]>()
  const finished = Promise.withResolvers<void>()
  const inbox: Inbox = {
    started: started.promise,
    stopped: stopped.promise,
    allLeft: allLeft.promise,
    finished: finished.promise,
    onNews: () => {},
  }
  line.onMessage((message) => {
    if (message.kind === 'start') started.resolve(message.startUs)
    else if (message.kind === 'stop') stopped.resolve()
    else if (message.kind === 'settle') allLeft.resolve(message.dead)
    else if (message.kind === 'finish') finished.resolve()
    else inbox.onNews(message.news)
  })
  return inbox
}

function newParts(
  order: ShardOrder,
  scenario: Scenario,
  contract: Contract,
  tokens: Tokens,
  startUs: number,
  relay: Relay | undefined,
): Parts {
  const metrics = new Metrics()
  const findings = new Findings()
  const warmUp = {
    fromUs: startUs + activeFromMs(scenario) * 1e3,
    untilUs: startUs + measuredFromMs(scenario) * 1e3,
  }
  const ledger = new Ledger(metrics, {
    startUs,
    warmUp,
    timeoutUs: scenario.delivery.timeoutMs * 1e3,
    echo: order.echo,
    ...(relay === undefined ? {} : { exchange: relay.exchange }),
  })
  const { runCode, tls, sourceAddresses } = order
  const addressOf = (index: number): { localAddress?: string } => {
    const localAddress = sourceAddresses[index % sourceAddresses.length]
    return localAddress === undefined ? {} : { localAddress }
  }
  const api =
    order.apiUrl === undefined
      ? undefined
      : openChatApi({
          baseUrl: order.apiUrl,
          contract,
          timeoutMs: scenario.timeoutMs,
          tls,
          ...addressOf(order.index),
          connections: order.apiConnections,
          onWait: () => metrics.count('generator_waits'),
          onIssue: (issue, name, payload) => {
            metrics.counters[issue.kind === 'violation' ? 'contract_violations' : 'contract_drift']++
            // The answer of POST /connect holds the broker's passcode: it is not kept, not even as an example.
            const kept = name === 'connect' ? '(not kept: it holds credentials)' : payload
            findings.find(issue, `POST ${name}`, kept, (nowUs() - startUs) / 1e3)
          },
        })
  const drift = newDrift(contract.shapes, { oneIn: SAMPLE.oneIn })
  const rooms = scenario.rooms.from === 'plan' ? roomsByUser(scenario, order.shards) : undefined
  return {
    scenario,
    runCode,
    startUs,
    agenda: newAgenda(),
    api,
    tokens,
    ledger,
    metrics,
    findings,
    drift,
    reception: newReception({ contract, ledger, metrics, findings, drift, tokens, runCode, startUs }),
    lateness: metrics.trend('generator_lateness'),
    warmUp,
    connect: (broker, user, handlers) =>
      createStompClient(
        order.driver,
        {
          ...broker,
          flavour: scenario.flavour,
          heartbeat: FLAVOURS[scenario.flavour].heartbeat,
          timeoutMs: scenario.timeoutMs,
          tls,
          ...addressOf(Math.floor(user / order.shards)),
        },
        handlers,
      ),
    mayConnect: (url) => isAllowed(url, order.allowedHosts),
    plannedRooms: (user) => rooms?.get(user) ?? [],
    knownRooms: new Set(),
    connected: { count: 0 },
  }
}

function roomsByUser(scenario: Scenario, shards: number): Map<number, number[]> {
  const rooms = new Map<number, number[]>()
  for (const [i, members] of planRooms(scenario, shards).entries()) {
    for (const user of members) {
      const own = rooms.get(user)
      if (own === undefined) rooms.set(user, [i + 1])
      else own.push(i + 1)
    }
  }
  return rooms
}

function usersOf(order: ShardOrder, parts: Parts): Map<number, LiveUser> {
  const users = new Map<number, LiveUser>()
  for (let index = order.index; index < parts.scenario.userCount; index += order.shards) {
    users.set(index, new LiveUser(new Session(index, parts), parts))
  }
  return users
}

/** Users without a connection although the plan wants them to have one. */
function usersDownAmong(
  users: ReadonlyMap<number, LiveUser>,
  limitUs: number,
): { neverUp: number; downAtEnd: number } {
  const down = [...users.values()].filter(({ session }) => session.isWanted && !session.isUp)
  const neverUp = down.filter(
    ({ session }) => !session.wasEverUp && nowUs() - session.wantedUs > limitUs,
  ).length
  return { neverUp, downAtEnd: down.filter(({ session }) => session.wasEverUp).length }
}

/** Every user comes and goes when the plan says; a user that is busy when it should go finishes first. */
function scheduleSessions(parts: Parts, users: Map<number, LiveUser>, ending: { is: boolean }): void {
  const { agenda, startUs, scenario } = parts
  for (const user of users.values()) {
    let gone = Promise.resolve()
    for (const [fromMs, toMs] of activeIntervals(scenario.users, user.index)) {
      const plannedUs = startUs + fromMs * 1e3
      agenda.at(
        plannedUs,
        () => void gone.then(() => (ending.is ? undefined : user.session.start(plannedUs, () => ending.is))),
      )
      // Who stays to the end leaves after the drain.
      if (toMs < scenario.durationMs) {
        agenda.at(startUs + toMs * 1e3, () => {
          gone = gone.then(() => whenIdle(parts, user)).then(() => user.session.leave())
        })
      }
    }
  }
}

async function whenIdle(parts: Parts, user: LiveUser): Promise<void> {
  const giveUpUs = nowUs() + GRACEFUL_STOP_US
  while (user.isBusy && nowUs() < giveUpUs) await parts.agenda.until(nowUs() + 20_000)
}

/** Everyone still here leaves at the pace at which they came, so that the end of a run is not a storm of its own. */
async function allLeave(parts: Parts, users: Map<number, LiveUser>): Promise<void> {
  const { scenario, startUs } = parts
  const beginUs = nowUs()
  const stepUs = Math.max(
    1e6 / MOST_LEAVES_PER_SECOND,
    Math.min(arrivalSpanUs(scenario), beginUs - startUs, scenario.mostLeavingMs * 1e3) / users.size,
  )
  let i = 0
  await Promise.all(
    users.values().map(async ({ session }) => {
      await parts.agenda.until(beginUs + i++ * stepUs)
      await session.leave()
    }),
  )
}

/** From the first user's planned arrival to the last one's. */
function arrivalSpanUs({ users, userCount }: Scenario): number {
  const arrivals = [0, userCount - 1].map((rank) => activeIntervals(users, rank)[0]?.[0] ?? 0)
  return Math.max(0, (arrivals[1] as number) - (arrivals[0] as number)) * 1e3
}

/** What counts from the start in a shard's account. */
function standing(
  { ledger }: Parts,
  activities: Activities,
): Pick<Account, 'lostPlaces' | 'unknowns' | 'scenarioExceptions'> {
  const { lostPlaces, unknowns } = ledger.books
  return { lostPlaces, unknowns, scenarioExceptions: activities.exceptions() }
}

/** Posts a tick at every whole second of the run. */
function startTicks(
  parts: Parts,
  { pulse, inFlight }: { pulse: Pulse; inFlight: InFlightSampler },
  activities: Activities,
  line: Line<FromShard, ToShard>,
): () => void {
  let second = 0
  let toldExamples = 0
  let isOver = false
  const post = (): void => {
    const { metrics, ledger, findings } = parts
    const health = pulse.take()
    const examples = ledger.books.examples.slice(toldExamples)
    toldExamples += examples.length
    metrics.trend('generator_loop_delay').record(health.loopDelayP99Us)
    const tick: Tick = {
      second,
      counters: { ...metrics.counters },
      labelled: Object.fromEntries(metrics.labelled),
      users: parts.connected.count,
      pending: ledger.pending(),
      pendingMessages: ledger.pending('messages'),
      inFlight: inFlight.take(),
      ...standing(parts, activities),
      findings: findings.takeNew(),
      examples,
      histograms: metrics.takeInterval(),
      topErrors: findings
        .topErrors(5)
        .map(({ class: name, count, example }) => ({ class: name, count, example })),
      health,
    }
    line.post({ kind: 'tick', tick })
  }
  const schedule = (): void => {
    second++
    parts.agenda.at(parts.startUs + second * 1e6, () => {
      if (isOver) return
      post()
      schedule()
    })
  }
  schedule()
  return () => {
    isOver = true
    post()
  }
}

/** Settles timed-out messages and passes news on, every 50 ms. */
function startChores(parts: Parts, relay: Relay | undefined, line: Line<FromShard, ToShard>): () => void {
  const timer = setInterval(() => {
    parts.ledger.sweep(nowUs())
    postNews(relay, line)
  }, 50)
  return () => clearInterval(timer)
}

function postNews(relay: Relay | undefined, line: Line<FromShard, ToShard>): void {
  const news = relay?.take() ?? []
  if (news.length > 0) line.post({ kind: 'news', news })
}

const GRACEFUL_STOP_US = 30_000_000
const MOST_LEAVES_PER_SECOND = 1_000
