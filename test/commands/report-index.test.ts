import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { commandLine } from '../../src/commands/run/command-line.ts'
import { reportCommand } from '../../src/commands/report.ts'
import { MOST_LISTED, readIndex, updateIndex } from '../../src/commands/stored/report-index.ts'
import { watchAll } from '../../src/commands/watch/watchers.ts'
import { readCapacity, writeCapacity } from '../../src/report/capacity-reporters.ts'
import { readComparison, writeComparison } from '../../src/report/comparison-reporters.ts'
import { writeConformance } from '../../src/report/conformance-reporters.ts'
import { REPORTERS } from '../../src/report/reporters.ts'
import type { IndexEntry } from '../../src/report/run-index.ts'
import { hostileSearch, shortSearch, undecidedSearch } from '../report/capacity-fixture.ts'
import { hostileComparison, storedComparison, worseComparison } from '../report/comparison-fixture.ts'
import { nonconformantResult } from '../report/conformance-fixture.ts'
import { emptyResult, faultyResult, healthyResult, HOSTILE, hostileResult } from '../report/fixture.ts'
import { runCommand } from './in-process.ts'

const root = mkdtempSync(join(tmpdir(), 'stompede-index-'))
afterAll(() => rmSync(root, { recursive: true }))

const HOSTILE_NAME = `20261122-111111-<img src=x onerror=alert(1)>&"'#?%2e`

/** A directory for reports with one of each kind. */
async function shelf(): Promise<string> {
  const reports = mkdtempSync(join(root, 'shelf-'))
  const run = async (
    name: string,
    result = healthyResult(),
    startedAt = '2026-11-22T10:15:30.000Z',
  ): Promise<void> => {
    result.run.startedAt = startedAt
    await REPORTERS.json(result, join(reports, name))
    await REPORTERS.html(result, join(reports, name))
  }
  await run('20261122-101530-steady')
  await run('20261123-090000-steady', faultyResult(), '2026-11-23T09:00:00.000Z')
  await run('20261120-090000-empty', emptyResult(), '2026-11-20T09:00:00.000Z')
  await run(HOSTILE_NAME, hostileResult(), HOSTILE)
  await writeConformance(
    {
      ...nonconformantResult(),
      run: { ...nonconformantResult().run, startedAt: '2026-11-21T08:00:00.000Z' },
    },
    join(reports, '20261121-080000-conform'),
    ['html'],
  )
  mkdirSync(join(reports, '20261124-070000-killed'))
  writeFileSync(join(reports, '20261124-070000-killed', 'events.ndjson'), '{}\n')
  mkdirSync(join(reports, '20261119-070000-broken'))
  writeFileSync(join(reports, '20261119-070000-broken', 'result.json'), '{"schema": "stompede.result", "run')
  mkdirSync(join(reports, 'not-a-run'))
  writeFileSync(join(reports, 'notes.txt'), '')
  return reports
}

