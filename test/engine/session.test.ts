import { describe, expect, it } from 'vitest'
import { nowUs } from '../../src/clock.ts'
import { sessionWorld, turn, type World } from './session-world.ts'

async function up(options?: Parameters<typeof sessionWorld>[0]): Promise<World> {
  const world = sessionWorld(options)
  await world.session.start(nowUs())
  return world
}

/** Closes by class, without those that never happened. */
function closes({ metrics }: World): Record<string, number> {
  return Object.fromEntries(
    [...metrics.labelled]
      .filter(([label]) => label.startsWith('ws_closes'))
      .map(([label, count]) => [/class:(.*)\}/.exec(label)?.[1] ?? '', count]),
  )
}

describe('a user that comes and goes', () => {
  it('whose reconnect is cut short by its planned leave is owed nothing and misses nothing', async () => {
    const world = await up()
    world.refusesConnections = true
    world.clients[0]?.end('idle-timeout')
    await world.pass()
    await world.session.leave()
    world.publish()
    world.ledger.finish(nowUs())
    expect(world.metrics.counters.deliveries_gap_lost).toBe(0)
  })

  it('is up afterwards when it is to come while it still leaves', async () => {
    const world = await up()
    const gone = world.session.leave()
    const back = world.session.start(nowUs())
    await gone
    await back
    expect(world.session).toMatchObject({ isWanted: true, isUp: true })
    expect(world.clients.map(({ isOpen }) => isOpen)).toEqual([false, true])
  })

  it('fails its session at a malformed answer of POST /connect, and throws nothing', async () => {
    const info = { stompUrl: 'ws://127.0.0.1', username: 'u', password: 'p' }
    const world = await up({ connect: { connectionInfo: info, subscriptions: {} } })
    expect(world.session.isUp).toBe(true)
    const broken = sessionWorld({ connect: { connectionInfo: { ...info, password: 7 } } })
    const done = broken.session.start(nowUs())
    await turn()
    void broken.session.leave()
    await done
    expect(broken.metrics.counters.sessions_failed).toBe(1)
    expect(broken.clients).toEqual([])
  })
})

describe('a connection', () => {
  it('of ours that we dropped after a missing RECEIPT is not the target losing messages', async () => {
    const world = sessionWorld()
    // The room has its RECEIPT, the personal destination does not.
    world.answerTo = (request) => (request.endsWith('/r1') ? 'receipt' : 'timeout')
    void world.session.start(nowUs())
    await turn()
    expect(world.clients[0]?.isOpen).toBe(false)
    world.publish()
    world.ledger.finish(nowUs() + 2e6)
    expect(world.metrics.counters).toMatchObject({
      deliveries_lost: 0,
      sessions_failed: 1,
      connections_lost: 0,
    })
    await world.session.leave()
  })

  it('dropped earlier takes nothing from the one that came after it, and is counted once', async () => {
    const world = await up()
    const [first] = world.clients
    const dropped = world.session.dropFor(20)
    await world.pass()
    await dropped
    expect(world.clients).toHaveLength(2)
    // Its owner let go of it: whatever it says of its end, and whenever, is its own affair.
    first?.handlers.onClose({ class: 'broker-gone', code: 1006, reason: '' })
    expect(world.session.isUp).toBe(true)
    expect(() => world.session.stomp).not.toThrow()
    await world.session.leave()
    expect(world.clients.map(({ isOpen }) => isOpen)).toEqual([false, false])
  })

  it('that ends in the very read that brought CONNECTED leaves no user behind who thinks it is up', async () => {
    const world = sessionWorld({ isStompOnly: true })
    world.closesAtOnce = true
    void world.session.start(nowUs())
    await turn()
    expect(world.session.isUp).toBe(false)
    expect(world.metrics.counters).toMatchObject({ ws_sessions: 1, connections_lost: 1, sessions_failed: 1 })
    world.closesAtOnce = false
    await world.pass()
    expect(world.session.isUp).toBe(true)
    await world.session.leave()
    expect(world.metrics.counters).toMatchObject({ ws_sessions: 2, connections_lost: 1, sessions_failed: 1 })
    expect(closes(world)).toEqual({ 'broker-gone': 1, requested: 1 })
  })

  it('has one end for every beginning, through every trouble', async () => {
    const world = await up()
    const troubles = [
      () => world.clients.at(-1)?.end('stomp-died'),
      () => void world.session.dropFor(5),
      () => void world.session.subscribe('/r2', 2).catch(() => {}),
      () => (world.answerTo = () => 'error'),
      () => world.clients.at(-1)?.end('broker-gone'),
      () => (world.answerTo = () => 'timeout'),
      () => (world.refusesConnections = true),
      () => (world.refusesConnections = false),
      () => (world.closesAtOnce = true),
      () => (world.answerTo = () => 'receipt'),
      () => (world.closesAtOnce = false),
    ]
    for (const trouble of troubles) {
      trouble()
      for (let i = 0; i < 3; i++) await world.pass()
    }
    expect(world.session.isUp).toBe(true)
    const left = world.session.leave()
    await world.pass()
    await left
    const { counters } = world.metrics
    const ended = closes(world)
    const sum = Object.values(ended).reduce((total, count) => total + count, 0)
    expect(sum).toBe(counters.ws_sessions)
    expect(counters.ws_sessions).toBeGreaterThan(6)
    expect(counters.connections_lost).toBe(sum - (ended['requested'] ?? 0))
    expect(world.clients.filter(({ isOpen }) => isOpen)).toEqual([])
  })
})

