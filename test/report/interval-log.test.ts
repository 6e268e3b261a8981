import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Histogram as Hdr, HistogramLogReader, listTags } from 'hdr-histogram-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Histogram } from '../../src/measure/histogram.ts'
import type { RunResult } from '../../src/measure/result.ts'
import { intervalLog } from '../../src/report/files/interval-log.ts'
import { REPORTERS } from '../../src/report/reporters.ts'
import { emptyResult, healthyResult } from './fixture.ts'

/** A run of twelve seconds in intervals of five: what was recorded, and the result that holds it. */
function loggedRun(): { result: RunResult; recorded: Map<string, number[]> } {
  const recorded = new Map<string, number[]>()
  const intervalsOf = (
    metric: string,
    perInterval: readonly (readonly number[])[],
  ): RunResult['intervals']['series'][string] => {
    recorded.set(metric, perInterval.flat())
    return perInterval.map((samplesUs) => {
      if (samplesUs.length === 0) return null
      const histogram = new Histogram(2)
      for (const sample of samplesUs) histogram.record(sample)
      return histogram.encode()
    })
  }
  const spread = (count: number, fromUs: number): number[] =>
    Array.from({ length: count }, (_, i) => Math.round(fromUs * 1.003 ** i))
  const result = healthyResult()
  result.run.startedAt = '2026-11-22T10:15:30.250Z'
  result.timeline.columns['second'] = Array.from({ length: 12 }, (_, i) => i + 1)
  result.intervals = {
    stepSeconds: 5,
    series: {
      message_delivery: intervalsOf('message_delivery', [
        spread(900, 400),
        spread(2_000, 600),
        spread(70_000, 1).map((us) => us % 90_000),
      ]),
      'message_delivery{basis:service}': intervalsOf('message_delivery{basis:service}', [
        [],
        spread(500, 300),
        [],
      ]),
    },
  }
  return { result, recorded }
}

/** Every interval of a log, as the format's own reader sees them. */
function readLog(text: string): Hdr[] {
  const reader = new HistogramLogReader(text)
  const intervals: Hdr[] = []
  for (let next = reader.nextIntervalHistogram(); next !== null; next = reader.nextIntervalHistogram()) {
    intervals.push(next)
  }
  return intervals
}

describe('intervals.hlog', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'stompede-hlog-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  it('is read by HdrHistogram’s reader: tags, starts and lengths', async () => {
    const { result } = loggedRun()
    const [path = ''] = await REPORTERS.hlog(result, directory)
    expect(path).toBe(join(directory, 'intervals.hlog'))
    const text = await readFile(path, 'utf8')
    expect(listTags(text)).toEqual(['message_delivery', 'message_delivery{basis:service}'])
    const startMs = Date.parse('2026-11-22T10:15:30.250Z')
    expect(
      readLog(text).map(({ tag, startTimeStampMsec, endTimeStampMsec, totalCount }) => [
        tag,
        startTimeStampMsec - startMs,
        endTimeStampMsec - startTimeStampMsec,
        totalCount,
      ]),
    ).toEqual([
      ['message_delivery', 0, 5000, 900],
      ['message_delivery', 5000, 5000, 2000],
      ['message_delivery{basis:service}', 5000, 5000, 500],
      ['message_delivery', 10_000, 2000, 70_000],
    ])
  })

  it('adds up to what was recorded: the counts exactly, and so the percentiles', () => {
    const { result, recorded } = loggedRun()
    const intervals = readLog(intervalLog(result))
    for (const [metric, samplesUs] of recorded) {
      const [whole, ...parts] = intervals.filter(({ tag }) => tag === metric)
      if (whole === undefined) throw new Error(`no interval of ${metric}`)
      for (const part of parts) whole.add(part)
      const direct = new Histogram(2)
      for (const sample of samplesUs) direct.record(sample)
      expect(whole.totalCount).toBe(samplesUs.length)
      for (const p of [0.1, 25, 50, 90, 99, 99.9, 99.99, 100]) {
        expect(Math.min(whole.getValueAtPercentile(p), direct.maxUs), `p${p} of ${metric}`).toBe(
          direct.valueAt(p),
        )
      }
    }
  })

  it('has the head that the format wants, and fields that nothing in a tag can break', () => {
    const { result } = loggedRun()
    const [column] = Object.values(result.intervals.series)
    result.intervals.series = { 'http_req_duration{call:a, b}': column ?? [] }
    const lines = intervalLog(result).trimEnd().split('\n')
    expect(lines.slice(0, 5)).toEqual([
      '#[Histogram log format version 1.3]',
      '#[StartTime: 1795342530.250 (seconds since epoch), 2026-11-22T10:15:30.250Z]',
      '#[BaseTime: 1795342530.250 (seconds since epoch)]',
      '#[Values are in microseconds, Interval_Max is in milliseconds]',
      '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ])
    expect(lines).toHaveLength(8)
    for (const line of lines.slice(5)) {
      expect(line).toMatch(
        /^Tag=http_req_duration\{call:a__b\},\d+\.000,\d+\.000,\d+\.\d{3},[A-Za-z0-9+/]+=*$/,
      )
    }
    expect(lines[5]).toContain(`,0.000,5.000,${((400 * 1.003 ** 899) / 1e3).toFixed(3)},`)
  })

  it('of a run in which nothing happened is a head', () => {
    expect(readLog(intervalLog(emptyResult()))).toEqual([])
  })
})
