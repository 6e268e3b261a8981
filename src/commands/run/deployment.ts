import { readFileSync } from 'node:fs'
import type { Argv, InferredOptionTypes } from 'yargs'
import { isAllowed } from '../../chat/allowed.ts'
import { DEFAULT_CLAIMS, readTokenFile, type TokenPlan } from '../../chat/tokens.ts'
import { reasonOf, StompedeError } from '../../errors.ts'
import type { TlsOptions } from '../../stomp/client.ts'
import { parseFaults } from '../../target/faults.ts'
import { parseFreeze } from '../../target/freeze.ts'
import { DEFAULT_JWT_SECRET, DEFAULT_TARGET } from '../../target/server.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { readService } from '../../target/service.ts'
import { startTargetProcess, type TargetHandle } from '../../target/spawn.ts'
import type { CompactWorld } from '../../target/world.ts'
import { readAuthority } from './authority.ts'

/** The flags that say what to talk to and as whom; the same for every command that talks to a deployment. */
export const DEPLOYMENT_OPTIONS = {
  target: {
    type: 'string',
    describe: 'Base URL of the chat API; without it the reference target is started',
    group: 'Target:',
  },
  'allow-target': {
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'Host that may be loaded although it is not a loopback address',
    group: 'Target:',
  },
  broker: {
    choices: ['embedded', 'rabbitmq'] as const,
    describe: 'Broker of the reference target (default: embedded)',
    group: 'Target:',
  },
  rabbitmq: {
    choices: ['native', 'container', 'auto'] as const,
    describe: 'Which RabbitMQ the reference target starts (default: auto)',
    group: 'Target:',
  },
  'amqp-url': {
    type: 'string',
    describe: 'Let the reference target publish to a RabbitMQ that runs',
    group: 'Target:',
  },
  'stomp-url': { type: 'string', describe: 'Web STOMP of that RabbitMQ', group: 'Target:' },
  fault: {
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'Plant a fault in the reference target: NAME or NAME:1/N',
    group: 'Target:',
  },
  service: {
    type: 'string',
    describe: 'Time the reference target takes over a send-message, such as "constant(20ms)"',
    group: 'Target:',
  },
  freeze: {
    type: 'string',
    describe: 'Let the reference target stand still, such as 1s/10s: 1 s in every 10 s',
    group: 'Target:',
  },
  journal: {
    type: 'string',
    describe: 'Let the reference target append what it really did to this file, as JSON lines',
    group: 'Target:',
  },
  contract: { type: 'string', describe: 'Directory of another contract', group: 'Target:' },
  tokens: { type: 'string', describe: 'CSV or JSONL file with userId and token', group: 'Tokens:' },
  'jwt-secret': {
    type: 'string',
    describe: 'Mint HS256 tokens with this secret (or STOMPEDE_JWT_SECRET)',
    group: 'Tokens:',
  },
  'jwt-key': { type: 'string', describe: 'Mint tokens with this PEM private key file', group: 'Tokens:' },
  'jwt-alg': {
    choices: ['RS256', 'ES256'] as const,
    default: 'RS256' as const,
    describe: 'Algorithm for --jwt-key',
    group: 'Tokens:',
  },
  'jwt-claims': {
    type: 'string',
    describe: 'JSON template of the claims, e.g. {"sub":"{userId}"}',
    group: 'Tokens:',
  },
  'first-user': {
    type: 'number',
    default: 1,
    describe: 'User id of the first minted token',
    group: 'Tokens:',
  },
  ca: { type: 'string', describe: 'PEM file of a certificate authority to trust', group: 'TLS:' },
  insecure: { type: 'boolean', default: false, describe: 'Accept any certificate', group: 'TLS:' },
  driver: {
    choices: ['lean', 'stompjs'] as const,
    default: 'lean' as const,
    describe: 'STOMP client: our codec, or the real @stomp/stompjs',
    group: 'Client:',
  },
  flavour: {
    choices: ['web', 'react-native', 'flutter'] as const,
    describe: 'Whose wire habits to take on',
    group: 'Client:',
  },
} as const

export type DeploymentFlags = InferredOptionTypes<typeof DEPLOYMENT_OPTIONS>

