/**
 * The measured side of the receive benchmark: connects, subscribes, then counts what its own processor time was from the
 * first message to the last. `bare` only counts; `lean` and `stompjs` do everything a run does with a delivery.
 */
import { WebSocket } from 'ws'
import { loadContract } from '../../src/chat/contract.ts'
import { openTokens } from '../../src/chat/tokens.ts'
import { nowUs } from '../../src/clock.ts'
import { type Listening, newReception } from '../../src/engine/reception.ts'
import { newDrift, SAMPLE } from '../../src/measure/drift.ts'
import { Findings } from '../../src/measure/findings.ts'
import { Ledger } from '../../src/measure/ledger.ts'
import { Metrics } from '../../src/measure/metrics.ts'
import type { DriverName } from '../../src/stomp/client.ts'
import { createStompClient } from '../../src/stomp/driver.ts'
import { deliveryCount, destinationOf, roomCount, roomsOf, type Traffic } from './traffic.ts'

export type Mode = 'bare' | DriverName
export interface ReceiverOrder extends Traffic {
  mode: Mode
  port: number
}
/** `deliveries` are those that `cpuUs` was spent on, after a fifth of them as warm-up. `received` is the ledger's count of deliveries that were owed; bare keeps none. */
export type FromReceiver =
  { kind: 'ready' } | { kind: 'done'; cpuUs: number; wallUs: number; deliveries: number; received: number }

process.on('message', (order: ReceiverOrder) => void measure(order))
process.on('disconnect', () => process.exit(0))

async function measure(order: ReceiverOrder): Promise<void> {
  const { mode, port, sockets } = order
  const wanted = deliveryCount(order)
  const warmUp = Math.floor(wanted / 5)
  let deliveries = 0
  let before: NodeJS.CpuUsage | undefined
  let beganUs = 0
  const finished = Promise.withResolvers<void>()
  const count = (): void => {
    deliveries++
    if (deliveries === warmUp) {
      before = process.cpuUsage()
      beganUs = nowUs()
    } else if (deliveries === wanted) finished.resolve()
  }
  const everything = mode === 'bare' ? undefined : await prepare(order)
  for (let i = 0; i < sockets; i += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, sockets - i) }, (_, j) => i + j)
    await Promise.all(
      batch.map((socket) =>
        everything === undefined
          ? connectBare(port, roomsOf(socket, order), count)
          : connect(order, socket, everything, count),
      ),
    )
  }
  everything?.publish()
  globalThis.gc?.()
  tell({ kind: 'ready' })
  await finished.promise
  const cpu = process.cpuUsage(before)
  const received = everything?.metrics.counters.deliveries_received ?? wanted
  tell({
    kind: 'done',
    cpuUs: cpu.user + cpu.system,
    wallUs: nowUs() - beganUs,
    deliveries: wanted - warmUp,
    received,
  })
}

function tell(message: FromReceiver): void {
  process.send?.(message)
}

const BATCH = 100

type Everything = Awaited<ReturnType<typeof prepare>>

async function prepare(order: ReceiverOrder) {
  const metrics = new Metrics()
  const startUs = nowUs()
  const ledger = new Ledger(metrics, { startUs, timeoutUs: 600e6, echo: 'expected' })
  const tokens = await openTokens({
    kind: 'minted',
    key: 'a-fake-secret',
    algorithm: 'HS256',
    claims: {},
    firstUserId: 1,
    lifetimeS: 60,
  })
  const findings = new Findings()
  const contract = loadContract()
  const reception = newReception({
    contract,
    ledger,
    metrics,
    findings,
    drift: newDrift(contract.shapes, { oneIn: SAMPLE.oneIn }),
    tokens,
    runCode: 'bnch',
    startUs,
  })
  /** By socket, in the order of its subscriptions. */
  const listenings = Array.from({ length: order.sockets }, (_, user) =>
    roomsOf(user, order).map((room, layer): Listening => {
      const seat = ledger.seat(room, user)
      ledger.move(seat, 'joining', startUs)
      ledger.move(seat, 'joined', startUs)
      return { id: `s${layer}`, destination: destinationOf(room), roomId: room, seat, onBody: undefined }
    }),
  )
  return {
    metrics,
    reception,
    listenings,
    /** What a run does where a message is sent. It is no part of receiving and is done beforehand. */
    publish: (): void => {
      for (let seq = 0; seq < order.messagesPerRoom; seq++) {
        for (let room = 1; room <= roomCount(order); room++) {
          const sent = ledger.publish('messages', room, 0, nowUs(), nowUs())
          ledger.answer(sent, 'accepted', nowUs())
        }
      }
    },
  }
}

async function connect(
  { mode, port }: ReceiverOrder,
  socket: number,
  { reception, listenings }: Everything,
  count: () => void,
): Promise<void> {
  const own = listenings[socket] as Listening[]
  const client = createStompClient(
    mode as DriverName,
    {
      url: `ws://127.0.0.1:${port}/ws`,
      login: 'guest',
      passcode: 'guest',
      vhost: '/',
      flavour: 'web',
      heartbeat: { outgoingMs: 0, incomingMs: 0 },
      timeoutMs: 20_000,
    },
    {
      onMessage: (message, receivedUs) => {
        // As a session finds it.
        const { subscription } = message
        for (const listening of own) {
          if (listening.id === subscription) reception.receive(listening, message, receivedUs)
        }
        count()
      },
      onErrorFrame: () => {},
      onMalformed: () => {},
      onClose: () => {},
    },
  )
  await client.connect()
  await Promise.all(own.map(({ id, destination }) => client.subscribe(id, destination)))
}

/** The least a client can do: no codec, no checks, one counter. */
function connectBare(port: number, rooms: readonly number[], count: () => void): Promise<void> {
  return new Promise((resolve) => {
    const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['v12.stomp'], { perMessageDeflate: false })
    let answers = 0
    ws.on('open', () => ws.send('CONNECT\naccept-version:1.2\nhost:/\n\n\0'))
    ws.on('message', () => {
      answers++
      if (answers > 1 + rooms.length) count()
      else if (answers === 1 + rooms.length) resolve()
      else if (answers === 1)
        for (const [layer, room] of rooms.entries())
          ws.send(`SUBSCRIBE\nid:s${layer}\ndestination:${destinationOf(room)}\nreceipt:r${layer}\n\n\0`)
    })
  })
}
