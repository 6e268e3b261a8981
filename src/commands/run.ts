import { join } from 'node:path'
import type { CommandModule, InferredOptionTypes } from 'yargs'
import { endEvent } from '../engine/events.ts'
import { run } from '../engine/run.ts'
import { EXIT, StompedeError } from '../errors.ts'
import { bareAddress } from '../measure/address.ts'
import type { RunResult } from '../measure/result.ts'
import { resultText } from '../report/reporters.ts'
import { summarize } from '../report/terminal/summary.ts'
import { readScenario } from '../scenario/read.ts'
import type { FaultLog } from '../target/faults.ts'
import { DASHBOARD_OPTIONS, openDashboard } from './watch/dashboard.ts'
import { type DeploymentFlags, deploymentOptions, namedBy, openDeployment } from './run/deployment.ts'
import { openDiary } from './watch/diary.ts'
import { type EventFile, openEventFile } from './stored/event-file.ts'
import { interruption } from './run/interruption.ts'
import { LOAD_OPTIONS, RESULT_OPTIONS, TIMELINE_OPTIONS } from './run/load-flags.ts'
import { machineFindings } from './run/machine.ts'
import { preflight, requireTokens } from './run/preflight.ts'
import { updateIndex } from './stored/report-index.ts'
import { overridesOf, workersOf } from './run/overrides.ts'
import { planRun, plannedWorld, runRequest } from './run/request.ts'
import { watchInDiary, watchOnTerminal } from './watch/run-watchers.ts'
import { parseSourceAddresses } from './run/source-addresses.ts'
import { openTelemetry, TELEMETRY_OPTIONS } from './watch/telemetry.ts'
import { watchAll, type Watcher } from './watch/watchers.ts'
import {
  claimDirectory,
  prepareReports,
  REPORT_NAMES,
  streamsFor,
  writeReports,
} from './stored/written-reports.ts'

const RUN_OPTIONS = {
  ...LOAD_OPTIONS,
  ...TIMELINE_OPTIONS,
  ...RESULT_OPTIONS,
  out: {
    alias: 'o',
    choices: REPORT_NAMES,
    array: true,
    default: ['html'] as string[],
    describe: 'Reports beside result.json; ndjson goes to standard output and all else to standard error',
    group: 'Report:',
  },
  log: { type: 'string', describe: 'Append what happens as JSON lines to this file', group: 'Report:' },
  ...DASHBOARD_OPTIONS,
  ...TELEMETRY_OPTIONS,
} as const

type RunFlags = InferredOptionTypes<typeof RUN_OPTIONS> & DeploymentFlags & { scenario: string }

/** `stompede run`: simulated users chat as a scenario says; every delivery is accounted for. */
export function runCommand(onExit: (code: number) => void): CommandModule<object, RunFlags> {
  return {
    command: 'run <scenario>',
    describe: 'Let simulated users chat as a scenario says and account for every delivery',
    builder: (yargs) =>
      deploymentOptions(
        yargs
          .positional('scenario', {
            type: 'string',
            demandOption: true,
            describe: 'Scenario file: .ts, .js, .yaml or .json',
          })
          .options(RUN_OPTIONS),
      )
        .example('$0 run scenarios/steady.ts', 'the reference target with its embedded broker')
        .example('$0 run scenarios/steady.ts -u 5000 -d 2m --broker rabbitmq', 'a private RabbitMQ')
        .example(
          '$0 run my.yaml --target https://chat.test/chat-ws --allow-target chat.test --tokens users.csv',
          'yours',
        )
        .example('$0 run scenarios/smoke.ts -o html -o junit -o markdown', 'reports for people and CI')
        .example(
          '$0 run scenarios/soak.ts --dashboard 5665',
          'the report as it grows, at http://127.0.0.1:5665/',
        )
        .example('$0 run scenarios/soak.ts --metrics 9464', 'for a Prometheus that scrapes 127.0.0.1:9464')
        .example('$0 run scenarios/smoke.ts -q -o ndjson', 'lines of JSON, for jq'),
    handler: async (flags) => onExit(await runScenario(flags)),
  }
}

// --- internal ---