describe('a join', () => {
  it('whose RECEIPT does not come is unsubscribed, and a message until then is no breach', async () => {
    const world = await up()
    const unsubscribed = Promise.withResolvers<void>()
    world.answerTo = (request) => (request === 'SUBSCRIBE /r2' ? 'timeout' : unsubscribed.promise)
    const joining = expect(world.session.subscribe('/r2', 2)).rejects.toMatchObject({ step: 'receipt' })
    await turn()
    expect(world.clients[0]?.asked.slice(-2)).toEqual(['SUBSCRIBE /r2', 'UNSUBSCRIBE /r2'])
    world.clients[0]?.message('/r2')
    expect(world.session.rooms).toEqual([1])
    unsubscribed.resolve()
    await joining
    expect(world.metrics.counters.contract_violations).toBe(0)
    // From here on nothing may come, and what comes is told.
    world.clients[0]?.message('/r2')
    expect(world.findings.encode().rules.map(({ rule, count }) => [rule, count])).toEqual([
      ['stomp/subscription', 1],
    ])
    expect(world.session.listeningTo(2)).toBeUndefined()
    expect(world.session.isUp).toBe(true)
  })

  it('of which not even the end is confirmed costs the connection, and does not come back with the next', async () => {
    const world = await up()
    world.answerTo = (request) => (request.endsWith('/r2') ? 'timeout' : 'receipt')
    await expect(world.session.subscribe('/r2', 2)).rejects.toMatchObject({ step: 'receipt' })
    expect(world.session.isUp).toBe(false)
    await world.pass()
    expect(world.session.isUp).toBe(true)
    expect(world.clients[1]?.asked.filter((request) => request.endsWith('/r2'))).toEqual([])
    expect(world.metrics.counters).toMatchObject({ reconnects: 1, connections_lost: 0, sessions_failed: 0 })
    expect(closes(world)).toEqual({ requested: 1 })
  })

  it('that was refused by ERROR does not come back with the connection that it cost', async () => {
    const world = await up()
    world.answerTo = (request) => (request === 'SUBSCRIBE /r2' ? 'error' : 'receipt')
    await expect(world.session.subscribe('/r2', 2)).rejects.toMatchObject({ step: 'receipt' })
    await world.pass()
    expect(world.session.isUp).toBe(true)
    expect(world.clients[1]?.asked).toEqual([
      'CONNECT',
      'SUBSCRIBE /r1',
      'SUBSCRIBE /exchange/chat.direct/user.1',
    ])
    expect(closes(world)).toEqual({ 'error-frame': 1 })
  })

  it('that was under way when the connection was lost comes back with it', async () => {
    const world = await up()
    world.answerTo = (request) => (request === 'SUBSCRIBE /r2' ? new Promise(() => {}) : 'receipt')
    void world.session.subscribe('/r2', 2)
    world.answerTo = () => 'receipt'
    world.clients[0]?.end('broker-gone')
    await world.pass()
    expect(world.session.rooms).toEqual([1, 2])
  })
})

