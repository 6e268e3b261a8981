import type { CommandModule, InferredOptionTypes } from 'yargs'
import { isAllowed } from '../chat/allowed.ts'
import { loadContract } from '../chat/contract.ts'
import { ownCasts } from '../conform/casting.ts'
import { CATALOGUE, STATEMENTS } from '../conform/catalogue.ts'
import { runGate, type GateRequest } from '../conform/gate.ts'
import { DOCUMENTED_DESIGN, readKnownFailures } from '../conform/known-failures.ts'
import { PROFILE_NAMES } from '../conform/profile.ts'
import type { ReplayChanges } from '../conform/replay.ts'
import type { Rule } from '../conform/rule.ts'
import { selectRules } from '../conform/selection.ts'
import { StompedeError } from '../errors.ts'
import { startGateLive } from '../report/terminal/conformance-live.ts'
import { CONFORMANCE_REPORTERS } from '../report/conformance-reporters.ts'
import { durationMs } from '../scenario/duration.ts'
import { commandLine } from './run/command-line.ts'
import { finishGate, listRules } from './conform/output.ts'
import {
  DEPLOYMENT_OPTIONS,
  type DeploymentFlags,
  deploymentOptions,
  openDeployment,
} from './run/deployment.ts'
import { interruption } from './run/interruption.ts'
import { RESULT_OPTIONS } from './run/load-flags.ts'
import { replayGate } from './conform/replay.ts'
import { prepareReports } from './stored/written-reports.ts'

const CONFORM_OPTIONS = {
  list: { type: 'boolean', describe: 'Print the chosen rules and leave', group: 'Rules:' },
  only: {
    type: 'string',
    describe: 'Ask this one rule again; with --seed exactly as before',
    group: 'Rules:',
  },
  seed: { type: 'number', default: 1, describe: 'Seed of every random choice', group: 'Rules:' },
  strict: { type: 'boolean', default: false, describe: 'A SHOULD that is missed fails too', group: 'Rules:' },
  profile: {
    choices: PROFILE_NAMES,
    describe: 'What the broker is known to do differently (default: by the server header of CONNECTED)',
    group: 'Rules:',
  },
  'known-failures': {
    type: 'string',
    array: true,
    default: [] as string[],
    describe: `JSON or YAML list of cases that may fail until a day, repeatable; "${DOCUMENTED_DESIGN}" is the one that ships (default for the reference target)`,
    group: 'Rules:',
  },
  management: { type: 'string', describe: 'URL of the broker’s management API', group: 'Target:' },
  patience: {
    type: 'string',
    default: '5s',
    describe: 'How long what must come is waited for',
    group: 'Target:',
  },
  replay: {
    type: 'string',
    describe: 'Judge the recorded history of a gate again, offline: its directory',
    group: 'Rules:',
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
    choices: Object.keys(CONFORMANCE_REPORTERS),
    array: true,
    default: ['html', 'junit'] as string[],
    describe: 'Reports beside result.json',
    group: 'Report:',
  },
  reports: RESULT_OPTIONS.reports,
  quiet: RESULT_OPTIONS.quiet,
} as const

/** The flags of `stompede conform`. */
export type ConformFlags = InferredOptionTypes<typeof CONFORM_OPTIONS> & DeploymentFlags & { rules: string[] }

/** `stompede conform`: does this deployment honour its documented contract? */
export function conformCommand(onExit: (code: number) => void): CommandModule<object, ConformFlags> {
  return {
    command: 'conform [rules..]',
    describe: 'Check a deployment against the guide, STOMP 1.2 and what a chat must keep',
    builder: (yargs) =>
      deploymentOptions(
        yargs
          .positional('rules', {
            type: 'string',
            array: true,
            default: [] as string[],
            describe: 'Rules by id, glob (STOMP-*), section or level; without any: all',
          })
          .options(CONFORM_OPTIONS),
      )
        // Told apart from their defaults, so that they can be refused.
        .option('driver', { hidden: true, default: undefined })
        .option('flavour', { hidden: true, default: undefined })
        .example('$0 conform', 'the reference target with its embedded broker')
        .example('$0 conform HTTP-* --broker rabbitmq', 'the HTTP rules, with a private RabbitMQ')
        .example(
          '$0 conform --target https://chat.test/chat-ws --allow-target chat.test --tokens users.csv',
          'yours',
        ),
    handler: async (flags) => onExit(await conform(flags)),
  }
}

// --- internal ---

