import { describe, expect, it } from 'vitest'
import { DEFAULT_CLAIMS } from '../../src/chat/tokens.ts'
import { planRooms } from '../../src/engine/plan.ts'
import { run } from '../../src/engine/run.ts'
import type { RunResult } from '../../src/measure/result.ts'
import { readScenario } from '../../src/scenario/read.ts'
import { DEFAULT_JWT_SECRET, DEFAULT_TARGET, type TargetOptions } from '../../src/target/server.ts'
import { startTargetProcess, type TargetHandle } from '../../src/target/spawn.ts'
import { describeWithRabbitMq } from '../target/with-rabbitmq.ts'

/** Runs forty users against a target of our own; `kill` is called four seconds into the run. */
async function runAndKill(
  options: Partial<TargetOptions>,
  pidOf: (target: TargetHandle) => number | undefined,
): Promise<RunResult> {
  const overrides = { env: {} }
  const scenario = await readScenario('test/scenarios/death.yaml', overrides)
  const rooms = planRooms(scenario, 1)
  const members = rooms.map((room) => Array.from(room, (user) => user + 1))
  const target = await startTargetProcess({
    ...DEFAULT_TARGET,
    ...options,
    world: { users: scenario.userCount, firstUserId: 1, rooms: members },
  })
  try {
    return await run({
      scenario,
      overrides,
      apiUrl: target.apiUrl,
      stompUrl: target.stompUrl,
      driver: 'lean',
      tokens: {
        kind: 'minted',
        key: DEFAULT_JWT_SECRET,
        algorithm: 'HS256',
        claims: DEFAULT_CLAIMS,
        firstUserId: 1,
        lifetimeS: 600,
      },
      tls: {},
      contractDir: undefined,
      allowedHosts: [],
      sourceAddresses: [],
      echo: 'expected',
      workers: 1,
      target: { isOwn: true, broker: target.broker.name, faults: [], behaviour: null },
      command: '',
      rooms: rooms.length,
      signal: new AbortController().signal,
      onSecond: ({ second }) => {
        if (second === 4) process.kill(pidOf(target) as number, 'SIGKILL')
      },
    })
  } finally {
    await target.stop()
  }
}

describeWithRabbitMq('a RabbitMQ that is killed in the middle of a run', () => {
  it('ends in a result that says what was lost, not in a crash', async () => {
    const result = await runAndKill(
      { broker: 'rabbitmq', rabbitMq: { kind: 'native' } },
      ({ broker }) => broker.pid,
    )
    expect(result.verdict).toMatchObject({ status: 'fail', exitCode: 11 })
    expect(result.counters.connections_lost).toBe(40)
    expect(result.labelled['ws_closes{class:broker-gone}']).toBe(40)
    expect(result.verdict.reasons.join('\n')).toMatch(
      /users: 40 had lost their connection and were not back at the end/,
    )
    expect(result.timeline.columns['users_connected']?.slice(4, 8)).toContain(0)
    const { messages } = result.ledger
    expect(messages.received).toBeGreaterThan(100)
    expect(messages.expected).toBe(messages.received + messages.lost.total + messages.late)
    // While nobody was there nothing could start: that is counted, not hidden.
    expect(result.labelled['dropped_iterations{reason:offline}']).toBeGreaterThan(20)
  }, 90_000)
})

describe('a target that dies in the middle of a run', () => {
  it('leaves a result with every user accounted for', async () => {
    const result = await runAndKill({}, ({ pid }) => pid)
    expect(result.verdict).toMatchObject({ status: 'fail', exitCode: 11 })
    expect(result.counters.connections_lost).toBe(40)
    expect(result.errors.map(({ class: name }) => name)).toContain('session: websocket')
    expect(result.labelled['dropped_iterations{reason:offline}']).toBeGreaterThan(20)
  }, 60_000)
})