async function runScenario(flags: RunFlags): Promise<number> {
  const overrides = overridesOf(flags)
  const scenario = await readScenario(flags.scenario, overrides)
  const workers = workersOf(flags)
  const sourceAddresses = parseSourceAddresses(flags['source-addresses'])
  const planned = planRun(scenario, overrides, { workers, sourceAddresses })
  const named = namedBy(scenario)
  let terminal: ReturnType<typeof watchOnTerminal> | undefined
  const say = (line: string): void => {
    if (!flags.quiet) process.stderr.write(`${line}\n`)
  }
  // What costs a report or a record is told in any case, even by a quiet run.
  const warn = (line: string): void => {
    if (terminal === undefined) process.stderr.write(`stompede: ${line}\n`)
    else terminal.log(line)
  }
  for (const { state, name, detail } of machineFindings(
    scenario.userCount,
    sourceAddresses.length || 1,
    workers,
  ))
    if (state === 'fault' || (state === 'note' && name === 'descriptors')) say(`warning: ${name}: ${detail}`)
  await prepareReports(flags.reports)
  const watchers: Watcher[] = [watchInDiary(openDiary(flags.log, warn))]
  const watching = watchAll(watchers, warn)
  const { signal, release } = interruption(() =>
    watching.note('stopping: users leave in good order; again to leave at once'),
  )
  const own: { close(): Promise<void> }[] = []
  try {
    // An address has to be printed by a quiet run too: nobody could find a port that was chosen.
    const sayAddress = (line: string): boolean => process.stderr.write(`${line}\n`)
    watchers.push(...(await openDashboard(flags, scenario, sayAddress)))
    watchers.push(...(await openTelemetry(flags, sayAddress, warn)))
    const deployment = await openDeployment(flags, named, () => plannedWorld(planned, flags))
    own.push(deployment)
    requireTokens(deployment, scenario)
    await preflight(flags, deployment, scenario)
    say(
      `${scenario.name}: ${scenario.userCount} users for ${scenario.durationMs / 1e3} s against ${bareAddress(deployment.apiUrl ?? deployment.stompUrl ?? '')}`,
    )
    if (!flags.quiet) watchers.push((terminal = watchOnTerminal(scenario)))
    const events = openEventFile(flags.reports, warn)
    const result = await run({
      ...runRequest(planned, deployment, flags),
      signal,
      onSecond: watching.second,
      onEvent: (event) => {
        events.append(event)
        if (event.kind === 'start') watching.started(event)
      },
    })
    result.planted = plantedCounts(await deployment.own?.faultLog().catch(() => ({})))
    watching.ended(result)
    terminal = undefined
    return await show(result, flags, events, warn)
  } finally {
    // Until all is closed, a signal must not take the verdict's exit code along.
    await Promise.all([...own.map((each) => each.close()), watching.close()])
    release()
  }
}

/**
 * Writes the reports and prints the summary; returns the exit code. Where nothing can be written, the result goes to
 * standard output: a red verdict keeps its exit code then, a green one without its report does not stay green.
 */
async function show(
  result: RunResult,
  flags: RunFlags,
  events: EventFile,
  warn: (line: string) => void,
): Promise<number> {
  const { people } = streamsFor(flags.out)
  let written: string[] = []
  let failure: StompedeError | undefined
  try {
    const directory = await directoryOf(result, flags.reports, events)
    written = await writeReports(result, directory, ['json', ...flags.out])
  } catch (error) {
    if (!(error instanceof StompedeError)) throw error
    failure = error
  }
  people.write(`${summarize(result, { stream: people, written })}\n`)
  if (failure === undefined) {
    await updateIndex(flags.reports, warn)
    return result.verdict.exitCode
  }
  process.stderr.write(`stompede: ${failure.message}: the result is on standard output\n`)
  // As one line where lines are read.
  process.stdout.write(people === process.stdout ? resultText(result) : `${JSON.stringify(result)}\n`)
  return result.verdict.exitCode === EXIT.pass ? failure.exitCode : result.verdict.exitCode
}

/** The run's directory, which has its events; gives the result the directory's name. */
async function directoryOf(result: RunResult, reports: string, events: EventFile): Promise<string> {
  result.run.id = (await events.directory()) ?? (await claimDirectory(reports, result.run.id))
  events.append(endEvent(result))
  await events.close()
  return join(reports, result.run.id)
}

function plantedCounts(log: FaultLog | undefined): Record<string, number> {
  return Object.fromEntries(Object.entries(log ?? {}).map(([name, { count }]) => [name, count]))
}
