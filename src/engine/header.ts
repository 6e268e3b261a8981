import { createRequire } from 'node:module'
import { cpus, release, totalmem, type as osType } from 'node:os'
import { bareAddress } from '../measure/address.ts'
import type { RunResult } from '../measure/result.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { arrivalCount, type OpenWorkload } from '../scenario/workload.ts'
import { planHash } from './plan.ts'
import type { RunRequest } from './run.ts'

/** A scenario as data: without the code of its functions, and without where it goes and the credentials for it. */
export type PlannedScenario = Omit<Scenario, 'functions' | 'stomp' | 'target'>

/** What is known of a run when it starts: everything in its result that its seconds do not tell. */
export interface RunHeader {
  id: string
  /** ISO 8601, UTC. */
  startedAt: string
  /** What repeats it. */
  command: string
  scenario: PlannedScenario
  plan: RunResult['plan']
  environment: RunResult['environment']
}

/** Describes a run that starts now. Holds no secret: it is written to disk. */
export function headerOf(request: RunRequest, startedAt: Date, contractDigest: string): RunHeader {
  const { functions: _functions, stomp: _stomp, target: _target, ...scenario } = request.scenario
  return {
    id: runId(startedAt, scenario.name),
    startedAt: startedAt.toISOString(),
    command: request.command,
    scenario,
    plan: planOf(request),
    environment: environmentOf(request, contractDigest),
  }
}

// --- internal ---

const version = (createRequire(import.meta.url)('../../package.json') as { version: string }).version

/** Sortable by time and readable: `20261122-101530-steady`. */
function runId(startedAt: Date, name: string): string {
  const stamp = startedAt.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15)
  return `${stamp}-${name.replaceAll(/[^A-Za-z0-9_-]/g, '-')}`
}

function planOf({ scenario, rooms }: RunRequest): RunResult['plan'] {
  return {
    scenario: scenario.name,
    description: scenario.description,
    source: scenario.source,
    seed: scenario.seed,
    users: scenario.userCount,
    durationSeconds: scenario.durationMs / 1e3,
    warmUpSeconds: scenario.warmUpMs / 1e3,
    rooms,
    hash: planHash(scenario),
    activities: scenario.activities.map(({ name, workload, exec }) => ({
      name,
      executor: workload.executor,
      exec: exec.map((share) => share.name),
      planned: workload.executor.endsWith('arrival-rate') ? arrivalCount(workload as OpenWorkload) : null,
    })),
  }
}

function environmentOf(
  { scenario, target, apiUrl, stompUrl, driver, workers, contractDir }: RunRequest,
  digest: string,
): RunResult['environment'] {
  return {
    stompede: version,
    node: process.version,
    os: `${osType()} ${release()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    workers,
    driver,
    flavour: scenario.flavour,
    target: {
      apiUrl: apiUrl === undefined ? null : bareAddress(apiUrl),
      stompUrl: stompUrl === undefined ? null : bareAddress(stompUrl),
      isOwn: target.isOwn,
      broker: target.broker,
      faults: target.faults,
      behaviour: target.behaviour,
    },
    contract: { source: contractDir ?? 'built in', digest },
  }
}
