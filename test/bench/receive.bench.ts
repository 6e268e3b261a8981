/** Processor time a delivery costs, side by side: a bare ws client, the lean driver, the stompjs driver. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { FromFeeder, ToFeeder } from './feeder.ts'
import type { FromReceiver, Mode, ReceiverOrder } from './receiver.ts'
import type { BenchRow } from './row.ts'

interface Shape {
  sockets: number
  messages: number
  framesPerWrite: number
  rounds: number
}

/**
 * Rows for one frame a read and for ten. The three sides take turns; the cheapest round of each counts, since what a busy
 * machine adds is nobody's own cost.
 */
export async function rows({
  sockets,
  messages,
  rounds,
}: Omit<Shape, 'framesPerWrite'>): Promise<BenchRow[]> {
  const table: BenchRow[] = []
  for (const framesPerWrite of [1, 10]) {
    const best = await costs({ sockets, messages, framesPerWrite, rounds })
    const named =
      framesPerWrite === 1 ? `one frame a read, ${sockets} sockets` : `ten frames a read, ${sockets} sockets`
    table.push(
      {
        name: `CPU per delivery, ${named}: lean / bare ws`,
        oursNs: best.lean,
        theirsNs: best.bare,
        ratio: best.lean / best.bare,
      },
      {
        name: `CPU per delivery, ${named}: lean / stompjs`,
        oursNs: best.lean,
        theirsNs: best.stompjs,
        ratio: best.lean / best.stompjs,
      },
    )
  }
  return table
}

// --- internal ---

const MODES: readonly Mode[] = ['bare', 'lean', 'stompjs']

async function costs(shape: Shape): Promise<Record<Mode, number>> {
  const best: Record<Mode, number> = { bare: Infinity, lean: Infinity, stompjs: Infinity }
  for (let round = 0; round < shape.rounds; round++) {
    for (const mode of MODES) best[mode] = Math.min(best[mode], await cost(mode, shape))
  }
  return best
}

/** Nanoseconds of processor time a delivery, user and system. */
async function cost(mode: Mode, { sockets, messages, framesPerWrite }: Shape): Promise<number> {
  const feeder = fork(path('feeder.ts'), { execArgv: [] })
  const receiver = fork(path('receiver.ts'), { execArgv: ['--expose-gc'] })
  try {
    const { port } = await next<FromFeeder, 'listening'>(feeder, 'listening')
    receiver.send({ mode, port, sockets, messages } satisfies ReceiverOrder)
    await next<FromReceiver, 'ready'>(receiver, 'ready')
    feeder.send({ kind: 'go', messages, framesPerWrite } satisfies ToFeeder)
    const { cpuUs, deliveries, received } = await next<FromReceiver, 'done'>(receiver, 'done')
    if (received !== sockets * messages)
      throw new Error(`${mode}: the ledger has ${received} of ${sockets * messages} deliveries`)
    return (cpuUs * 1e3) / deliveries
  } finally {
    feeder.disconnect()
    receiver.disconnect()
    await Promise.all([once(feeder, 'exit'), once(receiver, 'exit')])
  }
}

async function next<Message extends { kind: string }, Kind extends Message['kind']>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<Message, { kind: Kind }>> {
  for (;;) {
    const [message] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() =>
        Promise.reject(new Error(`a bench process ended before it was ${kind}`)),
      ),
    ])) as [Message]
    if (message.kind === kind) return message as Extract<Message, { kind: Kind }>
  }
}

function path(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const row of await rows({ sockets: 1_000, messages: 60, rounds: 2 }))
    process.stdout.write(`${JSON.stringify(row)}\n`)
}
