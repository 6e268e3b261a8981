import { readFileSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runScenario, stompede } from './cli.ts'

describe.concurrent('stompede run', () => {
  it('passes on a healthy target, with books that balance, and writes its reports', async () => {
    const { code, result, files, stdout, directory } = await runScenario([
      'scenarios/smoke.ts',
      '--tag',
      'purpose=test',
      '--jwt-secret',
      'an-obviously-fake-secret',
    ])
    expect(code).toBe(0)
    expect(result.verdict).toEqual({ status: 'pass', exitCode: 0, reasons: [] })
    const { messages, typing } = result.ledger
    expect(messages.sent).toBeGreaterThan(10)
    expect(messages.received).toBe(messages.expected)
    expect(messages).toMatchObject({
      lost: { total: 0 },
      duplicated: 0,
      leaked: 0,
      reordered: 0,
      corrupted: 0,
      foreign: 0,
      late: 0,
    })
    expect(typing.received).toBe(typing.expected)
    expect(result.trends['message_delivery']?.count).toBe(messages.received + messages.optional)
    expect(result.counters).toMatchObject({
      contract_violations: 0,
      contract_drift: 0,
      connections_lost: 0,
      iterations_failed: 0,
    })
    expect(result.run.tags).toEqual({ purpose: 'test' })
    expect(result.plan.users).toBe(8)
    expect(files).toEqual(['events.ndjson', 'report.html', 'result.json'])
    expect(stdout).toMatch(/PASS/)
    // Neither the secret nor a token made with it may stand in anything that is kept or shown.
    for (const text of [stdout, ...files.map((file) => readFileSync(join(directory, file), 'utf8'))]) {
      expect(text).not.toContain('an-obviously-fake-secret')
      expect(text).not.toMatch(/eyJ[\w-]+\.eyJ/)
    }
  })

  it('gives the same books however many workers share the rooms', async () => {
    const { code, result } = await runScenario(['test/scenarios/spread.yaml', '--workers', '3'])
    expect(result.verdict).toEqual({ status: 'pass', exitCode: 0, reasons: [] })
    expect(code).toBe(0)
    expect(result.generator.length).toBe(3)
    expect(result.ledger.messages.sent).toBe(80)
    expect(result.ledger.messages).toMatchObject({ expected: 80 * 30, received: 80 * 30, foreign: 0 })
    expect(result.trends['message_last_delivery{audience:10-99}']?.count).toBe(80)
  })

  it('is inconclusive, not green, when nothing was exercised', async () => {
    const { code, result } = await runScenario(['test/scenarios/idle.yaml'])
    expect(code).toBe(13)
    expect(result.verdict.reasons[0]).toMatch(/nothing was exercised/)
  })

  it('ends with the exit code of a failed threshold, and of one that aborts', async () => {
    const failed = await runScenario(['test/scenarios/limits.yaml', '-e', 'ABORT=false'])
    expect(failed.code).toBe(99)
    expect(failed.result.thresholds).toMatchObject([
      { metric: 'iterations', expression: 'count>1000', status: 'fail' },
    ])
    const aborted = await runScenario(['test/scenarios/limits.yaml', '-e', 'ABORT=true'])
    expect(aborted.code).toBe(108)
    expect(aborted.result.run).toMatchObject({ stoppedBy: 'threshold', isPartial: true })
    expect(aborted.result.run.durationSeconds).toBeLessThan(failed.result.run.durationSeconds)
  })

  it('runs a scenario’s own functions over raw STOMP, and says so when they throw', async () => {
    const { code, result } = await runScenario(['test/scenarios/own-functions.ts'])
    expect(code).toBe(107)
    expect(result.errors.find((error) => error.class === 'activity broken')).toMatchObject({
      example: 'the scenario is wrong',
    })
    expect(result.trends['stomp_sending']?.count).toBeGreaterThan(0)
    expect(result.labelled['heard{by:own}']).toBeUndefined()
    expect(result.counters.contract_violations).toBe(0)
  })

  it('drains and writes a partial report at the first SIGINT', async () => {
    const { code, result, stderr } = await runScenario(
      ['test/scenarios/limits.yaml', '-e', 'ABORT=false', '-d', '60s'],
      (child) => {
        child.stderr?.on('data', (text: string) => {
          if (text.includes('00:05/')) child.kill('SIGINT')
        })
      },
    )
    expect(stderr).toMatch(/stopping/)
    expect(code).toBe(105)
    expect(result.run).toMatchObject({ isPartial: true, stoppedBy: 'signal' })
    expect(result.run.durationSeconds).toBeLessThan(20)
    expect(result.ledger.messages.lost.total).toBe(0)
    expect(result.ledger.messages.received).toBe(result.ledger.messages.expected)
  })
})

