import { Histogram } from '../../src/measure/histogram.ts'
import type { RunResult } from '../../src/measure/result.ts'
import { DEFAULT_JWT_SECRET } from '../../src/target/server.ts'
import { type Forms, truthCase, type TruthCase } from './case.ts'
import { type JournalFreeze, type TargetJournal } from './journal.ts'
import { observeAgainst, startTargetCommand } from './lab.ts'
import { above, below, latency, same, type Finding } from './row.ts'
import { percentileOf, trueMessages, type TrueMessage } from './truth.ts'

/**
 * A target that stands still for a tenth of the time, under 100 planned messages a second: their p99 is nine tenths of a
 * standstill. A driver that waits for each answer before it sends again meets the same target at the same time and
 * reports next to nothing.
 */
export const freezeCases: TruthCase[] = [
  freezeCase({
    lengthMs: 500,
    periodMs: 5_000,
    seconds: 4.5,
    startS: 1.5,
    freezes: 1,
    isLong: false,
    short: 'freeze',
  }),
  freezeCase({ lengthMs: 1_000, periodMs: 10_000, seconds: 18, startS: 3, freezes: 2, isLong: true }),
]

// --- internal ---

interface FreezeSpec extends Forms {
  lengthMs: number
  periodMs: number
  /** When messages begin, after the start of the run, for how long, and how many freezes fall into it whole. */
  startS: number
  seconds: number
  freezes: number
}

interface FreezeEvidence {
  open: RunResult
  closed: RunResult
  messages: TrueMessage[]
  /** Those that the load met. */
  freezes: JournalFreeze[]
  openResponse: Record<string, number>
  closedResponse: Record<string, number>
}

const RATE = 100
/** As many users as planned messages meet in the longest standstill and what follows it, and as many again. */
const OPEN_USERS = 250
/** What a healthy target takes at most for 99 of 100 messages, and for the backlog of a freeze. */
const SMALL_US = 50_000
const BACKLOG_US = 250_000

function freezeCase(spec: FreezeSpec): TruthCase {
  const { lengthMs, periodMs, seconds } = spec
  return truthCase<FreezeEvidence>({
    name: `freeze ${lengthMs / 1e3} s in every ${periodMs / 1e3} s`,
    forms: spec,
    isTimed: true,
    measure: () => measure(spec),
    judge: (evidence) => judge(spec, evidence),
    mistakes: [
      {
        name: 'the plan waits for the answers',
        plant: (evidence) => ({ ...evidence, openResponse: evidence.closedResponse }),
      },
      {
        name: 'every percentile 5 % low',
        plant: (evidence) => ({
          ...evidence,
          openResponse: Object.fromEntries(
            Object.entries(evidence.openResponse).map(([p, us]) => [p, us * 0.95]),
          ),
        }),
      },
      {
        name: `a freeze ends ${Math.round(seconds)} s later than it did`,
        plant: (evidence) => ({
          ...evidence,
          freezes: evidence.freezes.map((freeze) => ({ ...freeze, endUs: freeze.endUs + seconds * 1e6 })),
        }),
      },
    ],
  })
}

