import { basename, dirname, join } from 'node:path'
import type { CommandModule } from 'yargs'
import { stoppedAfterwards } from '../capacity/aftermath.ts'
import { bracketOf } from '../capacity/bracket.ts'
import { capacityResult } from '../capacity/capacity-result.ts'
import { refinedBy } from '../capacity/ceiling.ts'
import type { IdleUse } from '../capacity/cost.ts'
import { stepsFromStart } from '../capacity/forecast.ts'
import { asLoad, loadWords } from '../capacity/loads.ts'
import type { SearchSettings } from '../capacity/move.ts'
import { planHash } from '../engine/plan.ts'
import { isAllowed } from '../chat/allowed.ts'
import { EXIT, StompedeError } from '../errors.ts'
import type { CapacityResult, CapacityStep } from '../measure/capacity.ts'
import { type CapacityReportName, writeCapacity } from '../report/capacity-reporters.ts'
import { summarizeCapacity } from '../report/terminal/capacity-summary.ts'
import { generator } from '../scenario/random.ts'
import { readScenario } from '../scenario/read.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { afterSearch, type Aftermath } from './capacity/aftermath.ts'
import { holdBroker } from './capacity/broker.ts'
import { calibrate, ceilingContext } from './capacity/calibration.ts'
import {
  CAPACITY_OPTIONS,
  type CapacityFlags,
  loadFlagsOf,
  orderOf,
  type SearchOrder,
} from './capacity/flags.ts'
import { goOnText } from './capacity/go-on.ts'
import { ownLoad, secondsBeside } from './capacity/loads.ts'
import {
  appendLine,
  mendLog,
  readSearch,
  requireSame,
  type SearchIdentity,
  type StoredSearch,
} from './capacity/log.ts'
import { aboutText, type SearchDisplay, showSearch } from './capacity/progress.ts'
import { type SearchEnd, searchLoad } from './capacity/search.ts'
import type { StepSurroundings } from './capacity/step.ts'
import { commandLine } from './run/command-line.ts'
import { deploymentOptions } from './run/deployment.ts'
import { interruption } from './run/interruption.ts'
import { updateIndex } from './stored/report-index.ts'
import { overridesOf, workersOf } from './run/overrides.ts'
import { parseSourceAddresses } from './run/source-addresses.ts'
import { claimDirectory, prepareReports } from './stored/written-reports.ts'

/** `stompede capacity`: which load does this deployment hold, and where does it end? */
export function capacityCommand(onExit: (code: number) => void): CommandModule<object, CapacityFlags> {
  return {
    command: 'capacity <scenario>',
    describe: 'Find the load that a deployment holds: verified below, refuted above',
    builder: (yargs) =>
      deploymentOptions(
        yargs
          .positional('scenario', {
            type: 'string',
            demandOption: true,
            describe: 'Scenario file: .ts, .js, .yaml or .json',
          })
          .options(CAPACITY_OPTIONS),
      )
        .example('$0 capacity scenarios/steady.ts --slo "message_delivery:p(99)<250"', 'how many users?')
        .example(
          '$0 capacity scenarios/steady.ts --slo "message_delivery:p(99)<50" --broker rabbitmq --budget 10m',
          'in ten minutes',
        )
        .example(
          '$0 capacity scenarios/steady.ts --slo "message_delivery:p(99)<250" --planned 8000',
          'is there room for 8,000?',
        ),
    handler: async (flags) => onExit(await findCapacity(flags)),
  }
}

// --- internal ---

async function findCapacity(flags: CapacityFlags): Promise<number> {
  const order = orderOf(flags)
  const overrides = overridesOf(loadFlagsOf(flags))
  const scenario = await readScenario(flags.scenario, overrides)
  const unit = flags.unit === 'users' ? 'users' : 'arrivals/s'
  const stepMs = order.stepMs ?? scenario.durationMs
  const startLoad = asLoad(flags.start ?? ownLoad(scenario, unit), unit)
  requireManagement(flags, scenario)
  const identity = identityOf(flags, scenario, { unit, startLoad, stepMs, order })
  const stored = flags.resume === undefined ? undefined : readSearch(flags.resume)
  if (stored !== undefined) requireSame(stored.identity, identity)
  if (flags.resume === undefined) await prepareReports(flags.reports)
  const display = showSearch(unit, process.stderr, flags.quiet)
  const { signal, release } = interruption(() =>
    display.note('stopping: the step that goes on ends in good order; again to leave at once'),
  )
  const held = await holdBroker(flags, isForeign(flags, scenario)).catch((error: unknown) => {
    release()
    display.stop()
    throw error
  })
  try {
    const startedAt = new Date()
    const directory = await directoryOf(flags, scenario, startedAt)
    if (stored !== undefined) mendLog(directory)
    else appendLine(directory, { kind: 'search', startedAt: startedAt.toISOString(), identity })
    const around: StepSurroundings = {
      scenario,
      overrides,
      unit,
      objectives: order.objectives,
      settings: {
        workers: workersOf(loadFlagsOf(flags)),
        sourceAddresses: parseSourceAddresses(flags['source-addresses']),
      },
      get flags() {
        return held.flags
      },
      directory,
      get watched() {
        return [...order.watched, ...(held.pid === undefined ? [] : [{ name: 'broker', pid: held.pid }])]
      },
      get managementUrl() {
        return flags.management ?? held.managementUrl
      },
      rest: () => held.rest(signal),
      signal,
      onSecond: (second) => display.second(second),
    }
    const search = { flags, order, identity, stored, startedAt, directory, stepMs }
    const result = await conduct(around, search, display)
    display.stop()
    if (result !== undefined) return await finish(result, flags, directory)
    const why = signal.aborted ? 'stopped' : 'the budget was spent'
    process.stderr.write(`stompede: ${why} before the first step was over: there is nothing to tell\n`)
    return signal.aborted ? EXIT.signal : EXIT.inconclusive
  } finally {
    display.stop()
    await held.stop()
    release()
  }
}

