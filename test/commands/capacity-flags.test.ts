import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, describe, expect, it } from 'vitest'
import { capacityCommand } from '../../src/commands/capacity.ts'
import { hardBound, loadOverrides, ownLoad, powerOf } from '../../src/commands/capacity/loads.ts'
import {
  appendLine,
  type LogLine,
  mendLog,
  readSearch,
  requireSame,
  type SearchIdentity,
  STEP_FILE,
} from '../../src/commands/capacity/log.ts'
import { showSearch } from '../../src/commands/capacity/progress.ts'
import type { StompedeError } from '../../src/errors.ts'
import { readScenario } from '../../src/scenario/read.ts'
import { step } from '../capacity/searching.ts'
import { scenarioOf } from '../engine/evidence.ts'
import { runCommand } from './in-process.ts'

const directory = mkdtempSync(join(tmpdir(), 'stompede-capacity-'))
afterAll(() => rmSync(directory, { recursive: true }))

const asked = async (...words: string[]): Promise<StompedeError | undefined> =>
  (
    await runCommand(
      capacityCommand(() => undefined),
      ['capacity', 'scenarios/smoke.ts', ...words],
    )
  ).error

describe('the flags of a search', () => {
  it('say all that is wrong with them at once', async () => {
    const error = await asked(
      '--slo',
      'message_delivery:p(99)',
      '--step',
      'soon',
      '--start',
      '0',
      '--watch',
      'broker',
      '--watch',
      'machine=12',
      '-u',
      '5',
    )
    expect(error?.code).toBe('USAGE')
    expect(error?.problems).toEqual([
      expect.stringMatching(/^--slo: "p\(99\)" is not/),
      '--watch wants NAME=PID such as broker=4711 (is "broker")',
      '--watch wants NAME=PID such as broker=4711 (is "machine=12")',
      '--start wants a load above 0 (is 0)',
      '--users goes with --unit rate; where users are what is scaled, --start says how many to begin with',
      '--step wants a span such as 30s or 20m (is "soon")',
    ])
  })

  it('must have an objective', async () => {
    expect((await asked())?.problems[0]).toMatch(/^--slo is missing/)
  })

  it('do not ask another host’s management unless it is allowed', async () => {
    const words = ['--slo', 'message_delivery:p(99)<250', '--management']
    expect((await asked(...words, 'http://u:p@broker.example.test:15672'))?.code).toBe('TARGET_NOT_ALLOWED')
    expect((await asked(...words, 'amqp://127.0.0.1'))?.code).toBe('USAGE')
  })

  it('do not resume what is no search', async () => {
    expect((await asked('--slo', 'message_delivery:p(99)<250', '--resume', directory))?.code).toBe(
      'RESULT_UNREADABLE',
    )
  })
})

describe('the load of a step', () => {
  it('is users, or arrivals a second at the users of the scenario', async () => {
    const steady = await readScenario('scenarios/steady.ts', { env: {} })
    expect(ownLoad(steady, 'users')).toBe(1_000)
    expect(ownLoad(steady, 'arrivals/s')).toBeCloseTo(1_000 / 30, 9)
    const order = { load: 2_000, lengthMs: 60_000, isStretched: true }
    expect(loadOverrides(steady, 'users', order)).toEqual({
      users: 2_000,
      durationMs: 60_000,
      mostLeavingMs: 4_000,
      settleMs: 5_000,
    })
    expect(loadOverrides(steady, 'arrivals/s', { ...order, load: 100, lengthMs: 15_000 })).toEqual({
      users: 1_000,
      rateFactor: expect.closeTo(3, 9) as number,
      durationMs: 15_000,
      mostLeavingMs: 4_000,
      // A quarter of the 8.5 s in which something is done.
      settleMs: 2_125,
    })
  })

  it('cannot be a rate where nothing has one', () => {
    const closed = scenarioOf({ activities: { say: { executor: 'constant-vus', vus: 2, duration: '9s' } } })
    expect(() => ownLoad(closed, 'arrivals/s')).toThrow('--unit rate needs a scenario with an open activity')
  })

  it('grows deliveries by its square where everybody is in one room', () => {
    const perUser = { say: { executor: 'constant-arrival-rate', duration: '9s', ratePerUser: 0.1 } } as const
    expect(powerOf(scenarioOf({ rooms: { size: 'all' }, activities: perUser }), 'users')).toBe(2)
    expect(powerOf(scenarioOf({ rooms: { size: 'all' }, activities: perUser }), 'arrivals/s')).toBe(1)
    expect(powerOf(scenarioOf({ activities: perUser }), 'users')).toBe(1)
  })

  it('is bounded by the users that a token file lists, where the machine has room for more', () => {
    expect(hardBound('users', 1, 1, 50)).toEqual({ load: 50, what: 'the tokens of the file' })
    expect(hardBound('users', 1, 1, 2_000_000)).toEqual(hardBound('users', 1, 1))
    expect(hardBound('arrivals/s', 1, 1, 50)).toBeUndefined()
  })

  it('is bounded by what this machine has descriptors and ports for', () => {
    const bound = hardBound('users', 1, 1)
    expect(['file descriptors', 'local ports', undefined]).toContain(bound?.what)
    expect(bound === undefined || bound.load >= 100).toBe(true)
    expect(hardBound('arrivals/s', 1, 1)).toBeUndefined()
  })
})

