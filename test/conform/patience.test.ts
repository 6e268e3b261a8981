import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { afterPatience } from '../../src/conform/patience.ts'

/** Stands still, as a process does that is not given the processor. */
function stall(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** Ms until patience ends, with what happens meanwhile. */
async function patience(ms: number, meanwhile: () => void = () => undefined): Promise<number> {
  const startMs = performance.now()
  const ended = new Promise<number>((resolve) =>
    afterPatience(ms, () => resolve(performance.now() - startMs)),
  )
  meanwhile()
  return ended
}

describe('patience', () => {
  it('lasts as long as it was asked for', async () => {
    const spentMs = await patience(50)
    expect(spentMs).toBeGreaterThanOrEqual(49)
  })

  it('gives the time back in which the process itself stood still', async () => {
    // 150 ms too late: as much again.
    expect(await patience(50, () => stall(200))).toBeGreaterThanOrEqual(349)
  })

  it('gives back three times itself at most', async () => {
    const spentMs = await patience(20, () => stall(500))
    expect(spentMs).toBeGreaterThanOrEqual(559)
    expect(spentMs).toBeLessThan(2_000)
  })

  it('reads what has arrived before it ends', async () => {
    const order: string[] = []
    const ended = patience(20).then(() => order.push('patience ends'))
    const { port1, port2 } = new MessageChannel()
    port1.on('message', () => order.push('message'))
    // It is there before the time is up, and nobody has looked yet.
    port2.postMessage('there')
    stall(25)
    await ended
    port1.close()
    expect(order).toEqual(['message', 'patience ends'])
  })

  it('that is called off never ends', async () => {
    let isOver = false
    const callOff = afterPatience(10, () => (isOver = true))
    callOff()
    await patience(30)
    expect(isOver).toBe(false)
  })
})
