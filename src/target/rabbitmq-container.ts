import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { request as overHttp } from 'node:http'
import type { IncomingMessage, RequestOptions } from 'node:http'
import { request as overHttps } from 'node:https'
import { connect } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type * as TestcontainersLibrary from 'testcontainers'
import type { GenericContainer, StartedTestContainer } from 'testcontainers'
import { nowUs } from '../clock.ts'
import { reasonOf, StompedeError } from '../errors.ts'

/**
 * The image started when nobody names one. 3.13.7 is the last open-source release of RabbitMQ 3, so its tag no longer moves,
 * and it is past the versions that hide fatal ERROR frames from WebSocket clients (before 3.12). `-management`, because the
 * plain image turns off the metrics that the management plugin shows.
 */
export const DEFAULT_RABBITMQ_IMAGE = 'rabbitmq:3.13.7-management'

/** A RabbitMQ that answers on all three addresses. `guest`/`guest` may log in through each. */
export interface RabbitMqContainer {
  readonly amqpUrl: string
  /** Web STOMP, e.g. `ws://127.0.0.1:32770/ws`. */
  readonly stompUrl: string
  readonly managementUrl: string
  /** Stops the container and removes it with its volumes; a second call does nothing more. */
  stop(): Promise<void>
}

/**
 * Starts RabbitMQ with Web STOMP in a container of its own and resolves once Web STOMP answers a WebSocket upgrade, AMQP
 * its protocol header and management a request. The image is `options.image`, else STOMPEDE_RABBITMQ_IMAGE, else
 * `DEFAULT_RABBITMQ_IMAGE`; it is pulled when the daemon lacks it. Ports are mapped to loopback; only where the daemon runs
 * elsewhere (DOCKER_HOST names another host, or we run in a container ourselves) to all of that host's addresses, because
 * its loopback is out of our reach. testcontainers' own settings hold, TESTCONTAINERS_RYUK_DISABLED among them.
 *
 * @throws StompedeError BROKER_UNAVAILABLE when testcontainers is not installed, Docker does not answer, the image cannot be
 * fetched or the broker does not become ready; then `problems` holds the last lines it logged, and no container is left.
 */
export async function startRabbitMqContainer(
  options: { image?: string; log?: (line: string) => void } = {},
): Promise<RabbitMqContainer> {
  const image = options.image ?? (process.env['STOMPEDE_RABBITMQ_IMAGE'] || DEFAULT_RABBITMQ_IMAGE)
  const log = options.log ?? (() => undefined)
  const library = await loadTestcontainers()
  if (!(await dockerAnswers())) throw dockerSilent()
  const docker = await library.getContainerRuntimeClient().catch((thrown: unknown) => {
    throw dockerSilent(thrown)
  })
  await fetchImage(library, docker, image, log)
  await library.getReaper(docker).catch((thrown: unknown) => {
    throw cleanerFailed(thrown)
  })

  const host = docker.info.containerRuntime.host
  const isLocal = LOOPBACK_NAMES.has(host)
  const reach = isLocal ? '127.0.0.1' : host
  log(`starting ${image}`)
  const startedUs = nowUs()
  let containerId: string | undefined
  const started = await containerOf(library, image, isLocal, (id) => (containerId = id))
    .start()
    .then(async (container) => {
      await untilEveryPortAnswers(docker, container, reach)
      return container
    })
    .catch(async (thrown: unknown) => {
      throw await startFailed(docker, image, containerId, thrown)
    })
  log(`${image} is ready after ${((nowUs() - startedUs) / 1e6).toFixed(1)} s`)

  const at = (port: number): string => `${reach}:${started.getMappedPort(port)}`
  return {
    amqpUrl: `amqp://guest:guest@${at(AMQP_PORT)}`,
    stompUrl: `ws://${at(WEB_STOMP_PORT)}/ws`,
    managementUrl: `http://${at(MANAGEMENT_PORT)}`,
    async stop() {
      await started.stop({ remove: true, removeVolumes: true }).catch((thrown: unknown) => {
        throw new StompedeError(
          'BROKER_UNAVAILABLE',
          `the container ${started.getId().slice(0, 12)} of ${image} could not be removed: ${reasonOf(thrown).trim()}`,
          { cause: thrown },
        )
      })
    },
  }
}

/**
 * Whether a Docker daemon answers `/_ping` within a second: the one DOCKER_HOST names, else one on the usual local sockets.
 * Loads nothing of testcontainers. An ssh:// DOCKER_HOST counts as no answer, since testcontainers does not speak it, and so
 * does one behind TLS whose DOCKER_CERT_PATH cannot be read.
 */
export async function dockerAnswers(): Promise<boolean> {
  const answers = await Promise.all(dockerAddresses().map((address) => pings(address)))
  return answers.includes(true)
}

// --- internal ---

type Testcontainers = typeof TestcontainersLibrary
type Docker = Awaited<ReturnType<Testcontainers['getContainerRuntimeClient']>>

