import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { forget, nowMs, TICK_MS, visitAt, type Watched } from '../../src/stomp/wheel.ts'
import { portOf } from './scripted-broker.ts'

/** Promises the moments of its visits, and may ask for more of them. */
class Visited implements Watched {
  dueMs = Infinity
  readonly visits: number[] = []
  readonly #again: (now: number) => void
  #waiting: ((at: number) => void)[] = []

  constructor(again: (now: number) => void = () => {}) {
    this.#again = again
  }

  onDue(now: number): void {
    this.visits.push(now)
    this.#again(now)
    for (const waiting of this.#waiting.splice(0)) waiting(now)
  }

  next(): Promise<number> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}

/** Well more than the wheel's own inexactness, for a machine that is busy. */
const SLACK_MS = 1500

describe('the wheel', () => {
  it('visits at the time asked for or a tick later, never before', async () => {
    for (const delayMs of [0, 1, 49, 50, 51, 120]) {
      const visited = new Visited()
      const atMs = nowMs() + delayMs
      visitAt(visited, atMs)
      const visitedMs = await visited.next()
      expect(visitedMs).toBeGreaterThanOrEqual(atMs)
      expect(visitedMs).toBeLessThan(atMs + TICK_MS + SLACK_MS)
    }
  })

  it('visits at the very tick it stands on', async () => {
    const visited = new Visited()
    visitAt(visited, Math.floor(nowMs() / TICK_MS) * TICK_MS)
    expect(await visited.next()).toBeLessThan(nowMs() + SLACK_MS)
  })

  it('visits once for several wishes, at the earliest', async () => {
    const visited = new Visited()
    const later = new Visited()
    const fence = new Visited()
    const startMs = nowMs()
    for (const delayMs of [300, 100, 200]) visitAt(visited, startMs + delayMs)
    visitAt(later, startMs + 200)
    visitAt(fence, startMs + 400)
    await later.next()
    expect(visited.visits).toHaveLength(1)
    await fence.next()
    expect(visited.visits).toHaveLength(1)
  })

  it('visits again whoever asks again during a visit', async () => {
    const visited: Visited = new Visited((now) => {
      if (visited.visits.length < 3) visitAt(visited, now)
    })
    visitAt(visited, nowMs())
    while (visited.visits.length < 3) await visited.next()
    expect(visited.visits[2]! - visited.visits[0]!).toBeLessThan(2 * TICK_MS + SLACK_MS)
  })

  it('does not visit whom it was told to forget', async () => {
    const visited = new Visited()
    visitAt(visited, nowMs() + 20)
    forget(visited)
    const fence = new Visited()
    visitAt(fence, nowMs() + 100)
    await fence.next()
    expect(visited.visits).toEqual([])
  })

  it('does not visit late entries early when it has stalled', async () => {
    const soon = new Visited()
    const later = new Visited()
    const startMs = nowMs()
    visitAt(soon, startMs + 10)
    visitAt(later, startMs + 500)
    while (nowMs() < startMs + 250);
    await soon.next()
    expect(later.visits).toEqual([])
    expect(await later.next()).toBeGreaterThanOrEqual(startMs + 500)
  })

  describe('after a stall', () => {
    it('reads the sockets before it visits, so that our own stall is nobody’s silence', async () => {
      const { order, visited, reader, stall, end } = await noted()
      reader.on('data', () => order.push('bytes'))
      stall()
      await visited.next()
      expect(order).toEqual(['bytes', 'visit'])
      end()
    })

    it('does so even where the stall began between its timer and its turn', async () => {
      const { order, visited, reader, writer, stall, end } = await noted()
      // The first bytes are read in a round of the loop whose timers have run already; the stall happens there.
      reader.once('data', () => {
        reader.on('data', () => order.push('bytes'))
        stall()
      })
      writer.write('go')
      await new Promise((resolve) => setImmediate(resolve))
      const startMs = nowMs()
      while (nowMs() < startMs + 1.5 * TICK_MS);
      await visited.next()
      expect(order).toEqual(['bytes', 'visit'])
      end()
    })
  })

  it('comes early to a visit beyond its horizon, rather than never', () => {
    const visited = new Visited()
    const startMs = nowMs()
    visitAt(visited, startMs + 3_600_000)
    expect(visited.dueMs).toBeGreaterThan(startMs + 45_000)
    expect(visited.dueMs).toBeLessThan(startMs + 60_000)
    forget(visited)
  })
})

/** A socket whose bytes are noted, its other end, and a visit that is noted too. */
async function noted() {
  const order: string[] = []
  const visited = new Visited(() => order.push('visit'))
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const reader = connect(portOf(server), '127.0.0.1')
  const [writer]: Socket[] = await once(server, 'connection')
  if (writer === undefined) throw new Error('no connection')
  /** Bytes arrive, and a visit falls due, while this thread does something else. */
  const stall = (): void => {
    const startMs = nowMs()
    visitAt(visited, startMs + 10)
    writer.write('sent before the stall')
    while (nowMs() < startMs + 2.5 * TICK_MS);
  }
  const end = (): void => {
    reader.destroy()
    server.close()
  }
  return { order, visited, reader, writer, stall, end }
}
