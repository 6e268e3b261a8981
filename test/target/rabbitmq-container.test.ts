import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from '@stomp/stompjs'
import type { IMessage } from '@stomp/stompjs'
import { connect as connectAmqp } from 'amqplib'
import { getContainerRuntimeClient, ImageName } from 'testcontainers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { StompedeError } from '../../src/errors.ts'
import {
  DEFAULT_RABBITMQ_IMAGE,
  dockerAnswers,
  startRabbitMqContainer,
} from '../../src/target/rabbitmq-container.ts'

const REAL_START_LIMIT_MS = 300_000
const REPOSITORY = join(import.meta.dirname, '../..')
const image = process.env['STOMPEDE_RABBITMQ_IMAGE'] || DEFAULT_RABBITMQ_IMAGE
const docker = (await dockerAnswers()) ? await getContainerRuntimeClient() : undefined
const absence = await whyNoBroker()
// On the terminal too, because vitest's default reporter keeps the reason of a skipped test to itself.
if (absence !== undefined) process.stderr.write(`skipped, no RabbitMQ in a container: ${absence}\n`)

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

describe('dockerAnswers', () => {
  it('is true when the socket that DOCKER_HOST names answers /_ping', async () => {
    const asked: (string | undefined)[] = []
    const socket = await unixServer((request, response) => {
      asked.push(request.url)
      response.end('OK')
    })
    vi.stubEnv('DOCKER_HOST', `unix://${socket}`)
    expect(await dockerAnswers()).toBe(true)
    expect(asked).toEqual(['/_ping'])
  })

  it('is true over TCP', async () => {
    const port = await listening(createHttpServer((_, response) => response.end('OK')))
    vi.stubEnv('DOCKER_HOST', `tcp://127.0.0.1:${port}`)
    expect(await dockerAnswers()).toBe(true)
  })

  it('shows the client certificate of DOCKER_CERT_PATH to a daemon behind TLS', async () => {
    const folder = temporaryFolder()
    selfSigned(folder)
    const pem = (name: string): Buffer => readFileSync(join(folder, name))
    const tls = { ca: pem('ca.pem'), cert: pem('cert.pem'), key: pem('key.pem'), requestCert: true }
    const port = await listening(createHttpsServer(tls, (_, response) => response.end('OK')))
    vi.stubEnv('DOCKER_HOST', `tcp://127.0.0.1:${port}`)
    expect(await dockerAnswers(), 'plain HTTP to a TLS port').toBe(false)
    vi.stubEnv('DOCKER_TLS_VERIFY', '1')
    vi.stubEnv('DOCKER_CERT_PATH', folder)
    expect(await dockerAnswers()).toBe(true)
    vi.stubEnv('DOCKER_CERT_PATH', join(folder, 'missing'))
    expect(await dockerAnswers(), 'no certificate to show').toBe(false)
  })

  it('is false within about a second when the daemon accepts and says nothing', async () => {
    const socket = await unixServer(() => undefined)
    vi.stubEnv('DOCKER_HOST', `unix://${socket}`)
    const startedMs = performance.now()
    expect(await dockerAnswers()).toBe(false)
    expect(performance.now() - startedMs).toBeGreaterThan(900)
    expect(performance.now() - startedMs).toBeLessThan(5_000)
  })

  it.each([
    ['a daemon that answers 500', async () => `unix://${await unixServer((_, r) => r.writeHead(500).end())}`],
    ['a socket that is not there', async () => `unix://${join(temporaryFolder(), 'none.sock')}`],
    ['a port nobody listens on', async () => `tcp://127.0.0.1:${await closedPort()}`],
    ['a scheme testcontainers does not speak', async () => 'ssh://127.0.0.1'],
    ['no address at all', async () => 'not a url'],
  ])('is false for %s', async (_name, dockerHost) => {
    vi.stubEnv('DOCKER_HOST', await dockerHost())
    expect(await dockerAnswers()).toBe(false)
  })
})

