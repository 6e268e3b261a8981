import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findRabbitMqServer } from '../../src/target/rabbitmq-node.ts'

/** A RabbitMQ with Web STOMP that can be killed, frozen and started again under the same addresses. */
export interface RestartableRabbitMq extends AsyncDisposable {
  readonly amqpUrl: string
  readonly stompUrl: string
  /** Starts the node; resolves with how many ms it took until it let clients in. */
  start(): Promise<number>
  /** SIGKILL of the Erlang VM. */
  kill(): Promise<void>
  freeze(): void
  thaw(): void
}

/** Makes a node with ports and a directory of its own; it does not run yet. Throws where rabbitmq-server is missing. */
export async function newRabbitMq(): Promise<RestartableRabbitMq> {
  const server = findRabbitMqServer()
  if (server === undefined)
    throw new Error('rabbitmq-server is not installed: apt-get install rabbitmq-server')
  const [amqp, stomp, webStomp, distribution, epmdPort] = await freePorts(5)
  const home = mkdtempSync(join(tmpdir(), 'stompede-survival-'))
  const file = (name: string, text: string): string => {
    writeFileSync(join(home, name), text)
    return join(home, name)
  }
  mkdirSync(join(home, 'log'))
  const env = {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    HOME: home,
    RABBITMQ_NODENAME: `survival_${process.pid}@localhost`,
    RABBITMQ_MNESIA_BASE: join(home, 'mnesia'),
    RABBITMQ_LOG_BASE: join(home, 'log'),
    RABBITMQ_PID_FILE: join(home, 'pid'),
    RABBITMQ_DIST_PORT: String(distribution),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(epmdPort),
    RABBITMQ_CONF_ENV_FILE: file('rabbitmq-env.conf', ''),
    // The script then becomes the VM, so that its pid is the one to kill.
    RABBITMQ_ALLOW_INPUT: '1',
    RABBITMQ_SERVER_START_ARGS: '-noinput',
    RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins', '[rabbitmq_web_stomp].\n'),
    RABBITMQ_CONFIG_FILE: file(
      'rabbitmq.conf',
      `listeners.tcp.1 = 127.0.0.1:${amqp}
stomp.listeners.tcp.1 = 127.0.0.1:${stomp}
web_stomp.tcp.ip = 127.0.0.1
web_stomp.tcp.port = ${webStomp}
web_stomp.tcp.backlog = 4096
log.file.level = warning
disk_free_limit.absolute = 10MB
`,
    ),
  }
  const epmd = spawn('epmd', ['-port', String(epmdPort), '-address', '127.0.0.1'], { env, stdio: 'ignore' })
  let node: ChildProcess | undefined
  const end = async (): Promise<void> => {
    if (node === undefined || node.exitCode !== null || node.signalCode !== null) return
    const gone = once(node, 'exit')
    node.kill('SIGKILL')
    await gone
  }
  return {
    amqpUrl: `amqp://guest:guest@127.0.0.1:${amqp}`,
    stompUrl: `ws://127.0.0.1:${webStomp}/ws`,
    start: async () => {
      const beganMs = performance.now()
      const started = spawn(server, [], { env, stdio: 'ignore' })
      node = started
      for (const port of [amqp, webStomp]) {
        while (!(await answers(port as number))) {
          if (started.exitCode !== null) throw new Error('RabbitMQ ended while starting')
          await delay(50)
        }
      }
      return performance.now() - beganMs
    },
    kill: end,
    freeze: () => void node?.kill('SIGSTOP'),
    thaw: () => void node?.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      node?.kill('SIGCONT')
      await end()
      epmd.kill('SIGKILL')
      rmSync(home, { recursive: true, force: true })
    },
  }
}

// --- internal ---

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      resolve(true)
      socket.destroy()
    })
    socket.on('error', () => resolve(false))
  })
}
