import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { CommandModule, InferredOptionTypes } from 'yargs'
import { isAllowed } from '../chat/allowed.ts'
import { loadContract } from '../chat/contract.ts'
import { openTokens } from '../chat/tokens.ts'
import { endEvent } from '../engine/events.ts'
import { planRooms } from '../engine/plan.ts'
import { probe, type ProbeStep } from '../engine/probe.ts'
import { run } from '../engine/run.ts'
import { type ErrorCode, EXIT, StompedeError } from '../errors.ts'
import type { RunResult } from '../measure/result.ts'
import { startLive } from '../report/live.ts'
import { resultText } from '../report/reporters.ts'
import { summarize } from '../report/summary.ts'
import type { Overrides } from '../scenario/complete.ts'
import { durationMs } from '../scenario/duration.ts'
import { readScenario } from '../scenario/read.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { Stage } from '../scenario/workload.ts'
import type { FaultLog } from '../target/faults.ts'
import type { CompactWorld } from '../target/world.ts'
import { commandLine } from './command-line.ts'
import { type Deployment, type DeploymentFlags, deploymentOptions, openDeployment } from './deployment.ts'
import { openDiary } from './diary.ts'
import { type EventFile, openEventFile } from './event-file.ts'
import { interruption } from './interruption.ts'
import { machineFindings } from './machine.ts'
import { newProgress } from './progress.ts'
import { parseSourceAddresses } from './source-addresses.ts'
import { claimDirectory, prepareReports, REPORT_NAMES, writeReports } from './written-reports.ts'

const RUN_OPTIONS = {
  users: { alias: 'u', type: 'number', describe: 'Scale the scenario to this many users', group: 'Load:' },
  duration: {
    alias: 'd',
    type: 'string',
    describe: 'Stretch or shrink the scenario to this length: 30s, 5m',
    group: 'Load:',
  },
  stage: {
    alias: 's',
    type: 'string',
    array: true,
    describe: 'Replace the users’ stages: -s 30s:100 -s 1m:0',
    group: 'Load:',
  },
  seed: { type: 'number', describe: 'Seed of every random choice', group: 'Load:' },
  workers: { type: 'number', describe: 'Threads that generate load (default: cores − 1)', group: 'Load:' },
  'source-addresses': {
    type: 'string',
    describe: 'Local addresses to connect from: a list, or 127.0.0.2-127.0.0.20',
    group: 'Load:',
  },
  env: {
    alias: 'e',
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'NAME=value for the scenario',
    group: 'Load:',
  },
  tag: {
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'name=value to mark the result with',
    group: 'Report:',
  },
  out: {
    alias: 'o',
    choices: REPORT_NAMES,
    array: true,
    default: ['html'] as string[],
    describe: 'Reports beside result.json',
    group: 'Report:',
  },
  reports: { type: 'string', default: 'reports', describe: 'Directory for reports', group: 'Report:' },
  log: { type: 'string', describe: 'Append what happens as JSON lines to this file', group: 'Report:' },
  quiet: {
    alias: 'q',
    type: 'boolean',
    default: false,
    describe: 'No progress, the summary only',
    group: 'Report:',
  },
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
        ),
    handler: async (flags) => onExit(await runScenario(flags)),
  }
}

// --- internal ---

