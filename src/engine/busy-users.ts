import type { ValidityCheck } from '../measure/result.ts'
import { atMost } from './check.ts'
import { type Load, peakRate } from './load.ts'
import { figure, rateText, roundedDown } from './proposal.ts'
import type { ValidityEvidence } from './validity.ts'

type Evidence = Pick<ValidityEvidence, 'scenario' | 'counters' | 'labelled' | 'trends'>

/** Whether planned starts were left out because their user was still at something: any is suspect, 0.1 % is too much. */
export function judgeDropped({ counters, labelled }: Evidence): ValidityCheck {
  const busy = labelled['dropped_iterations{reason:busy}'] ?? 0
  const attempts = counters.iterations + counters.dropped_iterations
  const check = atMost(
    'dropped',
    'no planned start found its user still busy',
    attempts === 0 ? 0 : busy / attempts,
    MOST_DROPPED,
    'share',
  )
  return check.status === 'ok' && busy > 0 ? { ...check, status: 'suspect' } : check
}

/** How many users, or which rate, would have left everybody free in time: users ÷ rate must exceed what a start takes. */
export function forBusyUsers({ scenario, trends }: Evidence, load: Load): string {
  const open = scenario.activities.filter(({ workload }) => 'startRate' in workload)
  const perSecond = open.reduce((sum, { workload }) => sum + peakRate(workload), 0)
  const busyS = (trends['iteration_duration']?.valueAt(99.9) ?? 0) / 1e6
  const everyS = load.users / perSecond
  if (busyS === 0 || !Number.isFinite(everyS))
    return 'no start of the measured span came to its end: give the activity less to wait for, or the run more time'
  const answerS = (trends['http_req_duration{call:send-message}']?.valueAt(99.9) ?? 0) / 1e6
  const slow = answerS > busyS / 2 ? `, for ${figure(answerS)} s of which the target let it wait` : ''
  const found = `each user was wanted every ${figure(everyS)} s and busy for up to ${figure(busyS)} s (p99.9)${slow}`
  if (open.length > 1 && everyS > busyS) {
    return `${found}, but ${open.length} activities meet on the same users: make them one activity with weights`
  }
  // A start takes as long at another pace, unless the target was what held it up.
  const rate = rateText(load.users / busyS)
  const ownPace = open.filter(({ followsUsers }) => followsUsers).length
  if (ownPace === open.length)
    return `${found}: use ${rateText(1 / busyS)} a user (ratePerUser), ${rate} in all`
  if (ownPace > 0) return `${found}: use ${rate} in all`
  return `${found}: use -u ${roundedUp(perSecond * busyS)}, or a rate of ${rate}`
}

// --- internal ---

const MOST_DROPPED = 0.001

function roundedUp(users: number): number {
  const down = roundedDown(users)
  if (down >= users) return down
  return users < 10 ? down + 1 : down + 10 ** (Math.floor(Math.log10(users)) - 1)
}
