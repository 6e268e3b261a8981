/** What validating a new_message costs beside parsing it. `node test/bench/contract.bench.ts` prints the row. */
import { fileURLToPath } from 'node:url'
import { Bench } from 'tinybench'
import { loadContract, type ContractIssue } from '../../src/chat/contract.ts'
import { type BenchRow, rowOf } from './row.ts'

/** Ours is readEvent, theirs JSON.parse alone, on the guide's new_message of 230 bytes. */
export async function rows(): Promise<BenchRow[]> {
  const contract = loadContract()
  const issues: ContractIssue[] = []
  const keep = (issue: ContractIssue): void => void issues.push(issue)
  const bench = new Bench({ time: 1000, warmupTime: 300 })
  // A batch, because one call is too short for the clock.
  bench.add('ours', () => {
    for (let n = 0; n < BATCH; n += 1) contract.readEvent(BODY, keep)
  })
  bench.add('theirs', () => {
    for (let n = 0; n < BATCH; n += 1) JSON.parse(BODY)
  })
  await bench.run()
  if (issues.length > 0) throw new Error(`the sample breaks the contract: ${issues[0]?.detail}`)
  const [oursNs, theirsNs] = [medianNs(bench, 'ours'), medianNs(bench, 'theirs')]
  return [rowOf('contract: parse and validate a new_message / JSON.parse', 'ns', oursNs, theirsNs)]
}

// --- internal ---

const BATCH = 200

const BODY = JSON.stringify(
  {
    type: 'new_message',
    message: {
      id: 123,
      content: '안녕하세요',
      message_type: 'text',
      sender_id: 456,
      created_at: '2024-01-01T12:00:00Z',
    },
    timestamp: '2024-01-01T12:00:00.000Z',
  },
  undefined,
  2,
)

function medianNs(bench: Bench, name: string): number {
  const result = bench.getTask(name)?.result
  if (result?.state !== 'completed') throw new Error(`${name} did not complete`)
  return (result.latency.p50 * 1e6) / BATCH
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const row of await rows()) process.stdout.write(`${JSON.stringify(row)}\n`)
}