/** Whether the deployment is somebody's, not the reference target. */
function isForeign(flags: CapacityFlags, { target, stomp }: Scenario): boolean {
  return (flags.target ?? target.url ?? stomp?.url) !== undefined
}

interface Search {
  flags: CapacityFlags
  order: SearchOrder
  identity: SearchIdentity
  stored: StoredSearch | undefined
  startedAt: Date
  directory: string
  stepMs: number
}

/** Calibration, search and what comes after it; undefined when it was stopped before anything was found out. */
async function conduct(
  around: StepSurroundings,
  search: Search,
  display: SearchDisplay,
): Promise<CapacityResult | undefined> {
  const { flags, order, identity, stored, startedAt, directory, stepMs } = search
  const { unit, objectives, signal } = around
  const deadlineMs = deadlineOf(search)
  const calibration = stored?.calibration ?? (await calibrated(around, search, display))
  const context = ceilingContext(around)
  const known = (steps: readonly CapacityStep[]): CapacityResult['calibration'] =>
    calibration === null ? null : refinedBy(calibration, steps, context)
  const settingsAfter = (steps: readonly CapacityStep[]): SearchSettings => {
    // Descriptors, ports and tokens bound it without a calibration, too.
    const bounds = [known(steps)?.mostLoad, context.bound?.load, flags.most].filter(
      (bound) => typeof bound === 'number',
    )
    const mostLoad = bounds.length === 0 ? null : Math.min(...bounds)
    return { unit, objectives, startLoad: identity.startLoad, mostLoad }
  }
  const stepS = stepMs / 1e3 + secondsBeside(around.scenario, stepMs)
  if (!signal.aborted) sayForecast(settingsAfter([]), stored, { stepS, deadlineMs, display })
  const idle: IdleUse[] = (stored?.steps ?? []).flatMap((line) => line.idle)
  let environment = stored?.steps.findLast((line) => line.environment !== null)?.environment ?? null
  const end: SearchEnd = await searchLoad(around, {
    settingsAfter,
    stepMs,
    before: stored?.steps ?? [],
    budgetSeconds: order.budgetS,
    deadlineMs,
    display,
    onStep: (made) => {
      idle.push(...made.idle)
      environment = made.environment ?? environment
      const { tookSeconds, step } = made
      appendLine(directory, {
        kind: 'step',
        tookSeconds,
        step,
        idle: made.idle,
        environment: made.environment,
      })
    },
  })
  const { steps } = end
  const after: Aftermath = await afterSearch(
    around,
    bracketOf(steps, objectives, end.ending),
    { flags, order, stepMs, mostLoad: settingsAfter(steps).mostLoad },
    {
      // Runs of a resumed search that could not be made have numbers as well.
      numberOfNext: () => Math.max(0, ...steps.map(({ number }) => number)) + 1,
      began: ({ number, phase, load, lengthMs }) =>
        display.began({ number, phase, load, seconds: lengthMs / 1e3 }, undefined),
      made: ({ step }) => {
        steps.push(step)
        display.ended(step)
      },
    },
  )
  if (environment === null) return undefined
  const endedAt = new Date()
  const result = capacityResult({
    run: {
      id: basename(directory),
      startedAt: stored?.startedAt ?? startedAt.toISOString(),
      endedAt: endedAt.toISOString(),
      durationSeconds: Math.round(
        (endedAt.getTime() - startedAt.getTime()) / 1e3 + (stored?.tookSeconds ?? 0),
      ),
      tags: around.scenario.tags,
      command: commandLine(),
    },
    plan: {
      scenario: around.scenario.name,
      description: around.scenario.description,
      source: around.scenario.source,
      seed: around.scenario.seed,
      hash: identity.planHash,
      unit,
      objectives: objectives.map(({ text }) => text),
      stepSeconds: stepMs / 1e3,
      budgetSeconds: order.budgetS,
      startLoad: identity.startLoad,
      plannedLoad: flags.planned ?? null,
    },
    environment,
    calibration: known(steps),
    steps,
    objectives,
    idle: [...idle, ...after.idle],
    ending: end.ending,
    open: [...end.open, ...after.open],
    soak: after.soak,
    overload: after.overload,
    random: generator(around.scenario.seed, BOOTSTRAP_STREAM),
  })
  return signal.aborted && end.ending !== 'signal' ? stoppedAfterwards(result) : result
}