export function deploymentOptions<T>(yargs: Argv<T>): Argv<T & DeploymentFlags> {
  return yargs
    .options(DEPLOYMENT_OPTIONS)
    .conflicts('tokens', ['jwt-secret', 'jwt-key'])
    .conflicts('jwt-secret', 'jwt-key')
    .implies('amqp-url', 'stomp-url')
    .implies('stomp-url', 'amqp-url') as unknown as Argv<T & DeploymentFlags>
}

/** A deployment to talk to: somebody's, or the reference target in a process of its own. */
export interface Deployment {
  /** Undefined when there is no API, only STOMP. */
  apiUrl: string | undefined
  stompUrl: string | undefined
  tokens: TokenPlan
  tls: TlsOptions
  isOwn: boolean
  broker: string
  faults: string[]
  /** What the reference target was told to be like, by the flags that say so; null for its usual self and for others. */
  behaviour: string | null
  /** The reference target's process, where it is ours. */
  own: TargetHandle | undefined
  /** Hosts that may be contacted beside loopback addresses. */
  allowed: string[]
  close(): Promise<void>
}

/** What a scenario says of its deployment. */
export interface NamedDeployment {
  url: string | undefined
  stompUrl: string | undefined
  allow: readonly string[]
  /** Of what the reference target draws. */
  seed?: number
}

export function namedBy({ target, stomp, seed }: Scenario): NamedDeployment {
  return { url: target.url, stompUrl: stomp?.url, allow: target.allow, seed }
}

/**
 * Finds or starts the deployment the flags name. `world` is who exists in a reference target.
 * Throws TARGET_NOT_ALLOWED for a host that is neither loopback nor named, and what starting a target may throw.
 */
export async function openDeployment(
  flags: DeploymentFlags,
  named: NamedDeployment,
  world: () => CompactWorld,
): Promise<Deployment> {
  const allowed = [...flags['allow-target'], ...named.allow]
  const tls = tlsOf(flags)
  const url = flags.target ?? named.url
  const common = { tls, allowed, close: async () => {} }
  if (url !== undefined || named.stompUrl !== undefined) {
    for (const to of [url, named.stompUrl]) if (to !== undefined) requireAllowed(to, allowed)
    refuseTargetFlags(flags)
    const tokens = tokensOf(flags, url === undefined ? 'stomp-only scenarios need no real token' : undefined)
    return {
      ...common,
      apiUrl: url,
      stompUrl: named.stompUrl,
      tokens,
      isOwn: false,
      broker: 'unknown',
      faults: [],
      behaviour: null,
      own: undefined,
    }
  }
  // Our own target trusts whatever secret the flags mint with; a token file or a key pair is for other deployments.
  const secret = secretOf(flags) ?? DEFAULT_JWT_SECRET
  const tokens = tokensOf(flags, DEFAULT_JWT_SECRET)
  const own = await startTargetProcess({
    ...DEFAULT_TARGET,
    broker: flags['amqp-url'] === undefined ? (flags.broker ?? 'embedded') : 'rabbitmq',
    rabbitMq:
      flags['amqp-url'] === undefined || flags['stomp-url'] === undefined
        ? { kind: flags.rabbitmq ?? 'auto' }
        : { kind: 'running', amqpUrl: flags['amqp-url'], stompUrl: flags['stomp-url'] },
    trust: { kind: 'secret', secret },
    faults: flags.fault,
    service: flags.service,
    ...(named.seed === undefined ? {} : { seed: named.seed }),
    freeze: flags.freeze,
    journal: flags.journal,
    ...(flags.contract === undefined ? {} : { contract: flags.contract }),
    world: world(),
  })
  return {
    ...common,
    apiUrl: own.apiUrl,
    stompUrl: own.stompUrl,
    tokens,
    isOwn: true,
    broker: `${own.broker.name}/${own.broker.version}`,
    faults: [...flags.fault],
    behaviour: behaviourOf(flags),
    own,
    close: () => own.stop(),
  }
}

/**
 * Refuses flags that no deployment could be opened with, and starts nothing. Throws what `openDeployment` throws for them.
 */
