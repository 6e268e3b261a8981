import { readFileSync } from 'node:fs'
import type { Argv, ArgumentsCamelCase, CommandModule } from 'yargs'
import { reasonOf, StompedeError } from '../errors.ts'
import { listFaults } from '../target/faults.ts'
import type { RabbitMqChoice } from '../target/rabbitmq.ts'
import { DEFAULT_JWT_SECRET, startTarget, type TargetAddress, type TargetOptions } from '../target/server.ts'
import { evenWorld, readWorldFile, type WorldSpec } from '../target/world.ts'

/** `stompede target`: runs the reference target in this process until SIGINT or SIGTERM. */
export const targetCommand: CommandModule<object, TargetArguments> = {
  command: 'target',
  describe: 'Run the reference target: the chat API with an embedded broker or RabbitMQ',
  builder: (yargs) =>
    targetFlags(yargs)
      .example('$0 target', 'on port 5700, with its own broker')
      .example('$0 target --broker rabbitmq --users 1000 --rooms 50', 'a private RabbitMQ behind it')
      .example('$0 target --fault duplicate:1/100 --fault slow-delivery', 'one that misbehaves')
      .example(
        '$0 target --service "lognormal(4ms,0.5)" --journal did.ndjson',
        'that takes time, and writes down how much',
      ),
  handler: (flags) => runTarget(flags),
}

/** The flags as yargs hands them over. */
export type TargetArguments = ReturnType<typeof targetFlags> extends Argv<infer Options> ? Options : never

// --- internal ---

type Flags = ArgumentsCamelCase<TargetArguments>

function targetFlags(yargs: Argv<object>) {
  return yargs
    .option('host', { type: 'string', default: '127.0.0.1', describe: 'Address to listen on' })
    .option('port', { type: 'number', default: 5700, describe: 'Port of the API; 0 = any free one' })
    .option('stomp-port', {
      type: 'number',
      default: 15674,
      describe: 'Port of the embedded broker; 0 = any free one',
    })
    .option('broker', {
      choices: ['embedded', 'rabbitmq'] as const,
      default: 'embedded' as const,
      describe: 'What delivers the events',
    })
    .option('rabbitmq', {
      choices: ['native', 'container', 'auto'] as const,
      default: 'auto' as const,
      describe: 'Which RabbitMQ to start; auto = native where rabbitmq-server is installed',
    })
    .option('amqp-url', { type: 'string', describe: 'Publish to a RabbitMQ that runs' })
    .option('stomp-url', { type: 'string', describe: 'Its Web STOMP, as clients reach it' })
    .option('users', { type: 'number', default: 100, describe: 'Users, with ids from 1' })
    .option('rooms', { type: 'number', default: 20, describe: 'Rooms, with ids from 1' })
    .option('room-size', { type: 'number', default: 10, describe: 'Members of each room' })
    .option('world', { type: 'string', describe: 'JSON file with users, rooms and members instead' })
    .option('jwt-secret', { type: 'string', describe: 'Secret of the HS256 tokens' })
    .option('jwt-public-key', { type: 'string', describe: 'PEM or JWKS file, for RS256 and ES256 tokens' })
    .option('contract', { type: 'string', describe: 'Directory of another contract' })
    .option('fault', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'Misbehave: NAME or NAME:1/N; repeatable',
    })
    .option('service', {
      type: 'string',
      describe: 'Time a send-message takes, such as "constant(20ms)" or "n=4 lognormal(4ms,0.5)"',
    })
    .option('isolated', {
      type: 'boolean',
      default: false,
      describe:
        'Keep users apart: a login for each, who reads its own rooms and writes nothing (embedded broker)',
    })
    .option('freeze', { type: 'string', describe: 'Stand still, such as 1s/10s: 1 s in every 10 s' })
    .option('journal', { type: 'string', describe: 'Append what it really did to this file, as JSON lines' })
    .option('list-faults', { type: 'boolean', default: false, describe: 'Print the faults and leave' })
    .conflicts('jwt-secret', 'jwt-public-key')
    .implies('amqp-url', 'stomp-url')
    .implies('stomp-url', 'amqp-url')
}

