import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RunResult } from '../../src/measure/result.ts'
import { readComparison, readResult } from '../../src/report/read-result.ts'
import { stompede } from './cli.ts'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const SECRET = 'an-obviously-fake-secret'

/** The words of a comparison of two start commands at one port, and where its reports go. */
async function comparison(changeOfB: string): Promise<{ words: string[]; reports: string; port: number }> {
  const port = await freePort()
  const reports = mkdtempSync(join(tmpdir(), 'stompede-compare-'))
  const target = `node src/stompede.js target --port ${port} --stomp-port 0 --users 12 --rooms 3 --room-size 4 --jwt-secret ${SECRET}`
  const words = [
    'compare',
    '--ab',
    '--a',
    target,
    '--b',
    `${target} ${changeOfB}`,
    'test/compare/short-pair.yaml',
  ]
  return {
    words: [
      ...words,
      '--target',
      `http://127.0.0.1:${port}/chat-ws`,
      '--jwt-secret',
      SECRET,
      '--reports',
      reports,
    ],
    reports,
    port,
  }
}

function directoryIn(reports: string): string {
  const [name] = readdirSync(reports).filter((each) => each.endsWith('-compare'))
  if (name === undefined) throw new Error('no report was written')
  return join(reports, name)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  const [what] = await Promise.race([
    once(server, 'listening').then(() => ['free']),
    once(server, 'error').then(() => ['taken']),
  ])
  server.close()
  return what === 'free'
}

// Two whole runs with a deployment of their own each: on a busy machine that takes its time.
describe.concurrent('stompede compare by pairs', { timeout: 90_000 }, () => {
  it('runs both sides by their start commands, with one plan, and says what it measured', async () => {
    const { words, reports, port } = await comparison('--service "constant(60ms)" --fault duplicate:1/5')
    const { code, stderr } = await stompede([...words, '--pairs', '1', '-o', 'html', '-o', 'markdown'])
    const directory = directoryIn(reports)
    const result = await readComparison(directory)
    expect(result).toMatchObject({
      method: 'pairs',
      run: { isPartial: false, stoppedBy: 'plan' },
      sides: { a: { runs: 1, discarded: 0 }, b: { runs: 1, discarded: 0 } },
      pairs: [{ number: 1, results: { a: 'runs/01-a/result.json', b: 'runs/01-b/result.json' } }],
    })
    const [pair] = result.pairs
    const [a, b] = await Promise.all(
      (['a', 'b'] as const).map((side): Promise<RunResult> =>
        readResult(join(directory, pair?.results[side] ?? '')),
      ),
    )
    // The same plan on both sides, with the pair's own seed; 60 messages to three others each.
    expect([a?.plan.hash, a?.plan.seed]).toEqual([b?.plan.hash, pair?.seed])
    expect([a?.counters.messages_sent, a?.counters.deliveries_expected]).toEqual([60, 180])
    expect(pair?.a['last_delivery_p50']).toBe(
      (a?.trends['message_last_delivery']?.percentilesUs['50'] ?? 0) / 1e3,
    )
    // 60 ms on every message of B; its processes were seen.
    const p50 = result.metrics.find(({ id }) => id === 'last_delivery_p50')
    expect(p50?.b).toBeGreaterThanOrEqual(60)
    expect(p50?.logRatios[0]).toBeCloseTo(
      Math.log((pair?.b['last_delivery_p50'] ?? 0) / (pair?.a['last_delivery_p50'] ?? 1)),
      9,
    )
    expect(pair?.a['cpu_per_1000_deliveries']).toBeGreaterThan(0)
    expect(pair?.a['cpu_per_1000_deliveries']).toBeLessThan(20)
    // One pair tells nothing of latencies, but B delivers twice and A does not.
    expect(p50).toMatchObject({ verdict: 'unknown', change: null })
    expect(result.absolute.find(({ name }) => name === 'deliveries_duplicated')).toMatchObject({
      a: 0,
      status: 'worse',
    })
    expect(result.verdict).toMatchObject({ status: 'worse', exitCode: 12 })
    expect(code).toBe(12)
    expect(stderr).toMatch(/pair 1 of 1 · [AB] p99 .* ms · [AB] p99 .* ms/)
    expect(existsSync(join(directory, 'report.html')) && existsSync(join(directory, 'summary.md'))).toBe(true)
    // The secret stands in the start commands, and nowhere in what is kept or shown.
    for (const file of ['result.json', 'report.html', 'summary.md', ...Object.values(pair?.results ?? {})])
      expect(readFileSync(join(directory, file), 'utf8'), file).not.toContain(SECRET)
    expect(stderr).not.toContain(SECRET)
    expect(await isFree(port)).toBe(true)
  })

  it('stops at SIGINT with what there is, and ends what it started', async () => {
    const { words, reports, port } = await comparison('')
    const { code, stderr } = await stompede(words, (child) => {
      child.stderr?.on('data', (text: string) => {
        if (text.includes('pair 1 of 8')) child.kill('SIGINT')
      })
    })
    expect(code).toBe(105)
    expect(stderr).toMatch(/stopping/)
    const directory = directoryIn(reports)
    expect(await readComparison(directory)).toMatchObject({
      run: { isPartial: true, stoppedBy: 'signal' },
      pairs: [],
      verdict: { status: 'unknown', exitCode: 105, reasons: ['stopped by a signal after 0 pairs'] },
    })
    expect(readdirSync(join(directory, 'runs')).length).toBeGreaterThanOrEqual(1)
    expect(await isFree(port)).toBe(true)
  })

  it('ends with 14 and one line where a side does not start, and writes nothing', async () => {
    const { words, reports } = await comparison('')
    const dead = words.map((word) => (word.startsWith('node ') ? 'echo "Error: no database"; exit 3' : word))
    const { code, stderr } = await stompede(dead)
    expect(code).toBe(14)
    expect(stderr).toMatch(
      /^stompede: [AB] ended with code 3 before it answered at .*; its last line: Error: no database$/m,
    )
    expect(readdirSync(reports)).toEqual([])
  })
})