export function requireDeployment(flags: DeploymentFlags, named: NamedDeployment): void {
  const url = flags.target ?? named.url
  if (url === undefined && named.stompUrl === undefined) {
    parseFaults(flags.fault, flags['amqp-url'] === undefined ? (flags.broker ?? 'embedded') : 'rabbitmq')
    if (flags.service !== undefined) readService(flags.service)
    if (flags.freeze !== undefined) parseFreeze(flags.freeze)
    return
  }
  const allowed = [...flags['allow-target'], ...named.allow]
  for (const to of [url, named.stompUrl]) if (to !== undefined) requireAllowed(to, allowed)
  refuseTargetFlags(flags)
}

// --- internal ---

function behaviourOf({ service, freeze }: DeploymentFlags): string | null {
  const told = [
    ...(service === undefined ? [] : [`service ${service}`]),
    ...(freeze === undefined ? [] : [`freeze ${freeze}`]),
  ]
  return told.length === 0 ? null : told.join(', ')
}

function requireAllowed(url: string, allowed: readonly string[]): void {
  if (!URL.canParse(url) || !/^(https?|wss?):$/.test(new URL(url).protocol)) {
    throw new StompedeError('USAGE', `the target must be an http(s) URL (is ${JSON.stringify(url)})`)
  }
  if (isAllowed(url, allowed)) return
  const { hostname } = new URL(url)
  throw new StompedeError(
    'TARGET_NOT_ALLOWED',
    `${hostname} is not a loopback address; if you may load it, say so with --allow-target ${hostname}`,
  )
}

/** Flags that only the reference target understands would be silently ignored: better to say so. */
function refuseTargetFlags(flags: DeploymentFlags): void {
  const given = [
    flags.fault.length > 0 ? '--fault' : '',
    flags.service === undefined ? '' : '--service',
    flags.freeze === undefined ? '' : '--freeze',
    flags.journal === undefined ? '' : '--journal',
    flags.broker === undefined ? '' : '--broker',
    flags.rabbitmq === undefined ? '' : '--rabbitmq',
    flags['amqp-url'] === undefined ? '' : '--amqp-url',
  ].filter(Boolean)
  if (given.length === 0) return
  throw new StompedeError('USAGE', `${given.join(', ')}: only for the reference target, not with --target`)
}

function tlsOf({ ca, insecure }: DeploymentFlags): TlsOptions {
  return { ...(ca === undefined ? {} : { ca: readAuthority(ca) }), ...(insecure ? { insecure } : {}) }
}

function secretOf(flags: DeploymentFlags): string | undefined {
  // CI systems hand over a secret that is not set as an empty variable.
  return flags['jwt-secret'] ?? (process.env['STOMPEDE_JWT_SECRET'] || undefined)
}

function tokensOf(flags: DeploymentFlags, otherwise: string | undefined): TokenPlan {
  if (flags.tokens !== undefined) return readTokenFile(flags.tokens)
  const minted = {
    kind: 'minted',
    claims: claimsOf(flags['jwt-claims']),
    firstUserId: flags['first-user'],
    lifetimeS: 86_400,
  } as const
  if (flags['jwt-key'] !== undefined) {
    return { ...minted, key: readText(flags['jwt-key'], '--jwt-key'), algorithm: flags['jwt-alg'] }
  }
  const key = secretOf(flags) ?? otherwise
  if (key === undefined) {
    throw new StompedeError(
      'USAGE',
      'users need tokens: give --tokens FILE, --jwt-secret SECRET or --jwt-key FILE',
    )
  }
  return { ...minted, key, algorithm: 'HS256' }
}

function claimsOf(template: string | undefined): Readonly<Record<string, unknown>> {
  if (template === undefined) return DEFAULT_CLAIMS
  try {
    const claims: unknown = JSON.parse(template)
    if (claims !== null && typeof claims === 'object' && !Array.isArray(claims))
      return claims as Record<string, unknown>
  } catch {
    // Falls through to the one message that says what is wanted.
  }
  throw new StompedeError('USAGE', '--jwt-claims must be a JSON object')
}

function readText(file: string, flag: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new StompedeError('USAGE', `${flag}: the file cannot be read (${reasonOf(error)})`)
  }
}