describe('a leave', () => {
  it('whose RECEIPT does not come costs the connection: nobody knows what is in force', async () => {
    const world = await up()
    world.answerTo = (request) => (request.startsWith('UNSUBSCRIBE') ? 'timeout' : 'receipt')
    const room = world.session.listeningTo(1)!
    await expect(world.session.unsubscribe(room)).rejects.toMatchObject({ step: 'receipt' })
    await world.pass()
    expect(world.session).toMatchObject({ isUp: true, rooms: [] })
    expect(world.clients[1]?.asked).not.toContain('SUBSCRIBE /r1')
  })

  it('during which the connection is lost is a leave all the same', async () => {
    const world = await up()
    const api = Promise.withResolvers<void>()
    const leaving = world.session.unsubscribe(world.session.listeningTo(1)!, () => api.promise)
    const failed = expect(leaving).rejects.toMatchObject({ step: 'closed' })
    await turn()
    world.clients[0]?.end('broker-gone')
    await world.pass()
    expect(world.session).toMatchObject({ isUp: true, rooms: [] })
    expect(world.clients[1]?.asked).not.toContain('SUBSCRIBE /r1')
    api.resolve()
    await failed
    world.publish()
    world.ledger.finish(nowUs() + 2e6)
    expect(world.metrics.counters).toMatchObject({ deliveries_expected: 0, deliveries_gap_lost: 0 })
    expect(world.session.isUp).toBe(true)
  })
})

