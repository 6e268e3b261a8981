import { type ChildProcess, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { copyFile, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readEvents } from '../../src/commands/stored/read-events.ts'
import type { EndEvent, NoteEvent, RunEvent, SecondEvent, StartEvent } from '../../src/engine/events.ts'
import { rebuild } from '../../src/engine/rebuild.ts'
import { Histogram } from '../../src/measure/histogram.ts'
import type { RunResult } from '../../src/measure/result.ts'
import { readResult } from '../../src/report/reporters.ts'
import { type Finished, stompede } from './cli.ts'

const root = mkdtempSync(join(tmpdir(), 'stompede-survival-'))
const children: ChildProcess[] = []
/** Where a file system of 16 KiB is mounted, if we may. */
const small = mkdtempSync(join(root, 'full'))
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  spawnSync('/bin/umount', ['-l', small])
  rmSync(root, { recursive: true })
})

/** A run of `test/scenarios/survival.ts`, with what it left behind. */
interface Survivor extends Finished {
  directory: string
  files: string[]
  events: RunEvent[]
  /** When it was spoken to last, ms before it ended. */
  endedAfterMs: number
}

type Treatment = { args: readonly string[] } & (
  | { when?: never; treat?: never }
  /** Done to the process once a second of its run is like that. */
  | {
      when: (second: SecondEvent) => boolean
      treat: (child: ChildProcess, directory: string) => Promise<void> | void
    }
)

/** Runs the scenario in a process of its own and treats it in mid-run, when its own events say that it is time. */
async function survivor(name: string, { args, when, treat }: Treatment): Promise<Survivor> {
  const reports = mkdtempSync(join(root, name))
  const spawned = Promise.withResolvers<ChildProcess>()
  const finished = stompede(
    ['run', 'test/scenarios/survival.ts', ...args, '--reports', reports],
    spawned.resolve,
  )
  const child = await spawned.promise
  children.push(child)
  if (treat !== undefined) {
    const tooSoon = finished.then(({ stderr }) => {
      throw new Error(`it ended before its moment came:\n${stderr}`)
    })
    await treat(child, await Promise.race([untilSecond(reports, when), tooSoon]))
    tooSoon.catch(() => undefined)
  }
  const treatedAtMs = performance.now()
  const end = await finished
  const endedAfterMs = performance.now() - treatedAtMs
  const [run] = readdirSync(reports)
  if (run === undefined) throw new Error(`it never began:\n${end.stderr}`)
  const directory = join(reports, run)
  const events = eventsIn(directory)
  return { ...end, directory, files: readdirSync(directory).toSorted(), events, endedAfterMs }
}

/** Waits until a run has told of such a second; returns the run's directory. */
function untilSecond(reports: string, when: (second: SecondEvent) => boolean): Promise<string> {
  return vi.waitUntil(
    () => {
      const directory = join(reports, readdirSync(reports).find((entry) => !entry.startsWith('.')) ?? '')
      return existsSync(join(directory, 'events.ndjson')) && secondsIn(eventsIn(directory)).some(when)
        ? directory
        : undefined
    },
    { timeout: 120_000, interval: 50 },
  )
}

function eventsIn(directory: string): RunEvent[] {
  const lines = readFileSync(join(directory, 'events.ndjson'), 'utf8').split('\n')
  // What follows the last line's end is torn or nothing.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as RunEvent)
}

const secondsIn = (events: readonly RunEvent[]): SecondEvent[] =>
  events.filter((event): event is SecondEvent => event.kind === 'second')
const notesIn = (events: readonly RunEvent[]): NoteEvent[] =>
  events.filter((event): event is NoteEvent => event.kind === 'note')

const deathsIn = ({ events }: Survivor): string[] =>
  notesIn(events).flatMap(({ what, text }) => (what === 'worker died' ? [text] : []))

const resultIn = async (directory: string): Promise<RunResult> => readResult(directory)

/** Deliveries in no account. */
function unaccounted({ ledger: { messages } }: RunResult): number {
  return messages.expected - messages.received - messages.late - messages.lost.total - messages.pending
}

/** What of a result does not depend on the digits of its histograms. */
function exactParts(result: RunResult): object {
  // What was seen of the contract is known at the end of a run only.
  const { trends, contractDrift: _, ...rest } = result
  const counts = Object.entries(trends).map(([name, { histogram, ...figures }]) => {
    const { count, censored, refused, minUs, maxUs, meanUs } = figures
    return [name, { count, censored, refused, minUs, maxUs, meanUs, sumUs: histogram.sumUs }]
  })
  return { ...rest, trends: Object.fromEntries(counts) as object }
}

