import { truthCase, type TruthCase } from './case.ts'
import { observe, type Observed } from './lab.ts'
import { same, type Finding } from './row.ts'

/** What the target loses, doubles and swaps on purpose is counted to the delivery, whatever the number of workers. */
export const plantedCases: TruthCase[] = [
  plantedCase('loss, duplicate and swap 1/100', {
    workers: 3,
    faults: ['loss:1/100', 'duplicate:1/100', 'swap:1/100'],
    short: 'counts',
  }),
  plantedCase('loss 1/100', { workers: 1, faults: ['loss:1/100'] }),
  plantedCase('duplicate 1/100', { workers: 2, faults: ['duplicate:1/100'] }),
  plantedCase('swap 1/100', { workers: 3, faults: ['swap:1/100'] }),
  plantedCase('first message of each', { workers: 2, faults: ['lose-first'] }),
  plantedCase('last messages of each', { workers: 3, faults: ['lose-tail:1/10'] }),
  // 35,000 messages, 350,000 deliveries.
  ...[1, 2, 3].map((workers) =>
    plantedCase('loss, duplicate and swap 1/10,000', {
      workers,
      faults: ['loss:1/10000', 'duplicate:1/10000', 'swap:1/10000'],
      load: { RATE: 500, SECONDS: 70 },
    }),
  ),
]

// --- internal ---

/** Every room has ten members who all listen, the sender among them. */
const AUDIENCE = 10

interface PlantedSpec {
  workers: number
  faults: readonly string[]
  load?: { RATE: number; SECONDS: number }
  short?: 'counts'
}

function plantedCase(name: string, spec: PlantedSpec): TruthCase {
  const { workers, faults, load = { RATE: 300, SECONDS: 4.3 }, short } = spec
  return truthCase<Observed>({
    name: `${name}, ${workers} worker${workers === 1 ? '' : 's'}`,
    isTimed: false,
    forms: { isLong: true, ...(short === undefined ? {} : { short }) },
    measure: () =>
      observe({
        scenario: 'test/scenarios/truth-rooms.ts',
        env: load,
        flags: ['--workers', String(workers), ...faults.flatMap((fault) => ['--fault', fault])],
      }),
    judge: (observed) => judge(observed, load),
    mistakes: [
      { name: 'one loss too many', plant: (observed) => counting(observed, { lost: 1 }) },
      { name: 'one loss not seen', plant: (observed) => counting(observed, { lost: -1 }) },
      { name: 'one copy not seen', plant: (observed) => counting(observed, { duplicated: -1 }) },
      { name: 'one more out of order', plant: (observed) => counting(observed, { reordered: 1 }) },
      { name: 'a delivery in no account', plant: (observed) => counting(observed, { received: -1 }) },
    ],
  })
}

function judge(
  { journal, result }: Observed,
  { RATE, SECONDS }: { RATE: number; SECONDS: number },
): Finding[] {
  const { sends, faults } = journal
  const { sent, expected, received, lost, late, duplicated, reordered, leaked, corrupted } =
    result.ledger.messages
  const unpublished = sends.filter(({ copies }) => copies === 0).length
  const again = sends.reduce((sum, { copies }) => sum + Math.max(0, copies - 1), 0)
  const swapped = faults['swap'] ?? 0
  const planted = Object.values(faults).reduce((sum, count) => sum + count, 0)
  return [
    same('something was planted', 'yes', planted > 0 ? 'yes' : 'no'),
    same('sent', Math.round(RATE * SECONDS), sent),
    same('sent, by the journal', sends.length, sent),
    same('expected', sends.length * AUDIENCE, expected),
    same('received', (sends.length - unpublished) * AUDIENCE, received),
    same('lost', unpublished * AUDIENCE, lost.total),
    ...placed('lost at the head', faults['lose-first'], lost.head),
    ...placed('lost at the tail', faults['lose-tail'], lost.tail),
    same('duplicated', again * AUDIENCE, duplicated),
    same('reordered', swapped * AUDIENCE, reordered),
    same('late, leaked, corrupted', 0, late + leaked + corrupted),
    same('planted, by the target’s own count', totalOf(faults), totalOf(result.planted)),
  ]
}

/** Where losses lie is asked of the faults that lie in one place; 1 in 100 may be anywhere. */
function placed(what: string, planted: number | undefined, reported: number): Finding[] {
  return planted === undefined ? [] : [same(what, planted * AUDIENCE, reported)]
}

function totalOf(counts: Readonly<Record<string, number>>): string {
  const names = Object.keys(counts).toSorted()
  return names.map((name) => `${name} ${counts[name]}`).join(', ')
}

function counting(
  observed: Observed,
  by: { lost?: number; duplicated?: number; reordered?: number; received?: number },
): Observed {
  const { result } = observed
  const { messages } = result.ledger
  const changed = {
    ...messages,
    lost: { ...messages.lost, total: messages.lost.total + (by.lost ?? 0) },
    duplicated: messages.duplicated + (by.duplicated ?? 0),
    reordered: messages.reordered + (by.reordered ?? 0),
    received: messages.received + (by.received ?? 0),
  }
  return { ...observed, result: { ...result, ledger: { ...result.ledger, messages: changed } } }
}