describe('the log of a search', () => {
  const identity: SearchIdentity = {
    scenario: 's.ts',
    unit: 'users',
    objectives: ['message_delivery:p(99)<250'],
    seed: 1,
    startLoad: 100,
    stepSeconds: 30,
    target: 'reference embedded',
    planHash: 'abc',
  }
  const calibration = { ceiling: 1_000, mostLoad: 700, says: '', points: [] }

  it('gives back what was appended, and leaves out a line that was cut off', () => {
    appendLine(directory, { kind: 'search', startedAt: '2026-01-01T00:00:00.000Z', identity })
    appendLine(directory, { kind: 'calibration', tookSeconds: 20, calibration })
    const first: LogLine = {
      kind: 'step',
      tookSeconds: 33,
      step: step('ramp', 100, 'pass'),
      idle: [],
      environment: null,
    }
    appendLine(directory, first)
    appendFileSync(join(directory, STEP_FILE), '{"kind":"step","step":{"load":16')
    const stored = readSearch(directory)
    expect(stored).toMatchObject({ identity, calibration, tookSeconds: 53 })
    expect(stored.steps).toEqual([JSON.parse(JSON.stringify(first))])
  })

  it('is gone on with after a line that was cut off, more than once', () => {
    const killed = mkdtempSync(join(directory, 'killed-'))
    const made = (number: number): LogLine => ({
      kind: 'step',
      tookSeconds: 30,
      step: { ...step('ramp', 100 * number, 'pass'), number },
      idle: [],
      environment: null,
    })
    const numbers = (): number[] => readSearch(killed).steps.map((line) => line.step.number)
    appendLine(killed, { kind: 'search', startedAt: '2026-01-01T00:00:00.000Z', identity })
    appendLine(killed, made(1))
    appendFileSync(join(killed, STEP_FILE), '{"kind":"step","step":{"reasons":["p99 ≤')
    mendLog(killed)
    appendLine(killed, made(2))
    expect(numbers()).toEqual([1, 2])
    const whole = readFileSync(join(killed, STEP_FILE), 'utf8')
    mendLog(killed)
    expect(readFileSync(join(killed, STEP_FILE), 'utf8')).toBe(whole)
  })

  it('is refused where a line is no JSON', () => {
    const path = join(directory, STEP_FILE)
    writeFileSync(path, readFileSync(path, 'utf8').replace('{"kind":"calibration"', '{"kind"'))
    expect(() => readSearch(directory)).toThrow('holds a line that is no JSON')
  })

  it('is not gone on with by another search', () => {
    expect(() => requireSame(identity, { ...identity })).not.toThrow()
    const error = ((): unknown => {
      try {
        requireSame(identity, { ...identity, seed: 2, objectives: ['message_delivery:p(99)<50'] })
      } catch (thrown) {
        return thrown
      }
      return undefined
    })()
    expect((error as StompedeError).problems).toEqual([
      'objectives was ["message_delivery:p(99)<250"] and is ["message_delivery:p(99)<50"]',
      'seed was 1 and is 2',
    ])
  })
})

describe('the progress of a search', () => {
  const shown = (isQuiet: boolean, act: (display: ReturnType<typeof showSearch>) => void): string => {
    let text = ''
    const stream = new Writable({
      write(chunk: Buffer, _, done) {
        text += chunk.toString()
        done()
      },
    })
    const display = showSearch('users', stream, isQuiet)
    act(display)
    display.stop()
    return text
  }

  it('is a line a step where nobody looks at a terminal, with what is left', () => {
    const text = shown(false, (display) => {
      display.began({ number: 7, phase: 'bisect', load: 4_096, seconds: 30 }, 372)
      display.ended({
        ...step('bisect', 4_096, 'fail'),
        number: 7,
        reasons: ['message_delivery:p(99)<250: is 500', '3 deliveries were lost'],
      })
    })
    expect(text).toBe(
      '✘ fail        7 bisect        4,096 users  p50 1.0 ms, p99 500 ms  40,960 deliveries/s  3 deliveries were lost · about 6 min left\n',
    )
  })

  it('is nothing at all where it is quiet', () => {
    expect(shown(true, (display) => display.note('calibrating'))).toBe('')
  })
})