describe.concurrent('stompede run, beyond the healthy chat', () => {
  it('retries as documented when the API resets connections, and blames nobody for the copies', async () => {
    const { result } = await runScenario([
      'test/scenarios/limits.yaml',
      '-e',
      'ABORT=false',
      '--fault',
      'http-reset:1/10',
    ])
    expect(result.counters.http_retries).toBeGreaterThan(0)
    expect(result.errors.find((error) => error.class === 'http send-message: reset')?.count).toBeGreaterThan(
      0,
    )
    const { messages } = result.ledger
    expect(messages.lost.total + messages.duplicated + messages.leaked).toBe(0)
    expect(messages.expected).toBe(messages.received)
  }, 60_000)

  it('loads a STOMP application that has no chat API', async () => {
    const { startTargetProcess } = await import('../../src/target/spawn.ts')
    const { DEFAULT_TARGET } = await import('../../src/target/server.ts')
    const broker = await startTargetProcess({
      ...DEFAULT_TARGET,
      world: { users: 1, firstUserId: 1, rooms: [[1]] },
    })
    try {
      const { code, result, directory } = await runScenario([
        'test/scenarios/stomp-only.ts',
        '-e',
        `URL=${broker.stompUrl}`,
      ])
      expect(result.verdict.reasons).toEqual([])
      expect(code).toBe(0)
      expect(readFileSync(join(directory, 'events.ndjson'), 'utf8')).not.toMatch(/passcode|guest/)
      expect(result.counters.http_reqs).toBe(0)
      expect(result.counters.iterations).toBe(20)
      expect(result.counters.ws_msgs_received).toBe(20)
      expect(result.trends['stomp_sending']?.count).toBe(20)
    } finally {
      await broker.stop()
    }
  }, 60_000)

  it('leaves at once at the second SIGINT', async () => {
    const started = performance.now()
    let signals = 0
    const finished = await stompede(
      ['run', 'test/scenarios/limits.yaml', '-e', 'ABORT=false', '-d', '60s'],
      (child) => {
        child.stderr?.on('data', (text: string) => {
          if (text.includes('00:05/') || text.includes('stopping')) {
            signals++
            child.kill('SIGINT')
          }
        })
      },
    )
    expect(signals).toBe(2)
    expect(finished.code).not.toBe(0)
    expect(performance.now() - started).toBeLessThan(20_000)
  }, 60_000)
})

describe('stompede, given what it cannot use', () => {
  it.each([
    [['run', 'scenarios/nowhere.ts'], 104, /^stompede: scenarios\/nowhere\.ts: cannot be read/],
    [
      ['run', 'scenarios/smoke.ts', '-u'],
      2,
      /^stompede: the command line has faults\n {2}- --users needs a value/,
    ],
    [['target', '--port', 'x'], 2, /--port wants a number \(is "x"\)/],
    [['report', 'reports/sample', '-o'], 2, /--out needs a value/],
    [
      ['run', 'scenarios/smoke.ts', '--reports', '/proc/stompede'],
      2,
      /reports cannot be written to \/proc\/stompede/,
    ],
    [['run', 'scenarios/smoke.ts', '--user', '5'], 2, /^stompede: Unknown argument: user/],
    [
      ['run', 'scenarios/smoke.ts', '-u', '0', '-d', 'soon', '-e', 'x'],
      2,
      /--duration wants[\s\S]*--users wants[\s\S]*--env wants NAME=value/,
    ],
    [
      ['run', 'scenarios/smoke.ts', '--target', 'https://chat.example.com/chat-ws', '--jwt-secret', 'fake'],
      2,
      /chat\.example\.com is not a loopback address; .*--allow-target chat\.example\.com/,
    ],
    [
      ['run', 'scenarios/smoke.ts', '--target', 'not a url', '--jwt-secret', 'fake'],
      2,
      /must be an http\(s\) URL/,
    ],
    [
      ['run', 'scenarios/smoke.ts', '--target', 'http://127.0.0.1:9', '--jwt-secret', 'fake'],
      14,
      /127\.0\.0\.1:9 does not answer: .*ECONNREFUSED/,
    ],
    [['run', 'scenarios/smoke.ts', '--target', 'http://127.0.0.1:9'], 2, /users need tokens/],
    [['run', 'scenarios/smoke.ts', '--fault', 'gremlins'], 2, /gremlins/],
    [
      ['run', 'scenarios/smoke.ts', '--tokens', 'nowhere.csv', '--target', 'http://127.0.0.1:9'],
      104,
      /token file cannot be read/,
    ],
    [['run', 'scenarios/smoke.ts', '--contract', '/nowhere'], 104, /contract/],
    [['report', '/nowhere'], 2, /nowhere/],
    [['juggle'], 2, /juggle|Unknown/],
    [[], 2, /Name a command/],
  ])('%j exits with %i and one clear line', async (args, code, words) => {
    const finished = await stompede(args)
    expect(finished.stderr).toMatch(words)
    expect(finished.stderr).not.toMatch(/\n\s+at /)
    expect(finished.code).toBe(code)
  })

  it('names a refused token before any load', async () => {
    const target = await import('../../src/target/spawn.ts')
    const { DEFAULT_TARGET } = await import('../../src/target/server.ts')
    const handle = await target.startTargetProcess({
      ...DEFAULT_TARGET,
      world: { users: 1, firstUserId: 1, rooms: [[1]] },
    })
    try {
      const finished = await stompede([
        'run',
        'scenarios/smoke.ts',
        '--target',
        handle.apiUrl,
        '--jwt-secret',
        'the-wrong-fake-secret',
      ])
      expect(finished.stderr).toMatch(
        /POST \/connect at http.* answered 401 for user 1: the token is not accepted/,
      )
      expect(finished.stderr).not.toContain('the-wrong-fake-secret')
      expect(finished.code).toBe(14)
    } finally {
      await handle.stop()
    }
  })

  it('names a broker that is not there', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'stompede-'))
    const port = await new Promise<number>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const { port: free } = server.address() as { port: number }
        server.close(() => resolve(free))
      })
    })
    const file = join(directory, 'raw.json')
    await writeFile(
      file,
      JSON.stringify({
        users: { executor: 'constant-vus', vus: 1, duration: '1s' },
        stomp: { url: `ws://127.0.0.1:${port}/ws` },
      }),
    )
    const finished = await stompede(['run', file])
    expect(finished.stderr).toMatch(/ECONNREFUSED/)
    expect(finished.code).toBe(14)
  })
})
