import { expect, it } from 'vitest'
import { nowUs } from '../../src/clock.ts'
import { newAgenda } from '../../src/engine/agenda.ts'
import { Session } from '../../src/engine/session.ts'
import { Findings } from '../../src/measure/findings.ts'
import { Ledger } from '../../src/measure/ledger.ts'
import { Metrics } from '../../src/measure/metrics.ts'
import { StompFailure } from '../../src/stomp/client.ts'

function world(subscribe: (n: number) => Promise<void>, awayMs = 20) {
  const metrics = new Metrics()
  let n = 0
  const ledger = new Ledger(metrics, { startUs: 0, timeoutUs: 1e6, echo: 'expected' })
  const clients: { close: (c: string) => void; down: boolean }[] = []
  const refuse = { connect: false }
  const parts = {
    scenario: {
      seed: 1,
      reconnect: { awayMs, backoffMs: 60_000, maxBackoffMs: 60_000 },
      rooms: { from: 'target' },
    },
    metrics,
    ledger,
    findings: new Findings(),
    agenda: newAgenda(),
    startUs: nowUs(),
    tokens: { identityOf: async () => ({ userId: 1, token: 't' }) },
    knownRooms: new Set(),
    connected: { count: 0 },
    mayConnect: () => true,
    plannedRooms: () => [],
    reception: { receive() {} },
    api: {
      call: async (name: string) => ({
        kind: 'answered',
        status: 201,
        isOk: true,
        sentUs: 1,
        doneUs: 2,
        body:
          name === 'connect'
            ? {
                connectionInfo: { stompUrl: 'ws://127.0.0.1', username: 'u', password: 'p' },
                subscriptions: [{ destination: '/r1', roomId: 1 }],
              }
            : {},
      }),
    },
    connect: (_b: unknown, _u: number, h: Session) => {
      const me = {
        down: false,
        close: (c: string) => {
          if (!me.down) {
            me.down = true
            h.onClose({ class: c, code: 1006, reason: '' } as never)
          }
        },
      }
      clients.push(me)
      return {
        connect: async () => {
          if (refuse.connect) throw new StompFailure('websocket', 'refused')
          return { version: '1.2', server: 'x', webSocketUs: 1, stompUs: 1 }
        },
        subscribe: () => subscribe(n++),
        drop: () => setImmediate(() => me.close('requested')),
        disconnect: async () => {
          me.close('requested')
          return { class: 'requested' }
        },
      }
    },
  }
  const s = new Session(0, parts as never)
  const publish = () => {
    const at = nowUs()
    const m = ledger.publish('messages', 1, 5, at, at)
    ledger.answer(m, 'accepted', at + 1)
  }
  return { s, ledger, metrics, clients, parts, publish, refuse }
}
const tick = () => new Promise((r) => setTimeout(r, 10))

it('a user whose reconnect is cut short by its planned leave is owed nothing and misses nothing', async () => {
  const w = world(async () => {})
  await w.s.start(nowUs())
  w.refuse.connect = true
  w.clients[0]!.close('idle-timeout')
  await tick()
  await w.s.leave()
  w.publish()
  w.ledger.finish(nowUs())
  expect(w.metrics.counters.deliveries_gap_lost).toBe(0)
})
it('our own drop after a missing RECEIPT is not the target losing messages', async () => {
  // room subscription gets its RECEIPT, the personal one does not
  const w = world((n) =>
    n === 0 ? Promise.resolve() : Promise.reject(new StompFailure('receipt', 'no RECEIPT')),
  )
  void w.s.start(nowUs())
  await tick()
  await tick()
  expect(w.clients[0]!.down).toBe(true)
  w.publish()
  w.ledger.finish(nowUs() + 2e6)
  expect(w.metrics.counters.deliveries_lost).toBe(0)
  await w.s.leave()
})
it('a user that is to come while it still leaves is up afterwards', async () => {
  const w = world(async () => {})
  await w.s.start(nowUs())
  const gone = w.s.leave()
  const back = w.s.start(nowUs())
  await gone
  await back
  await tick()
  expect({ wanted: w.s.isWanted, up: w.s.isUp, open: w.clients.filter((c) => !c.down).length }).toEqual({
    wanted: true,
    up: true,
    open: 1,
  })
})
it('a malformed answer of POST /connect is a failed session, not an exception', async () => {
  const w = world(async () => {})
  ;(w.parts.api as { call: unknown }).call = async () => ({
    kind: 'answered',
    status: 201,
    isOk: true,
    sentUs: 1,
    doneUs: 2,
    body: { connectionInfo: { stompUrl: 'ws://127.0.0.1', username: 'u', password: 'p' }, subscriptions: {} },
  })
  const done = w.s.start(nowUs()).then(
    () => 'ended',
    (e: unknown) => String(e),
  )
  await tick()
  void w.s.leave()
  expect(await done).toBe('ended')
})

it('a client dropped earlier takes nothing from the one that came after it', async () => {
  const w = world(async () => {})
  await w.s.start(nowUs())
  await w.s.dropFor(20)
  await tick()
  expect(w.clients.length).toBe(2)
  // The close of the first client, told only now.
  w.s.onClose({ class: 'requested', code: 1006, reason: '' })
  expect(() => w.s.stomp).not.toThrow()
  await w.s.leave()
  expect(w.clients.filter(({ down }) => !down).length).toBe(0)
})
