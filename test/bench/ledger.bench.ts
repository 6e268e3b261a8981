/** What settling a delivery costs beside the obvious way, a Set of the ids that a subscriber has seen. */
import { fileURLToPath } from 'node:url'
import { Bench } from 'tinybench'
import { Ledger, type Seat } from '../../src/measure/ledger.ts'
import { Metrics } from '../../src/measure/metrics.ts'
import { type BenchRow, rowOf } from './row.ts'

const MEMBERS = 100

/** Ours settles every copy: once, order, latency, fan-out. Theirs only remembers `subscriber/message`. */
export async function rows(): Promise<BenchRow[]> {
  const metrics = new Metrics()
  const ledger = new Ledger(metrics, { startUs: 0, timeoutUs: 1_000, echo: 'expected' })
  const seats = Array.from({ length: MEMBERS }, (_, user): Seat => {
    const seat = ledger.seat(1, user)
    ledger.move(seat, 'joining', 0)
    ledger.move(seat, 'joined', 0)
    return seat
  })
  const token = { run: 'bnch', room: 1, sender: 0, seq: 0, attempt: 1, plannedUs: 0 }
  let atUs = 1
  const bench = new Bench({ time: 700, warmupTime: 200 })
  bench.add('ours', () => {
    const sent = ledger.publish('messages', 1, 0, atUs, atUs)
    ledger.answer(sent, 'accepted', atUs + 1)
    token.seq = sent.seq
    for (const seat of seats) ledger.deliver(seat, token, 1, atUs + 2)
    atUs += 100
    ledger.sweep(atUs)
  })
  const seen = new Set<string>()
  let id = 0
  bench.add('theirs', () => {
    id++
    for (let user = 0; user < MEMBERS; user++) seen.add(`${user}/${id}`)
    // What ours forgets by itself; otherwise the comparison would be with an ever slower, ever larger Set.
    if (seen.size > 1_000_000) seen.clear()
  })
  await bench.run()
  if (metrics.counters.deliveries_lost + metrics.counters.deliveries_duplicated > 0)
    throw new Error('the ledger lost count')
  const [oursNs, theirsNs] = ['ours', 'theirs'].map((name) => {
    const result = bench.getTask(name)?.result
    if (result?.state !== 'completed') throw new Error(`${name} did not complete`)
    return (result.latency.p50 * 1e6) / MEMBERS
  }) as [number, number]
  return [rowOf('ledger: settle a delivery / remember it in a Set', 'ns', oursNs, theirsNs)]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const row of await rows()) process.stdout.write(`${JSON.stringify(row)}\n`)
}
