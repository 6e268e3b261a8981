import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { rootCertificates } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_CLAIMS, openTokens } from '../../src/chat/tokens.ts'
import { EXIT } from '../../src/errors.ts'
import { DEFAULT_JWT_SECRET, DEFAULT_TARGET, startTarget, type Target } from '../../src/target/server.ts'

const PAGES = ['README.md', 'README.ko.md', ...readdirSync('docs').map((file) => `docs/${file}`)].filter(
  (file) => file.endsWith('.md'),
)
const SCRIPTS = Object.keys(
  (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }).scripts,
)

/** Every line of a shell fence, each once: continued lines joined, comments left out. */
const LINES = [
  ...new Set(
    PAGES.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/^```(?:sh|bash|shell|console)\n(.*?)^```$/gms)].flatMap(
        ([, body = '']) =>
          body
            .replaceAll(/\\\n\s*/g, '')
            .split('\n')
            .map((line) => line.replace(/\s+#.*$/, '').trim())
            .filter((line) => line !== '' && !line.startsWith('#')),
      ),
    ),
  ),
]

/** Lines that run anywhere. `…` stands for a path; what wants a RabbitMQ is run by the tests that have one. */
const STOMPEDE = LINES.filter((line) => line.startsWith('npx stompede ')).filter(
  (line) => !line.includes('…') && !line.includes('--broker rabbitmq'),
)

const USERS = 50
let directory: string
let target: Target
let buildPort: number

beforeAll(async () => {
  const everybody = Array.from({ length: USERS }, (_, i) => i + 1)
  target = await startTarget(
    { ...DEFAULT_TARGET, world: { users: USERS, firstUserId: 1, rooms: [everybody, [1, 2, 3], [1, 2, 3]] } },
    () => undefined,
  )
  // What the lines name lies where they are run.
  directory = mkdtempSync(join(tmpdir(), 'stompede-docs-'))
  const lay = (name: string, text: string): void => writeFileSync(join(directory, name), text)
  const scenario = /```yaml\n(# my-scenario\.yaml\n.*?)```/s.exec(readFileSync('README.md', 'utf8'))?.[1]
  lay('my-scenario.yaml', scenario ?? '')
  lay('company-ca.pem', rootCertificates[0] ?? '')
  const tokens = await openTokens({
    kind: 'minted',
    algorithm: 'HS256',
    key: DEFAULT_JWT_SECRET,
    claims: DEFAULT_CLAIMS,
    firstUserId: 1,
    lifetimeS: 3600,
  })
  const rows = await Promise.all(everybody.map((_, i) => tokens.identityOf(i)))
  lay('users.csv', ['userId,token', ...rows.map(({ userId, token }) => `${userId},${token}`)].join('\n'))
  for (const name of ['contract', 'next', 'my-contract'])
    cpSync('src/chat/contract', join(directory, name), { recursive: true })
  for (const folder of ['scenarios', 'docs']) symlinkSync(resolve(folder), join(directory, folder))
  cpSync('reports/sample', join(directory, 'reports/sample'), { recursive: true })
  const stored = ['20260101-120000-steady', '20260101-130000-steady', '20260102-120000-steady']
  for (const name of stored) {
    mkdirSync(join(directory, 'reports', name))
    // Runs of their own: copies of one are refused.
    const result = JSON.parse(readFileSync('reports/sample/result.json', 'utf8')) as { run: { id: string } }
    result.run.id = name
    lay(`reports/${name}/result.json`, JSON.stringify(result))
  }
  // Two builds that are the same: the reference target, where --target says.
  buildPort = await freePort()
  const start = `#!/bin/sh\nexec "$NODE" "$CLI" target --port ${buildPort} --stomp-port 0 --users 100 --jwt-secret "$SECRET"\n`
  for (const name of ['start-base.sh', 'start-new.sh', 'start-head.sh'])
    writeFileSync(join(directory, name), start, { mode: 0o755 })
  const saved = await outcomeOf('npx stompede baseline save main reports/20260101-*')
  expect(saved.code, saved.text).toBe(EXIT.pass)
})
afterAll(async () => {
  await target?.close()
  rmSync(directory, { recursive: true, force: true })
})