async function runScenario(flags: RunFlags): Promise<number> {
  const overrides = overridesOf(flags)
  const scenario = await readScenario(flags.scenario, overrides)
  const workers = workersOf(flags)
  const sourceAddresses = parseSourceAddresses(flags['source-addresses'])
  const rooms = planRooms(scenario, workers)
  const named = { url: scenario.target.url, stompUrl: scenario.stomp?.url, allow: scenario.target.allow }
  const say = (line: string): void => {
    if (!flags.quiet) process.stderr.write(`${line}\n`)
  }
  // What costs a report or a record is told in any case, even by a quiet run.
  const warn = (line: string): void => {
    if (live === undefined) process.stderr.write(`stompede: ${line}\n`)
    else live.log(line)
  }
  for (const { state, name, detail } of machineFindings(scenario.userCount, sourceAddresses.length || 1))
    if (state === 'fault') say(`warning: ${name}: ${detail}`)
  await prepareReports(flags.reports)
  const diary = openDiary(flags.log, warn)
  const deployment = await openDeployment(flags, named, () =>
    worldOf(rooms, scenario.userCount, flags['first-user']),
  )
  const { signal, release } = interruption(() => {
    const note = 'stopping: users leave in good order; again to leave at once'
    live?.log(note)
    diary.note(note)
  })
  let live: ReturnType<typeof startLive> | undefined
  try {
    requireTokens(deployment, scenario)
    await preflight(flags, deployment, scenario)
    say(
      `${scenario.name}: ${scenario.userCount} users for ${scenario.durationMs / 1e3} s against ${deployment.apiUrl ?? deployment.stompUrl}`,
    )
    diary.started(scenario.name, scenario.userCount, deployment.apiUrl ?? deployment.stompUrl ?? '')
    live = flags.quiet
      ? undefined
      : startLive({ stream: process.stderr, plannedSeconds: scenario.durationMs / 1e3, title: scenario.name })
    const progress = newProgress(scenario.durationMs / 1e3)
    const events = openEventFile(flags.reports, warn)
    const result = await run({
      scenario,
      overrides,
      apiUrl: deployment.apiUrl,
      stompUrl: deployment.stompUrl,
      driver: flags.driver,
      tokens: deployment.tokens,
      tls: deployment.tls,
      contractDir: flags.contract,
      allowedHosts: deployment.allowed,
      sourceAddresses,
      // Our own target is known to echo; of another deployment it is a question, not a fault.
      echo: scenario.delivery.echo ?? (deployment.isOwn ? 'expected' : 'optional'),
      workers,
      target: deployment,
      command: commandLine(),
      rooms: rooms.length,
      signal,
      onSecond: (second, standing) => {
        diary.second(second)
        live?.update(progress(second, standing))
      },
      onEvent: (event) => events.append(event),
    })
    result.planted = planted(await deployment.own?.faultLog().catch(() => ({})))
    diary.ended(result)
    live?.stop()
    live = undefined
    return await show(result, flags, events)
  } finally {
    live?.stop()
    release()
    await deployment.close()
  }
}

/**
 * Writes the reports and prints the summary; returns the exit code. Where nothing can be written, the result goes to
 * standard output: a red verdict keeps its exit code then, a green one without its report does not stay green.
 */
async function show(result: RunResult, flags: RunFlags, events: EventFile): Promise<number> {
  let written: string[] = []
  let failure: StompedeError | undefined
  try {
    const directory = await directoryOf(result, flags.reports, events)
    written = await writeReports(result, directory, ['json', ...flags.out])
  } catch (error) {
    if (!(error instanceof StompedeError)) throw error
    failure = error
  }
  process.stdout.write(`${summarize(result, { stream: process.stdout, written })}\n`)
  if (failure === undefined) return result.verdict.exitCode
  process.stderr.write(`stompede: ${failure.message}: the result is on standard output\n`)
  process.stdout.write(resultText(result))
  return result.verdict.exitCode === EXIT.pass ? failure.exitCode : result.verdict.exitCode
}

/** The run's directory, which has its events; gives the result the directory's name. */
async function directoryOf(result: RunResult, reports: string, events: EventFile): Promise<string> {
  result.run.id = (await events.directory()) ?? (await claimDirectory(reports, result.run.id))
  events.append(endEvent(result))
  await events.close()
  return join(reports, result.run.id)
}

/** More threads than that only wait for each other. */
const MOST_WORKERS = 4 * availableParallelism()

