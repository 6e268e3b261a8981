import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { StompedeError } from '../errors.ts'

/** A RabbitMQ of our own, on loopback, with Web STOMP and management. `guest`/`guest` may log in. */
export interface RabbitMqNode {
  readonly amqpUrl: string
  readonly stompUrl: string
  readonly managementUrl: string
  /** Of the Erlang VM. */
  readonly pid: number
  /** Ends the node and its epmd and removes its directory. */
  stop(): Promise<void>
}

/** Where `rabbitmq-server` is on this machine: STOMPEDE_RABBITMQ_SERVER, else where the usual packages put it. */
export function findRabbitMqServer(): string | undefined {
  const named = process.env['STOMPEDE_RABBITMQ_SERVER']
  return (named ? [named] : SERVER_PLACES).find((place) => existsSync(place))
}

/**
 * Starts a node with a name, ports and a directory of its own; resolves once Web STOMP and AMQP answer. The node ends
 * with this process, however that ends: a shell between the two waits for the end of its input, which a killed parent
 * closes too.
 * @throws StompedeError BROKER_UNAVAILABLE when rabbitmq-server is missing, or does not become ready; then with the
 * last lines it wrote.
 */
export async function startRabbitMqNode(): Promise<RabbitMqNode> {
  const server = findRabbitMqServer()
  if (server === undefined) throw missing()
  // Free ports are known to be free only when they are asked for; another process may be faster.
  const first = await startOnce(server)
  const outcome =
    'node' in first || !/eaddrinuse|already in use/i.test(first.output) ? first : await startOnce(server)
  if ('node' in outcome) return outcome.node
  throw new StompedeError('BROKER_UNAVAILABLE', `RabbitMQ did not become ready: ${outcome.reason}`, {
    problems: outcome.output.trim().split('\n').slice(-8),
  })
}

// --- internal ---

/** Debian's own first: the wrapper in /usr/sbin changes the user. */
const SERVER_PLACES = [
  '/usr/lib/rabbitmq/bin/rabbitmq-server',
  '/opt/rabbitmq/sbin/rabbitmq-server',
  '/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server',
  '/usr/local/opt/rabbitmq/sbin/rabbitmq-server',
]

const READY_LIMIT_MS = 60_000
const PROBE_INTERVAL_MS = 50

type Outcome = { node: RabbitMqNode } | { reason: string; output: string }

/**
 * Runs node and epmd, and ends both when its standard input does or when the node ends by itself. The node is killed,
 * not asked: it keeps nothing that is worth the seven seconds of an orderly shutdown. The script's own error output is
 * closed, because a word of the shell's to a dead parent would end it before it has cleaned up.
 */
const KEEPER = `
exec 3<&0
epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 >/dev/null 2>&1 3<&- &
epmd=$!
"$STOMPEDE_SERVER" >&2 3<&- &
node=$!
echo $node
exec 2>/dev/null
{ cat <&3; kill -9 $node; } >/dev/null 2>&1 &
watch=$!
exec 3<&-
wait $node
kill -9 $watch $epmd 2>/dev/null
rm -rf "\${HOME:?}"
`

async function startOnce(server: string): Promise<Outcome> {
  const home = mkdtempSync(join(tmpdir(), 'stompede-rabbitmq-'))
  const { amqp, stomp, webStomp, management, distribution, epmd } = await freePorts()
  const file = (name: string, text: string): string => {
    writeFileSync(join(home, name), text)
    return join(home, name)
  }
  mkdirSync(join(home, 'log'))
  const keeper = spawn('/bin/sh', ['-c', KEEPER], {
    // A group of its own, so that Ctrl-C in a terminal reaches us alone and we decide when the broker ends.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    // Nothing else from our environment: a RABBITMQ_* of the user's must not bend this node.
    env: {
      PATH: process.env['PATH'],
      LANG: 'C.UTF-8',
      HOME: home,
      STOMPEDE_SERVER: server,
      // Together: the script becomes the Erlang VM instead of waiting for it, and the VM does not read input.
      RABBITMQ_ALLOW_INPUT: '1',
      RABBITMQ_SERVER_START_ARGS: '-noinput',
      RABBITMQ_NODENAME: `stompede_${randomBytes(6).toString('hex')}@localhost`,
      RABBITMQ_MNESIA_BASE: join(home, 'mnesia'),
      RABBITMQ_LOG_BASE: join(home, 'log'),
      RABBITMQ_PID_FILE: join(home, 'pid'),
      RABBITMQ_DIST_PORT: String(distribution),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      ERL_EPMD_PORT: String(epmd),
      RABBITMQ_CONF_ENV_FILE: file('rabbitmq-env.conf', ''),
      RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins', '[rabbitmq_web_stomp,rabbitmq_management].\n'),
      RABBITMQ_CONFIG_FILE: file(
        'rabbitmq.conf',
        // Statistics of every queue and connection every 5 s cost more than the messages do: with 5,000 users and their
        // 20,000 queues they took two cores to a standstill.
        `listeners.tcp.1 = 127.0.0.1:${amqp}
stomp.listeners.tcp.1 = 127.0.0.1:${stomp}
web_stomp.tcp.ip = 127.0.0.1
web_stomp.tcp.port = ${webStomp}
web_stomp.tcp.backlog = 4096
management.tcp.ip = 127.0.0.1
management.tcp.port = ${management}
management.rates_mode = none
management_agent.disable_metrics_collector = true
collect_statistics_interval = 60000
log.file.level = warning
disk_free_limit.absolute = 10MB
`,
      ),
    },
  })
  const ended = endOf(keeper)
  const output = tailOf(keeper)
  const pid = await firstNumberOf(keeper)
  const reason = await Promise.race([
    becomesReady([{ port: webStomp }, { port: amqp, greeting: AMQP_GREETING }]),
    ended.then(() => 'it ended while starting'),
  ])
  if (reason !== undefined) {
    keeper.stdin.end()
    await ended
    rmSync(home, { recursive: true, force: true })
    return { reason, output: output() }
  }
  return {
    node: {
      amqpUrl: `amqp://guest:guest@127.0.0.1:${amqp}`,
      stompUrl: `ws://127.0.0.1:${webStomp}/ws`,
      managementUrl: `http://127.0.0.1:${management}`,
      pid,
      async stop() {
        keeper.stdin.end()
        await ended
      },
    },
  }
}

