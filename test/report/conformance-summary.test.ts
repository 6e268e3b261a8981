import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { widthOf } from '../../src/report/columns.ts'
import { gateLine, plainGateLine, startGateLive } from '../../src/report/terminal/conformance-live.ts'
import { conformanceLines, summarizeConformance } from '../../src/report/terminal/conformance-summary.ts'
import { plain, type Screen } from '../../src/report/terminal/paint.ts'
import {
  allFailingResult,
  conformantResult,
  hostileConformance,
  inconclusiveResult,
  nonconformantResult,
  refusedResult,
  stoppedResult,
  unreachableResult,
} from './conformance-fixture.ts'
import { HOSTILE } from './fixture.ts'
import { expectGolden } from './golden.ts'

const directory = 'reports/20261122-101530-conform'
const written = [`${directory}/result.json`, `${directory}/report.html`, `${directory}/evidence`]

const EVERY = [
  conformantResult,
  nonconformantResult,
  inconclusiveResult,
  refusedResult,
  unreachableResult,
  stoppedResult,
  allFailingResult,
  hostileConformance,
]

/** A terminal that is none. */
function screen(properties: Partial<Screen>): Screen {
  return Object.assign(new PassThrough(), properties)
}

describe('the summary of a gate', () => {
  afterEach(() => vi.unstubAllEnvs())

  it.each([
    ['conformance-nonconformant.txt', nonconformantResult, 80],
    ['conformance-nonconformant-wide.txt', nonconformantResult, 200],
    ['conformance-conformant.txt', conformantResult, 80],
    ['conformance-stopped.txt', stoppedResult, 80],
    ['conformance-refused.txt', refusedResult, 80],
  ] as const)('reads as in %s', (name, result, columns) => {
    expectGolden(name, `${conformanceLines(result(), { columns, written, rows: 42 }).join('\n')}\n`)
  })

  it('leads with the verdict in words and the exit code', () => {
    const [head, sentence] = conformanceLines(nonconformantResult(), { columns: 100 })
    expect(head).toMatch(
      /^✘ NOT CONFORMANT {3}11 of 119 rules · 41\.7 s · seed 7 · rabbitmq-3\.10 .* exit 10$/,
    )
    expect(sentence).toMatch(/^ {2}2 of 8 MUST rules failed; /)
    expect(conformanceLines(conformantResult())[0]).toMatch(/^✔ CONFORMANT .* exit 0$/)
    expect(conformanceLines(inconclusiveResult())[0]).toMatch(/^\? INCONCLUSIVE .* exit 13$/)
    expect(conformanceLines(refusedResult())[0]).toMatch(/^\? UNREACHABLE .* exit 14$/)
  })

  it('has a row a section and a column a state that came up', () => {
    const lines = conformanceLines(nonconformantResult(), { columns: 200 })
    const row = (name: string): string[] | undefined =>
      lines
        .find((line) => line.startsWith(name))
        ?.slice(30)
        .trim()
        .split(/\s+/)
    expect(row('section')).toEqual([
      'PASS',
      'NON-STRICT',
      'INFO',
      'FAIL',
      'INCONCLUSIVE',
      'SKIP',
      'XFAIL',
      'XPASS',
    ])
    expect(row('Isolation and security')).toEqual(['·', '·', '·', '1', '·', '·', '1', '1'])
    expect(row('all')).toEqual(['2', '2', '1', '2', '1', '1', '1', '1'])
    expect(conformanceLines(conformantResult(), { columns: 200 }).join('\n')).not.toContain('FAIL  ')
  })

  it('tells of each case that broke: id, title, what came, remedy, and the line that repeats it', () => {
    const lines = conformanceLines(nonconformantResult(), { columns: 120 })
    const at = lines.findIndex((line) => line.startsWith('✘ FAIL ISOLATION-USER-DESTINATION'))
    expect(lines.slice(at, at + 5)).toEqual([
      '✘ FAIL ISOLATION-USER-DESTINATION  (MUST, critical) A user cannot read another user’s private destination',
      '    user 1 got 1 MESSAGE of user 2',
      '    remedy: Give each user a vhost of its own or a topic exchange with topic permissions: RabbitMQ checks routing keys',
      '    on topic exchanges only.',
      '    stompede conform --only ISOLATION-USER-DESTINATION --seed 7 --target http://127.0.0.1:3000/chat-ws',
    ])
    const text = lines.join('\n')
    expect(text).toContain('✘ XPASS ISOLATION-FORGED-EVENT')
    expect(text).toContain('? INCONCLUSIVE DELIVERY-AFTER-LEAVE')
    expect(text).not.toContain('HTTP-AUTH-EXPIRED')
  })

  it('never cuts a line that is to be copied', () => {
    const lines = conformanceLines(nonconformantResult(), { columns: 60 })
    expect(lines).toContain(
      '    stompede conform --only ISOLATION-USER-DESTINATION --seed 7 --target http://127.0.0.1:3000/chat-ws',
    )
  })

  it.each([60, 80, 120, 200])('fits a screen of %d columns', (columns) => {
    for (const result of EVERY) {
      const lines = conformanceLines(result(), { columns, written, rows: 42 })
      const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0)
      expect(rows).toBeLessThanOrEqual(45)
      for (const line of lines) {
        const isCopied = /stompede conform|^one again|^ {4}<\/script>/.test(line)
        if (!isCopied) expect(widthOf(line), line).toBeLessThanOrEqual(columns)
      }
    }
  })

  it('says how many cases it left out for want of room, and tells all of them where no screen is', () => {
    const short = conformanceLines(allFailingResult(), { rows: 42 })
    expect(short).toContain('and 99 more cases in the report')
    expect(short.find((line) => line.startsWith('one again'))).toBe(
      'one again  stompede conform --only RULE-001 --seed 7',
    )
    const piped = summarizeConformance(allFailingResult(), { stream: screen({}), written })
    expect(piped.match(/✘ FAIL RULE-\d+/g)).toHaveLength(119)
    expect(piped.match(/--only RULE-\d+/g)).toHaveLength(119)
  })

  it('says once why many cases are open', () => {
    const text = conformanceLines(stoppedResult()).join('\n')
    expect(text).toContain('? INCONCLUSIVE 118 cases  not asked: stopped by a signal')
    expect(text.match(/not asked/g)).toHaveLength(1)
  })

  it('takes no control characters from a target', () => {
    const text = conformanceLines(hostileConformance(), { columns: 200 }).join('')
    expect(text).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069\u2028]/u)
    expect(text).toContain('␛[2J')
  })

  it('is as wide as the terminal and has colours there only, none with NO_COLOR', () => {
    vi.stubEnv('NO_COLOR', undefined)
    vi.stubEnv('FORCE_COLOR', undefined)
    vi.stubEnv('NODE_DISABLE_COLORS', undefined)
    const show = (stream: Screen): string => summarizeConformance(inconclusiveResult(), { stream, written })
    const coloured = show(screen({ isTTY: true, columns: 80 }))
    const piped = show(screen({ columns: 200 }))
    expect(coloured).toContain('\x1b[1m\x1b[33m? INCONCLUSIVE')
    expect(piped).not.toContain('\x1b')
    expect(stripVTControlCharacters(coloured)).toBe(piped)
    const widest = Math.max(
      ...stripVTControlCharacters(show(screen({ isTTY: true, columns: 200 })))
        .split('\n')
        .map(widthOf),
    )
    expect(widest).toBeGreaterThan(100)
    vi.stubEnv('NO_COLOR', '1')
    expect(show(Object.assign(screen({ isTTY: true, columns: 80 }), { getColorDepth: () => 1 }))).toBe(piped)
  })
})