/** Apart from the streams of a run. */
const BOOTSTRAP_STREAM = 7_001

/** What is left of the budget of a search that is resumed is less what was spent on it. */
function deadlineOf({ order: { budgetS }, stored, startedAt }: Search): number {
  if (budgetS === null) return Number.POSITIVE_INFINITY
  return startedAt.getTime() + (budgetS - (stored?.tookSeconds ?? 0)) * 1e3
}

async function calibrated(
  around: StepSurroundings,
  { flags, order, identity, directory, stepMs }: Search,
  display: SearchDisplay,
): Promise<CapacityResult['calibration']> {
  if (!flags.calibrate) return null
  display.note('calibrating: how much can this generator do against a target that costs nothing?')
  const beganMs = Date.now()
  const calibration = await calibrate(around, {
    startLoad: identity.startLoad,
    stepMs,
    budgetS: order.budgetS,
    say: (line) => display.note(line),
  })
  if (calibration === undefined) return null
  appendLine(directory, { kind: 'calibration', tookSeconds: (Date.now() - beganMs) / 1e3, calibration })
  const { mostLoad, says } = calibration
  display.note(
    mostLoad === null
      ? `calibrated: ${says}`
      : `calibrated: at most ${loadWords(mostLoad, identity.unit)}, ${says}`,
  )
  return calibration
}

/** How long it will take, and whether the budget is enough for it. */
function sayForecast(
  settings: SearchSettings,
  stored: StoredSearch | undefined,
  { stepS, deadlineMs, display }: { stepS: number; deadlineMs: number; display: SearchDisplay },
): void {
  if (stored !== undefined) {
    display.note(`going on after ${stored.steps.length} steps`)
    return
  }
  const { fewest, most } = stepsFromStart(settings)
  const leftS = (deadlineMs - Date.now()) / 1e3
  display.note(
    `a search takes ${fewest} to ${most} steps of ${Math.round(stepS)} s: ${aboutText(fewest * stepS)} to ${aboutText(most * stepS)}`,
  )
  if (leftS < fewest * stepS)
    display.note(
      `warning: ${aboutText(Math.max(0, leftS))} are left of the budget: expect an answer with open ends, or use a shorter --step`,
    )
}

function identityOf(
  flags: CapacityFlags,
  scenario: Scenario,
  {
    unit,
    startLoad,
    stepMs,
    order,
  }: { unit: SearchIdentity['unit']; startLoad: number; stepMs: number; order: SearchOrder },
): SearchIdentity {
  const target = flags.target ?? scenario.target.url
  return {
    scenario: scenario.source,
    unit,
    objectives: order.objectives.map(({ text }) => text),
    seed: scenario.seed,
    startLoad,
    stepSeconds: stepMs / 1e3,
    target:
      target ??
      ['reference', flags.broker ?? 'embedded', flags.service ?? '', flags.freeze ?? '', ...flags.fault]
        .join(' ')
        .trim(),
    planHash: planHash(scenario),
  }
}

function requireManagement({ management, 'allow-target': allow }: CapacityFlags, scenario: Scenario): void {
  if (management === undefined) return
  if (!URL.canParse(management) || !/^https?:$/.test(new URL(management).protocol))
    throw new StompedeError(
      'USAGE',
      '--management wants an http(s) URL such as http://guest:guest@127.0.0.1:15672',
    )
  const { hostname } = new URL(management)
  if (!isAllowed(management, [...allow, ...scenario.target.allow]))
    throw new StompedeError(
      'TARGET_NOT_ALLOWED',
      `${hostname} is not a loopback address; if you may ask it, say so with --allow-target ${hostname}`,
    )
}

async function directoryOf(flags: CapacityFlags, scenario: Scenario, startedAt: Date): Promise<string> {
  if (flags.resume !== undefined) return flags.resume
  const stamp = startedAt.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15)
  const id = `${stamp}-${scenario.name.replaceAll(/[^A-Za-z0-9_-]/g, '-')}-capacity`
  return join(flags.reports, await claimDirectory(flags.reports, id))
}

/** Writes the reports and prints the summary; returns the exit code. */
async function finish(result: CapacityResult, flags: CapacityFlags, directory: string): Promise<number> {
  const written = await writeCapacity(result, directory, flags.out as CapacityReportName[])
  process.stdout.write(`${summarizeCapacity(result, { stream: process.stdout, written })}\n`)
  await updateIndex(dirname(directory), (line) => process.stderr.write(`stompede: ${line}\n`))
  const goOn = goOnText(result, directory)
  if (goOn !== undefined) process.stderr.write(`${goOn}\n`)
  return result.verdict.exitCode
}
