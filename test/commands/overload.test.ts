import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HistogramLogReader } from 'hdr-histogram-js'
import { describe, expect, it } from 'vitest'
import { runScenario } from './cli.ts'

describe('a target that is asked for more than it can do', () => {
  it('is called overloaded, with the load it would have carried, and the books still agree with the clock', async () => {
    // One server that takes 20 ms a message carries 50 of the 60 messages a second.
    const { code, result, files, stdout, directory } = await runScenario([
      'test/scenarios/overload.yaml',
      '--service',
      'n=1 constant(20ms)',
      '--freeze',
      '1ms/30s',
      '-o',
      'hlog',
      '--workers',
      '1',
    ])
    const check = (id: string): (typeof result.validity.checks)[number] | undefined =>
      result.validity.checks.find((each) => each.id === id)

    // Runs of another behaviour are another series of a trend.
    expect(result.environment.target.behaviour).toBe('service n=1 constant(20ms), freeze 1ms/30s')
    expect(check('stationarity')).toMatchObject({ status: 'suspect' })
    expect(check('stationarity')?.value).toBeGreaterThan(0.5)
    const [, carried] = /use a rate of (\d+)\/s for "say"$/.exec(check('stationarity')?.proposal ?? '') ?? []
    // A tenth below what it did deliver of the steady load's last two seconds.
    const [received = [], sent = []] = ['deliveries_received', 'messages_sent'].map((name) =>
      (result.timeline.columns[name] ?? []).slice(7, 9),
    )
    const share = ((received[0] ?? 0) + (received[1] ?? 0)) / 10 / ((sent[0] ?? 0) + (sent[1] ?? 0))
    expect(share).toBeLessThan(0.95)
    expect(Number(carried)).toBe(Math.floor(0.9 * share * 60 + 1e-6))
    expect(result.verdict.reasons.at(-1)).toMatch(
      /^overload: \d+ deliveries were on their way in the first third/,
    )
    expect(stdout).toContain('→ the target delivered')
    // What overload makes slow is the target's: its threshold is judged, and fails.
    expect(result.thresholds).toMatchObject([{ status: 'fail' }])
    expect(code).toBe(99)

    // Counted at moments of chance, and added up from time stamps: the same work.
    expect(check('little')).toMatchObject({ status: 'ok' })
    expect(check('little')?.isJudged).toBeUndefined()
    expect(check('little')?.value).toBeLessThan(0.05)

    // 420 messages are owed to ten users each; those planned in the first second are in no total.
    expect(result.plan.warmUpSeconds).toBe(1)
    expect(result.ledger.messages).toMatchObject({ sent: 420, expected: 4200, received: 4200 })
    expect(result.trends['message_delivery']?.count).toBe(3600)
    expect(result.trends['message_delivery{basis:service}']?.count).toBe(3600)
    expect(result.trends['message_last_delivery']?.count).toBe(360)
    expect(result.trends['iteration_duration']?.count).toBe(360)
    expect(result.trends['http_req_duration{call:send-message}']?.count).toBe(360)
    expect(result.trends['session_connecting']?.count).toBe(200)
    expect(result.counters.iterations).toBe(420)

    // The log has every second, and so every delivery.
    expect(files).toEqual(expect.arrayContaining(['intervals.hlog', 'result.json']))
    const reader = new HistogramLogReader(readFileSync(join(directory, 'intervals.hlog'), 'utf8'))
    const counts = new Map<string, number>()
    for (let next = reader.nextIntervalHistogram(); next !== null; next = reader.nextIntervalHistogram()) {
      expect(next.endTimeStampMsec - next.startTimeStampMsec).toBe(1000)
      counts.set(next.tag, (counts.get(next.tag) ?? 0) + next.totalCount)
    }
    expect(Object.fromEntries(counts)).toMatchObject({
      message_delivery: 4200,
      'message_delivery{basis:service}': 4200,
      message_last_delivery: 420,
      'http_req_duration{call:send-message}': 420,
      // A start and a message for each.
      generator_lateness: 840,
    })
  }, 60_000)
})
