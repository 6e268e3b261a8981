import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { changeBaselines } from '../../src/commands/stored/baseline-file.ts'
import { compareCommand } from '../../src/commands/compare.ts'
import { noiseKeyOf, readNoise, writeNoise } from '../../src/commands/compare/noise.ts'
import type { ComparisonResult, MachineNoise } from '../../src/measure/comparison.ts'
import { readComparison } from '../../src/report/read-result.ts'
import { type MadeUp, madeUpRun } from '../compare/synthetic.ts'
import { type Ended, runCommand } from './in-process.ts'

/** A directory for reports with the results of runs in it. */
function stored(runs: Readonly<Record<string, MadeUp>>): { reports: string; at: (name: string) => string } {
  const reports = mkdtempSync(join(tmpdir(), 'stompede-stored-'))
  for (const [name, made] of Object.entries(runs)) {
    mkdirSync(join(reports, name))
    const run = madeUpRun({ ...made, run: { id: name, ...made.run } })
    writeFileSync(join(reports, name, 'result.json'), JSON.stringify(run))
  }
  return { reports, at: (name) => join(reports, name) }
}

/** Five runs named `base-0` and so on, and five `new-0`, slower by a factor. */
function twoSides(factor: number, change: MadeUp = {}): Record<string, MadeUp> {
  const side = (name: string, p99Us: number, more: MadeUp): [string, MadeUp][] =>
    Array.from({ length: 5 }, (_, i) => [`${name}-${i}`, { p99Us: p99Us + 500 * i, ...more }])
  return Object.fromEntries([...side('base', 90_000, {}), ...side('new', 90_000 * factor, change)])
}

async function compare(
  words: readonly string[],
): Promise<Ended & { code: number | undefined; stderr: string }> {
  let code: number | undefined
  let stderr = ''
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text)
    return true
  })
  try {
    const ended = await runCommand(
      compareCommand((exit) => (code = exit)),
      ['compare', ...words],
    )
    return { ...ended, code, stderr }
  } finally {
    spy.mockRestore()
  }
}

async function resultIn(reports: string): Promise<ComparisonResult> {
  const [directory] = readdirSync(reports).filter((name) => name.endsWith('-compare'))
  return readComparison(join(reports, directory ?? 'none'))
}

const names = (side: string): string[] => Array.from({ length: 5 }, (_, i) => `${side}-${i}`)