describe('coming back', () => {
  /** The waits of one user whose attempts are all refused. */
  async function waitsOf(index: number, attempts: number): Promise<number[]> {
    const world = await up({ index, backoffMs: 1_000, maxBackoffMs: 8_000 })
    world.refusesConnections = true
    world.clients[0]?.end('broker-gone')
    for (let i = 0; i < attempts; i++) await world.pass()
    const waits = world.waitsMs.slice(0, attempts)
    void world.session.leave()
    return waits
  }

  it('waits anywhere between nothing and a bound that doubles up to the largest', async () => {
    const users = await Promise.all(Array.from({ length: 400 }, (_, index) => waitsOf(index, 6)))
    for (const [attempt, bound] of [1_000, 2_000, 4_000, 8_000, 8_000, 8_000].entries()) {
      const waits = users.map((own) => own[attempt] as number).toSorted((a, b) => a - b)
      // The clock runs on between the asking and the looking.
      expect(waits[0]).toBeGreaterThan(-20)
      expect(waits.at(-1)).toBeLessThanOrEqual(bound)
      // Full jitter: each tenth of the span has its share of 400 users (40 ± 5 standard deviations of 6).
      const tenths = Array.from({ length: 10 }, (_, i) =>
        waits.filter((wait) => Math.min(9, Math.max(0, Math.floor((wait / bound) * 10))) === i),
      )
      for (const tenth of tenths) expect(Math.abs(tenth.length - 40)).toBeLessThan(30)
    }
    // One user's waits have nothing to do with each other.
    const same = users.filter((own) => Math.abs((own[4] as number) - (own[5] as number)) < 80)
    expect(same.length).toBeLessThan(30)
  })

  it('waits longer each time a connection does not last, and begins anew after one that did', async () => {
    const world = await up({ backoffMs: 1_000, maxBackoffMs: 60 })
    const short = await up({ backoffMs: 1_000, maxBackoffMs: 1_000_000 })
    const bounds: number[] = []
    for (let i = 0; i < 12; i++) {
      short.clients.at(-1)?.end('broker-gone')
      await short.pass()
      expect(short.session.isUp).toBe(true)
      bounds.push(short.waitsMs.at(-1) as number)
    }
    expect(Math.max(...bounds.slice(8))).toBeGreaterThan(60_000)
    expect(short.metrics.counters).toMatchObject({ reconnects: 12, connections_lost: 12, sessions_failed: 0 })
    // Outlasting the longest wait (60 ms here) makes a connection a good one: its loss is a first loss.
    await new Promise((resolve) => setTimeout(resolve, 70))
    world.clients[0]?.end('broker-gone')
    await world.pass()
    expect(world.waitsMs[0]).toBeLessThanOrEqual(60)
  })

  it('is timed from the loss to the last RECEIPT; who never comes back was away for at least so long', async () => {
    const world = await up()
    world.refusesConnections = true
    world.clients[0]?.end('broker-gone')
    await world.pass()
    await new Promise((resolve) => setTimeout(resolve, 30))
    world.refusesConnections = false
    await world.pass()
    expect(world.session.isUp).toBe(true)
    const { total } = world.metrics.trend('session_reconnecting')
    expect([total.count, total.censored]).toEqual([1, 0])
    expect(total.minUs).toBeGreaterThanOrEqual(29_000)
    world.refusesConnections = true
    world.clients.at(-1)?.end('broker-gone')
    await world.pass()
    await world.session.leave()
    expect([total.count, total.censored]).toEqual([2, 1])
  })

  it('from an absence that the scenario wanted is timed from its end', async () => {
    const world = await up()
    const dropped = world.session.dropFor(60_000)
    await new Promise((resolve) => setTimeout(resolve, 60))
    await world.pass()
    await dropped
    const { total } = world.metrics.trend('session_reconnecting')
    expect(total.count).toBe(1)
    expect(total.maxUs).toBeLessThan(55_000)
    expect(world.metrics.counters).toMatchObject({ reconnects: 1, connections_lost: 0 })
  })

  it('is not what a user does whose time ends while it is away', async () => {
    const world = await up()
    const dropped = world.session.dropFor(60_000)
    await turn()
    await world.session.leave()
    await world.pass()
    await dropped
    expect(world.metrics.trend('session_reconnecting').total.count).toBe(0)
    expect(world.clients).toHaveLength(1)
  })
})

describe('a user that does not read', () => {
  it('is owed nothing meanwhile, and everything again from when it reads', async () => {
    const world = await up()
    world.session.pauseReading()
    expect(world.clients[0]?.isReading).toBe(false)
    world.publish()
    expect(world.metrics.counters.deliveries_expected).toBe(0)
    world.session.resumeReading()
    expect(world.clients[0]?.isReading).toBe(true)
    world.publish()
    expect(world.metrics.counters.deliveries_expected).toBe(1)
    world.ledger.finish(nowUs() + 2e6)
    expect(world.metrics.counters).toMatchObject({ deliveries_gap_lost: 1, deliveries_lost: 1 })
  })

  it('reads before it says goodbye, and comes back reading when it was cut off', async () => {
    const world = await up()
    world.session.pauseReading()
    await world.session.leave()
    expect(world.clients[0]?.isReading).toBe(true)
    expect(closes(world)).toEqual({ requested: 1 })
    const cut = await up()
    cut.session.pauseReading()
    cut.clients[0]?.end('slow-consumer')
    // The scenario does not know that it was cut: its reading again is no fault of its own, and undoes nothing.
    cut.session.resumeReading()
    await cut.pass()
    cut.session.resumeReading()
    expect(cut.session.isUp).toBe(true)
    expect(cut.clients[1]?.isReading).toBe(true)
    expect(closes(cut)).toEqual({ 'slow-consumer': 1 })
  })
})
