import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startCommand, type StartOrder } from '../../src/commands/compare-start.ts'
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
    const slow = await errorOf(
      startCommand(
        await order('echo waiting for a licence; exec sleep 300', { answers: notYet, timeoutMs: 300 }),
      ),
    )
    expect(slow.exitCode).toBe(14)
    expect(slow.message).toMatch(
      /^A did not answer at .* within 0\.3 s \(connection refused\); its last line: waiting for a licence$/,
    )
  })

  it('does not wait for a token that is refused', async () => {
    const answers = () => Promise.reject(new StompedeError('TOKEN_REFUSED', 'answered 401'))
    const refused = await errorOf(startCommand(await order('exec sleep 300', { answers })))
    expect(refused.code).toBe('TOKEN_REFUSED')
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
    let asked = 0
    const none = await startCommand(
      await order('exec sleep 300', {
        signal: controller.signal,
        answers: () => {
          if (++asked === 2) controller.abort()
          return notYet()
        },
      }),
    )
    expect([none, asked]).toEqual([null, 2])
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
