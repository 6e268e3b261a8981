import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EXIT, StompedeError } from '../../src/errors.ts'
import type { ComparisonResult } from '../../src/measure/comparison.ts'
import type { RunResult } from '../../src/measure/result.ts'
import { readCapacity, readComparison } from '../../src/report/read-result.ts'
import { readResult, REPORTERS, resultText } from '../../src/report/reporters.ts'
import { bracketedSearch } from './capacity-fixture.ts'
import { worseComparison } from './comparison-fixture.ts'
import { faultyResult, healthyResult } from './fixture.ts'

describe('a stored result', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'stompede-result-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  const stored = async (text: string): Promise<string> => {
    const file = join(directory, 'stored.json')
    await writeFile(file, text)
    return file
  }
  const refusal = async (text: string): Promise<StompedeError> => {
    const error: unknown = await readResult(await stored(text)).catch((thrown: unknown) => thrown)
    if (!(error instanceof StompedeError)) throw new Error(`not refused: ${text.slice(0, 100)}`)
    expect(error.code).toBe('RESULT_UNREADABLE')
    expect(error.exitCode).toBe(EXIT.usage)
    return error
  }

  it('comes back as it was, from its directory and from its file', async () => {
    const run = join(directory, 'run')
    const [path = ''] = await REPORTERS.json(faultyResult(), run)
    expect(path).toBe(join(run, 'result.json'))
    expect(await readResult(run)).toEqual(faultyResult())
    expect(await readResult(path)).toEqual(faultyResult())
    expect(await readdir(run)).toEqual(['result.json'])
  })

  it('has one part on each line', () => {
    const lines = resultText(healthyResult()).split('\n')
    expect(lines[0]).toBe('{')
    expect(lines[1]).toBe('"schema": "stompede.result",')
    expect(lines).toHaveLength(Object.keys(healthyResult()).length + 3)
  })

  it('of version 1.0 is read, with what it did not hold made up from what it did', async () => {
    const { intervals: _intervals, ...first } = healthyResult()
    const plan: Partial<RunResult['plan']> = { ...first.plan }
    const messages: Partial<RunResult['ledger']['messages']> = { ...first.ledger.messages }
    delete plan.warmUpSeconds
    delete messages.pending
    const text = JSON.stringify({
      ...first,
      schemaVersion: '1.0.0',
      plan,
      ledger: { ...first.ledger, messages },
    })
    const read = await readResult(await stored(text))
    expect(read.plan.warmUpSeconds).toBe(0)
    expect(read.ledger.messages.pending).toBe(0)
    expect(read.intervals).toEqual({
      stepSeconds: 1,
      series: { message_delivery: healthyResult().timeline.deliveryHistograms },
    })
    expect(read.schemaVersion).toBe('1.0.0')
  })

  it('of a later minor version is read, with the fields this version does not know', async () => {
    const later = changed({ schemaVersion: '1.7.0', weather: { outside: 'rain' } })
    expect(await readResult(await stored(later))).toMatchObject({
      schemaVersion: '1.7.0',
      weather: { outside: 'rain' },
    })
  })

  it('of an earlier minor version gets the fields that were added since', async () => {
    const { pending, ...messages } = healthyResult().ledger.messages
    const ledger = { ...healthyResult().ledger, messages }
    expect(pending).toBe(0)
    const early = await stored(changed({ schemaVersion: '1.0.0', ledger }))
    expect((await readResult(early)).ledger.messages.pending).toBe(0)
    const { behaviour, ...target } = healthyResult().environment.target
    expect(behaviour).toBeNull()
    const environment = { ...healthyResult().environment, target }
    const second = await stored(changed({ schemaVersion: '1.1.0', environment }))
    expect((await readResult(second)).environment.target.behaviour).toBeNull()
    expect((await refusal(changed({ schemaVersion: '1.2.0', environment }))).problems).toEqual([
      '/environment/target/behaviour is missing',
    ])
    const search = bracketedSearch()
    const { hash, ...plan } = search.plan
    expect(hash).not.toBe('unknown')
    const first = await stored(JSON.stringify({ ...search, schemaVersion: '1.0.0', plan, environment }))
    const read = await readCapacity(first)
    expect([read.plan.hash, read.environment.target.behaviour]).toEqual(['unknown', null])
    const damaged = await refusal(changed({ schemaVersion: '1.1.0', ledger }))
    expect(damaged.problems).toEqual(['/ledger/messages/pending is missing'])
  })

  it('of a search of version 1.0 gets what its steps did not keep', async () => {
    const search = bracketedSearch()
    const steps = search.steps.map(
      ({ cpuShare: _cpuShare, isBrokenBeside: _isBrokenBeside, latency, objectives, ...step }) => ({
        ...step,
        latency:
          latency === null ? null : { p50Us: latency.p50Us, p99Us: latency.p99Us, count: latency.count },
        objectives: objectives.map(({ isAtLeast: _isAtLeast, count: _count, ...row }) => ({
          ...row,
          status: 'unknown',
        })),
      }),
    )
    const { steps: read } = await readCapacity(
      await stored(JSON.stringify({ ...search, schemaVersion: '1.0.0', steps })),
    )
    expect(read[0]?.latency?.atLeast).toEqual([])
    expect(read[0]?.cpuShare).toBeNull()
    // What is known although nothing could be told of it lies among timeouts.
    expect(read[0]?.objectives[0]?.isAtLeast).toBe(true)
    expect(read[0]).toMatchObject({ isBrokenBeside: false, objectives: [{ count: null }, {}, {}] })
    const broken = [null, 7, { latency: 'fast', objectives: [1] }]
    const failure: unknown = await readCapacity(
      await stored(JSON.stringify({ ...search, schemaVersion: '1.0.0', steps: broken })),
    ).catch((thrown: unknown) => thrown)
    expect(failure).toMatchObject({ code: 'RESULT_UNREADABLE' })
  })

  it('of a search of version 1.1 has a cost of nobody knows whom, and what failed without an objective failed beside them', async () => {
    const search = bracketedSearch()
    const { processes: _processes, ...cost } = search.cost
    const [first, second] = search.steps.map(({ isBrokenBeside: _isBrokenBeside, ...step }) => step)
    const steps = [first, { ...second, outcome: 'fail' }]
    const earlier = { ...search, schemaVersion: '1.1.0', cost, steps }
    const read = await readCapacity(await stored(JSON.stringify(earlier)))
    expect(read.cost.processes).toEqual([])
    expect(read.steps.map(({ isBrokenBeside }) => isBrokenBeside)).toEqual([false, true])
    const late = await stored(JSON.stringify({ ...earlier, schemaVersion: '1.2.0' }))
    const failure: unknown = await readCapacity(late).catch((thrown: unknown) => thrown)
    expect(failure).toMatchObject({
      problems: expect.arrayContaining(['/cost/processes is missing']) as string[],
    })
  })

  it('of a comparison before 1.2 is read, though nobody kept what each side is', async () => {
    const { sides, ...rest } = worseComparison()
    const bare = ({ target: _target, ...side }: ComparisonResult['sides']['a']): object => side
    const old = { ...rest, sides: { a: bare(sides.a), b: bare(sides.b) } }
    const read = await readComparison(await stored(JSON.stringify({ ...old, schemaVersion: '1.1.0' })))
    expect([read.sides.a.target, read.sides.b.target]).toEqual([null, null])
    const now = readComparison(await stored(JSON.stringify(old)))
    await expect(now).rejects.toMatchObject({
      problems: expect.arrayContaining(['/sides/a/target is missing']) as string[],
    })
  })

  it('of a newer major version is refused with the reason', async () => {
    const { message } = await refusal(changed({ schemaVersion: '2.0.0' }))
    expect(message).toMatch(
      /stored\.json has version 2\.0\.0, this is a reader of 1\.x: a newer Stompede wrote it/,
    )
    expect((await refusal(changed({ schemaVersion: '0.9.0' }))).message).toContain(
      'older than any version that can be read',
    )
  })

  it.each([
    ['{"schema": ', 'is not JSON'],
    ['null', 'is not a stompede.result: its "schema" is undefined'],
    ['[]', 'is not a stompede.result'],
    ['{"schema":"k6.summary"}', 'its "schema" is "k6.summary"'],
    ['{"schema":"stompede.result","schemaVersion":1}', 'has no version: its "schemaVersion" is 1'],
    ['{"schema":"stompede.result","schemaVersion":"one"}', 'has no version'],
  ])('that is %s is refused', async (text, reason) => {
    expect((await refusal(text)).message).toContain(reason)
  })

  it('that is damaged is refused with every problem and its path', async () => {
    const result = healthyResult() as unknown as Record<string, unknown>
    delete result['ledger']
    const verdict = { status: 'maybe', exitCode: 0, reasons: [] }
    const { problems } = await refusal(
      JSON.stringify({ ...result, verdict, errors: [{ class: 'x', count: -1, firstAtMs: 0, example: 7 }] }),
    )
    expect(problems.toSorted()).toEqual([
      '/errors/0/count is below 0',
      '/errors/0/example is not string',
      '/ledger is missing',
      '/verdict/status is none of "pass", "fail", "inconclusive"',
    ])
  })

  const sample = join(import.meta.dirname, '..', '..', 'reports', 'sample')
  it.skipIf(!existsSync(join(sample, 'result.json')))(
    'is committed as a sample that can be read',
    async () => {
      const result = await readResult(sample)
      expect(result).toMatchObject(JSON.parse(await readFile(join(sample, 'result.json'), 'utf8')))
    },
  )

  it('that is not there is refused', async () => {
    await expect(readResult(join(directory, 'nowhere'))).rejects.toMatchObject({ code: 'RESULT_UNREADABLE' })
    await expect(readResult(directory)).rejects.toThrow(/cannot read the result: ENOENT/)
  })
})

function changed(change: object): string {
  return JSON.stringify({ ...healthyResult(), ...change })
}