function overridesOf(flags: RunFlags): Overrides {
  const problems: string[] = []
  const pairs = (flag: string, texts: readonly string[]): Record<string, string> =>
    Object.fromEntries(
      texts.map((text): [string, string] => {
        const at = text.indexOf('=')
        if (at < 1) problems.push(`${flag} wants NAME=value (is ${JSON.stringify(text)})`)
        return [text.slice(0, at), text.slice(at + 1)]
      }),
    )
  const stages = flags.stage?.map((text): Stage => {
    const [span = '', target = ''] = text.split(':')
    const lengthMs = durationMs(span)
    if (lengthMs === undefined || !/^\d+$/.test(target))
      problems.push(`--stage wants DURATION:USERS such as 30s:100 (is ${JSON.stringify(text)})`)
    return { durationMs: lengthMs ?? 0, target: Number(target) }
  })
  const lengthMs = flags.duration === undefined ? undefined : durationMs(flags.duration)
  if (flags.duration !== undefined && (lengthMs === undefined || lengthMs === 0)) {
    problems.push(`--duration wants a span such as 30s or 5m (is ${JSON.stringify(flags.duration)})`)
  }
  const whole = (
    flag: string,
    value: number | undefined,
    least: number,
    most = Number.MAX_SAFE_INTEGER,
  ): void => {
    if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most)) return
    const upTo = most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`
    problems.push(`${flag} wants a whole number from ${least}${upTo} (is ${value})`)
  }
  whole('--users', flags.users, 1, 1_000_000)
  whole('--seed', flags.seed, 0, 4_294_967_295)
  whole('--workers', flags.workers, 1, MOST_WORKERS)
  whole('--first-user', flags['first-user'], 0)
  const overrides = {
    env: pairs('--env', flags.env),
    tags: pairs('--tag', flags.tag),
    ...(flags.users === undefined ? {} : { users: flags.users }),
    ...(lengthMs === undefined ? {} : { durationMs: lengthMs }),
    ...(stages === undefined ? {} : { stages }),
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    ...(flags.flavour === undefined ? {} : { flavour: flags.flavour }),
  }
  if (problems.length > 0) throw new StompedeError('USAGE', 'the command line has faults', { problems })
  return overrides
}

function workersOf({ workers }: RunFlags): number {
  return workers ?? Math.max(1, availableParallelism() - 1)
}

function worldOf(rooms: readonly Uint32Array[], users: number, firstUserId: number): CompactWorld {
  return {
    users,
    firstUserId,
    rooms: rooms.map((members) => Array.from(members, (user) => firstUserId + user)),
  }
}

/** A list of tokens that runs out in mid-run would look like users that cannot connect. */
function requireTokens({ tokens }: Deployment, { userCount }: Scenario): void {
  if (tokens.kind !== 'listed' || tokens.identities.length >= userCount) return
  const listed = tokens.identities.length
  throw new StompedeError(
    'TOKENS_INVALID',
    `the token file lists ${listed} users; the scenario has ${userCount}: use -u ${listed}`,
  )
}

/** A wrong token or a dead broker is one clear line now instead of a thousand failures later. */
async function preflight(flags: RunFlags, deployment: Deployment, scenario: Scenario): Promise<void> {
  const steps = await probe({
    apiUrl: deployment.apiUrl,
    stomp: scenario.stomp,
    contract: loadContract(flags.contract),
    tokens: await openTokens(deployment.tokens),
    tls: deployment.tls,
    driver: flags.driver,
    flavour: scenario.flavour,
    timeoutMs: scenario.timeoutMs,
    isAllowed: (url) => isAllowed(url, deployment.allowed),
    withMessage: false,
  })
  const failed = steps.find(({ isOk }) => !isOk)
  if (failed !== undefined) throw new StompedeError(CODE_OF[failed.name], failed.detail)
}

const CODE_OF: Record<ProbeStep['name'], ErrorCode> = {
  api: 'TARGET_UNREACHABLE',
  token: 'TOKEN_REFUSED',
  broker: 'BROKER_UNAVAILABLE',
  subscription: 'BROKER_UNAVAILABLE',
  message: 'TARGET_UNREACHABLE',
}

function planted(log: FaultLog | undefined): Record<string, number> {
  return Object.fromEntries(Object.entries(log ?? {}).map(([name, { count }]) => [name, count]))
}
