import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { RunEvent, SecondEvent, StartEvent } from '../../src/engine/events.ts'
import { openEventFile } from '../../src/commands/stored/event-file.ts'
import { claimDirectory, prepareReports, writeReports } from '../../src/commands/stored/written-reports.ts'
import { healthyResult } from '../report/fixture.ts'

const root = mkdtempSync(join(tmpdir(), 'stompede-reports-'))
afterAll(() => rmSync(root, { recursive: true }))

describe('the directory for reports', () => {
  it('is made, with its parents, and left empty', async () => {
    const reports = join(root, 'a', 'b', 'c')
    await prepareReports(reports)
    expect(readdirSync(reports)).toEqual([])
    await prepareReports(reports)
  })

  it.skipIf(!existsSync('/proc/self'))('is refused at once where none can be made', async () => {
    // Node's own recursive mkdir would try for ever here.
    for (const place of ['/proc/stompede', '/proc/stompede/deep', '/proc'])
      await expect(prepareReports(place)).rejects.toMatchObject({ code: 'REPORT_UNWRITABLE', exitCode: 2 })
    const file = join(root, 'file')
    writeFileSync(file, '')
    for (const place of [file, join(file, 'under')])
      await expect(prepareReports(place)).rejects.toThrow(/^reports cannot be written to .*file/)
  })

  it('gives runs of one second a directory each', async () => {
    const reports = join(root, 'claims')
    const names = await Promise.all([1, 2, 3].map(() => claimDirectory(reports, '20260101-120000-x')))
    expect(names.toSorted()).toEqual(['20260101-120000-x', '20260101-120000-x-2', '20260101-120000-x-3'])
    expect(readdirSync(reports).toSorted()).toEqual(names.toSorted())
  })

  it('gets each wanted report once', async () => {
    const directory = join(root, 'wanted')
    const written = await writeReports(healthyResult(), directory, ['json', 'html', 'json', 'html'])
    expect(written).toEqual([join(directory, 'result.json'), join(directory, 'report.html')])
  })

  it('keeps nothing half written', async () => {
    const directory = join(root, 'half')
    mkdirSync(join(directory, 'result.json'), { recursive: true })
    await expect(writeReports(healthyResult(), directory, ['json'])).rejects.toThrow(
      /^reports cannot be written to .*half \(EISDIR/,
    )
    expect(readdirSync(directory)).toEqual(['result.json'])
  })
})

describe('the events of a run', () => {
  const start = { kind: 'start', id: '20260101-120000-run' } as StartEvent
  const second = (n: number): SecondEvent => ({ kind: 'second', second: n }) as SecondEvent

  it('touch no disk before the first one', async () => {
    const reports = join(root, 'none')
    const failures: string[] = []
    const events = openEventFile(reports, (line) => failures.push(line))
    expect(await events.directory()).toBeUndefined()
    await events.close()
    expect(existsSync(reports)).toBe(false)
    expect(failures).toEqual([])
  })

  it('are appended in order, under the id of the directory that was free', async () => {
    const reports = join(root, 'two')
    for (const id of ['20260101-120000-run', '20260101-120000-run-2']) {
      const events = openEventFile(reports, () => {})
      for (const event of [start, second(1), second(2)] as RunEvent[]) events.append(event)
      expect(await events.directory()).toBe(id)
      await events.close()
      const lines = readFileSync(join(reports, id, 'events.ndjson'), 'utf8')
        .trimEnd()
        .split('\n')
      expect(lines.map((line) => JSON.parse(line) as RunEvent)).toEqual([
        { ...start, id },
        second(1),
        second(2),
      ])
    }
  })

  it('that cannot be written are told of once, and cost nothing else', async () => {
    const file = join(root, 'no-directory')
    writeFileSync(file, '')
    const failures: string[] = []
    const events = openEventFile(file, (line) => failures.push(line))
    for (const event of [start, second(1), second(2)]) events.append(event)
    expect(await events.directory()).toBeUndefined()
    expect(failures).toEqual([
      expect.stringMatching(
        /^events are not kept, so this run could not be rebuilt if it were killed \(.*no-directory/,
      ),
    ])
    await events.close()
  })
})