describe('startRabbitMqContainer says in one line what to do', () => {
  it('when Docker does not answer', async () => {
    const nowhere = `unix://${join(temporaryFolder(), 'none.sock')}`
    vi.stubEnv('DOCKER_HOST', nowhere)
    const error = await failureOf(startRabbitMqContainer())
    expect(error.code).toBe('BROKER_UNAVAILABLE')
    expect(error.message).toBe(
      `Docker does not answer at DOCKER_HOST=${nowhere}: start it, or set DOCKER_HOST to a daemon that runs`,
    )
  })

  it('when testcontainers is not installed', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'src/target'), { recursive: true })
    for (const file of ['src/errors.ts', 'src/clock.ts', 'src/target/rabbitmq-container.ts']) {
      copyFileSync(join(REPOSITORY, file), join(folder, file))
    }
    const program = `
      import { startRabbitMqContainer } from './src/target/rabbitmq-container.ts'
      await startRabbitMqContainer().catch((error) => process.stdout.write(error.code + ' ' + error.message))`
    const run = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
      cwd: folder,
    })
    expect(run.stdout).toBe(
      'BROKER_UNAVAILABLE testcontainers is not installed, and RabbitMQ in a container needs it: npm install --save-dev testcontainers',
    )
  })

  it.skipIf(docker === undefined)('when the image cannot be fetched', async () => {
    const absent = '127.0.0.1:1/stompede/none:1'
    const lines: string[] = []
    const error = await failureOf(startRabbitMqContainer({ image: absent, log: (line) => lines.push(line) }))
    expect(error.code).toBe('BROKER_UNAVAILABLE')
    expect(error.message).toMatch(
      /^the image 127\.0\.0\.1:1\/stompede\/none:1 cannot be fetched: .*127\.0\.0\.1:1/,
    )
    expect(error.message).toMatch(
      /; run "docker pull .*", or name an image you have in STOMPEDE_RABBITMQ_IMAGE$/,
    )
    expect(lines).toEqual([`pulling ${absent}`])
  })

  it.skipIf(absence)(
    'when the container exits instead of starting, with its last lines, and leaves nothing',
    async () => {
      const broken = await imageThat('sh', '-c', 'echo the disk is full; exit 7')
      const before = await everyContainer()
      const error = await failureOf(startRabbitMqContainer({ image: broken }))
      expect(error.code).toBe('BROKER_UNAVAILABLE')
      expect(error.message).toBe(`RabbitMQ (${broken}) did not start: it exited with code 7`)
      expect(error.problems).toEqual(['the disk is full'])
      expect(await everyContainer()).toEqual(before)
    },
  )
})

describe('a RabbitMQ in a container', () => {
  it.skipIf(absence)(
    'carries what AMQP publishes to chat.direct to a STOMP subscriber of that key alone, and is gone after stop',
    async () => {
      const before = await everyContainer()
      const lines: string[] = []
      const broker = await startRabbitMqContainer({ log: (line) => lines.push(line) })
      cleanups.push(() => broker.stop())
      expect(lines.at(-1)).toMatch(/is ready after \d+\.\d s$/)
      await expectLoopbackAlone(before)

      const amqp = await connectAmqp(broker.amqpUrl)
      const channel = await amqp.createConfirmChannel()
      await channel.assertExchange('chat.direct', 'direct', { durable: true })
      const stomp = await connectStomp(broker.stompUrl)
      const received: Pick<IMessage, 'body' | 'headers'>[] = []
      const arrived = Promise.withResolvers<void>()
      await subscribed(stomp, '/exchange/chat.direct/room.1', (message) => {
        received.push(message)
        arrived.resolve()
      })
      channel.publish('chat.direct', 'room.2', Buffer.from('{"content":"not for this room"}'))
      channel.publish('chat.direct', 'room.1', Buffer.from('{"content":"안녕"}'), {
        contentType: 'application/json',
      })
      await channel.waitForConfirms()
      await arrived.promise
      expect(received.map(({ body }) => body)).toEqual(['{"content":"안녕"}'])
      expect(received[0]?.headers['destination']).toBe('/exchange/chat.direct/room.1')
      expect(received[0]?.headers['content-type']).toBe('application/json')

      const overview = await fetch(`${broker.managementUrl}/api/overview`, {
        headers: { authorization: `Basic ${btoa('guest:guest')}` },
      })
      expect(await overview.json()).toMatchObject({ product_name: 'RabbitMQ' })

      await stomp.deactivate()
      await amqp.close()
      await broker.stop()
      await broker.stop()
      expect(await everyContainer()).toEqual(before)
      expect(await refuses(broker.stompUrl)).toBe(true)
      expect(await refuses(broker.amqpUrl)).toBe(true)
    },
    REAL_START_LIMIT_MS,
  )
})

// --- internal ---

