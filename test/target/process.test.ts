import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { DEFAULT_TARGET, type TargetOptions } from '../../src/target/server.ts'
import { startTargetProcess, type TargetHandle } from '../../src/target/spawn.ts'
import { message, post, tokenOf, WORLD } from './chat.ts'
import { bodyOf, openPeer } from './peer.ts'
import { describeWithRabbitMq } from './with-rabbitmq.ts'

const OPTIONS: TargetOptions = { ...DEFAULT_TARGET, world: WORLD }

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function isGone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 200 && isAlive(pid); tries++) await delay(25)
  return !isAlive(pid)
}

async function say(handle: TargetHandle, content: string): Promise<number> {
  const answer = await post({ address: handle }, '/chat-ws/send-message', {
    authorization: `Bearer ${await tokenOf(1)}`,
    body: JSON.stringify(message(1, content)),
  })
  return answer.status
}

describe('a target process', () => {
  it('serves the chat, tells what it planted, and is gone when it is stopped', async () => {
    const handle = await startTargetProcess({ ...OPTIONS, faults: ['loss:1/2'] })
    expect(handle.pid).not.toBe(process.pid)
    expect(handle.broker).toMatchObject({ kind: 'embedded', name: 'Stompede' })
    const peer = await openPeer(handle.stompUrl)
    await peer.connect()
    await peer.subscribe('s', 'room.1')
    expect([await say(handle, 'a'), await say(handle, 'b'), await say(handle, 'c')]).toEqual([201, 201, 201])
    expect([bodyOf(await peer.next()), bodyOf(await peer.next())]).toEqual([
      expect.stringContaining('"content":"a"'),
      expect.stringContaining('"content":"c"'),
    ])
    expect(await handle.faultLog()).toEqual({
      loss: { count: 1, details: [{ messageId: 2, roomId: 1, senderId: 1 }] },
    })
    await handle.stop()
    expect(await handle.ended).toEqual({ code: 0, signal: null, lastLine: '' })
    expect(isAlive(handle.pid)).toBe(false)
    expect((await peer.ended).code).toBe(1001)
    await handle.stop()
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('ends well on %s', async (signal) => {
    const handle = await startTargetProcess(OPTIONS)
    process.kill(handle.pid, signal)
    expect(await handle.ended).toMatchObject({ code: 0, signal: null })
  })

  it('that is killed says so, also to who asks it afterwards', async () => {
    const handle = await startTargetProcess(OPTIONS)
    const asked = handle.faultLog()
    process.kill(handle.pid, 'SIGKILL')
    expect(await handle.ended).toEqual({ code: null, signal: 'SIGKILL', lastLine: '' })
    await Promise.allSettled([asked])
    await expect(handle.faultLog()).rejects.toMatchObject({
      code: 'TARGET_FAILED',
      message: 'the reference target was ended by SIGKILL',
    })
    await handle.stop()
  })

  it('that cannot start passes on what is wrong, and is gone', async () => {
    await expect(startTargetProcess({ ...OPTIONS, faults: ['nonsense', 'loss:0'] })).rejects.toMatchObject({
      code: 'USAGE',
      problems: [expect.stringMatching(/^unknown fault "nonsense"/), '"loss:0" must be NAME or NAME:1/N'],
    })
    const handle = await startTargetProcess(OPTIONS)
    const apiPort = Number(new URL(handle.apiUrl).port)
    await expect(startTargetProcess({ ...OPTIONS, apiPort })).rejects.toMatchObject({
      code: 'TARGET_FAILED',
      message: expect.stringMatching(/^cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/) as string,
    })
    await handle.stop()
  })

  it('that breaks unforeseen tells the reason and not the stack', async () => {
    const world = { users: 1, firstUserId: 1 } as never
    await expect(startTargetProcess({ ...OPTIONS, world })).rejects.toMatchObject({
      code: 'TARGET_FAILED',
      message: expect.stringMatching(/^Cannot read properties of undefined/) as string,
    })
  })

  it('ends when its parent is killed', async () => {
    const { parent, pid } = await startByAnother(OPTIONS)
    expect(isAlive(pid)).toBe(true)
    parent.kill('SIGKILL')
    expect(await isGone(pid)).toBe(true)
  })
})

describeWithRabbitMq('a target process with a RabbitMQ of its own', () => {
  it('takes it along when its parent is killed: node, epmd and directory', async () => {
    const {
      parent,
      pid,
      brokerPid = 0,
    } = await startByAnother({
      ...OPTIONS,
      broker: 'rabbitmq',
      rabbitMq: { kind: 'native' },
    })
    const home = /^HOME=(.*)$/m.exec(
      readFileSync(`/proc/${brokerPid}/environ`, 'utf8').replaceAll('\0', '\n'),
    )?.[1]
    const own = processesIn(home ?? '')
    expect(own.length).toBeGreaterThanOrEqual(3)
    expect(own).toContain(brokerPid)
    parent.kill('SIGKILL')
    for (const started of [pid, ...own]) expect(await isGone(started)).toBe(true)
    expect(existsSync(home ?? '')).toBe(false)
  })
})

/** The processes that have this directory as HOME: keeper, node, epmd and what they started. */
function processesIn(home: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(`HOME=${home}`)
      } catch {
        return false
      }
    })
    .map(Number)
}

/** Starts a target in a process that is not this one, so that the parent can be killed. */
async function startByAnother(
  options: TargetOptions,
): Promise<{ parent: ReturnType<typeof spawn>; pid: number; brokerPid: number | undefined }> {
  const spawner = fileURLToPath(new URL('../../src/target/spawn.ts', import.meta.url))
  const script = `
    const { startTargetProcess } = await import(${JSON.stringify(spawner)})
    const { pid, broker } = await startTargetProcess(${JSON.stringify(options)})
    console.log(JSON.stringify({ pid, brokerPid: broker.pid }))`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface(parent.stdout), 'line')) as [string]
  return { parent, ...(JSON.parse(line) as { pid: number; brokerPid: number | undefined }) }
}