/** The runs go side by side, three at a time: they mostly wait. */
let killed: Survivor & { whileRunning: Finished; report: Finished }
let interrupted: Survivor
let late: Survivor
let dead: Survivor
let blocked: Survivor
let full: Finished

beforeAll(async () => {
  const killing = async (): Promise<typeof killed> => {
    let whileRunning: Finished | undefined
    const run = await survivor('killed', {
      args: [
        '--fault',
        'loss-one-subscriber:1/3',
        '--fault',
        'duplicate-one-subscriber:1/4',
        '--workers',
        '2',
      ],
      when: ({ second, counters, pendingMessages }) =>
        second >= 4 && pendingMessages > 10 && counters.deliveries_duplicated > 10,
      treat: async (child, directory) => {
        whileRunning = await stompede(['report', directory])
        child.kill('SIGKILL')
      },
    })
    const report = await stompede(['report', run.directory, '-o', 'html'])
    return {
      ...run,
      whileRunning: whileRunning as Finished,
      report,
      files: readdirSync(run.directory).toSorted(),
    }
  }
  ;[killed, late, blocked] = await Promise.all([
    killing(),
    survivor('late', {
      args: ['-e', 'SECONDS=5', '-e', 'DRAIN=3s'],
      when: ({ second }) => second === 6,
      treat: (child) => void child.kill('SIGINT'),
    }),
    survivor('blocked', { args: ['-e', 'ENDING=block', '--workers', '3'] }),
  ])
  ;[interrupted, dead, full] = await Promise.all([
    survivor('interrupted', {
      args: ['-e', 'ENDING=hang'],
      when: ({ second, counters }) => second >= 4 && counters.deliveries_received > 50,
      treat: (child) => void child.kill('SIGTERM'),
    }),
    survivor('dead', { args: ['-e', 'ENDING=die', '--workers', '3'] }),
    onSmallDisk(['run', 'test/scenarios/survival.ts', '-e', 'SECONDS=4', '--log', '/dev/full', '-q']),
  ])
}, 240_000)

describe('a generator that is killed', () => {
  it('leaves its events, to the last second, and nothing else', () => {
    expect(killed.code).toBeNull()
    const [start] = killed.events as [StartEvent]
    expect(start).toMatchObject({
      kind: 'start',
      schema: 'stompede.events',
      command: expect.any(String) as string,
    })
    expect(start.id).toBe(killed.directory.split('/').at(-1))
    const seconds = secondsIn(killed.events)
    expect(seconds.map(({ second }) => second)).toEqual(seconds.map((_, i) => i + 1))
    expect(seconds.length).toBeGreaterThanOrEqual(4)
    expect(killed.events.some(({ kind }) => kind === 'end')).toBe(false)
  })

  it('takes its target with it', async () => {
    const { apiUrl } = (killed.events[0] as StartEvent).environment.target
    await expect(fetch(`${apiUrl}/connect`)).rejects.toThrow(/fetch failed/)
  })

  it('is not rebuilt while it lives', () => {
    expect(killed.whileRunning.code).toBe(2)
    expect(killed.whileRunning.stderr).toMatch(/^stompede: the run is still going \(process \d+\)/)
  })

  it('is rebuilt from its events: the last second’s counts, the sum of the seconds’ latencies', async () => {
    expect(killed.report.stderr).toMatch(/^rebuilt from .*events\.ndjson: \d+ s of the run/)
    expect(killed.report.code).toBe(0)
    expect(killed.files).toEqual(['events.ndjson', 'report.html', 'result.json'])
    const result = await resultIn(killed.directory)
    const seconds = secondsIn(killed.events)
    const last = seconds.at(-1) as SecondEvent
    expect(result.counters).toEqual(last.counters)
    expect(result.counters.deliveries_received).toBeGreaterThan(20)
    const deliveries = seconds.flatMap(({ histograms: { message_delivery: own } }) =>
      own === undefined ? [] : [own],
    )
    expect(result.trends['message_delivery']).toMatchObject({
      count: deliveries.reduce((sum, { count }) => sum + count, 0),
      maxUs: Math.max(...deliveries.map(({ maxUs }) => maxUs)),
    })
    expect(result.timeline.columns['second']).toEqual(seconds.map(({ second }) => second))
    expect(result.run).toMatchObject({
      isPartial: true,
      stoppedBy: 'killed',
      durationSeconds: last.second,
    })
  })

  it('says nothing about the target but what is certain, and calls nothing lost that was on its way', async () => {
    const result = await resultIn(killed.directory)
    const { messages } = result.ledger
    const { second } = secondsIn(killed.events).at(-1) as SecondEvent
    expect(result.verdict).toMatchObject({ status: 'inconclusive', exitCode: 13 })
    expect(result.verdict.reasons[0]).toBe(
      `the record of the run ends ${second} s into 60 s: the generator was killed, or could not write on; rebuilt from its events; ${messages.pending} deliveries were on their way, neither received nor lost`,
    )
    // What the planted fault withheld was sent less than a delivery timeout ago.
    expect(messages.pending).toBeGreaterThan(10)
    expect(messages.lost.total).toBe(0)
    expect(messages.duplicated).toBeGreaterThan(10)
    expect(result.verdict.reasons[1]).toBe(`deliveries_duplicated: ${messages.duplicated} received twice`)
    expect(result.ledger.examples.map(({ what }) => what)).toContain('duplicated')
    expect(unaccounted(result)).toBe(0)
    expect(killed.report.stdout).toMatch(/INCONCLUSIVE.*of 1 min/)
    expect(killed.report.stdout).toContain(`on their way ${messages.pending}`)
    expect(readFileSync(join(killed.directory, 'report.html'), 'utf8')).toContain('The generator was killed')
  })
})

