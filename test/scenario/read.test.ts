import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StompedeError } from '../../src/errors.ts'
import { readScenario } from '../../src/scenario/read.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stompede-read-'))
})
afterAll(() => rm(directory, { recursive: true }))

async function problemsOf(name: string, text: string, env = {}): Promise<StompedeError> {
  const file = join(directory, name)
  await writeFile(file, text)
  return readScenario(file, { env }).then(
    () => expect.fail('the scenario was accepted'),
    (error: unknown) => error as StompedeError,
  )
}

describe('readScenario', () => {
  it('accepts every scenario that ships', async () => {
    const files = await readdir('scenarios')
    expect(files.length).toBeGreaterThanOrEqual(8)
    for (const file of files) {
      const scenario = await readScenario(join('scenarios', file), { env: {} })
      expect(scenario.userCount).toBeGreaterThan(0)
      expect(scenario.activities.length).toBeGreaterThan(0)
    }
  })

  it('reads the same scenario from TypeScript, YAML and JSON', async () => {
    const input = {
      users: { executor: 'constant-vus', vus: 7, duration: '1m30s' },
      activities: {
        say: { executor: 'constant-arrival-rate', ratePerUser: 0.5, timeUnit: '2s', duration: '1m' },
      },
      thresholds: { message_delivery: ['p(99)<250'] },
    }
    await writeFile(
      join(directory, 'same.ts'),
      `import { defineScenario } from 'stompede'\nexport default defineScenario(${JSON.stringify(input)})`,
    )
    await writeFile(join(directory, 'same.json'), JSON.stringify(input))
    await writeFile(
      join(directory, 'same.yaml'),
      'users: { executor: constant-vus, vus: 7, duration: 1m30s }\nactivities:\n  say: { executor: constant-arrival-rate, ratePerUser: 0.5, timeUnit: 2s, duration: 1m }\nthresholds:\n  message_delivery: ["p(99)<250"]\n',
    )
    const read = await Promise.all(
      ['ts', 'json', 'yaml'].map((kind) => readScenario(join(directory, `same.${kind}`), { env: {} })),
    )
    for (const scenario of read) {
      expect({ ...scenario, source: '' }).toEqual({ ...(read[0] as (typeof read)[0]), source: '' })
    }
    expect(read[0]).toMatchObject({ userCount: 7, durationMs: 90_000, name: 'same' })
    expect(read[0]?.activities[0]?.workload).toMatchObject({
      startRate: 1.75,
      stages: [{ durationMs: 60_000, target: 1.75 }],
    })
  })

  it('lists every fault with its path at once', async () => {
    const error = await problemsOf(
      'bad.json',
      JSON.stringify({
        users: { executor: 'constant-vus', vus: 0, duration: 'soon', stages: [] },
        rooms: { size: 'huge' },
        activities: {
          say: { executor: 'constant-arrival-rate', rate: -1, duration: '5s' },
          x: { executor: 'forever' },
        },
        colour: 'red',
      }),
    )
    expect(error.code).toBe('SCENARIO_INVALID')
    expect(error.exitCode).toBe(104)
    expect([...error.problems].toSorted()).toEqual([
      'activities.say.rate: must be > 0 (is -1)',
      'activities.x.executor: must be one of constant-vus, ramping-vus, constant-arrival-rate, ramping-arrival-rate (is "forever")',
      'colour: no such setting here',
      'rooms.size: must be a number of members, "all" or {zipf: {exponent, min, max}} (is "huge")',
      'users.duration: must be a duration such as "30s", "1m30s" or a number of ms (is "soon")',
      'users.stages: no such setting here',
      'users.vus: must be >= 1 (is 0)',
    ])
  })

  it('lists the faults that only show when the parts are seen together', async () => {
    const error = await problemsOf(
      'together.yaml',
      `users: { executor: constant-vus, vus: 5, duration: 5s }
rooms: { size: { zipf: { exponent: 1, min: 9, max: 3 } } }
activities:
  a: { executor: constant-arrival-rate, duration: 5s, exec: shout }
  b: { executor: constant-arrival-rate, duration: 5s, rate: 1, exec: { say: 0 } }
thresholds:
  message_delivery: ["p(99)<fast"]
  nonsense: ["count==0"]
  deliveries_lost: ["p(99)<1"]
`,
    )
    expect([...error.problems]).toEqual([
      'activities.a.exec: "shout" is none of say, type, hop, reconnect, lurk',
      'activities.a: needs either rate or ratePerUser',
      'activities.b.exec: no weight is above 0',
      'rooms.size.zipf: min 9 is above max 3',
      'thresholds.message_delivery.0: "p(99)<fast" is not "<aggregation> <operator> <number>", such as "p(99)<250" or "count==0"',
      'thresholds.nonsense.0: no metric is called "nonsense"; docs/metrics.md lists them',
      'thresholds.deliveries_lost.0: deliveries_lost is a counter: p(99) does not apply to it',
    ])
  })

  it.each([
    ['missing.ts', undefined, 'SCENARIO_UNREADABLE', /cannot be read/],
    ['enum.ts', 'enum A { B }\nexport default {}', 'SCENARIO_UNREADABLE', /only strips types/],
    ['none.ts', 'export const a = 1', 'SCENARIO_UNREADABLE', /no default export/],
    ['throws.ts', 'throw new Error("boom")', 'SCENARIO_UNREADABLE', /boom/],
    ['broken.yaml', 'users: [', 'SCENARIO_UNREADABLE', /broken\.yaml/],
    ['what.txt', 'users', 'SCENARIO_UNREADABLE', /a scenario is a/],
    ['null.json', 'null', 'SCENARIO_INVALID', /one fault/],
  ])('%s: one clear line', async (name, text, code, message) => {
    const error =
      text === undefined
        ? await readScenario(join(directory, name), { env: {} }).catch(
            (thrown: unknown) => thrown as StompedeError,
          )
        : await problemsOf(name, text)
    expect(error).toBeInstanceOf(StompedeError)
    expect(error).toMatchObject({ code })
    expect((error as StompedeError).message).toMatch(message)
    expect((error as StompedeError).message).not.toContain('\n')
  })

  it('puts -e values into YAML and hands them to functions', async () => {
    await writeFile(
      join(directory, 'env.yaml'),
      'users: { executor: constant-vus, vus: ${VUS}, duration: "${D:-4s}" }',
    )
    await writeFile(
      join(directory, 'env.ts'),
      'export default (env) => ({ users: { executor: "constant-vus", vus: Number(env.VUS), duration: "4s" } })',
    )
    for (const name of ['env.yaml', 'env.ts']) {
      expect(await readScenario(join(directory, name), { env: { VUS: '9' } })).toMatchObject({
        userCount: 9,
        durationMs: 4_000,
      })
    }
    const error = await readScenario(join(directory, 'env.yaml'), { env: {} }).catch(
      (thrown: unknown) => thrown as Error,
    )
    expect((error as Error).message).toContain('${VUS} has no value; give one with -e VUS=…')
  })

  it('scales users and time without changing the shape', async () => {
    await writeFile(
      join(directory, 'scale.json'),
      JSON.stringify({
        users: {
          executor: 'ramping-vus',
          stages: [
            { duration: '10s', target: 100 },
            { duration: '20s', target: 50 },
          ],
        },
        activities: {
          say: { executor: 'constant-arrival-rate', startTime: '10s', duration: '20s', ratePerUser: 0.1 },
          fixed: { executor: 'constant-arrival-rate', duration: '30s', rate: 3, exec: 'say' },
          talkers: { executor: 'constant-vus', vus: 10, duration: '30s', exec: 'say' },
        },
      }),
    )
    const scenario = await readScenario(join(directory, 'scale.json'), {
      env: {},
      users: 1_000,
      durationMs: 60_000,
    })
    expect(scenario.users.stages).toEqual([
      { durationMs: 20_000, target: 1_000 },
      { durationMs: 40_000, target: 500 },
    ])
    expect(scenario.activities.map(({ workload }) => workload)).toMatchObject([
      { startMs: 20_000, startRate: 100, stages: [{ durationMs: 40_000 }] },
      { startRate: 3, stages: [{ durationMs: 60_000 }] },
      { startVus: 100, stages: [{ durationMs: 60_000, target: 100 }] },
    ])
  })
})