describe('stompede compare of stored results', () => {
  it('says worse with exit 12, and writes a result that can be read again', async () => {
    const { reports, at } = stored(twoSides(1.2))
    const words = [
      ...names('base').map(at),
      '--with',
      ...names('new').map(at),
      '--reports',
      reports,
      '-o',
      'markdown',
    ]
    const { code, error, stdout } = await compare(words)
    expect([error, code]).toEqual([undefined, 12])
    expect(stdout).toMatch(/worse +p99 send → last/)
    const result = await resultIn(reports)
    expect(result.headline).toMatch(/^Worse: p99 send → last \+19\.8 % \(95 % CI .*\(5 runs against 5\)\.$/)
    expect(result).toMatchObject({
      method: 'stored',
      run: { isPartial: false, stoppedBy: 'plan' },
      sides: { a: { runs: 5, discarded: 0 }, b: { runs: 5, discarded: 0 } },
      plan: { scenario: 'steady', hash: '5f0c9a7e21b4d836' },
      pairs: [],
      advisory: [],
      verdict: { status: 'worse', exitCode: 12 },
    })
    expect(result.metrics.find(({ id }) => id === 'last_delivery_p99')?.change).toMatchObject({ level: 0.95 })
    expect(existsSync(join(reports, result.run.id, 'summary.md'))).toBe(true)
  })

  it('is unknown with exit 13 for a run or two, which --unknown pass lets go', async () => {
    const { reports, at } = stored(twoSides(1.2))
    const words = [at('base-0'), '--with', join(at('new-0'), 'result.json'), '--reports', reports]
    expect(await compare(words)).toMatchObject({ error: undefined, code: 13 })
    expect((await compare([...words, '--unknown', 'pass'])).code).toBe(0)
    expect((await resultIn(reports)).advisory).toEqual(['a verdict takes 5 runs of each side'])
  })

  it('refuses runs of different plans and says what differs, with both hashes', async () => {
    const { reports, at } = stored({
      old: {},
      new: { plan: { users: 2_000, hash: 'ffffffffffffffff' } },
    })
    const { error, code } = await compare([at('old'), '--with', at('new'), '--reports', reports])
    expect(code).toBeUndefined()
    expect(error).toMatchObject({ exitCode: 2 })
    expect(error?.problems).toEqual([
      'users: 1000 against 2000',
      'plan: 5f0c9a7e21b4d836 against ffffffffffffffff',
    ])
    expect(readdirSync(reports).toSorted(), 'nothing is written').toEqual(['new', 'old'])
  })

  it('leaves runs out that say nothing, and refuses a side of which nothing is left', async () => {
    const late = {
      id: 'lateness',
      says: 'on time',
      value: 90,
      limit: 12.5,
      unit: 'ms',
      status: 'invalid',
    } as const
    const bad: MadeUp = { validity: { status: 'invalid', checks: [late] } }
    const { reports, at } = stored({
      ...twoSides(1),
      bad,
      cut: { run: { isPartial: true, stoppedBy: 'signal' } },
    })
    const { code, stderr } = await compare([
      ...names('base').map(at),
      at('bad'),
      '--with',
      ...names('new').map(at),
      at('cut'),
      '--reports',
      reports,
    ])
    expect(code).toBe(0)
    expect(stderr).toContain('bad is left out of A: it was not valid (lateness)')
    expect(stderr).toContain('cut is left out of B: it was ended by a signal')
    expect((await resultIn(reports)).sides).toMatchObject({
      a: { runs: 5, discarded: 1 },
      b: { discarded: 1 },
    })
    const none = await compare([at('base-0'), '--with', at('bad'), '--reports', reports])
    expect(none.error).toMatchObject({
      exitCode: 2,
      message: 'no run of B says anything: none is whole and valid',
    })
  })

  it('refuses what is damaged, missing, or given twice', async () => {
    const { reports, at } = stored({ good: {}, damaged: {} })
    writeFileSync(join(at('damaged'), 'result.json'), '{"schema":"stompede.result","schemaVersion":"1.1.0"}')
    writeFileSync(join(reports, 'text.json'), 'no JSON')
    const errorOf = async (...words: string[]): Promise<string> => {
      const { error } = await compare([...words, '--reports', reports])
      expect(error?.exitCode).toBe(2)
      return error?.message ?? ''
    }
    expect(await errorOf(at('good'), '--with', at('damaged'))).toMatch(/damaged\/result\.json is damaged$/)
    expect(await errorOf(at('good'), '--with', join(reports, 'text.json'))).toMatch(/is not JSON/)
    expect(await errorOf(at('good'), '--with', at('nowhere'))).toMatch(/^no result at /)
    expect(await errorOf(at('good'), '--with', join(at('good'), 'result.json'))).toBe(
      'a result is given more than once',
    )
  })

  it('refuses a run that is given again by a link or as a copy, on either side', async () => {
    const { reports, at } = stored({ one: {}, two: {} })
    symlinkSync(at('one'), at('link'))
    cpSync(at('two'), at('copy'), { recursive: true })
    const { error } = await compare([
      ...['one', 'link', 'two'].map(at),
      '--with',
      at('copy'),
      '--reports',
      reports,
    ])
    expect(error).toMatchObject({
      exitCode: 2,
      message: 'a result is given more than once',
      problems: [
        `${at('one')} and ${at('link')} are the same run, one`,
        `${at('two')} and ${at('copy')} are the same run, two`,
      ],
    })
  })

  it('leaves out what is no run, such as a comparison that a pattern names too', async () => {
    const { reports, at } = stored(twoSides(1.2))
    const words = [...names('base').map(at), '--reports', reports, '--with']
    await compare([...words, ...names('new').map(at)])
    const [own = ''] = readdirSync(reports).filter((name) => name.endsWith('-compare'))
    const { code, stderr } = await compare([...words, ...names('new').map(at), at(own)])
    expect(code).toBe(12)
    expect(stderr).toContain(`${own} is left out of B: it is a comparison, no run`)
    expect((await compare([...words, at(own)])).error?.message).toMatch(/^no run of B says anything/)
  })

  it('holds results against a baseline: the one in use, or one by name', async () => {
    const { reports, at } = stored(twoSides(1.2))
    const baseline = {
      name: 'main',
      savedAt: '2026-01-01T00:00:00.000Z',
      scenario: 'steady',
      planHash: '5f0c9a7e21b4d836',
      users: 1_000,
      commit: null,
      directories: names('base'),
    }
    const words = ['--with', ...names('new').map(at), '--reports', reports]
    expect((await compare(words)).error?.message).toBe('no baseline is in use: stompede baseline use NAME')
    await changeBaselines(reports, () => ({ inUse: 'main', baselines: [baseline] }))
    expect((await compare(words)).code).toBe(12)
    expect((await compare([...words, '--baseline', 'main'])).code).toBe(12)
    expect((await compare([...words, '--baseline', 'release'])).error).toMatchObject({ exitCode: 2 })
    expect((await compare([at('base-0'), ...words, '--baseline', 'main'])).error?.message).toMatch(/not both/)
  })
})

describe('the words of stompede compare', () => {
  it.each([
    [[], /wants --a and --b and a scenario/],
    [['scenarios/smoke.ts'], /wants --a and --b/],
    [['--ab', '--a', 'x', 'scenarios/smoke.ts'], /wants --a and --b/],
    [['--a', 'x', '--b', 'y'], /pairs are of one scenario \(there are 0\)/],
    [['one.ts', 'two.ts', '--a', 'x', '--b', 'y'], /there are 2/],
    [['--self-check', '--a', 'x', '--b', 'y', 'scenarios/smoke.ts'], /leave out --ab and --b/],
    [['one', '--with', 'two', '--a', 'x'], /nothing is run for/],
    [['one', '--baseline', 'main'], /--with names the results/],
    [['scenarios/smoke.ts', '--a', 'x', '--b', 'y'], /A is a start command: say with --target/],
    [['scenarios/smoke.ts', '--a', 'target', '--b', 'y', '--target', 'nonsense'], /must be an http\(s\) URL/],
    [
      ['scenarios/smoke.ts', '--a', 'target', '--b', 'target --service nonsense'],
      /^B: --service must be constant/,
    ],
    [['scenarios/smoke.ts', '--a', 'target --freeze 1s', '--b', 'target'], /^A: --freeze must be/],
    [
      ['scenarios/smoke.ts', '--a', 'target', '--b', 'target --fault nonsense'],
      /^B: cannot plant the faults/,
    ],
    [['scenarios/smoke.ts', '--a', 'target', '--b', 'https://chat.test'], /^B: chat\.test is not a loopback/],
    [['scenarios/smoke.ts', '--a', 'target', '--b', 'http://'], /^B: the target must be an http\(s\) URL/],
    [
      ['scenarios/smoke.ts', '--a', 'http://127.0.0.1:9', '--b', 'target', '--service', 'constant(1ms)'],
      /^A: --service: only for the reference target/,
    ],
    [
      ['test/scenarios/stomp-only.ts', '--a', 'target', '--b', 'target', '-e', 'URL=ws://127.0.0.1:1'],
      /no place in a scenario/,
    ],
  ])('are refused as %j', async (words, message) => {
    const reports = mkdtempSync(join(tmpdir(), 'stompede-words-'))
    const { error } = await compare([...words, '--reports', reports])
    expect(error?.message).toMatch(message)
    expect(error?.exitCode).toBe(2)
    expect(readdirSync(reports)).toEqual([])
  })

  it('are refused with all that is wrong with them', async () => {
    const { error } = await compare([
      'x.ts',
      '--a',
      'x',
      '--b',
      'y',
      '--pairs',
      '21',
      '--budget',
      'soon',
      '--margin',
      'p98=1%',
    ])
    expect(error?.problems).toHaveLength(3)
  })
})

describe('the scenario of pairs', () => {
  /** A scenario that does something to itself when it is read a second time, which is for the first run. */
  function scenario(more: string): string {
    const path = join(mkdtempSync(join(tmpdir(), 'stompede-changing-')), 'changing.mjs')
    writeFileSync(
      path,
      `import { appendFileSync } from 'node:fs'
      let reads = 0
      export default () => {
        if (++reads === 2) { ${more.replace('ITSELF', JSON.stringify(path))} }
        return {
          name: 'two\\nlines \\u001b[31m',
          users: { executor: 'constant-vus', vus: 2, duration: '1s' },
          activities: { say: { executor: 'constant-arrival-rate', duration: '1s', rate: 2 } },
          rooms: { perUser: 1, size: 2 },
        }
      }`,
    )
    return path
  }
  const pairs = async (file: string): Promise<Ended & { code: number | undefined; stderr: string }> => {
    const reports = mkdtempSync(join(tmpdir(), 'stompede-changing-'))
    const sides = ['--a', 'http://127.0.0.1:9', '--b', 'http://127.0.0.1:9', '--jwt-secret', 'fake']
    return compare([file, ...sides, '--reports', reports])
  }

  it('must stay as it is', async () => {
    const file = scenario(`appendFileSync(ITSELF, '// changed')`)
    expect((await pairs(file)).error).toMatchObject({
      exitCode: 104,
      message: `${file} was changed while the comparison ran`,
    })
    // Nobody is there to run against, as one that stays the same hears.
    expect((await pairs(scenario(''))).error).toMatchObject({ exitCode: 14 })
  })

  it('is told in one line without what would drive a terminal', async () => {
    const { stderr } = await pairs(scenario(''))
    expect(stderr).toContain('two lines ␛[31m: 2 users')
  })
})

describe('the noise of a machine', () => {
  const noise: MachineNoise = {
    measuredAt: '2026-01-01T00:00:00.000Z',
    pairs: 8,
    metrics: { last_delivery_p99: { sd: 0.02, leastMargin: 0.03 } },
  }
  const { environment } = madeUpRun()
  const key = noiseKeyOf(environment, '5f0c9a7e21b4d836')
  const targetOf = (change: Partial<typeof environment.target>): string =>
    noiseKeyOf({ ...environment, target: { ...environment.target, ...change } }, '').target

  it('is that of a target: the reference target by what it is told to be, others by their address', () => {
    const own = { isOwn: true, broker: 'embedded/1.0', faults: [], behaviour: null }
    expect(targetOf({ ...own, apiUrl: 'http://127.0.0.1:40001' })).toBe('reference embedded/1.0 usual')
    expect(targetOf({ ...own, behaviour: 'service constant(20ms)', faults: ['loss'] })).toBe(
      'reference embedded/1.0 service constant(20ms) loss',
    )
    const other = { ...own, isOwn: false, apiUrl: 'https://me:fake@chat.test:8443/chat-ws?key=fake' }
    expect(targetOf(other)).toBe('chat.test:8443/chat-ws')
    expect(targetOf({ ...other, apiUrl: null, stompUrl: 'wss://mq.test/ws' })).toBe('mq.test/ws')
  })

  it('is kept by machine and plan, beside that of others', async () => {
    const reports = mkdtempSync(join(tmpdir(), 'stompede-noise-'))
    const told: string[] = []
    const warn = (line: string): number => told.push(line)
    expect(await readNoise(reports, key, warn)).toBeNull()
    await writeNoise(reports, key, noise, warn)
    await writeNoise(reports, { ...key, planHash: 'other' }, { ...noise, pairs: 12 }, warn)
    expect(await readNoise(reports, key, warn)).toEqual(noise)
    expect((await readNoise(reports, { ...key, planHash: 'other' }, warn))?.pairs).toBe(12)
    expect(await readNoise(reports, { ...key, fingerprint: 'another' }, warn)).toBeNull()
    expect(await readNoise(reports, { ...key, target: 'another' }, warn)).toBeNull()
    expect(told).toEqual([])
  })

  it('is passed over with a word where the file is damaged, and written anew', async () => {
    const reports = mkdtempSync(join(tmpdir(), 'stompede-noise-'))
    writeFileSync(join(reports, 'noise.json'), '{"schema":')
    const told: string[] = []
    expect(await readNoise(reports, key, (line) => told.push(line))).toBeNull()
    expect(told[0]).toMatch(/noise\.json is passed over/)
    await writeNoise(reports, key, noise, (line) => told.push(line))
    expect(JSON.parse(readFileSync(join(reports, 'noise.json'), 'utf8'))).toMatchObject({
      schema: 'stompede.noise',
      machines: { [`${key.fingerprint} ${key.planHash} ${key.target}`]: noise },
    })
  })

  it('is in the comparison of stored results of the same plan', async () => {
    const { reports, at } = stored(twoSides(1))
    await writeNoise(
      reports,
      key,
      { ...noise, metrics: { last_delivery_p99: { sd: 0.2, leastMargin: 0.3 } } },
      () => {},
    )
    await compare([...names('base').map(at), '--with', ...names('new').map(at), '--reports', reports])
    const result = await resultIn(reports)
    expect(result.noise?.metrics['last_delivery_p99']).toEqual({ sd: 0.2, leastMargin: 0.3 })
    expect(result.verdict.status).toBe('same')
  })
})