async function measure({ lengthMs, periodMs, startS, seconds }: FreezeSpec): Promise<FreezeEvidence> {
  const target = await startTargetCommand([
    `--users=${OPEN_USERS + 2}`,
    `--rooms=${OPEN_USERS / 2 + 1}`,
    '--room-size=2',
    `--freeze=${lengthMs}ms/${periodMs}ms`,
  ])
  let journal: TargetJournal
  const flags = ['--target', target.apiUrl, '--jwt-secret', DEFAULT_JWT_SECRET]
  const runs = Promise.all([
    observeAgainst({
      scenario: 'test/scenarios/truth-open.ts',
      env: { USERS: OPEN_USERS, RATE, START: startS, SECONDS: seconds },
      flags,
      isNoted: true,
    }),
    observeAgainst({
      scenario: 'test/scenarios/truth-closed.ts',
      env: { START: startS, SECONDS: seconds },
      flags: [...flags, '--first-user', String(OPEN_USERS + 1)],
    }),
  ])
  try {
    await runs
  } finally {
    journal = await target.stop()
  }
  const [open, closed] = await runs
  const messages = trueMessages(
    journal.sends.filter(({ sender }) => sender <= OPEN_USERS),
    open.sentLog,
  )
  const fromUs = Math.min(...messages.map(({ plannedUs }) => plannedUs))
  const toUs = Math.max(...messages.map(({ plannedUs }) => plannedUs))
  return {
    open: open.result,
    closed: closed.result,
    messages,
    freezes: journal.freezes.filter(({ startUs, endUs }) => endUs > fromUs && startUs < toUs),
    openResponse: open.result.trends['message_delivery']?.percentilesUs ?? {},
    closedResponse: closed.result.trends['message_delivery']?.percentilesUs ?? {},
  }
}

function judge({ lengthMs, startS, seconds, freezes }: FreezeSpec, evidence: FreezeEvidence): Finding[] {
  const { messages, open, closed, openResponse, closedResponse } = evidence
  const responses = messages.map(({ publishedUs, plannedUs }) => publishedUs - plannedUs)
  const p99 = percentileOf(responses, 99)
  const outside = messages
    .filter(({ sentUs }) => !isFrozenAt(evidence.freezes, sentUs))
    .map(({ publishedUs, sentUs }) => publishedUs - sentUs)
  const outsideP99 = outside.length === 0 ? Number.NaN : percentileOf(outside, 99).us
  const lengths = evidence.freezes.map(({ startUs, endUs }) => endUs - startUs)
  return [
    same('freezes met', freezes, lengths.length),
    below('longest freeze', lengthMs * 1e3, Math.max(...lengths), lengthMs * 1.1e3),
    same('messages sent', RATE * seconds, messages.length),
    same('messages sent, by the ledger', messages.length, open.ledger.messages.sent),
    ...['50', '90', '99', '99.9'].map((p) =>
      latency(`on a plan: response p${p}`, percentileOf(responses, Number(p)), openResponse[p]),
    ),
    above('on a plan: response p99', p99.us, openResponse['99'] ?? 0, 0.9 * lengthMs * 1e3),
    below('on a plan: service p99 of what was sent outside', outsideP99, outsideP99, SMALL_US),
    below(
      'on a plan: response p99 of the seconds outside',
      outsideP99,
      calmSecondsP99(startS, evidence),
      SMALL_US,
    ),
    below('one at a time: response p99', p99.us, closedResponse['99'] ?? Infinity, SMALL_US),
    above(
      'one at a time: its slowest, which it did see',
      lengthMs * 1e3,
      closed.trends['message_delivery']?.maxUs ?? 0,
      0.5 * lengthMs * 1e3,
    ),
  ]
}

/** Whether the target stood still then, or was at the backlog of it. */
function isFrozenAt(freezes: readonly JournalFreeze[], atUs: number): boolean {
  return freezes.some(({ startUs, endUs }) => atUs >= startUs - 5_000 && atUs <= endUs + BACKLOG_US)
}

/** What the product reports for the seconds of the run that neither a freeze nor its backlog touched, in µs. */
function calmSecondsP99(startS: number, { open, messages, freezes }: FreezeEvidence): number {
  const whole = new Histogram(2)
  // The first message of the plan is due `startS` after the start of the run.
  const startUs = Math.min(...messages.map(({ plannedUs }) => plannedUs)) - startS * 1e6
  for (const [second, encoded] of open.timeline.deliveryHistograms.entries()) {
    const fromUs = startUs + second * 1e6
    const isCalm = freezes.every(
      (freeze) => fromUs + 1e6 < freeze.startUs - 5_000 || fromUs > freeze.endUs + BACKLOG_US,
    )
    if (isCalm && encoded !== null) whole.merge(Histogram.decode(encoded))
  }
  return whole.count === 0 ? Infinity : whole.valueAt(99)
}
