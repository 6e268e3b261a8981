import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { post, tokenOf } from './chat.ts'

const folder = mkdtempSync(join(tmpdir(), 'stompede-command-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs `stompede target` with these flags, as the command line does, in a process of its own. */
function runTarget(...flags: string[]): {
  child: ReturnType<typeof spawn>
  firstLine: Promise<string>
  end: Promise<End>
} {
  const command = fileURLToPath(new URL('../../src/commands/target.ts', import.meta.url))
  const script = `
    const { default: yargs } = await import('yargs')
    const { targetCommand } = await import(${JSON.stringify(command)})
    const parser = yargs(['target', ...process.argv.slice(1)]).command(targetCommand).strict().exitProcess(false)
    parser.fail((message, error) => { throw error ?? new Error(message) })
    try {
      await parser.parseAsync()
    } catch (error) {
      console.error(JSON.stringify({ code: error.code, message: error.message, problems: error.problems }))
      process.exitCode = 1
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, '--', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [output, errors] = ['', '']
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => (errors += bytes.toString()))
  const firstLine = once(createInterface(child.stdout), 'line').then(([line]) => String(line))
  const end = once(child, 'close').then(([code]) => ({ code: code as number | null, output, errors }))
  return { child, firstLine, end }
}

interface End {
  code: number | null
  output: string
  errors: string
}

const FREE = ['--port', '0', '--stomp-port', '0']

describe('stompede target', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'says in one line where it is and how to get in, and ends on %s',
    async (signal) => {
      const { child, firstLine, end } = runTarget(...FREE, '--users', '5', '--rooms', '2', '--room-size', '3')
      const line = await firstLine
      const [, apiUrl = ''] = /^API (http:\/\/127\.0\.0\.1:\d+)\/chat-ws /.exec(line) ?? []
      expect(line).toMatch(/ STOMP ws:\/\/127\.0\.0\.1:\d+\/ws \(Stompede \d+\.\d+\.\d+\S*\) /)
      expect(line).toContain('HS256 with the secret "stompede-reference-secret", sub = a user id, e.g. 1')
      const target = {
        address: { apiUrl, stompUrl: '', broker: { kind: 'embedded', name: '', version: '' } },
      } as const
      const answer = await post(target, '/chat-ws/connect', { authorization: `Bearer ${await tokenOf(5)}` })
      expect(answer.json).toMatchObject({ subscriptions: [{ roomId: 2 }], userInfo: { userId: 5 } })
      child.kill(signal)
      expect(await end).toEqual({ code: 0, output: `${line}\n`, errors: '' })
    },
  )

  it('takes the world from a file and keeps a secret that was given to itself', async () => {
    const file = join(folder, 'world.json')
    writeFileSync(file, '{"users":[{"id":7}],"rooms":[]}')
    const { child, firstLine, end } = runTarget(
      ...FREE,
      '--world',
      file,
      '--jwt-secret',
      'a-fake-secret-for-tests',
    )
    const line = await firstLine
    expect(line).toContain('HS256 with the secret given, sub = a user id, e.g. 7')
    expect(line).not.toContain('a-fake-secret-for-tests')
    child.kill()
    expect((await end).code).toBe(0)
  })

  it('lists the faults', async () => {
    const { code, output } = await runTarget('--list-faults').end
    expect(code).toBe(0)
    expect(output).toMatch(
      /^NAME hits each one, NAME:1\/N every N-th\.\n\nloss +each new_message reaches nobody/,
    )
    expect(output).toMatch(/\nhttp-500 +each request is answered 500 and not carried out\n/)
  })

  it.each([
    [
      ['--fault', 'nonsense'],
      { code: 'USAGE', problems: [expect.stringMatching(/^unknown fault "nonsense"; there are loss, /)] },
    ],
    [
      ['--broker', 'rabbitmq', '--fault', 'no-receipt'],
      { code: 'USAGE', problems: [expect.stringMatching(/^no-receipt is a fault of the embedded broker/)] },
    ],
    [
      ['--users', '2', '--room-size', '3'],
      { code: 'USAGE', problems: ['roomSize (3) must not be larger than users (2)'] },
    ],
    [['--world', '/nowhere/world.json'], { code: 'SCENARIO_UNREADABLE' }],
    [
      ['--jwt-public-key', '/nowhere/key.pem'],
      {
        code: 'USAGE',
        message: expect.stringMatching(/^cannot read --jwt-public-key \/nowhere\/key\.pem: /) as string,
      },
    ],
    [
      ['--amqp-url', 'http://x', '--stomp-url', 'x'],
      {
        code: 'USAGE',
        problems: [expect.stringMatching(/^--amqp-url /), expect.stringMatching(/^--stomp-url /)],
      },
    ],
    [
      ['--amqp-url', 'amqp://127.0.0.1:1', '--stomp-url', 'ws://127.0.0.1:1/ws'],
      {
        code: 'BROKER_UNAVAILABLE',
        message: expect.stringMatching(
          /^cannot publish to RabbitMQ at amqp:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/,
        ) as string,
      },
    ],
    [['--amqp-url', 'amqp://127.0.0.1'], { message: expect.stringContaining('stomp-url') as string }],
    [['--broker', 'kafka'], { message: expect.stringContaining('kafka') as string }],
  ])('refuses %j', async (flags, expected) => {
    const { code, errors, output } = await runTarget(...FREE, ...flags).end
    expect([code, output]).toEqual([1, ''])
    expect(JSON.parse(errors)).toMatchObject(expected)
  })
})