describe('stompede report without a result', () => {
  it('lists what there is, the newest first, and writes the page that links it', async () => {
    const reports = await shelf()
    const { stdout, error } = await runCommand(reportCommand, ['report', '--reports', reports])
    expect(error).toBeUndefined()
    const lines = stdout.split('\n')
    expect(lines[0]).toMatch(/^\? No result +20261124-070000-killed .*stompede report /)
    expect(lines[1]).toMatch(
      /^✘ Fail +20261123-090000-steady +steady +30 s +1,000 users · 99\.4 % of 6,482 delivered · p99 ≥ 30,000 ms · 23 contract violations · suspect/,
    )
    expect(lines[2]).toMatch(/^✘ Fail +20261122-111111-<img/)
    expect(lines[3]).toMatch(/^✔ Pass +20261122-101530-steady .*100 % of 6,482 delivered/)
    expect(lines[4]).toMatch(/^✘ Not conformant +20261121-080000-conform +gate of .* \d+ failed/)
    expect(lines[5]).toMatch(/^\? Inconclusive +20261120-090000-empty .*a part of the run · nothing owed/)
    expect(lines[6]).toMatch(/^\? Unreadable +20261119-070000-broken /)
    expect(stdout).toContain(`page       ${join(reports, 'index.html')}`)
    // oxlint-disable-next-line no-control-regex -- that none is printed is what is asked
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f]/)
    expect(existsSync(join(reports, 'index.html'))).toBe(true)
  })

  it('says the same as JSON', async () => {
    const reports = await shelf()
    const { stdout } = await runCommand(reportCommand, ['report', '--json', '--reports', reports])
    const { entries, older, page } = JSON.parse(stdout) as {
      entries: IndexEntry[]
      older: number
      page: string
    }
    expect(older).toBe(0)
    expect(page).toBe(join(reports, 'index.html'))
    expect(entries.map(({ kind }) => kind)).toEqual([
      'unfinished',
      'run',
      'run',
      'run',
      'gate',
      'run',
      'unreadable',
    ])
    expect(entries[1]).toMatchObject({
      directory: '20261123-090000-steady',
      what: 'steady',
      startedAt: '2026-11-23T09:00:00.000Z',
      durationSeconds: 30,
      verdict: { status: 'bad', word: 'Fail', exitCode: 11 },
      validity: 'suspect · 7 of 8 checks ok, 1 not judged',
      page: 'report.html',
    })
    expect(entries[0]?.page).toBeNull()
  })

  it('refuses a place without reports, and a result together with --json', async () => {
    const nowhere = await runCommand(reportCommand, ['report', '--reports', join(root, 'nowhere')])
    expect(nowhere.error).toMatchObject({ code: 'RESULT_UNREADABLE' })
    const both = await runCommand(reportCommand, ['report', root, '--json'])
    expect(both.error).toMatchObject({ code: 'USAGE' })
  })
})

describe('capacity searches and comparisons', () => {
  const shelfOfBoth = async (): Promise<string> => {
    const reports = mkdtempSync(join(root, 'both-'))
    await writeCapacity(shortSearch(), join(reports, '20261122-101530-capacity-steady'), ['html'])
    await writeCapacity(undecidedSearch(), join(reports, '20261122-101530-capacity-steady-2'), [])
    await writeComparison(worseComparison(), join(reports, '20261122-130000-compare-steady'), ['html'])
    await writeComparison(storedComparison(), join(reports, '20261122-130000-compare-steady-2'), [])
    return reports
  }

  it('are listed with their key figures', async () => {
    const reports = await shelfOfBoth()
    const { stdout, error } = await runCommand(reportCommand, ['report', '--reports', reports])
    expect(error).toBeUndefined()
    const lines = stdout.split('\n')
    expect(lines[0]).toMatch(
      /^\? Unknown +\S+-2 +comparison of steady: main → release .* stored results: 6 runs against 3 · p99 send → last \+12 % · .* · advice only$/,
    )
    expect(lines[1]).toMatch(
      /^✘ Worse +20261122-130000-compare-steady +comparison of steady: 1\.8\.2 → 1\.9\.0 +21 min 41 s +10 pairs · p99 send → last \+12 % · CPU per 1,000 deliveries \+3\.1 %$/,
    )
    expect(lines[2]).toMatch(
      /^\? Inconclusive +\S+-2 +capacity of steady +5 min +a part of the search · no load verified$/,
    )
    expect(lines[3]).toMatch(
      /^✘ Not enough +20261122-101530-capacity-steady +capacity of steady +38 min 42 s +12,400 users verified · 13,020 refuted · broker CPU 97 % · 2,600 short of 15,000 users$/,
    )
    const page = readFileSync(join(reports, 'index.html'), 'utf8')
    expect(page).toContain('0 runs, 2 capacity searches, and 2 comparisons.')
    expect([...page.matchAll(/<a href="\.\/([^"]*)"/g)].map(([, href]) => href)).toEqual([
      '20261122-130000-compare-steady/report.html',
      '20261122-101530-capacity-steady/report.html',
    ])
  })

  it('are listed and say so where their result is damaged or hostile', async () => {
    const reports = mkdtempSync(join(root, 'damaged-'))
    const { bracket: _bracket, ...search } = shortSearch()
    await writeCapacity(search as never, join(reports, '20261122-101530-capacity'), [])
    await writeCapacity(hostileSearch(), join(reports, '20261122-101531-hostile'), [])
    await writeComparison(hostileComparison(), join(reports, '20261122-101532-hostile'), [])
    const { stdout } = await runCommand(reportCommand, ['report', '--reports', reports])
    expect(stdout).toMatch(/\? Unreadable +20261122-101530-capacity .*its result has no bracket/)
    expect(readFileSync(join(reports, 'index.html'), 'utf8')).not.toContain('<img')
  })

  it('are rendered again from their results, and from nothing else', async () => {
    const reports = await shelfOfBoth()
    const search = join(reports, '20261122-101530-capacity-steady-2')
    const comparison = join(reports, '20261122-130000-compare-steady-2')
    for (const [directory, summary] of [
      [search, '? INCONCLUSIVE   steady · 4 steps'],
      [comparison, '? UNKNOWN   steady · main → release'],
    ] as const) {
      const words = ['report', directory, '-o', 'html', '-o', 'markdown', '-o', 'junit']
      const { stdout, error } = await runCommand(reportCommand, words)
      expect(error).toBeUndefined()
      expect(stdout).toContain(summary)
      for (const name of ['report.html', 'summary.md', 'junit.xml']) {
        expect(stdout).toContain(join(directory, name))
        expect(existsSync(join(directory, name))).toBe(true)
      }
      const refused = await runCommand(reportCommand, ['report', directory, '-o', 'csv'])
      expect(refused.error).toMatchObject({ code: 'USAGE' })
    }
    expect(await readCapacity(search)).toEqual(undecidedSearch())
    expect(await readComparison(comparison)).toEqual(storedComparison())
    await expect(readCapacity(comparison)).rejects.toThrow(
      'is not a stompede.capacity: its "schema" is "stompede.comparison"',
    )
  })
})