const AMQP_PORT = 5672
const MANAGEMENT_PORT = 15_672
const WEB_STOMP_PORT = 15_674
const PORTS = [AMQP_PORT, MANAGEMENT_PORT, WEB_STOMP_PORT]

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '::1'])
const PING_LIMIT_MS = 1_000
const PROBE_LIMIT_MS = 1_000
const PROBE_INTERVAL_MS = 100
const START_LIMIT_MS = 120_000
const TAIL_LINES = 15

/**
 * Both are read by the official image and by any RabbitMQ with Debian's layout. `guest` may otherwise log in from the
 * container's own loopback alone, and a mapped port never comes from there (rabbitmq.com/docs/access-control#loopback-users).
 */
const CONFIGURATION = [
  {
    target: '/etc/rabbitmq/enabled_plugins',
    content: '[rabbitmq_management,rabbitmq_web_stomp].\n',
    mode: 0o644,
  },
  { target: '/etc/rabbitmq/conf.d/90-stompede.conf', content: 'loopback_users.guest = false\n', mode: 0o644 },
]

async function loadTestcontainers(): Promise<Testcontainers> {
  try {
    return await import('testcontainers')
  } catch (thrown) {
    const isMissing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_MODULE_NOT_FOUND'
    throw new StompedeError(
      'BROKER_UNAVAILABLE',
      isMissing
        ? 'testcontainers is not installed, and RabbitMQ in a container needs it: npm install --save-dev testcontainers'
        : `testcontainers does not load: ${reasonOf(thrown)}`,
      { cause: thrown },
    )
  }
}

/** `exists` after the pull, because a pull that ends early reports its error in the progress stream alone. */
async function fetchImage(
  library: Testcontainers,
  docker: Docker,
  image: string,
  log: (line: string) => void,
): Promise<void> {
  let reason = 'the registry does not give it'
  try {
    const name = library.ImageName.fromString(image)
    if (await docker.image.exists(name)) return
    log(`pulling ${image}`)
    await docker.image.pull(name)
    if (await docker.image.exists(name)) return
  } catch (thrown) {
    reason = reasonOf(thrown).trim()
  }
  throw new StompedeError(
    'BROKER_UNAVAILABLE',
    `the image ${image} cannot be fetched: ${reason}; run "docker pull ${image}", or name an image you have in STOMPEDE_RABBITMQ_IMAGE`,
  )
}

/** `onCreated` is told the id even when the start fails later, for testcontainers leaves a container that exits at once. */
function containerOf(
  library: Testcontainers,
  image: string,
  isLocal: boolean,
  onCreated: (id: string) => void,
): GenericContainer {
  // A class, because these hooks are all that testcontainers offers for the id and for the address a port is mapped to.
  class RabbitMq extends library.GenericContainer {
    protected override async beforeContainerCreated(): Promise<void> {
      if (!isLocal) return
      this.hostConfig.PortBindings = Object.fromEntries(
        PORTS.map((port) => [`${port}/tcp`, [{ HostIp: '127.0.0.1', HostPort: '0' }]]),
      )
    }

    protected override async containerCreated(id: string): Promise<void> {
      onCreated(id)
    }
  }
  return new RabbitMq(image)
    .withExposedPorts(...PORTS)
    .withCopyContentToContainer(CONFIGURATION)
    .withWaitStrategy(library.Wait.forAll([])) // none: `untilEveryPortAnswers` waits, where a failure can still be read
}

/** Docker's proxy accepts on a mapped port from the first moment, so that only an answer proves the broker behind it. */
async function untilEveryPortAnswers(
  docker: Docker,
  container: StartedTestContainer,
  host: string,
): Promise<void> {
  const deadlineUs = nowUs() + START_LIMIT_MS * 1e3
  while (true) {
    const answers = await Promise.all([
      upgradesToWebSocket(host, container.getMappedPort(WEB_STOMP_PORT)),
      speaksAmqp(host, container.getMappedPort(AMQP_PORT)),
      speaksHttp(host, container.getMappedPort(MANAGEMENT_PORT)),
    ])
    if (answers.every(Boolean)) return
    const { State } = await docker.container.getById(container.getId()).inspect()
    if (!State.Running) throw new Error('it exited')
    if (nowUs() > deadlineUs) {
      const silent = ['Web STOMP', 'AMQP', 'management'].filter((_, i) => !answers[i])
      throw new Error(`${silent.join(' and ')} did not answer within ${START_LIMIT_MS / 1e3} s`)
    }
    await delay(PROBE_INTERVAL_MS)
  }
}

function upgradesToWebSocket(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
      'sec-websocket-protocol': 'v12.stomp',
    }
    overHttp({ host, port, path: '/ws', headers, signal: AbortSignal.timeout(PROBE_LIMIT_MS) })
      .on('upgrade', (_response, socket) => {
        socket.destroy()
        resolve(true)
      })
      .on('response', (response) => {
        response.destroy()
        resolve(false)
      })
      .on('error', () => resolve(false))
      .end()
  })
}

/** A broker answers the protocol header with Connection.Start, a method frame: first octet 1 (AMQP 0-9-1, section 2.2.4). */
function speaksAmqp(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal: AbortSignal.timeout(PROBE_LIMIT_MS) }, () => {
      socket.write('AMQP\0\0\x09\x01')
    })
    socket.once('data', (bytes: Buffer) => {
      resolve(bytes[0] === 1)
      socket.destroy()
    })
    socket.on('error', () => resolve(false))
    socket.on('close', () => resolve(false))
  })
}

