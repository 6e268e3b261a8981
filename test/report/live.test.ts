import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { widthOf } from '../../src/report/columns.ts'
import { startLive } from '../../src/report/terminal/live.ts'
import { liveLines, type LiveView, plainLine } from '../../src/report/terminal/live-lines.ts'
import { plain } from '../../src/report/terminal/paint.ts'
import type { Progress } from '../../src/report/terminal/progress.ts'
import { HOSTILE } from './fixture.ts'
import { expectGolden } from './golden.ts'
import { progressAt, troubledAt } from './progress.ts'

/** Codes that show (h) or hide (l) the cursor. */
const CURSOR = new RegExp(String.raw`\x1b\[\?25[hl]`, 'g')

const fifteen = Array.from({ length: 15 }, (_, i) => progressAt(i + 1))

function view(history: readonly Progress[], elapsedSeconds = history.at(-1)?.second ?? 0): LiveView {
  return { title: 'steady', plannedSeconds: 30, elapsedSeconds, history }
}

function lineOf(lines: readonly string[], label: string): string | undefined {
  return lines
    .find((line) => line.startsWith(label))
    ?.replaceAll(/\s+/g, ' ')
    .trim()
}

describe('the live block', () => {
  it.each([
    ['live-running.txt', view(fifteen), 80],
    ['live-troubled.txt', view([...fifteen, troubledAt(16)]), 120],
    ['live-starting.txt', view([]), 80],
  ])('reads as in %s', (name, what, columns) => {
    expectGolden(name, `${liveLines(what, columns, plain).join('\n')}\n`)
  })

  it('shows the second’s own rates, not sums', () => {
    const lines = liveLines(view(fifteen), 100, plain)
    expect(lineOf(lines, 'sent')).toMatch(/^sent 33\/s /)
    expect(lineOf(lines, 'delivered')).toMatch(/^delivered 330\/s .* 100 % arrived · 12 pending$/)
  })

  it('shows the latency of this second and of the whole run', () => {
    const lines = liveLines(view(fifteen), 80, plain)
    expect(lineOf(lines, '  now')).toBe('now 3.1 ms 9.2 ms 12 ms')
    expect(lineOf(lines, '  overall')).toBe('overall 2.9 ms 8.8 ms 12 ms')
    const silent = liveLines(view([progressAt(1, { interval: undefined, overall: undefined })]), 80, plain)
    expect(lineOf(silent, '  now')).toBe('now – – –')
  })

  it('counts the delivered share of what is settled, so that what is on its way is no loss', () => {
    const lines = liveLines(
      view([
        progressAt(2, {
          count: { deliveries_received: 600, deliveries_lost: 40, deliveries_expected: 700 },
          pending: 60,
        }),
      ]),
      100,
      plain,
    )
    expect(lineOf(lines, 'delivered')).toContain('93.8 % arrived · 60 pending')
  })

  it.each([
    [[progressAt(1, { usersWanted: 10 })], 1, 'users coming'],
    [[progressAt(1), progressAt(2)], 2, 'running'],
    [[progressAt(1), progressAt(2, { usersWanted: 5 })], 2, 'users leaving'],
    [[progressAt(29), progressAt(30, { usersWanted: 0, users: 7 })], 31, 'users leaving'],
    [[progressAt(29), progressAt(30, { usersWanted: 0, users: 0 })], 31, 'draining'],
    [[], 0, 'starting'],
  ])('names the phase (%#)', (history, elapsed, phase) => {
    expect(liveLines(view(history, elapsed), 80, plain)[0]).toContain(` ${phase} `)
  })

  it('never gets wider than the terminal, however narrow', () => {
    for (const columns of [41, 60, 80, 120, 200]) {
      for (const history of [
        [],
        fifteen,
        [...fifteen, troubledAt(16)],
        [progressAt(1, { topErrors: [{ class: HOSTILE, count: 3, example: HOSTILE }] })],
      ]) {
        for (const line of liveLines({ ...view(history), title: '안녕 '.repeat(40) }, columns, plain)) {
          expect(widthOf(line), line).toBeLessThan(columns)
        }
      }
    }
  })

  it('takes no control characters from a target', () => {
    const hostile = progressAt(1, { topErrors: [{ class: HOSTILE, count: 3, example: HOSTILE }] })
    const text = liveLines({ ...view([hostile]), title: HOSTILE }, 200, plain).join('')
    expect(text).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u)
  })
})

describe('the plain line', () => {
  it('holds what a log needs', () => {
    expect(plainLine(progressAt(15))).toBe(
      '00:15/00:30 users 1000/1000 sent 33/s delivered 330/s lost 0 p50 3.1 ms p99 12 ms',
    )
  })

  it('adds what went wrong', () => {
    expect(plainLine(troubledAt(2))).toBe(
      '00:02/00:30 users 1000/1000 sent 33/s delivered 289/s lost 41 p50 3.1 ms p99 12 ms errors 10 violations 23 failing message_delivery p(99)<250 (≥ 30,000 ms)',
    )
  })
})

describe('a live display', () => {
  it('writes one plain line every five seconds where there is no terminal', () => {
    const stream = new PassThrough()
    const live = startLive({ stream, title: 'steady', plannedSeconds: 30 })
    for (let second = 1; second <= 12; second++) live.update(progressAt(second))
    live.log('a note\x1b[2J')
    live.stop()
    live.update(progressAt(20))
    const lines = (stream.read() as Buffer).toString().split('\n')
    expect(lines.map((line) => line.slice(0, 5))).toEqual(['00:05', '00:10', 'a not', ''])
    expect(lines.join('')).not.toMatch(/\p{Cc}/u)
  })

  it('writes plain lines to a terminal that does not know its size', () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 0 })
    const live = startLive({ stream, title: 'steady', plannedSeconds: 30 })
    live.update(progressAt(5))
    live.stop()
    expect(String(stream.read())).toMatch(/^00:05\/00:30 users .*\n$/)
  })

  it('draws a block on a terminal, log lines above it, and takes it away in the end', () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 40 })
    const live = startLive({ stream, title: 'steady', plannedSeconds: 30 })
    live.update(progressAt(1))
    live.log('a note')
    const drawn = (stream.read() as Buffer).toString()
    expect(drawn.indexOf('a note')).toBeLessThan(drawn.indexOf('delivered'))
    live.stop()
    live.stop()
    live.update(progressAt(2))
    const rest = (stream.read() as Buffer).toString()
    expect(rest).toContain('\x1b[2K')
    expect(rest).not.toContain('delivered')
    live.log('afterwards')
    expect(String(stream.read())).toBe('afterwards\n')
  })

  // `script` gives the child a terminal; other systems' script takes other arguments.
  const hasTerminal = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0
  it.skipIf(!hasTerminal)('gives the cursor back on every way out', () => {
    for (const way of ['stop', 'exit', 'throw', 'signal']) {
      const child = `stty cols 100 rows 40; '${process.execPath}' '${join(import.meta.dirname, 'live-child.ts')}' ${way}`
      const { stdout } = spawnSync('script', ['-qec', child, '/dev/null'], {
        encoding: 'utf8',
        timeout: 20_000,
      })
      const cursor = stdout.match(CURSOR)
      expect(cursor?.[0], way).toBe('\x1b[?25l')
      expect(cursor?.at(-1), way).toBe('\x1b[?25h')
      expect(stdout, way).toContain('a line that stays')
    }
  })
})