describe('events that are damaged', () => {
  const stored = (name: string, text: string): string => {
    const file = join(root, name)
    writeFileSync(file, text)
    return file
  }
  const textOf = (run: Survivor): string => readFileSync(join(run.directory, 'events.ndjson'), 'utf8')

  it('lose a torn last line, wherever it was torn', async () => {
    const lines = textOf(late).trimEnd().split('\n')
    const whole = lines.slice(0, 3)
    const next = lines[3] as string
    const withoutTail = rebuild((await readEvents(stored('whole', `${whole.join('\n')}\n`))).record)
    for (const cut of [1, 9, next.length >> 1, next.length - 1]) {
      const { record, isTorn } = await readEvents(
        stored('torn', `${whole.join('\n')}\n${next.slice(0, cut)}`),
      )
      expect(isTorn, `torn after ${cut}`).toBe(true)
      expect(rebuild(record)).toEqual(withoutTail)
    }
    // Whole but for its line end, it counts.
    const { record, isTorn } = await readEvents(stored('unended', `${whole.join('\n')}\n${next}`))
    expect(isTorn).toBe(false)
    expect(record.seconds.length + record.notes.length).toBe(whole.length)
  })

  it('are refused with the line that is none', async () => {
    const lines = textOf(late).trimEnd().split('\n')
    const [start, first, second] = lines as [string, string, string]
    const changed = (line: string, change: object): string =>
      JSON.stringify({ ...(JSON.parse(line) as object), ...change })
    const cases: [name: string, text: string[], says: RegExp][] = [
      ['garbage', [start, first, '\u0000\u0000', second], /line 3 is not an event of a run: it is not JSON/],
      ['blank', [start, '', first], /line 2 .*not JSON/],
      ['number', [start, '42', first], /line 2 .*not an object/],
      ['no kind', [start, '{"a":1}', first], /line 2 .*no "kind"/],
      ['a cut line', [start, first.slice(0, 200), second], /line 2 .*not JSON/],
      ['a gap', [start, second], /line 2 .*second 2 where 1 is due/],
      ['twice', [start, first, first], /line 3 .*second 1 where 2 is due/],
      ['two runs', [start, first, start], /line 3 .*a second start/],
      ['after the end', [...lines, first], /stands behind the end/],
      ['no start', [first, second], /line 1 .*"schema" is not stompede\.events/],
      [
        'a later major',
        [changed(start, { schemaVersion: '2.0.0' })],
        /line 1 .*version 2\.0\.0, this is a reader of 1\.x/,
      ],
      ['no counters', [start, changed(first, { counters: null })], /line 2 .*"counters" is missing or wrong/],
      [
        'a broken histogram',
        [start, changed(first, { histograms: { message_delivery: { count: 1, hdr: 'AAAA' } } })],
        /line 2 .*histograms are damaged/,
      ],
    ]
    for (const [name, text, says] of cases) {
      const error = await readEvents(stored('damaged', `${text.join('\n')}\n`)).catch(
        (thrown: unknown) => thrown,
      )
      expect(error, name).toMatchObject({ code: 'EVENTS_UNREADABLE', exitCode: 2 })
      expect((error as Error).message, name).toMatch(says)
    }
    const kind = changed(first, { kind: 'of a later minor version' })
    const { record } = await readEvents(stored('later', `${[start, kind, first].join('\n')}\n`))
    expect(record.seconds).toHaveLength(1)
  })

  it('that are empty say so', async () => {
    const [start = ''] = textOf(late).split('\n')
    for (const text of ['', start.slice(0, 100)]) {
      await expect(readEvents(stored('empty', text))).rejects.toMatchObject({
        code: 'EVENTS_UNREADABLE',
        message: expect.stringMatching(/holds no whole event/) as string,
      })
    }
    const { record } = await readEvents(stored('just begun', `${start}\n`))
    expect(rebuild(record).verdict.reasons[0]).toMatch(/ends 0 s into 5 s/)
  })

  it('end the command with one line and its exit code', async () => {
    const directory = mkdtempSync(join(root, 'garbage'))
    await copyFile(join(late.directory, 'events.ndjson'), join(directory, 'events.ndjson'))
    const lines = (await readFile(join(directory, 'events.ndjson'), 'utf8')).split('\n')
    writeFileSync(join(directory, 'events.ndjson'), lines.with(1, 'nonsense').join('\n'))
    const { code, stderr } = await stompede(['report', directory])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^stompede: .*events\.ndjson line 2 is not an event of a run: it is not JSON\n$/)
    expect(readdirSync(directory)).toEqual(['events.ndjson'])
  })
})

