import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Broker } from '../../src/target/broker.ts'
import { startEmbeddedBroker } from '../../src/target/embedded-broker.ts'
import { createFaultPlan } from '../../src/target/faults.ts'
import { openPeer, type Peer } from './peer.ts'

const HEALTHY = { host: '127.0.0.1', port: 0, plan: createFaultPlan([]) }

let broker: Broker

beforeAll(async () => {
  broker = await startEmbeddedBroker(HEALTHY)
})
afterAll(() => broker.close())

async function connected(heartBeat: string): Promise<Peer> {
  const peer = await openPeer(broker.stompUrl)
  await peer.connect(heartBeat)
  return peer
}

describe.concurrent('time', () => {
  it('brings the heart-beats that were promised, early rather than late', async () => {
    const peer = await connected('0,1000')
    const startMs = performance.now()
    const beats = [await peer.next(), await peer.next(), await peer.next()]
    expect(beats).toEqual(['\n', '\n', '\n'])
    const eachMs = (performance.now() - startMs) / 3
    expect(eachMs).toBeGreaterThan(400)
    expect(eachMs).toBeLessThan(1_000)
  })

  it('cuts a client that promised beats and sends none, after three intervals', async () => {
    const peer = await connected('1000,0')
    const startMs = performance.now()
    expect(await peer.ended).toEqual({ code: 1000, reason: 'STOMP died' })
    const silentMs = performance.now() - startMs
    expect(silentMs).toBeGreaterThan(3_000)
    expect(silentMs).toBeLessThan(4_000)
  })

  it('spares a client that beats', async () => {
    const peer = await connected('1000,1000')
    const beating = setInterval(() => peer.send('\n'), 500)
    const winner = await Promise.race([
      peer.ended,
      new Promise((resolve) => setTimeout(resolve, 3_800, 'open')),
    ])
    clearInterval(beating)
    expect(winner).toBe('open')
  })

  it('cuts whom nobody hears from, who never connects, and who takes nothing', async () => {
    const impatient = await startEmbeddedBroker({
      ...HEALTHY,
      idleTimeoutMs: 400,
      loginTimeoutMs: 300,
      sendTimeoutMs: 300,
    })
    const [idle, pinging, silent] = [
      await openPeer(impatient.stompUrl),
      await openPeer(impatient.stompUrl),
      await openPeer(impatient.stompUrl),
    ]
    await Promise.all([idle.connect(), pinging.connect()])
    const pings = setInterval(() => pinging.socket.ping(), 100)
    expect(await silent.ended).toEqual({ code: 1000, reason: 'login timeout' })
    expect(await idle.ended).toEqual({ code: 1000, reason: '' })
    expect(pinging.socket.readyState).toBe(pinging.socket.OPEN)

    await pinging.subscribe('s', 'room.1')
    pinging.socket.pause()
    const body = Buffer.alloc(1_000_000, 'x')
    for (let i = 0; i < 12; i++) await impatient.publish('room.1', body)
    // Nothing is read, so the end is seen when reading goes on: a reset in the middle of a message.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    pinging.socket.resume()
    expect((await pinging.ended).code).toBe(1006)
    clearInterval(pings)
    await impatient.close()
  })

  it('is not waited for when more than the limit is queued for one subscriber; others go on', async () => {
    const tight = await startEmbeddedBroker({ ...HEALTHY, maxBufferedBytes: 1_000_000 })
    const [slow, quick] = [await openPeer(tight.stompUrl), await openPeer(tight.stompUrl)]
    for (const peer of [slow, quick]) {
      await peer.connect()
      await peer.subscribe('s', 'room.1')
    }
    slow.socket.pause()
    const body = Buffer.alloc(500_000, 'x')
    for (let i = 0; i < 40; i++) {
      await tight.publish('room.1', body)
      expect(await quick.next()).toMatch(/^MESSAGE/)
    }
    slow.socket.resume()
    expect((await slow.ended).code).toBe(1006)
    await tight.publish('room.1', Buffer.from('last'))
    expect(await quick.next()).toContain('last')
    await tight.close()
  })
})
