/**
 * The measured side of the receive benchmark: connects, subscribes, then counts what its own processor time was from the
 * first message to the last. `bare` only counts; `lean` and `stompjs` do everything a run does with a delivery.
 */
import { WebSocket } from 'ws'
import { loadContract } from '../../src/chat/contract.ts'
import { openTokens } from '../../src/chat/tokens.ts'
import { nowUs } from '../../src/clock.ts'
import { type Listening, newReception } from '../../src/engine/reception.ts'
import { Findings } from '../../src/measure/findings.ts'
import { Ledger } from '../../src/measure/ledger.ts'
import { Metrics } from '../../src/measure/metrics.ts'
import type { DriverName } from '../../src/stomp/client.ts'
import { createStompClient } from '../../src/stomp/driver.ts'

export type Mode = 'bare' | DriverName
export interface ReceiverOrder {
  mode: Mode
  port: number
  sockets: number
  messages: number
}
export type FromReceiver =
  | { kind: 'ready'; rssPerSocketBytes: number }
  | { kind: 'done'; cpuUs: number; deliveries: number; received: number }

process.on('message', (order: ReceiverOrder) => void measure(order))
process.on('disconnect', () => process.exit(0))

async function measure(order: ReceiverOrder): Promise<void> {
  const { mode, sockets, messages } = order
  const wanted = sockets * messages
  let deliveries = 0
  let before: NodeJS.CpuUsage | undefined
  const finished = Promise.withResolvers<void>()
  const count = (): void => {
    before ??= process.cpuUsage()
    deliveries++
    if (deliveries === wanted) finished.resolve()
  }
  const everything = mode === 'bare' ? undefined : await prepare(sockets)
  globalThis.gc?.()
  const rss = process.memoryUsage().rss
  for (let i = 0; i < sockets; i += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, sockets - i) }, (_, j) => i + j)
    await Promise.all(
      batch.map((user) =>
        everything === undefined ? connectBare(order.port, count) : connect(order, user, everything, count),
      ),
    )
  }
  globalThis.gc?.()
  // What a run does when a message is sent, once a message: it is part of the cost of its deliveries.
  const rssPerSocketBytes = (process.memoryUsage().rss - rss) / sockets
  everything?.publish(messages)
  process.send?.({ kind: 'ready', rssPerSocketBytes } satisfies FromReceiver)
  await finished.promise
  const cpu = process.cpuUsage(before)
  const received = everything?.metrics.counters.deliveries_received ?? wanted
  process.send?.({ kind: 'done', cpuUs: cpu.user + cpu.system, deliveries, received } satisfies FromReceiver)
}

const BATCH = 100

type Everything = Awaited<ReturnType<typeof prepare>>

async function prepare(sockets: number) {
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
  const reception = newReception({
    contract: loadContract(),
    ledger,
    metrics,
    findings,
    tokens,
    runCode: 'bnch',
    startUs,
  })
  const listenings = Array.from({ length: sockets }, (_, user): Listening => {
    const seat = ledger.seat(1, user)
    ledger.move(seat, 'joining', startUs)
    ledger.move(seat, 'joined', startUs)
    return { id: 's0', destination: '/exchange/chat.direct/room.1', roomId: 1, seat, onBody: undefined }
  })
  return {
    metrics,
    reception,
    listenings,
    publish: (messages: number): void => {
      for (let i = 0; i < messages; i++) {
        const sent = ledger.publish('messages', 1, 0, nowUs(), nowUs())
        ledger.answer(sent, 'accepted', nowUs())
      }
    },
  }
}

async function connect(
  { mode, port }: ReceiverOrder,
  user: number,
  { reception, listenings }: Everything,
  count: () => void,
): Promise<void> {
  const listening = listenings[user] as Listening
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
        reception.receive(listening, message, receivedUs)
        count()
      },
      onErrorFrame: () => {},
      onMalformed: () => {},
      onClose: () => {},
    },
  )
  await client.connect()
  await client.subscribe('s0', '/exchange/chat.direct/room.1')
}

/** The least a client can do: no codec, no checks, one counter. */
function connectBare(port: number, count: () => void): Promise<void> {
  return new Promise((resolve) => {
    const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['v12.stomp'], { perMessageDeflate: false })
    let answers = 0
    ws.on('open', () => ws.send('CONNECT\naccept-version:1.2\nhost:/\n\n\0'))
    ws.on('message', () => {
      answers++
      if (answers === 1)
        ws.send('SUBSCRIBE\nid:s0\ndestination:/exchange/chat.direct/room.1\nreceipt:r\n\n\0')
      else if (answers === 2) resolve()
      else count()
    })
  })
}
