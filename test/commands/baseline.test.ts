import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { baselineCommand } from '../../src/commands/baseline.ts'
import {
  baselineOf,
  baselinePaths,
  changeBaselines,
  readBaselines,
} from '../../src/commands/stored/baseline-file.ts'
import type { RunResult } from '../../src/measure/result.ts'
import { REPORTERS } from '../../src/report/reporters.ts'
import { fails, healthyResult } from '../report/fixture.ts'
import { type Ended, runCommand } from './in-process.ts'

const root = mkdtempSync(join(tmpdir(), 'stompede-baseline-'))
afterAll(() => rmSync(root, { recursive: true }))

let reports: string
beforeEach(() => {
  reports = mkdtempSync(join(root, 'shelf-'))
})

const baseline = (...words: string[]): Promise<Ended> =>
  runCommand(baselineCommand, ['baseline', ...words, '--reports', reports])

/** A run in the reports; returns its path. */
async function run(name: string, over: (result: RunResult) => void = () => {}): Promise<string> {
  const result = healthyResult()
  over(result)
  await REPORTERS.json(result, join(reports, name))
  return join(reports, name)
}

describe('stompede baseline save', () => {
  it('keeps runs under a name, each once, and takes the first baseline into use', async () => {
    const tagged = (result: RunResult): void => {
      result.run.tags = { commit: 'abc1234' }
    }
    const runs = [await run('a', tagged), await run('b', tagged)]
    const { stdout, error } = await baseline('save', '1.4', ...runs, join(reports, 'a', '..', 'a'))
    expect(error).toBeUndefined()
    expect(stdout).toBe(
      `saved: 2 runs of steady as 1.4 in ${join(reports, 'baselines.json')}\na comparison with fewer than 5 runs on a side is advice only\n`,
    )
    await baseline('save', 'next', ...runs.slice(0, 1))
    const all = await readBaselines(reports)
    expect(all.inUse).toBe('1.4')
    expect(baselineOf(all, undefined)).toMatchObject({
      name: '1.4',
      scenario: 'steady',
      users: 1000,
      planHash: healthyResult().plan.hash,
      commit: 'abc1234',
      directories: ['a', 'b'],
    })
    expect(baselinePaths(reports, baselineOf(all, 'next'))).toEqual([join(reports, 'a')])
  })

  it('replaces the one of that name, and no other', async () => {
    await run('b', ({ run: { tags } }) => (tags['commit'] = 'b'))
    await baseline('save', 'v1', await run('a'))
    await baseline('save', 'v2', join(reports, 'a'))
    const { stdout } = await baseline('save', 'v1', join(reports, 'a'), join(reports, 'b'))
    expect(stdout).toMatch(/^replaced: 2 runs /)
    const { baselines } = await readBaselines(reports)
    expect(baselines.map(({ name, directories, commit }) => [name, directories.length, commit])).toEqual([
      ['v2', 1, null],
      ['v1', 2, null],
    ])
  })

  it('loses none of those that are saved at once', async () => {
    const runs = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => run(name)))
    // Each call listens to what is printed, and the first that ends stops all from listening.
    const print = Object.getOwnPropertyDescriptor(process.stdout, 'write')
    process.stdout.write = () => true
    const saving = runs.map((path, i) => baseline('save', `v${i}`, path))
    const saved = await Promise.all(saving).finally(() => {
      if (print === undefined) Reflect.deleteProperty(process.stdout, 'write')
      else Object.defineProperty(process.stdout, 'write', print)
    })
    expect(saved.map(({ error }) => error)).toEqual(runs.map(() => undefined))
    const names = (await readBaselines(reports)).baselines.map(({ name }) => name)
    expect(names.toSorted()).toEqual(['v0', 'v1', 'v2', 'v3', 'v4', 'v5'])
    expect(existsSync(join(reports, 'baselines.json.lock'))).toBe(false)
  })

  it('waits for another one, not for ever, and says what is in its way', async () => {
    const lock = join(reports, 'baselines.json.lock')
    writeFileSync(lock, '')
    const change = changeBaselines(reports, (before) => before, 30)
    await expect(change).rejects.toMatchObject({
      code: 'REPORT_UNWRITABLE',
      message: `somebody else is changing the baselines of ${reports}; if nobody is, delete ${lock}`,
    })
    rmSync(lock)
    await expect(changeBaselines(reports, (before) => before, 0)).resolves.toMatchObject({
      all: { inUse: null },
    })
  })

  it('refuses runs of different plans, parts of runs, and runs whose generator was not fit, all at once', async () => {
    const runs = [
      await run('a'),
      await run('b', ({ plan }) => (plan.hash = 'another')),
      await run('c', (result) => (result.run.isPartial = true)),
      await run('d', fails('loop-delay')),
      // Busy users and calls without an answer are what a slow target looks like.
      await run('e', fails('dropped')),
      await run('f', fails('drained')),
    ]
    const { error } = await baseline('save', 'v1', ...runs)
    expect(error?.code).toBe('USAGE')
    expect(error?.problems).toEqual([
      expect.stringMatching(/^b ran another plan: steady \(another\), not steady \(/),
      'c is a part of a run',
      'd was not valid (loop-delay)',
    ])
    expect((await readBaselines(reports)).baselines).toEqual([])
  })

  it.each(['', '-x', 'two words', '../v1', 'x'.repeat(101)])('refuses %j as a name', async (name) => {
    const { error } = await baseline('save', name, await run('a'))
    expect(error?.code).toBe('USAGE')
  })

  it('refuses runs of other reports, what is no run, and no runs', async () => {
    const elsewhere = mkdtempSync(join(root, 'elsewhere-'))
    await REPORTERS.json(healthyResult(), join(elsewhere, 'a'))
    expect((await baseline('save', 'v1', join(elsewhere, 'a'))).error?.code).toBe('USAGE')
    expect((await baseline('save', 'v1', reports)).error?.code).toBe('USAGE')
    expect((await baseline('save', 'v1', join(reports, 'none'))).error?.code).toBe('RESULT_UNREADABLE')
    expect((await baseline('save', 'v1')).error?.code).toBe('USAGE')
  })
})