async function runTarget(flags: Flags): Promise<void> {
  if (flags.listFaults) {
    process.stdout.write(`NAME hits each one, NAME:1/N every N-th.\n\n${listFaults()}\n`)
    return
  }
  requirePorts(flags)
  const world = worldOf(flags)
  const options: TargetOptions = {
    host: flags.host,
    apiPort: flags.port,
    stompPort: flags.stompPort,
    broker: flags.amqpUrl === undefined ? flags.broker : 'rabbitmq',
    rabbitMq: rabbitMqOf(flags),
    trust: trustOf(flags),
    faults: flags.fault,
    service: flags.service,
    freeze: flags.freeze,
    isolated: flags.isolated,
    journal: flags.journal,
    ...(flags.contract === undefined ? {} : { contract: flags.contract }),
    world,
  }
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  const target = await startTarget(options, (error) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  })
  process.stdout.write(`${greeting(target.address, flags, world)}\n`)
  await interrupted
  await target.close()
}

function requirePorts({ port, stompPort }: Flags): void {
  const isPort = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 65_535
  const problems = [
    ...(isPort(port) ? [] : [`--port must be 0 to 65535 (is ${port})`]),
    ...(isPort(stompPort) ? [] : [`--stomp-port must be 0 to 65535 (is ${stompPort})`]),
  ]
  if (problems.length > 0) throw new StompedeError('USAGE', 'no such port', { problems })
}

function worldOf(flags: Flags): WorldSpec {
  if (flags.world !== undefined) return readWorldFile(flags.world)
  return evenWorld({ users: flags.users, rooms: flags.rooms, roomSize: flags.roomSize })
}

function rabbitMqOf({ amqpUrl, stompUrl, rabbitmq }: Flags): RabbitMqChoice {
  if (amqpUrl === undefined || stompUrl === undefined) return { kind: rabbitmq }
  const problems = [
    ...(/^amqps?:\/\//.test(amqpUrl) && URL.canParse(amqpUrl)
      ? []
      : ['--amqp-url must be an amqp:// or amqps:// URL']),
    ...(/^wss?:\/\//.test(stompUrl) && URL.canParse(stompUrl)
      ? []
      : ['--stomp-url must be a ws:// or wss:// URL']),
  ]
  if (problems.length > 0)
    throw new StompedeError('USAGE', 'the RabbitMQ to publish to is not named well', { problems })
  return { kind: 'running', amqpUrl, stompUrl }
}

function trustOf({ jwtPublicKey, jwtSecret }: Flags): TargetOptions['trust'] {
  if (jwtPublicKey === undefined) return { kind: 'secret', secret: jwtSecret ?? DEFAULT_JWT_SECRET }
  try {
    return { kind: 'public-key', key: readFileSync(jwtPublicKey, 'utf8') }
  } catch (error) {
    throw new StompedeError('USAGE', `cannot read --jwt-public-key ${jwtPublicKey}: ${reasonOf(error)}`, {
      cause: error,
    })
  }
}

/** One line. The default secret is told, for it protects nothing; one that was given is not. */
function greeting(address: TargetAddress, { jwtSecret, jwtPublicKey }: Flags, world: WorldSpec): string {
  const { name, version } = address.broker
  const first = 'firstUserId' in world ? world.firstUserId : world.users[0]?.id
  const signed =
    jwtPublicKey !== undefined
      ? 'signed with the private key'
      : `HS256 with the secret ${jwtSecret === undefined ? `"${DEFAULT_JWT_SECRET}"` : 'given'}`
  return `API ${address.apiUrl}/chat-ws  STOMP ${address.stompUrl} (${name} ${version})  tokens: ${signed}, sub = a user id, e.g. ${first}`
}
