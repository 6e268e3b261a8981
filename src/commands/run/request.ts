import { planRooms, type RoomPlan } from '../../engine/plan.ts'
import type { RunRequest } from '../../engine/run.ts'
import type { Overrides } from '../../scenario/complete.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import type { CompactWorld } from '../../target/world.ts'
import { commandLine } from './command-line.ts'
import type { Deployment, DeploymentFlags } from './deployment.ts'
import { apiConnections } from './machine.ts'

/** What to run, from where: the parts of a run that are settled before there is a deployment. */
export interface PlannedRun {
  scenario: Scenario
  overrides: Overrides
  workers: number
  sourceAddresses: readonly string[]
  rooms: RoomPlan
}

/** Settles who is in which room. */
export function planRun(
  scenario: Scenario,
  overrides: Overrides,
  { workers, sourceAddresses }: Pick<PlannedRun, 'workers' | 'sourceAddresses'>,
): PlannedRun {
  return { scenario, overrides, workers, sourceAddresses, rooms: planRooms(scenario, workers) }
}

/** Who exists in a reference target for this run, and who is in which room. */
export function plannedWorld(
  { scenario, rooms }: PlannedRun,
  flags: Pick<DeploymentFlags, 'first-user'>,
): CompactWorld {
  const first = flags['first-user']
  return {
    users: scenario.userCount,
    firstUserId: first,
    rooms: rooms.map((members) => Array.from(members, (user) => first + user)),
  }
}

/** The engine's order for a planned run against a deployment; who listens to the run is the caller's to add. */
export function runRequest(
  { scenario, overrides, workers, sourceAddresses, rooms }: PlannedRun,
  deployment: Deployment,
  flags: Pick<DeploymentFlags, 'driver' | 'contract'>,
): Omit<RunRequest, 'signal' | 'onSecond' | 'onEvent'> {
  return {
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
    apiConnections: apiConnections(scenario.userCount, workers),
    // Our own target is known to echo; of another deployment it is a question, not a fault.
    echo: scenario.delivery.echo ?? (deployment.isOwn ? 'expected' : 'optional'),
    workers,
    target: deployment,
    command: commandLine(),
    rooms: rooms.length,
  }
}