/** A broker answers the protocol header with Connection.Start, a method frame: first octet 1 (AMQP 0-9-1, 2.2.4). */
const AMQP_GREETING = 'AMQP\0\0\x09\x01'

function missing(): StompedeError {
  return new StompedeError(
    'BROKER_UNAVAILABLE',
    'rabbitmq-server is not installed: apt-get install rabbitmq-server, or name it in STOMPEDE_RABBITMQ_SERVER, ' +
      'or use --rabbitmq container, or --amqp-url and --stomp-url of a running RabbitMQ',
  )
}

type Keeper = ChildProcessByStdio<Writable, Readable, Readable>

/** Resolves once the keeper and all that holds its output, the node included, are gone. */
function endOf(keeper: Keeper): Promise<void> {
  return new Promise((resolve) => {
    keeper.once('error', () => resolve())
    keeper.once('close', () => resolve())
    keeper.once('exit', () => keeper.stdin.destroy())
    // The keeper may be gone before our goodbye reaches it.
    keeper.stdin.on('error', () => undefined)
  })
}

/** The line the keeper writes: the pid of the node, which the script it starts keeps when it becomes the VM. */
function firstNumberOf(keeper: Keeper): Promise<number> {
  return new Promise((resolve) => {
    keeper.stdout.once('data', (bytes: Buffer) => resolve(Number(bytes.toString())))
    keeper.once('error', () => resolve(0))
  })
}

/** Reads what node and keeper write, and answers with the end of it. */
function tailOf(keeper: Keeper): () => string {
  let tail = ''
  keeper.stderr.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-4_096)
  })
  return () => tail
}

/** Different ports, all free a moment ago: held open together, then let go. */
async function freePorts(): Promise<Record<PortName, number>> {
  const servers = PORT_NAMES.map((name) => ({ name, server: createServer() }))
  const ports = {} as Record<PortName, number>
  await Promise.all(
    servers.map(async ({ name, server }) => {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const address = server.address()
      ports[name] = address === null || typeof address === 'string' ? 0 : address.port
    }),
  )
  await Promise.all(servers.map(({ server }) => new Promise((resolve) => server.close(resolve))))
  return ports
}

const PORT_NAMES = ['amqp', 'stomp', 'webStomp', 'management', 'distribution', 'epmd'] as const
type PortName = (typeof PORT_NAMES)[number]

interface Probe {
  port: number
  /** Sent after connecting; then an octet 1 must come back. */
  greeting?: string
}

/** Resolves with undefined when every probe has succeeded, else with what did not answer in time. */
async function becomesReady(probes: readonly Probe[]): Promise<string | undefined> {
  const deadlineMs = performance.now() + READY_LIMIT_MS
  for (const probe of probes) {
    while (!(await answers(probe))) {
      if (performance.now() > deadlineMs)
        return `port ${probe.port} did not answer within ${READY_LIMIT_MS / 1e3} s`
      await delay(PROBE_INTERVAL_MS)
    }
  }
  return undefined
}

function answers({ port, greeting }: Probe): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, signal: AbortSignal.timeout(1_000) }, () => {
      if (greeting !== undefined) {
        socket.write(greeting)
        return
      }
      resolve(true)
      socket.destroy()
    })
    socket.once('data', (bytes: Buffer) => {
      resolve(bytes[0] === 1)
      socket.destroy()
    })
    socket.on('error', () => resolve(false))
    socket.on('close', () => resolve(false))
  })
}
