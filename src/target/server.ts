import { loadContract } from '../chat/contract.ts'
import { StompedeError } from '../errors.ts'
import { isolatedAccess } from './access.ts'
import { createAuthentication, type TokenTrust } from './authentication.ts'
import type { Broker, BrokerInfo } from './broker.ts'
import { startEmbeddedBroker } from './embedded-broker.ts'
import { createFaultPlan, parseFaults, type FaultLog } from './faults.ts'
import { parseFreeze, startFreezes } from './freeze.ts'
import { startHttpApi, type HttpApiParts } from './http-api.ts'
import { openJournal } from './journal.ts'
import { createPublisher } from './publisher.ts'
import { startRabbitMq, type RabbitMqChoice } from './rabbitmq.ts'
import { createService } from './service.ts'
import { createWorld, type World, type WorldSpec } from './world.ts'

/** What a reference target is made of; plain data, so that it can travel to another process. */
export interface TargetOptions {
  /** Address to listen on, for the API and the embedded broker. */
  host: string
  /** 0 = any free port. */
  apiPort: number
  /** Of the embedded broker; 0 = any free port. */
  stompPort: number
  broker: 'embedded' | 'rabbitmq'
  /** Keep users apart in the embedded broker, see `isolatedAccess`; otherwise they share one login, as documented. */
  isolated?: boolean
  /** Which RabbitMQ; not read with the embedded broker. */
  rabbitMq: RabbitMqChoice
  trust: TokenTrust
  /** `NAME` or `NAME:1/N`. */
  faults: readonly string[]
  /** How long a send-message takes, see `createService`. */
  service?: string
  /** Of what `service` draws. */
  seed?: number
  /** `LENGTH/PERIOD`, see `parseFreeze`. */
  freeze?: string
  /** File that what really happened is appended to, see `Journal`. */
  journal?: string
  /** Directory of another contract to judge request bodies by. */
  contract?: string
  world: WorldSpec
}

/** Where a running target is reached. */
export interface TargetAddress {
  /** Without path, e.g. `http://127.0.0.1:5700`. */
  readonly apiUrl: string
  readonly stompUrl: string
  readonly broker: BrokerInfo & { readonly kind: TargetOptions['broker'] }
}

export interface Target {
  readonly address: TargetAddress
  readonly world: World
  faultLog(): FaultLog
  close(): Promise<void>
}

/** For a test target on loopback; printed plainly by `stompede target`. */
export const DEFAULT_JWT_SECRET = 'stompede-reference-secret'

/** A healthy target on free ports of the loopback address, with the embedded broker. */
export const DEFAULT_TARGET: Omit<TargetOptions, 'world'> = {
  host: '127.0.0.1',
  apiPort: 0,
  stompPort: 0,
  broker: 'embedded',
  rabbitMq: { kind: 'auto' },
  trust: { kind: 'secret', secret: DEFAULT_JWT_SECRET },
  faults: [],
}

/**
 * Starts the chat: HTTP API and broker. `onUnexpected` hears of errors nobody foresaw, which a client sees as a 500.
 * @throws StompedeError USAGE, CONTRACT_INVALID, BROKER_UNAVAILABLE or TARGET_FAILED; nothing is left running then.
 */
export async function startTarget(
  options: TargetOptions,
  onUnexpected: (error: unknown) => void,
): Promise<Target> {
  const faults = parseFaults(options.faults, options.broker)
  const service = options.service === undefined ? undefined : createService(options.service, options.seed)
  const freeze = options.freeze === undefined ? undefined : parseFreeze(options.freeze)
  const journal = options.journal === undefined ? undefined : openJournal(options.journal, onUnexpected)
  const plan = createFaultPlan(faults, (name, detail) => journal?.fault(name, detail))
  const behaviour = { plan, service, journal, onUnexpected }
  const target = await serve(options, behaviour).catch(async (error: unknown) => {
    await journal?.close()
    throw error
  })
  const thaw =
    freeze &&
    startFreezes(freeze, {
      before: () => journal?.flush(),
      after: (startUs, endUs) => journal?.freeze(startUs, endUs),
    })
  return {
    ...target,
    async close() {
      thaw?.()
      await target.close()
      await journal?.close()
    },
  }
}

// --- internal ---

/** What the target does beside serving the chat well. */
type Behaviour = Pick<HttpApiParts, 'plan' | 'service' | 'journal' | 'onUnexpected'>

async function serve(options: TargetOptions, behaviour: Behaviour): Promise<Target> {
  const { host } = options
  const { plan } = behaviour
  const world = createWorld(options.world)
  if (plan.switches.leak !== undefined && world.roomCount < 2) {
    throw new StompedeError('USAGE', 'the fault leak needs a world with two rooms or more')
  }
  const isIsolated = options.isolated === true
  if (isIsolated && options.broker !== 'embedded') {
    throw new StompedeError('USAGE', 'only the embedded broker can keep users apart (--isolated)')
  }
  const contract = loadContract(options.contract)
  const authenticate = createAuthentication(options.trust, plan)
  const broker: Broker =
    options.broker === 'embedded'
      ? await startEmbeddedBroker({
          host,
          port: options.stompPort,
          plan,
          ...(isIsolated ? { access: isolatedAccess(world) } : {}),
        })
      : await startRabbitMq(options.rabbitMq)
  const publisher = createPublisher(broker, world, plan)
  const parts = { ...behaviour, world, contract, authenticate, broker, publisher }
  const api = await startHttpApi(parts, host, options.apiPort).catch(async (error: unknown) => {
    await broker.close()
    throw error
  })
  return {
    address: {
      apiUrl: api.url,
      stompUrl: broker.stompUrl,
      broker: { ...broker.info, kind: options.broker },
    },
    world,
    faultLog: () => plan.log(),
    async close() {
      await api.close()
      await broker.close()
    },
  }
}