async function speaksHttp(host: string, port: number): Promise<boolean> {
  return (await statusOf({ host, port, path: '/' }, overHttp)) !== undefined
}

async function pings({ secure, ...where }: DockerAddress): Promise<boolean> {
  return (await statusOf({ ...where, path: '/_ping' }, secure ? overHttps : overHttp)) === 200
}

function statusOf(target: RequestOptions, send: typeof overHttp): Promise<number | undefined> {
  return new Promise((resolve) => {
    const onResponse = (response: IncomingMessage): void => {
      resolve(response.statusCode)
      response.destroy()
    }
    send({ ...target, agent: false, signal: AbortSignal.timeout(PING_LIMIT_MS) }, onResponse)
      .on('error', () => resolve(undefined))
      .end()
  })
}

interface DockerAddress extends RequestOptions {
  secure: boolean
}

function dockerAddresses(): DockerAddress[] {
  const named = process.env['DOCKER_HOST']
  if (!named) return localSockets().map((socketPath) => ({ socketPath, secure: false }))
  const url = URL.parse(named)
  if (url === null) return []
  if (url.protocol === 'unix:') return [{ socketPath: url.pathname, secure: false }]
  if (!['tcp:', 'http:', 'https:'].includes(url.protocol)) return []
  try {
    return [{ host: url.hostname, port: url.port, ...tlsOf(url) }]
  } catch {
    return []
  }
}

/** Docker's client certificate, in the files and under the variables of Docker's own command line. Throws when it is unreadable. */
function tlsOf(url: URL): Pick<DockerAddress, 'secure'> & { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  const folder = process.env['DOCKER_CERT_PATH']
  if (process.env['DOCKER_TLS_VERIFY'] !== '1' || folder === undefined)
    return { secure: url.protocol === 'https:' }
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readFileSync(join(folder, file)))
  return { secure: true, ca, cert, key }
}

/** Where testcontainers itself looks when DOCKER_HOST is not set. */
function localSockets(): string[] {
  if (process.platform === 'win32') return ['//./pipe/docker_engine']
  const runtimeFolder = process.env['XDG_RUNTIME_DIR'] ?? `/run/user/${process.getuid?.() ?? 0}`
  return [
    '/var/run/docker.sock',
    join(runtimeFolder, 'docker.sock'),
    join(homedir(), '.docker/run/docker.sock'),
    join(homedir(), '.docker/desktop/docker.sock'),
  ].filter((path) => existsSync(path))
}

function dockerSilent(cause?: unknown): StompedeError {
  const named = process.env['DOCKER_HOST']
  const where = named ? `at DOCKER_HOST=${named}` : 'at /var/run/docker.sock'
  const why = cause === undefined ? '' : ` (${reasonOf(cause)})`
  return new StompedeError(
    'BROKER_UNAVAILABLE',
    `Docker does not answer ${where}${why}: start it, or set DOCKER_HOST to a daemon that runs`,
    { cause },
  )
}

/** Ryuk is testcontainers' own container: it removes ours when this process dies before `stop`. */
function cleanerFailed(thrown: unknown): StompedeError {
  return new StompedeError(
    'BROKER_UNAVAILABLE',
    `the cleaner of testcontainers (Ryuk) does not start: ${reasonOf(thrown).trim()}; fetch its image, or do without it by TESTCONTAINERS_RYUK_DISABLED=true`,
    { cause: thrown },
  )
}

/** Reads what the container can still tell, removes it, and makes the error of both. */
async function startFailed(
  docker: Docker,
  image: string,
  containerId: string | undefined,
  thrown: unknown,
): Promise<StompedeError> {
  let reason = reasonOf(thrown).trim()
  let problems: string[] = []
  if (containerId !== undefined) {
    const container = docker.container.getById(containerId)
    try {
      const { State } = await container.inspect()
      if (State.Status === 'exited') reason = `it exited with code ${State.ExitCode}`
      problems = linesOf(
        await container.logs({ stdout: true, stderr: true, tail: TAIL_LINES, follow: false }),
      )
      await container.remove({ force: true, v: true })
    } catch (second) {
      problems = [
        ...problems,
        `the container ${containerId.slice(0, 12)} may be left: ${reasonOf(second).trim()}`,
      ]
    }
  }
  return new StompedeError('BROKER_UNAVAILABLE', `RabbitMQ (${image}) did not start: ${reason}`, {
    problems,
    cause: thrown,
  })
}

/** Docker frames each piece of a log: stream (1 octet), 3 zeros, length (4, big-endian), then the text. */
function linesOf(log: Buffer): string[] {
  let text = ''
  for (let at = 0; at + 8 <= log.length;) {
    const end = at + 8 + log.readUInt32BE(at + 4)
    text += log.toString('utf8', at + 8, end)
    at = end
  }
  return text.split('\n').filter((line) => line.trim() !== '')
}