describe('a run that is stopped by a signal', () => {
  it('ends partial, soon, although an activity never ends', async () => {
    const result = await resultIn(interrupted.directory)
    expect(interrupted.code).toBe(105)
    expect(result.run).toMatchObject({ isPartial: true, stoppedBy: 'signal' })
    // A run that was not told to hurry would wait half a minute for it.
    expect(result.run.durationSeconds).toBeLessThan(25)
    expect(result.errors.find((error) => error.class === 'activity ending cut off')).toMatchObject({
      count: 1,
    })
    expect(interrupted.endedAfterMs).toBeLessThan(25_000)
    expect(notesIn(interrupted.events)).toMatchObject([{ what: 'signal', text: 'stopped by a signal' }])
    expect(unaccounted(result)).toBe(0)
  })

  it('is whole when the signal comes after its planned end', async () => {
    const result = await resultIn(late.directory)
    expect(late.stderr).toMatch(/stopping/)
    expect(notesIn(late.events)).toMatchObject([
      { what: 'signal', text: 'stopped by a signal, after the planned end' },
    ])
    expect(result.run).toMatchObject({ isPartial: false, stoppedBy: 'plan', durationSeconds: 5 })
    expect(late.code).toBe(result.verdict.exitCode)
    expect(late.code).not.toBe(105)
    const { messages } = result.ledger
    expect(messages.sent + result.counters.dropped_iterations).toBe(80)
    expect(messages).toMatchObject({ received: messages.expected, pending: 0, lost: { total: 0 } })
    expect(messages.sent).toBeGreaterThan(0)
  })

  it.each([
    ['stopped', () => interrupted],
    ['whole', () => late],
    ['a worker short', () => dead],
  ])('told again from the events of a run that is %s, has the same counters and totals', async (_, run) => {
    const { directory, events } = run()
    const result = await resultIn(directory)
    const { record, isTorn } = await readEvents(join(directory, 'events.ndjson'))
    const rebuilt = rebuild(record)
    expect(isTorn).toBe(false)
    expect((events.at(-1) as EndEvent).verdict).toEqual(result.verdict)
    expect(exactParts(rebuilt)).toEqual(exactParts(result))
    for (const [name, { histogram, percentilesUs }] of Object.entries(result.trends)) {
      const again = rebuilt.trends[name] as RunResult['trends'][string]
      for (const [p, valueUs] of Object.entries(percentilesUs)) {
        expect(Math.abs((again.percentilesUs[p] as number) - valueUs), `${name} p${p}`).toBeLessThanOrEqual(
          1 + valueUs * 0.02,
        )
      }
      expect(Histogram.decode(again.histogram).count, name).toBe(Histogram.decode(histogram).count)
    }
  })
})

