import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Judged } from '../../compare/comparison.ts'
import { whyNoEvidence } from '../../compare/fitness.ts'
import { isLook, nextLook, pairPlan, type PairPlan } from '../../compare/looks.ts'
import type { PairFigures } from '../../compare/judge-metrics.ts'
import { StompedeError } from '../../errors.ts'
import type { ComparisonPair, ComparisonResult, ComparisonSide } from '../../measure/comparison.ts'
import type { RunResult } from '../../measure/result.ts'
import { withoutSecrets } from './secrets.ts'
import type { Side } from './side.ts'
import type { SideRun } from './side-run.ts'
import type { PlannedRun } from '../run/request.ts'
import { writeReports } from '../stored/written-reports.ts'

/** What a comparison by pairs needs to know. */
export interface PairsOrder {
  sides: { a: Side; b: Side }
  /** One run of a side; null when the signal came before it began. */
  run: (side: Side, planned: PlannedRun) => Promise<SideRun | null>
  /** Of the comparison; each pair has one of its own that follows from it. */
  seed: number
  mostPairs: number
  budgetMs: number | undefined
  /** The plan of a pair. */
  planned: (seed: number) => Promise<PlannedRun>
  judge: (soFar: PairsSoFar, obstacles: readonly string[]) => Promise<Judged>
  /** Pairs end at the first look that decides. A self-check runs all: it would stop where the machine just looks calm. */
  method: 'pairs' | 'self-check'
  /** The comparison's directory. */
  directory: string
  /** `run.command` of every run: the command line of the comparison, without secrets. */
  command: string
  signal: AbortSignal
  /** A run ended. */
  onRun: (progress: PairProgress) => void
  /** Something a person should know. */
  onNote: (line: string) => void
  /** A pair was added: what there is could be kept now. */
  onPair: (soFar: PairsSoFar, judged: Judged) => Promise<void>
}

/** What has been run. */
export interface PairsSoFar {
  pairs: ComparisonPair[]
  figures: PairFigures[]
  discarded: { a: number; b: number }
  /** Of the first run, whichever side began; undefined before it. */
  environment: RunResult['environment'] | undefined
  /** What each side's first run was made against; null before it. */
  targets: Record<'a' | 'b', ComparisonSide['target']>
}

export interface PairProgress {
  plan: PairPlan
  /** Pairs that count so far. */
  done: number
  a: RunResult | undefined
  b: RunResult | undefined
}

/** How a comparison by pairs ended. */
export interface PairsOutcome extends PairsSoFar {
  judged: Judged
  stoppedBy: ComparisonResult['run']['stoppedBy']
  /** What ended it where that was a fault. */
  fault: StompedeError | undefined
}

/**
 * Runs pairs until a look decides, the pairs or the budget are used up, or a signal comes. A pair with a run that says nothing is
 * thrown away and run again. Throws what the first run throws; a fault after that ends the comparison and is told in the outcome.
 */