/** In one line, how to let the tests of a real container run; undefined when they can. */
async function whyNoBroker(): Promise<string | undefined> {
  if (docker === undefined) return `Docker does not answer; start it and run "docker pull ${image}"`
  const name = ImageName.fromString(image)
  try {
    await docker.image.pull(name)
    if (await docker.image.exists(name)) return undefined
  } catch {
    // The line below says it all: whatever the daemon gave as its reason, its user has to bring the image.
  }
  return `the image is not to be had; run "docker pull ${image}", or name one you have in STOMPEDE_RABBITMQ_IMAGE`
}

async function failureOf(promise: Promise<unknown>): Promise<StompedeError> {
  const outcome = await promise.then(
    () => 'no failure',
    (thrown: unknown) => thrown,
  )
  if (!(outcome instanceof StompedeError)) throw new Error('expected a StompedeError', { cause: outcome })
  return outcome
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stompede-'))
  cleanups.push(() => rmSync(folder, { recursive: true }))
  return folder
}

async function unixServer(listener: RequestListener): Promise<string> {
  const socket = join(temporaryFolder(), 'docker.sock')
  const server = createHttpServer(listener).listen(socket)
  await once(server, 'listening')
  cleanups.push(() => closed(server))
  return socket
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => closed(server))
  return portOf(server)
}

async function closedPort(): Promise<number> {
  const server = createHttpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  await closed(server)
  return port
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}

/** One certificate for all three roles: it signs itself, so it is also the authority both sides trust. */
function selfSigned(folder: string): void {
  const out = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=obviously-fake', '-addext', 'subjectAltName=IP:127.0.0.1']
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, ...out], { stdio: 'pipe' })
  copyFileSync(join(folder, 'cert.pem'), join(folder, 'ca.pem'))
}

/** Every container but testcontainers' own cleaner, running or not, by id. */
async function everyContainer(): Promise<string[]> {
  const all = (await docker?.container.dockerode.listContainers({ all: true })) ?? []
  return all.filter(({ Labels }) => Labels['org.testcontainers.ryuk'] !== 'true').map(({ Id }) => Id)
}

async function expectLoopbackAlone(before: readonly string[]): Promise<void> {
  const all = (await docker?.container.dockerode.listContainers()) ?? []
  const ours = all.filter(({ Id, Image }) => Image === image && !before.includes(Id))
  expect(ours).toHaveLength(1)
  const mapped = ours[0]?.Ports.filter(({ PublicPort }) => PublicPort !== undefined) ?? []
  expect(new Set(mapped.map(({ PrivatePort }) => PrivatePort))).toEqual(new Set([5_672, 15_672, 15_674]))
  const isLocal = ['localhost', '127.0.0.1', '::1'].includes(docker?.info.containerRuntime.host ?? '')
  if (isLocal) expect(new Set(mapped.map(({ IP }) => IP))).toEqual(new Set(['127.0.0.1']))
}

/** The broker's image with another command, made by Docker's commit, since nothing can be assumed to be pullable. */
async function imageThat(...command: string[]): Promise<string> {
  if (docker === undefined) throw new Error('no Docker')
  const { dockerode } = docker.container
  const container = await dockerode.createContainer({ Image: image })
  const changes = `ENTRYPOINT ${JSON.stringify(command)}`
  await container.commit({ repo: 'stompede-test', tag: 'exits', changes })
  await container.remove({ v: true })
  cleanups.push(() => dockerode.getImage('stompede-test:exits').remove({ force: true }))
  return 'stompede-test:exits'
}

async function connectStomp(url: string): Promise<Client> {
  const client = new Client({
    webSocketFactory: () => new WebSocket(url, ['v12.stomp']),
    connectHeaders: { login: 'guest', passcode: 'guest' },
    reconnectDelay: 0,
  })
  const connected = Promise.withResolvers<void>()
  client.onConnect = () => connected.resolve()
  client.onStompError = (frame) => connected.reject(new Error(frame.body))
  client.onWebSocketClose = () => connected.reject(new Error('the WebSocket closed before CONNECTED'))
  cleanups.push(() => client.deactivate())
  client.activate()
  await connected.promise
  return client
}

async function subscribed(
  client: Client,
  destination: string,
  onMessage: (message: IMessage) => void,
): Promise<void> {
  const receipt = Promise.withResolvers<void>()
  client.watchForReceipt('subscribed', () => receipt.resolve())
  client.subscribe(destination, onMessage, { receipt: 'subscribed' })
  await receipt.promise
}

function refuses(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.destroy()
      resolve(false)
    })
    socket.on('error', () => resolve(true))
  })
}
