import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readSearch, STEP_FILE } from '../../src/commands/capacity/log.ts'
import type { CapacityResult } from '../../src/measure/capacity.ts'
import { type Finished, stompede } from './cli.ts'

// Every call takes 40 ms and there is one server, so that 25 a second are what the target can do, on any machine.
const SCENARIO = `
users: { executor: constant-vus, vus: 6, duration: 2s }
delivery: { drain: 100ms }
rooms: { perUser: 1, size: 3 }
message: { typing: false }
validity: { lateness: 2s, loopDelay: 2s, cpuShare: 1 }
activities:
  say: { executor: constant-arrival-rate, startTime: 400ms, duration: 1400ms, rate: 12 }
`
const reports = mkdtempSync(join(tmpdir(), 'stompede-search-'))
const scenario = join(reports, 'tiny.yaml')
let stopped: Finished
let resumed: Finished
let directory = ''
let stepsWhenStopped = 0

const WORDS = [
  'capacity',
  scenario,
  '--slo',
  'message_delivery:med<1200',
  '--unit',
  'rate',
  '--start',
  '12',
  '--most',
  '13',
  '--service',
  'n=1 constant(40ms)',
  '--no-calibrate',
  '-o',
  'markdown',
] as const

beforeAll(async () => {
  writeFileSync(scenario, SCENARIO)
  // The second step is on its way when the signal comes: it is made again.
  stopped = await stompede([...WORDS, '--reports', reports], (child) => {
    let seen = ''
    child.stderr?.on('data', (text: string) => {
      // A second one would end it at once.
      if (!/1 ramp/.test(seen) && /1 ramp/.test((seen += text))) child.kill('SIGINT')
    })
  })
  directory = join(reports, readdirSync(reports).find((name) => name.endsWith('-capacity')) ?? '')
  stepsWhenStopped = readSearch(directory).steps.length
  // As a kill leaves it that came while a line was written.
  appendFileSync(join(directory, STEP_FILE), '{"kind":"step","step":{"load":13')
  resumed = await stompede([...WORDS, '--resume', directory, '-q'])
}, 60_000)

afterAll(() => rmSync(reports, { recursive: true }))

it('ends a search at a signal in good order, and says how to go on', () => {
  expect(stopped.code).toBe(105)
  expect(stopped.stderr).toContain(`to go on: the same command with --resume ${directory}`)
  expect(stepsWhenStopped).toBe(1)
})

it('goes on where it was, to an answer', () => {
  const result = JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8')) as CapacityResult
  expect(resumed.stderr).toBe('')
  expect(resumed.code).toBe(0)
  expect(result.steps.map(({ phase, load, outcome }) => `${phase} ${load} ${outcome}`)).toEqual([
    'ramp 12 pass',
    'ramp 13 pass',
    'verify 13 pass',
    'verify 13 pass',
    'verify 13 pass',
  ])
  expect(result.bracket).toMatchObject({
    verified: 13,
    repeats: 3,
    refuted: null,
    outcome: 'generator-limited',
  })
  expect(new Set(result.steps.map(({ seed }) => seed)).size).toBe(5)
  expect(result.steps[2]?.resources.map(({ name }) => name).toSorted()).toEqual(
    process.platform === 'linux' ? ['api', 'generator', 'machine'] : ['generator'],
  )
})

it('keeps the result of every step beside its own, and its reports', () => {
  expect(readdirSync(join(directory, 'steps'))).toHaveLength(5)
  expect(readdirSync(directory).toSorted()).toEqual(['result.json', 'steps', 'steps.ndjson', 'summary.md'])
  const kept = readFileSync(join(directory, 'steps', '03-verify-13', 'result.json'), 'utf8')
  expect(JSON.parse(kept)).toMatchObject({
    schema: 'stompede.result',
    thresholds: [{ expression: 'med<1200' }],
  })
})

it('ends at a signal in what comes after the search, and still says what the search found', async () => {
  const soaking = await stompede([...WORDS, '--resume', directory, '--soak', '40s'], (child) => {
    let seen = ''
    child.stderr?.on('data', (text: string) => {
      if (!seen.includes('going on') && (seen += text).includes('going on after 5 steps'))
        child.kill('SIGINT')
    })
  })
  expect(soaking.code).toBe(105)
  expect(soaking.stderr).toContain(`to go on: the same command with --resume ${directory}`)
  const result = JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8')) as CapacityResult
  expect(result.run).toMatchObject({ isPartial: true, stoppedBy: 'signal' })
  expect(result.bracket).toMatchObject({ verified: 13, outcome: 'generator-limited' })
  expect(result.soak).toBeNull()
  expect(result.verdict).toEqual({
    status: 'inconclusive',
    exitCode: 105,
    reasons: [
      'the soak was not made: it was stopped by a signal',
      'what comes after the search was stopped by a signal',
    ],
  })
})

it('does not go on with another search', async () => {
  const other = await stompede([...WORDS, '--resume', directory, '--seed', '9'])
  expect(other.code).toBe(2)
  expect(other.stderr).toContain('seed was 1 and is 9')
})