export async function runPairs(order: PairsOrder): Promise<PairsOutcome> {
  const soFar: PairsSoFar = {
    pairs: [],
    figures: [],
    discarded: { a: 0, b: 0 },
    environment: undefined,
    targets: { a: null, b: null },
  }
  const startedMs = performance.now()
  const end = async (
    stoppedBy: PairsOutcome['stoppedBy'],
    obstacles: readonly string[] = [],
    fault?: StompedeError,
  ): Promise<PairsOutcome> => ({
    ...soFar,
    judged: await order.judge(soFar, obstacles),
    stoppedBy,
    fault,
  })
  const thrown: string[] = []
  let attempts = 0
  for (;;) {
    const done = soFar.pairs.length
    if (order.signal.aborted) return end('signal', [`stopped by a signal after ${done} pairs`])
    if (!fitsBudget(order, attempts, performance.now() - startedMs)) {
      // More thrown away than kept: what is unknown then is so for that.
      return end('budget', thrown.length > done ? [tooManyThrown(thrown)] : [])
    }
    const plan = pairPlan(order.seed, done + 1)
    attempts++
    let pair: Awaited<ReturnType<typeof runPair>>
    try {
      pair = await runPair(order, plan, soFar)
    } catch (error) {
      if (soFar.environment === undefined || !(error instanceof StompedeError)) throw error
      return end('fault', [`${withoutSecrets(error.message)}; ${done} pairs were whole by then`], error)
    }
    if (pair === null) continue
    if ('why' in pair) {
      soFar.discarded[pair.side]++
      thrown.push(`${pair.side.toUpperCase()}: ${pair.why}`)
      await setAside(order.directory, plan, thrown.length)
      order.onNote(`pair ${plan.number} is thrown away and run again: ${pair.side.toUpperCase()} ${pair.why}`)
      const most = nextLook(done, order.mostPairs)
      if (thrown.length > most) {
        return end('fault', [tooManyThrown(thrown)])
      }
      continue
    }
    soFar.figures.push({ a: pair.a.figures, b: pair.b.figures })
    soFar.pairs.push(pairOf(plan, pair.a, pair.b))
    if (isLook(done + 1, order.mostPairs)) {
      const judged = await order.judge(soFar, [])
      if (done + 1 === order.mostPairs || (order.method === 'pairs' && judged.verdict.status !== 'unknown')) {
        return { ...soFar, judged, stoppedBy: 'plan', fault: undefined }
      }
    }
    await order.onPair(soFar, await order.judge(soFar, [`not decided after ${done + 1} pairs`]))
  }
}

// --- internal ---

/** Both runs of a pair; why one of them says nothing; or null where a signal came. */
async function runPair(
  order: PairsOrder,
  plan: PairPlan,
  soFar: PairsSoFar,
): Promise<{ a: SideRun; b: SideRun } | { side: 'a' | 'b'; why: string } | null> {
  const planned = await order.planned(plan.seed)
  const runs: Partial<Record<'a' | 'b', SideRun>> = {}
  for (const side of plan.first === 'a' ? (['a', 'b'] as const) : (['b', 'a'] as const)) {
    const run = await order.run(order.sides[side], planned)
    if (run === null) return null
    run.result.run.command = order.command
    soFar.environment ??= run.result.environment
    soFar.targets[side] ??= run.result.environment.target
    await writeReports(run.result, join(order.directory, runName(plan, side)), ['json'])
    runs[side] = run
    if (order.signal.aborted) return null
    order.onRun({ plan, done: soFar.pairs.length, a: runs.a?.result, b: runs.b?.result })
    const why = whyNoEvidence(run.result)
    if (why !== null) return { side, why }
  }
  return runs.a === undefined || runs.b === undefined ? null : { a: runs.a, b: runs.b }
}

function runName({ number }: PairPlan, side: 'a' | 'b'): string {
  return join('runs', `${String(number).padStart(2, '0')}-${side}`)
}

/** Keeps the runs of the n-th pair that was thrown away under names of their own. */
async function setAside(directory: string, plan: PairPlan, n: number): Promise<void> {
  for (const side of ['a', 'b'] as const) {
    const from = join(directory, runName(plan, side))
    // The second run of the pair may not have been made.
    await rename(from, `${from}-discarded-${n}`).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }
}

function pairOf(plan: PairPlan, a: SideRun, b: SideRun): ComparisonPair {
  const result = (side: 'a' | 'b'): string => `${runName(plan, side).replaceAll('\\', '/')}/result.json`
  return {
    number: plan.number,
    seed: plan.seed,
    first: plan.first,
    a: a.figures.values,
    b: b.figures.values,
    results: { a: result('a'), b: result('b') },
  }
}

/** Whether another pair as long as those before would end in time. The first always begins. */
function fitsBudget({ budgetMs }: PairsOrder, attempts: number, elapsedMs: number): boolean {
  return budgetMs === undefined || attempts === 0 || elapsedMs + elapsedMs / attempts <= budgetMs
}

function tooManyThrown(thrown: readonly string[]): string {
  const pairs = thrown.length === 1 ? 'pair' : 'pairs'
  return `${thrown.length} ${pairs} had to be thrown away (${mostFrequent(thrown)})`
}

function mostFrequent(reasons: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].toSorted(([, x], [, y]) => y - x)[0]?.[0] ?? ''
}
