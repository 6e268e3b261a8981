/** Processor time a delivery costs, side by side: a bare ws client, the lean driver, the stompjs driver. */
import { fileURLToPath } from 'node:url'
import { cpuUsOf, note, startChild } from './child.ts'
import type { FromFeeder, ToFeeder } from './feeder.ts'
import type { FromReceiver, Mode, ReceiverOrder } from './receiver.ts'
import { type BenchRow, rowOf } from './row.ts'
import { deliveryCount, type Traffic } from './traffic.ts'

/** Rows for one frame a read and for ten: 1,000 sockets in one room. */
export async function fanOutRows(rounds: number): Promise<BenchRow[]> {
  const fanOut = { sockets: 1_000, roomsPerSocket: 1, roomSize: 1_000, messagesPerRoom: 100 }
  const one = await cheapest(MODES, { ...fanOut, framesPerWrite: 1 }, rounds)
  const ten = await cheapest(MODES, { ...fanOut, framesPerWrite: 10 }, rounds)
  const name = (reads: string): string => `CPU a delivery, 1,000 sockets, ${reads}`
  return [
    rowOf(`${name('one frame a read')}: lean / bare ws`, 'ns', one.lean, one.bare, { ratio: 1.35 }),
    rowOf(`${name('one frame a read')}: lean / stompjs`, 'ns', one.lean, one.stompjs, { ratio: 0.3 }),
    rowOf(`${name('ten frames a read')}: lean / bare ws`, 'ns', ten.lean, ten.bare),
    rowOf(`${name('ten frames a read')}: lean / stompjs`, 'ns', ten.lean, ten.stompjs, { ratio: 0.15 }),
  ]
}

/** The same where fewer members, or none, share a body, so that fewer copies, or none, need not be parsed again. */
export async function roomRows(rounds: number): Promise<BenchRow[]> {
  const one = { framesPerWrite: 1 }
  const tens = { ...one, sockets: 3_000, roomsPerSocket: 3, roomSize: 10, messagesPerRoom: 12 }
  const singles = { ...one, sockets: 1_000, roomsPerSocket: 1, roomSize: 1, messagesPerRoom: 100 }
  const table: BenchRow[] = []
  for (const [name, traffic] of [
    ['3,000 sockets in 900 rooms of 10', tens],
    ['1,000 sockets, every body another', singles],
  ] as const) {
    const best = await cheapest(MODES, traffic, rounds)
    table.push(
      rowOf(`CPU a delivery, ${name}: lean / bare ws`, 'ns', best.lean, best.bare),
      rowOf(`CPU a delivery, ${name}: lean / stompjs`, 'ns', best.lean, best.stompjs),
    )
  }
  return table
}

/**
 * Nanoseconds a delivery of each mode. The modes take turns; the cheapest round of each counts, since what a busy machine
 * adds is nobody's own cost.
 */
export async function cheapest<M extends Mode>(
  modes: readonly M[],
  traffic: Traffic,
  rounds: number,
): Promise<Record<M, number>> {
  const best = Object.fromEntries(modes.map((mode) => [mode, Infinity])) as Record<M, number>
  for (let round = 0; round < rounds; round++) {
    for (const mode of modes) best[mode] = Math.min(best[mode], await deliveryNs(mode, traffic))
  }
  return best
}

// --- internal ---

const MODES: readonly Mode[] = ['bare', 'lean', 'stompjs']

/** Nanoseconds of processor time a delivery, user and system. */
async function deliveryNs(mode: Mode, traffic: Traffic): Promise<number> {
  const feeder = startChild<ToFeeder, FromFeeder>('feeder.ts')
  const receiver = startChild<ReceiverOrder, FromReceiver>('receiver.ts', { nodeArgs: ['--expose-gc'] })
  try {
    const { port } = await feeder.next('listening')
    receiver.send({ mode, port, ...traffic })
    await receiver.next('ready')
    const beforeUs = cpuUsOf(feeder.pid)
    feeder.send({ kind: 'go', ...traffic })
    const { cpuUs, wallUs, deliveries, received } = await receiver.next('done')
    const feederShare = (cpuUsOf(feeder.pid) - beforeUs) / wallUs
    if (received !== deliveryCount(traffic))
      throw new Error(`${mode}: the ledger has ${received} of ${deliveryCount(traffic)} deliveries`)
    note(
      `${mode}: ${((cpuUs * 1e3) / deliveries).toFixed(0)} ns a delivery, busy ${((100 * cpuUs) / wallUs).toFixed(0)} % of the time; ` +
        `peer ${(100 * feederShare).toFixed(0)} %`,
    )
    return (cpuUs * 1e3) / deliveries
  } finally {
    await Promise.all([feeder.stop(), receiver.stop()])
  }
}

if (process.argv[2] !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  const [sockets = 1000, roomSize = 1000, messagesPerRoom = 100] = process.argv.slice(3).map(Number)
  const traffic = { sockets, roomsPerSocket: 1, roomSize, messagesPerRoom, framesPerWrite: 1 }
  process.stdout.write(`${JSON.stringify(await cheapest([process.argv[2] as Mode], traffic, 1))}\n`)
} else if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const row of [...(await fanOutRows(1)), ...(await roomRows(1))])
    process.stdout.write(`${JSON.stringify(row)}\n`)
}