async function conform(flags: ConformFlags): Promise<number> {
  const rules = chosenRules(flags)
  if (flags.list === true) {
    process.stdout.write(listRules(rules))
    return 0
  }
  refuseClients(flags)
  if (flags.replay !== undefined)
    return replayGate(flags.replay, loadContract(flags.contract), changesOf(flags, rules))
  const patienceMs = patienceOf(flags)
  const tags = tagsOf(flags.tag)
  const contract = loadContract(flags.contract)
  const known = knownFailuresOf(flags)
  await prepareReports(flags.reports)
  // A cast for the quick rules, and one for each slow rule, so that none disturbs another.
  const { world, casts } = ownCasts(
    1 + rules.filter(({ cost }) => cost === 'slow').length,
    flags['first-user'],
  )
  const deployment = await openDeployment(
    flags,
    { url: undefined, stompUrl: undefined, allow: [] },
    () => world,
  )
  const live = flags.quiet ? undefined : startGateLive({ stream: process.stderr })
  const { signal, release } = interruption(() => live?.log('stopping: what has begun is closed'))
  try {
    const progress = { done: 0, total: rules.length, failed: 0, running: [] as string[] }
    const finished = await runGate({
      rules,
      asked: flags.only === undefined ? flags.rules : [flags.only],
      ruleIds: new Set(CATALOGUE.map(({ id }) => id)),
      statements: STATEMENTS,
      apiUrl: deployment.apiUrl as string,
      casts: deployment.isOwn && deployment.tokens.kind === 'minted' ? casts : undefined,
      isOwn: deployment.isOwn,
      broker: deployment.broker,
      faults: deployment.faults,
      tokens: deployment.tokens,
      tls: deployment.tls,
      contract,
      isAllowed: (url) => isAllowed(url, deployment.allowed),
      managementUrl: flags.management ?? deployment.own?.broker.managementUrl,
      profile: flags.profile,
      knownFailures:
        known ?? (deployment.isOwn ? knownFailuresIn([DOCUMENTED_DESIGN]) : { file: null, entries: [] }),
      isStrict: flags.strict,
      seed: flags.seed,
      patienceMs,
      scale: 1,
      loopLimitMs: LOOP_LIMIT_MS,
      limitMs: { quick: 15_000 + 6 * patienceMs, slow: 75_000 + 6 * patienceMs },
      repeat: commandLine(repeatWords(flags)),
      command: commandLine(),
      tags,
      signal,
      onBegin: (id) => {
        progress.running.push(id)
        live?.update({ ...progress })
      },
      onCase: ({ id, state }) => {
        progress.done++
        if (state === 'FAIL' || state === 'XPASS') progress.failed++
        progress.running = progress.running.filter((each) => each !== id)
        live?.update({ ...progress })
      },
    } satisfies GateRequest)
    live?.stop()
    await finishGate(finished, flags.reports, flags.out, (directory, id) =>
      commandLine(replayWords(flags, directory, id)),
    )
    return finished.result.verdict.exitCode
  } finally {
    live?.stop()
    release()
    await deployment.close()
  }
}

function chosenRules({ only, rules }: ConformFlags): Rule[] {
  if (only === undefined) return selectRules(rules, CATALOGUE)
  const found = CATALOGUE.filter(({ id }) => id === only)
  if (rules.length > 0) throw new StompedeError('USAGE', '--only names the one rule; leave out the others')
  return found.length > 0 ? found : selectRules([only], [])
}

/** Where our own event loop is later than that, times say little. */
const LOOP_LIMIT_MS = 50

/** A gate speaks STOMP by hand, byte by byte: no client library is in between. */
function refuseClients({ driver, flavour }: { driver?: unknown; flavour?: unknown }): void {
  const named = [driver === undefined ? '' : '--driver', flavour === undefined ? '' : '--flavour']
  const names = named.filter(Boolean).join(', ')
  if (names !== '')
    throw new StompedeError('USAGE', `${names}: only for run; conform speaks STOMP by hand, with no client`)
}

type KnownLists = GateRequest['knownFailures'] & { file: string }

function knownFailuresOf({ 'known-failures': files }: ConformFlags): KnownLists | undefined {
  return files.length === 0 ? undefined : knownFailuresIn(files)
}

/** All lists together; of two entries for one rule the first holds. */
function knownFailuresIn(files: readonly string[]): KnownLists {
  return { file: files.join(', '), entries: files.flatMap(readKnownFailures) }
}

/** What the flags make different from the recorded gate. */
function changesOf(flags: ConformFlags, rules: readonly Rule[]): ReplayChanges {
  const knownFailures = knownFailuresOf(flags)
  return {
    ...(flags.only === undefined && flags.rules.length === 0 ? {} : { rules }),
    ...(flags.strict ? { isStrict: true } : {}),
    ...(flags.profile === undefined ? {} : { profile: flags.profile }),
    ...(knownFailures === undefined ? {} : { knownFailures }),
  }
}

function patienceOf({ patience }: ConformFlags): number {
  const ms = durationMs(patience)
  if (ms === undefined || ms === 0)
    throw new StompedeError(
      'USAGE',
      `--patience wants a span such as 5s or 500ms (is ${JSON.stringify(patience)})`,
    )
  return ms
}

function tagsOf(texts: readonly string[]): Record<string, string> {
  const problems = texts.filter((text) => text.indexOf('=') < 1)
  if (problems.length > 0) {
    throw new StompedeError('USAGE', '--tag wants name=value', {
      problems: problems.map((text) => JSON.stringify(text)),
    })
  }
  return Object.fromEntries(
    texts.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  )
}

/** Flags that decide what a case meets and comes to. What is chosen and where reports go is not among them. */
const REPEATED = [
  ...Object.keys(DEPLOYMENT_OPTIONS),
  'profile',
  'known-failures',
  'management',
  'patience',
  'strict',
]

function repeatWords(flags: ConformFlags): string[] {
  return ['conform', ...given(flags, REPEATED)]
}

/** The gate's own strictness, profile and excuses are recorded with it; strictness is said all the same. */
function replayWords(flags: ConformFlags, directory: string, id: string): string[] {
  return ['conform', '--replay', directory, '--only', id, ...given(flags, ['contract', 'strict'])]
}

/** The flags of these names as they were given. */
function given(flags: ConformFlags, names: readonly string[]): string[] {
  const defaults = { ...CONFORM_OPTIONS, ...DEPLOYMENT_OPTIONS } as Record<string, { default?: unknown }>
  const words: string[] = []
  for (const name of names) {
    const value = (flags as unknown as Record<string, unknown>)[name]
    if (value === undefined || value === false || value === defaults[name]?.default) continue
    for (const each of Array.isArray(value) ? (value as unknown[]) : [value])
      words.push(`--${name}`, ...(each === true ? [] : [String(each)]))
  }
  return words
}
