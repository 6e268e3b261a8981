import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startCommand, type StartOrder } from '../../src/commands/compare/start.ts'
import { StompedeError } from '../../src/errors.ts'

async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

async function freePort(): Promise<number> {
  const { server, port } = await listen()
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function order(command: string, change: Partial<StartOrder> = {}): Promise<StartOrder> {
  return {
    name: 'A',
    command,
    url: `http://127.0.0.1:${await freePort()}`,
    timeoutMs: 10_000,
    answers: () => Promise.resolve(),
    signal: new AbortController().signal,
    warn: () => {},
    ...change,
  }
}

const errorOf = (promise: Promise<unknown>): Promise<StompedeError> =>
  promise.then(
    () => {
      throw new Error('nothing was refused')
    },
    (error: StompedeError) => error,
  )

/** Whether a process is there and not only waits for its parent to notice its end. */
function runs(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

/** A file for a command's process number, the words that write it, and the number once it is there. */
function pidFile(): { writing: string; pid: () => number } {
  const path = join(mkdtempSync(join(tmpdir(), 'stompede-start-')), 'pid')
  return {
    writing: `echo $$ > ${path}`,
    pid: () => (existsSync(path) ? Number(readFileSync(path, 'utf8').trim()) : 0),
  }
}

const notYet = (): Promise<never> =>
  Promise.reject(new StompedeError('TARGET_UNREACHABLE', 'connection refused'))

describe.concurrent('a start command', () => {
  it('is waited for until it answers, and ended with everything it started', async () => {
    const said = join(mkdtempSync(join(tmpdir(), 'stompede-start-')), 'pid')
    let asked = 0
    const started = await startCommand(
      await order(`sleep 300 & echo $! > ${said}; sleep 300`, {
        answers: () => (++asked < 3 ? notYet() : Promise.resolve()),
      }),
    )
    expect(asked).toBe(3)
    const child = Number(readFileSync(said, 'utf8'))
    expect([runs(child), runs(started?.pid ?? 0)]).toEqual([true, true])
    await started?.stop()
    expect([runs(child), runs(started?.pid ?? 0)]).toEqual([false, false])
  })

  it('that ends before it answers is told with its last line', async () => {
    const dead = await errorOf(
      startCommand(await order('echo starting; echo "Error: no database" >&2; exit 3', { answers: notYet })),
    )
    expect(dead.exitCode).toBe(14)
    expect(dead.message).toMatch(
      /^A ended with code 3 before it answered at http:\/\/127\.0\.0\.1:\d+; its last line: Error: no database$/,
    )
    const silent = await errorOf(startCommand(await order('kill -9 $$', { answers: notYet })))
    expect(silent.message).toMatch(/^A was ended by SIGKILL before it answered at .*; it wrote nothing$/)
  })

  it('that never answers is given up and ended', async () => {
    const { writing, pid } = pidFile()
    const slow = await errorOf(
      startCommand(
        await order(`${writing}; echo waiting for a licence; exec sleep 300`, {
          answers: notYet,
          timeoutMs: 300,
        }),
      ),
    )
    expect([pid() > 0, runs(pid())]).toEqual([true, false])
    expect(slow.exitCode).toBe(14)
    expect(slow.message).toMatch(
      /^A did not answer at .* within 0\.3 s \(connection refused\); its last line: waiting for a licence$/,
    )
  })

  it('does not wait for a token that is refused', async () => {
    const { writing, pid } = pidFile()
    const answers = () =>
      pid() === 0 ? notYet() : Promise.reject(new StompedeError('TOKEN_REFUSED', 'answered 401'))
    const refused = await errorOf(startCommand(await order(`${writing}; exec sleep 300`, { answers })))
    expect(refused.code).toBe('TOKEN_REFUSED')
    expect(runs(pid())).toBe(false)
  })

  it('is not started where something else is at its address', async () => {
    const { server, port } = await listen()
    const said = join(mkdtempSync(join(tmpdir(), 'stompede-start-')), 'never')
    const taken = await errorOf(
      startCommand(await order(`touch ${said}`, { url: `http://127.0.0.1:${port}/chat-ws`, name: 'B' })),
    )
    server.close()
    expect(taken.exitCode).toBe(14)
    expect(taken.message).toBe(
      `B cannot start: something already listens at 127.0.0.1:${port}; end it, or name another --target`,
    )
    expect(() => readFileSync(said)).toThrow(/ENOENT/)
  })

  it('is ended where the signal comes while it starts', async () => {
    const controller = new AbortController()
    const { writing, pid } = pidFile()
    const none = await startCommand(
      await order(`${writing}; exec sleep 300`, {
        signal: controller.signal,
        answers: () => {
          if (pid() > 0) controller.abort()
          return notYet()
        },
      }),
    )
    expect([none, pid() > 0, runs(pid())]).toEqual([null, true, false])
  })

  it('is given up in time by a probe that hangs, and ended at a signal all the same', async () => {
    const hangs = () => new Promise<never>(() => {})
    const slow = await errorOf(
      startCommand(await order('exec sleep 300', { answers: hangs, timeoutMs: 200 })),
    )
    expect(slow.message).toMatch(/^A did not answer at .* within 0\.2 s \(nothing answered\)/)
    const controller = new AbortController()
    const answers = () => {
      controller.abort()
      return hangs()
    }
    expect(
      await startCommand(await order('exec sleep 300', { answers, signal: controller.signal })),
    ).toBeNull()
    const dead = await errorOf(startCommand(await order('exit 3', { answers: hangs })))
    expect(dead.message).toMatch(/^A ended with code 3 before it answered/)
  })

  it('shows no secret of its last line or its address', async () => {
    const dead = await errorOf(
      startCommand(
        await order('echo "no login with DB_PASSWORD=fake-one"; exit 3', {
          answers: notYet,
          url: `http://me:fake-two@127.0.0.1:${await freePort()}`,
        }),
      ),
    )
    expect(dead.message).toMatch(/its last line: no login with DB_PASSWORD=…$/)
    expect(dead.message).not.toMatch(/fake-/)
  })

  it('is told where it left somebody who listens, whom nothing waits for', async () => {
    const port = await freePort()
    const { writing, pid } = pidFile()
    const server = `require('net').createServer().listen(${port}, '127.0.0.1')`
    const program = `
      import { startCommand } from ${JSON.stringify(join(process.cwd(), 'src/commands/compare/start.ts'))}
      import { connect } from 'node:net'
      const started = await startCommand({
        name: 'A',
        command: ${JSON.stringify(`setsid sh -c '${writing}; exec "${process.execPath}" -e "$0"' "${server}" & exec sleep 300`)},
        url: 'http://127.0.0.1:${port}',
        timeoutMs: 10_000,
        answers: () => new Promise((resolve, reject) =>
          connect(${port}, '127.0.0.1').once('error', reject).once('connect', function () { this.destroy(); resolve() })
        ).catch(async () => new Promise((resolve) => setTimeout(resolve, 50)).then(() => { throw new StompedeError('TARGET_UNREACHABLE', 'not yet') })),
        signal: new AbortController().signal,
        warn: (line) => console.log(line),
      })
      await started.stop()
    `
    const child = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { StompedeError } from ${JSON.stringify(join(process.cwd(), 'src/errors.ts'))}\n${program}`,
      ],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
    try {
      // It ends, although what holds its command's output does not.
      const [code] = (await once(child, 'exit')) as [number]
      expect([code, runs(pid())]).toEqual([0, true])
      expect(said).toBe(`A: 127.0.0.1:${port} still listens after its start command was ended\n`)
    } finally {
      child.kill('SIGKILL')
      if (pid() > 0) process.kill(pid(), 'SIGKILL')
    }
  })

  it('that does not heed SIGTERM is killed after a grace', async () => {
    const said = join(mkdtempSync(join(tmpdir(), 'stompede-start-')), 'deaf')
    const started = await startCommand(
      await order(`trap '' TERM; touch ${said}; while :; do sleep 0.1; done`, {
        answers: () => (existsSync(said) ? Promise.resolve() : notYet()),
        graceMs: 300,
      }),
    )
    const before = performance.now()
    await started?.stop()
    expect(runs(started?.pid ?? 0)).toBe(false)
    expect(performance.now() - before).toBeGreaterThan(290)
  })
})
