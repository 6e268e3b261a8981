import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ResourceUse } from '../../src/measure/capacity.ts'
import { watchResources } from '../../src/resources/watch.ts'

// A shell that waits for a child of its own, which is busy: only who follows descendants sees any of it.
const BUSY = 'const until = Date.now() + 60000; console.log("busy"); while (Date.now() < until) {}'

/** A shell whose child lost its parent, and is in its process group all the same. */
const ORPHAN = `("$0" -e 'console.log("up"); setTimeout(() => {}, 60000)' &); exec sleep 60`

let shell: ChildProcess
let group: ChildProcess
const uses = new Map<string, ResourceUse>()
let spanMs = 0

beforeAll(async () => {
  shell = spawn('/bin/sh', ['-c', '"$0" -e "$1"; true', process.execPath, BUSY], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  })
  await once(shell.stdout as NodeJS.ReadableStream, 'data')
  group = spawn('/bin/sh', ['-c', ORPHAN, process.execPath], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  })
  await once(group.stdout as NodeJS.ReadableStream, 'data')
  const fromMs = Date.now()
  const watch = watchResources([
    { name: 'api', pid: shell.pid as number },
    { name: 'group', pid: group.pid as number, isGroup: true },
    { name: 'gone', pid: 2 ** 22 - 1 },
  ])
  await delay(2_300)
  spanMs = Date.now() - fromMs
  for (const use of watch.use(fromMs, fromMs + spanMs)) uses.set(use.name, use)
  expect(watch.use(fromMs, fromMs + 500)).toEqual([])
  watch.stop()
})

afterAll(() => {
  for (const { pid } of [shell, group]) if (pid !== undefined) process.kill(-pid, 'SIGKILL')
})

describe.runIf(process.platform === 'linux')('watching processes', () => {
  it('sees what a grandchild uses as its ancestor’s', () => {
    const api = uses.get('api')
    // On a machine that others use too, a busy loop gets less than its core.
    expect(api?.cpuCores).toBeGreaterThan(0.3)
    expect(api?.cpuCores).toBeLessThan(1.3)
    expect(api?.shares['busiest thread']).toBeGreaterThan(0.3)
    expect(api?.memoryBytes).toBeGreaterThan(20e6)
  })

  it('sees what is left of a process group whoever its parent is now', () => {
    expect(uses.get('group')?.memoryBytes).toBeGreaterThan(20e6)
  })

  it('gives CPU seconds of the whole span', () => {
    const api = uses.get('api') as ResourceUse
    expect(api.cpuSeconds).toBeCloseTo((api.cpuCores * spanMs) / 1e3, 6)
  })

  it('always sees this process and the machine', () => {
    expect(uses.get('generator')?.memoryBytes).toBeGreaterThan(20e6)
    expect(uses.get('generator')?.shares['file descriptors']).toBeGreaterThan(0)
    const machine = uses.get('machine') as ResourceUse
    expect(machine.cpuCores).toBeGreaterThan(0.3)
    expect(machine.cpuCores).toBeLessThanOrEqual(machine.cores * 1.05)
    expect(machine.shares['memory']).toBeGreaterThan(0)
    expect(machine.shares['memory']).toBeLessThan(1)
  })

  it('leaves out what is not there', () => {
    expect(uses.has('gone')).toBe(false)
  })
})