/** The line as it is run here: the deployments it names are the target's, and what takes long is made short. */
function runHere(line: string): string {
  const { apiUrl } = target.address
  const short = line
    .replace('https://chat.example.com/chat-ws', apiUrl)
    .replaceAll('chat.example.com', '127.0.0.1')
    .replace(/ \| jq .*$/, '')
  // One rule stands for all: that they hold is what the gate's own tests show.
  if (/^npx stompede conform(?!.* --(?:only|list|replay|fault))/.test(short))
    return short.replace(" 'STOMP-*' isolation", '').replace('conform', 'conform HTTP-CONN-01')
  // One step, one pair: what they find out is for their own tests.
  if (short.startsWith('npx stompede capacity ') && !short.includes(' --resume '))
    return `${short.replaceAll(/ --(budget|step|start|soak) \S+/g, '')} --no-calibrate --step 2s --start ${USERS} --most ${USERS} --budget 12s`
  if (/^npx stompede compare .*(scenarios|docs\/ci)\//.test(short))
    return `${short.replaceAll(/ --(budget|pairs) \S+/g, '').replace(':8080', `:${buildPort}`)} --pairs 1 -u ${USERS} -d 2s`
  if (!short.startsWith('npx stompede run ')) return short
  const length = short.includes('--fault') ? '5s' : '2s'
  const users = / -s /.test(short) ? '' : ` -u ${USERS} -d ${length}`
  return `${short.replaceAll(/ -[ud] \S+/g, '').replace(/:1\/\d+/, ':1/2')}${users}`
}

interface Outcome {
  code: number | null
  text: string
}

/** Runs a line in a shell in which `npx stompede` is this tree's; ends what serves until it is told to. */
function outcomeOf(line: string): Promise<Outcome> {
  const child = spawn('bash', ['-c', `npx() { shift; exec "$NODE" "$CLI" "$@"; }; ${runHere(line)}`], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NO_COLOR: '1',
      NODE: process.execPath,
      CLI: resolve('src/stompede.js'),
      CHAT_URL: target.address.apiUrl,
      CHAT_HOST: '127.0.0.1',
      COLLECTOR: 'not-a-real-token',
      SECRET: 'not-a-real-secret',
    },
  })
  let text = ''
  const hear = (chunk: string): void => {
    text += chunk
    if (/^npx stompede target(?! --list)/.test(line) && /stomp/i.test(text)) child.kill('SIGTERM')
  }
  child.stdout.setEncoding('utf8').on('data', hear)
  child.stderr.setEncoding('utf8').on('data', hear)
  return new Promise((done) => child.on('close', (code) => done({ code, text })))
}

function freePort(): Promise<number> {
  return new Promise((resolvePort) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolvePort(port))
    })
  })
}

/** How a line may end: a planted fault must be found; a run made so short may lack the figures to judge by. */
function allowedEnds(line: string): number[] {
  if (line.includes(' --fault ')) return [EXIT.delivery, EXIT.conformance]
  if (line.startsWith('npx stompede doctor -u')) return [EXIT.pass, EXIT.unreachable]
  if (line.startsWith('npx stompede compare ')) return [EXIT.pass, EXIT.inconclusive]
  if (line.startsWith('npx stompede capacity ')) return [EXIT.pass, EXIT.inconclusive, EXIT.threshold]
  if (line.startsWith('npx stompede run ')) return [EXIT.pass, EXIT.inconclusive, EXIT.threshold]
  return [EXIT.pass]
}

describe('the commands of the documentation', () => {
  // Most of their time is waiting. Those against the one target hear each other's typing: they go one after the other.
  const isShared = (line: string): boolean => /chat\.example\.com|CHAT_URL/.test(line)
  // So do the builds, which listen at one port.
  const isBuild = (line: string): boolean => line.includes('127.0.0.1:8080')
  const told = new Map<string, Promise<Outcome>>()
  beforeAll(() => {
    const lanes: Promise<unknown>[] = Array.from({ length: 5 }, () => Promise.resolve())
    for (const [i, line] of STOMPEDE.entries()) {
      const lane = isShared(line) ? 0 : isBuild(line) ? 1 : 2 + (i % 3)
      const outcome = (lanes[lane] as Promise<unknown>).then(() => outcomeOf(line))
      told.set(line, outcome)
      lanes[lane] = outcome
    }
  })

  it('are many', () => {
    expect(STOMPEDE.length).toBeGreaterThan(25)
  })

  it.each(STOMPEDE)('%s', { timeout: 180_000 }, async (line) => {
    const { code, text } = (await told.get(line)) as Outcome
    expect(allowedEnds(line), text).toContain(code)
  })
})

describe('the scripts of the documentation', () => {
  it('are in package.json', () => {
    const named = LINES.flatMap((line) =>
      [...line.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name as string),
    )
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((name) => !SCRIPTS.includes(name))).toEqual([])
  })

  it('are files of the tree', () => {
    const named = LINES.flatMap((line) =>
      [...line.matchAll(/(?:^| )((?:src|test)\/\S+\.[tj]s)/g)].map(([, file]) => file as string),
    )
    expect(named.length).toBeGreaterThan(2)
    expect(named.filter((file) => !existsSync(file))).toEqual([])
  })
})