describe('a worker that dies in mid-run', () => {
  it('ends the run, named as incomplete, with what it had told and what the others found', async () => {
    const result = await resultIn(dead.directory)
    expect(dead.code).toBe(13)
    expect(result.run).toMatchObject({ isPartial: true, stoppedBy: 'fault' })
    expect(result.verdict.reasons[0]).toMatch(/a worker died: the run is incomplete/)
    expect(dead.stderr).not.toMatch(/\n\s+at /)
    expect(deathsIn(dead)).toEqual(['worker 1 exited with code 0'])
    expect(result.errors.find((error) => error.class === 'worker died')).toMatchObject({ count: 1 })
    expect(result.generator.map(({ shard }) => shard)).toEqual([0, 1, 2])
  })

  it('takes nothing back and forgets nothing', async () => {
    const result = await resultIn(dead.directory)
    const { messages } = result.ledger
    const before = secondsIn(dead.events)[1] as SecondEvent
    expect(before.health).toHaveLength(3)
    expect(messages.sent).toBeGreaterThanOrEqual(before.counters.messages_sent)
    expect(messages.expected).toBeGreaterThanOrEqual(before.counters.deliveries_expected)
    expect(unaccounted(result)).toBe(0)
    for (const name of ['messages_sent', 'deliveries_received', 'http_reqs'])
      expect(Math.min(...(result.timeline.columns[name] as number[])), name).toBeGreaterThanOrEqual(0)
    // Whom nobody could announce any more has not leaked.
    expect(messages).toMatchObject({ leaked: 0, duplicated: 0, lost: { total: 0 } })
  })

  it('that hangs is ended when it does not answer', async () => {
    const result = await resultIn(blocked.directory)
    expect(blocked.code).toBe(13)
    expect(result.run.stoppedBy).toBe('fault')
    expect(deathsIn(blocked)).toEqual([
      'thrown where nobody listens',
      'worker 1 had not answered for 10 s when it was to stop, and was ended',
    ])
    expect(result.errors.find((error) => error.class === 'worker died')).toMatchObject({ count: 2 })
    const [thrown, ended] = notesIn(blocked.events) as [NoteEvent, NoteEvent]
    expect(ended.atMs - thrown.atMs).toBeGreaterThan(8_000)
    expect(ended.atMs).toBeLessThan(40_000)
    expect(unaccounted(result)).toBe(0)
  })
})

describe('a disk that is full', () => {
  it('costs the events and the reports, each with one clear line, and nothing else', () => {
    const { code, stdout, stderr } = full
    const lines = stderr.trimEnd().split('\n')
    expect(lines).toEqual([
      expect.stringMatching(
        /^stompede: --log: \/dev\/full cannot be written any more \(ENOSPC: .*\): the run goes on$/,
      ),
      expect.stringMatching(
        /^stompede: events are not kept, so this run could not be rebuilt if it were killed \(.*events\.ndjson: (ENOSPC|EFBIG): .*\)$/,
      ),
      expect.stringMatching(
        /^stompede: reports cannot be written to .* \((ENOSPC|EFBIG): .*\): the result is on standard output$/,
      ),
    ])
    const result = JSON.parse(stdout.slice(stdout.indexOf('{\n"schema"'))) as RunResult
    expect(result.run).toMatchObject({ stoppedBy: 'plan', durationSeconds: 4 })
    const { messages } = result.ledger
    expect(messages.sent + result.counters.dropped_iterations).toBe(60)
    expect(messages.received).toBe(messages.expected)
    expect(messages.sent).toBeGreaterThan(0)
    expect(code).toBe(result.verdict.exitCode === 0 ? 2 : result.verdict.exitCode)
  })

  it('that takes not even the output ends the command with one line', () => {
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', `exec "${process.execPath}" src/stompede.js report "${late.directory}" > /dev/full`],
      { encoding: 'utf8' },
    )
    expect(stderr).toBe(
      'stompede: standard output cannot be written (ENOSPC: no space left on device, write)\n',
    )
    expect(status).toBe(2)
  })
})

/** Runs the command with 16 KiB for its reports: a file system of that size where we may mount one, else a limit on files. */
function onSmallDisk(args: readonly string[]): Promise<Finished> {
  const isMounted = spawnSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', small]).status === 0
  const within = isMounted ? [] : ['bash', '-c', 'ulimit -f 16; exec "$0" "$@"']
  return stompede([...args, '--reports', small], (child) => children.push(child), within)
}
