import type { State, TranscriptLine } from '../measure/conformance.ts'
import { reasonOf } from '../errors.ts'
import type { Environment } from './environment.ts'
import type { HistoryEvent } from './history.ts'
import { inconclusive, type ActiveRule, type Outcome } from './rule.ts'
import { openStage } from './stage.ts'
import { newTranscript } from './transcript.ts'
import { Unmet } from './unmet.ts'

/** A case as it ran, before profile and known failures are heard. */
export interface RanCase {
  outcome: Outcome
  startedMs: number
  durationMs: number
  transcript: TranscriptLine[]
  frames: string[]
  curl: string | undefined
  /** Memberships that could not be put back: the cases after this one began in another world. */
  unrestored: string[]
}

/**
 * Asks one rule and closes everything it opened. Always resolves: what a check throws, a limit that passes and a gate
 * that is stopped are INCONCLUSIVE, never a pass.
 */
export async function runCase(
  rule: ActiveRule,
  environment: Environment,
  limitMs: number,
  onEvent: (event: HistoryEvent) => void,
  signal: AbortSignal,
): Promise<RanCase> {
  const { clock, secrets } = environment
  const transcript = newTranscript(clock, secrets, onEvent)
  const ended = Promise.withResolvers<Outcome>()
  let timer: NodeJS.Timeout | undefined
  let startedMs = clock.nowMs()
  // Waiting for people to be free is no part of a case.
  const begin = (): void => {
    clearTimeout(timer)
    startedMs = clock.nowMs()
    timer = setTimeout(() => ended.resolve(inconclusive(`not done within ${limitMs / 1e3} s`)), limitMs)
  }
  const stage = openStage(rule, environment, transcript, { pause: () => clearTimeout(timer), begin })
  const onAbort = (): void => ended.resolve(inconclusive('stopped by a signal'))
  signal.addEventListener('abort', onAbort)
  begin()
  onEvent({ kind: 'case', atMs: startedMs, id: rule.id, isNegative: rule.isNegative === true })
  let isDone = false
  const checked = checkOf(rule, stage).finally(() => (isDone = true))
  const seen = await Promise.race([checked, ended.promise])
  clearTimeout(timer)
  signal.removeEventListener('abort', onAbort)
  const outcome = held(rule, stage.isControlled, seen)
  const durationMs = Math.round((clock.nowMs() - startedMs) * 100) / 100
  const curl = outcome.curl ?? stage.curl()
  const lines = transcript.lines()
  const frames = transcript.frames()
  // A check that was left behind wakes up on dead connections and ends.
  if (!isDone) stage.abort()
  const unrestored = await stage.close()
  onEvent({ kind: 'judged', atMs: clock.nowMs(), id: rule.id, state: outcome.state, said: seen.state })
  return { outcome, startedMs, durationMs, transcript: lines, frames, curl, unrestored }
}

// --- internal ---

async function checkOf(rule: ActiveRule, stage: Parameters<ActiveRule['check']>[0]): Promise<Outcome> {
  try {
    return await rule.check(stage)
  } catch (error) {
    if (error instanceof Unmet) return error.outcome
    const stack = error instanceof Error ? (error.stack ?? '') : ''
    stage.note(`the check itself failed\n${stack}`)
    return inconclusive(`the check itself failed: ${reasonOf(error)}`)
  }
}

/** Silence counts only beside something that was heard. */
function held(rule: ActiveRule, isControlled: boolean, outcome: Outcome): Outcome {
  const isGood: readonly State[] = ['PASS', 'NON-STRICT']
  if (rule.isNegative !== true || isControlled || !isGood.includes(outcome.state)) return outcome
  return inconclusive(`no positive control stood, so this proves nothing: ${outcome.actual}`)
}