describe('the list of runs', () => {
  it('reads the newest only, their heads only, and of another’s writing all', async () => {
    const reports = mkdtempSync(join(root, 'many-'))
    const result = healthyResult()
    // What follows the head is never read: it need not even be JSON.
    const head = [
      'schema',
      'schemaVersion',
      'run',
      'plan',
      'validity',
      'verdict',
      'counters',
      'trends',
    ] as const
    const parts = head.map((name) => `"${name}": ${JSON.stringify(result[name])}`)
    const text = `{\n${parts.join(',\n')},\n"ledger": … not JSON …`
    for (let i = 0; i < MOST_LISTED + 5; i++) {
      const directory = join(reports, `20260101-${String(100_000 + i)}-x`)
      mkdirSync(directory)
      writeFileSync(join(directory, 'result.json'), text)
    }
    const { entries, older } = await readIndex(reports)
    expect(older).toBe(5)
    expect(entries).toHaveLength(MOST_LISTED)
    expect(new Set(entries.map(({ kind, verdict }) => `${kind} ${verdict.word}`))).toEqual(
      new Set(['run Pass']),
    )
    expect(entries.some(({ directory }) => directory === '20260101-100000-x')).toBe(false)
    const anew = join(reports, '20270101-000000-anew')
    mkdirSync(anew)
    writeFileSync(join(anew, 'result.json'), JSON.stringify(result, undefined, 2))
    const again = await readIndex(reports)
    expect(again.entries.find(({ directory }) => directory === '20270101-000000-anew')).toMatchObject({
      kind: 'run',
      figures: ['1,000 users', '100 % of 6,482 delivered', 'p99 12.0 ms'],
    })
  })

  it('is a page in which no name is markup or leads elsewhere, readable without scripts', async () => {
    const reports = await shelf()
    await updateIndex(reports, () => {})
    const page = readFileSync(join(reports, 'index.html'), 'utf8')
    expect(page).not.toContain('<img')
    const links = [...page.matchAll(/<a href="(\.\/[^"]*)"/g)].map(([, href]) => href as string)
    expect(links).toHaveLength(5)
    expect(links).toContain('./20261123-090000-steady/report.html')
    for (const link of links)
      expect(existsSync(new URL(link.replaceAll('&#39;', "'"), `file://${reports}/index.html`))).toBe(true)
    const text = page.replaceAll(/<(script|style)[^]*?<\/\1>/g, '').replaceAll(/<[^>]*>/g, ' ')
    for (const words of [
      'Not conformant',
      'Pass',
      'Fail',
      'Inconclusive',
      'No result',
      'suspect · 7 of 8 checks ok',
    ])
      expect(text).toContain(words)
  })

  it('costs a run nothing when it cannot be written', async () => {
    const reports = await shelf()
    mkdirSync(join(reports, 'index.html'))
    const warned: string[] = []
    await updateIndex(reports, (line) => warned.push(line))
    await updateIndex(join(root, 'nowhere'), (line) => warned.push(line))
    expect(warned).toEqual([
      expect.stringMatching(/^the list of runs in .* is not up to date \(EISDIR/),
      expect.stringMatching(/^the list of runs in .* is not up to date \(ENOENT/),
    ])
  })
})

describe('those who watch a run', () => {
  it('cannot disturb it: one that throws is named once and hears no more, the others go on', async () => {
    const heard: string[] = []
    const warned: string[] = []
    const watching = watchAll(
      [
        {
          name: 'the broken one',
          second: () => {
            heard.push('broken')
            throw new Error('no')
          },
          close: () => Promise.reject(new Error('not even that')),
        },
        {
          name: 'the other',
          second: () => heard.push('second'),
          note: (text) => heard.push(text),
          close: () => {
            heard.push('closed')
          },
        },
      ],
      (line) => warned.push(line),
    )
    watching.second({} as never, {} as never)
    watching.second({} as never, {} as never)
    watching.note('a note')
    watching.ended({} as never)
    await watching.close()
    expect(heard).toEqual(['broken', 'second', 'second', 'a note', 'closed'])
    expect(warned).toEqual(['the broken one failed (no): the run goes on without it'])
  })
})

describe('the command that repeats a run', () => {
  it('has no header that was pushed with', () => {
    const words = ['run', 'x.ts', '--otlp', 'http://127.0.0.1:4318', '--otlp-headers']
    const headers = ['Authorization=Bearer fake one', 'X-Other=fake two']
    expect(commandLine([...words, ...headers, '--seed', '4', 'plain'])).toBe(
      'stompede run x.ts --otlp http://127.0.0.1:4318 --otlp-headers Authorization=… X-Other=… --seed 4 plain',
    )
    expect(commandLine(['run', '--otlp-headers=Authorization=fake=three', 'X=fake', '-q'])).toBe(
      'stompede run --otlp-headers=Authorization=… X=… -q',
    )
    expect(commandLine(['run', '--otlpHeaders', 'fake'])).not.toContain('fake')
  })

  it.each(['jwt-secret', 'jwtSecret', 'amqp-url', 'amqpUrl', 'dashboard-token', 'dashboardToken'])(
    'has no value of --%s, however it is written',
    (flag) => {
      expect(commandLine(['run', `--${flag}`, 'fake', 'x.ts'])).toBe(`stompede run --${flag} … x.ts`)
      expect(commandLine(['run', `--${flag}=fake`, 'x.ts'])).toBe(`stompede run --${flag}=… x.ts`)
    },
  )

  it('has no query of an address', () => {
    expect(commandLine(['run', '--otlp', 'http://h/v1?api=fake&q=1', '-q'])).toBe(
      "stompede run --otlp 'http://h/v1?…' -q",
    )
    expect(commandLine(['run', '--otlp=https://h/?api=fake'])).toBe("stompede run '--otlp=https://h/?…'")
  })
})