describe('stompede baseline list and use', () => {
  it('lists what there is and which is in use', async () => {
    expect((await baseline('list')).stdout).toMatch(/^no baseline is saved in /)
    await baseline('save', 'v1', await run('a'))
    await baseline('save', 'v2', await run('b'))
    expect((await baseline('use', 'v2')).stdout).toBe('in use: v2, 1 run of steady\n')
    const today = new Date().toISOString().slice(0, 10)
    expect((await baseline('list')).stdout).toBe(
      `   v1  steady  1,000 users  1 run  ${today}\n●  v2  steady  1,000 users  1 run  ${today}\n\n● in use\n`,
    )
    expect(JSON.parse((await baseline('list', '--json')).stdout)).toEqual(await readBaselines(reports))
  })

  it('shows no control characters of the file', async () => {
    await baseline('save', 'v1', await run('a'))
    const path = join(reports, 'baselines.json')
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replace(/"savedAt": "[^"]*"/, '"savedAt": "\\u001b[31mred"'))
    const { stdout } = await baseline('list')
    expect(stdout).toContain('[31mred')
    expect(stdout).not.toContain('\u001b')
  })

  it('refuses a name that is none, and says which there are', async () => {
    await baseline('save', 'v1', await run('a'))
    expect((await baseline('use', 'v9')).error?.message).toBe('there is no baseline "v9": there are v1')
    expect((await baseline()).error?.code).toBe('USAGE')
  })
})

describe('baselines.json', () => {
  it('is none of a directory without it, and then nothing is in use', async () => {
    const none = await readBaselines(reports)
    expect(none).toEqual({ inUse: null, baselines: [] })
    expect(() => baselineOf(none, undefined)).toThrow('no baseline is in use')
    expect(() => baselineOf(none, 'v1')).toThrow('there is no baseline "v1": none is saved')
  })

  it.each([
    ['{"schema": "stompede.b', /is not JSON/],
    ['[]', /holds no baselines/],
    [
      '{"schema":"stompede.baselines","schemaVersion":"2.0.0"}',
      /has version 2\.0\.0, this is a reader of 1\.x/,
    ],
    ['{"schema":"stompede.baselines","schemaVersion":"1.0.0","inUse":null,"baselines":[{}]}', /is damaged/],
  ])('is refused when it is %s, and left as it is', async (text, message) => {
    const path = join(reports, 'baselines.json')
    writeFileSync(path, text)
    await expect(readBaselines(reports)).rejects.toThrow(message)
    const { error } = await baseline('save', 'v1', await run('a'))
    expect(error?.code).toBe('RESULT_UNREADABLE')
    expect(readFileSync(path, 'utf8')).toBe(text)
  })
})