describe('a gate in progress', () => {
  const progress = { done: 63, total: 119, failed: 2, running: ['STOMP-HEART-BEAT', 'ISOLATION-TRACE'] }

  it('is one line: bar, time, cases that ended, failures, what is under way', () => {
    expect(gateLine(progress, 12.7, 100, plain)).toBe(
      '████████████▊░░░░░░░░░░░  00:12  63 of 119 cases  2 failed  STOMP-HEART-BEAT, ISOLATION-TRACE',
    )
    expect(gateLine({ done: 0, total: 119, failed: 0, running: [] }, 0, 100, plain)).toBe(
      '░░░░░░░░░░░░░░░░░░░░░░░░  00:00  0 of 119 cases',
    )
  })

  it('says that it starts before it knows how many cases there are', () => {
    const nothing = { done: 0, total: 0, failed: 0, running: [] }
    expect(gateLine(nothing, 1, 60, plain)).toMatch(/^░+ {2}00:01 {2}starting$/)
    expect(plainGateLine(nothing, 5)).toBe('00:05 starting')
  })

  it('is narrower than the terminal, and takes no control characters', () => {
    for (const columns of [41, 60, 80, 200]) {
      for (const running of [[], progress.running, [HOSTILE], ['안녕 '.repeat(60)]]) {
        const line = gateLine({ ...progress, running }, 3_700, columns, plain)
        expect(widthOf(line), line).toBeLessThan(columns)
        expect(line).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u)
      }
    }
  })

  it('is a plain line in a log', () => {
    expect(plainGateLine(progress, 12.7)).toBe(
      '00:12 63/119 cases failed 2 now STOMP-HEART-BEAT ISOLATION-TRACE',
    )
  })

  it('writes such a line every five seconds where there is no terminal, and none once it is stopped', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const stream = new PassThrough()
      const live = startGateLive({ stream })
      live.update(progress)
      vi.advanceTimersByTime(4_900)
      live.log('a note\x1b[2J')
      vi.advanceTimersByTime(5_200)
      live.update({ ...progress, done: 64 })
      vi.advanceTimersByTime(5_000)
      live.stop()
      vi.advanceTimersByTime(60_000)
      const lines = String(stream.read()).split('\n')
      expect(lines.map((line) => line.replace(/^\d\d:\d\d /, '').slice(0, 12))).toEqual([
        'a note␛[2J',
        '63/119 cases',
        '63/119 cases',
        '64/119 cases',
        '',
      ])
    } finally {
      vi.useRealTimers()
    }
  })

  it('takes its line away in a terminal when it is stopped', () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 40 })
    const live = startGateLive({ stream })
    live.update(progress)
    live.log('a note')
    const drawn = String(stream.read())
    expect(drawn.indexOf('a note')).toBeLessThan(drawn.indexOf('63 of 119 cases'))
    live.stop()
    const rest = String(stream.read())
    expect(rest).toContain('\x1b[2K')
    expect(rest).not.toContain('63 of 119')
  })
})
