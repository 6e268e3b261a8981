import { isAllowed } from '../../chat/allowed.ts'
import { loadContract } from '../../chat/contract.ts'
import { openTokens } from '../../chat/tokens.ts'
import { probe, type ProbeStep } from '../../engine/probe.ts'
import { type ErrorCode, StompedeError } from '../../errors.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import type { Deployment, DeploymentFlags } from './deployment.ts'

/** A list of tokens that runs out in mid-run would look like users that cannot connect. Throws TOKENS_INVALID. */
export function requireTokens({ tokens }: Deployment, { userCount }: Scenario): void {
  if (tokens.kind !== 'listed' || tokens.identities.length >= userCount) return
  const listed = tokens.identities.length
  throw new StompedeError(
    'TOKENS_INVALID',
    `the token file lists ${listed} users; the scenario has ${userCount}: use -u ${listed}`,
  )
}

/** A wrong token or a dead broker is one clear line now instead of a thousand failures later. */
export async function preflight(
  flags: Pick<DeploymentFlags, 'contract' | 'driver'>,
  deployment: Deployment,
  scenario: Scenario,
): Promise<void> {
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

// --- internal ---

const CODE_OF: Record<ProbeStep['name'], ErrorCode> = {
  api: 'TARGET_UNREACHABLE',
  token: 'TOKEN_REFUSED',
  broker: 'BROKER_UNAVAILABLE',
  subscription: 'BROKER_UNAVAILABLE',
  message: 'TARGET_UNREACHABLE',
}
