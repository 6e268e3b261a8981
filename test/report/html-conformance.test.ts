import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ConformanceCase, ConformanceResult } from '../../src/measure/conformance.ts'
import { conformancePage } from '../../src/report/page/conformance-page.ts'
import {
  allFailingResult,
  conformantResult,
  hostileConformance,
  nonconformantResult,
  refusedResult,
  unreachableResult,
} from './conformance-fixture.ts'
import { HOSTILE } from './fixture.ts'
import { expectGolden } from './golden.ts'
import { contentOf, readingOf } from './page.ts'

describe('the page of a gate', () => {
  it.each([
    ['conformance-nonconformant.html', nonconformantResult],
    ['conformance-conformant.html', conformantResult],
    ['conformance-refused.html', refusedResult],
  ])('reads as in %s', (name, result) => {
    expectGolden(name, contentOf(conformancePage(result())))
  })

  it('counts each section’s cases by state', () => {
    const reading = readingOf(conformancePage(nonconformantResult()), 'sections')
    expect(reading).toContain('Section FAIL XPASS INCONCLUSIVE NON-STRICT XFAIL SKIP INFO PASS')
    expect(reading).toContain(' HTTP: authentication 0 0 0 1 0 1 0 1 ')
    expect(reading).toContain(' Isolation and security 1 1 0 0 1 0 0 0 ')
    expect(reading).toContain(' All 2 1 1 2 1 1 1 2 ')
  })

  it('tells everything of a case that failed', () => {
    const reading = readingOf(conformancePage(nonconformantResult()), 'open')
    const of = reading.slice(
      reading.indexOf('ISOLATION-USER-DESTINATION'),
      reading.indexOf('Passed unexpectedly'),
    )
    for (const words of [
      'MUST · critical · 212 ms',
      'Demand What is addressed to one user reaches nobody else. derived, isolation',
      'Sent user 1 subscribes to /exchange/chat.direct/user.2; user 2 connects',
      'Expected SUBSCRIBE is refused no MESSAGE reaches user 1 while user 2 gets its own',
      'What came user 1 got 1 MESSAGE of user 2',
      'What to do Give each user a vhost of its own',
      '0.0 user 1 stomp → sent SUBSCRIBE id:1 destination:/exchange/chat.direct/user.2 receipt:r-1',
      '9.1 user 2 http ← received 200 ',
      '12.5 checker · remark positive control: user 2 got the same event',
      'stompede conform --only ISOLATION-USER-DESTINATION --seed 7 --target http://127.0.0.1:3000/chat-ws',
      'evidence/ISOLATION-USER-DESTINATION.frames',
    ])
      expect(of).toContain(words)
  })

  it('tells of a case that did not simply pass where and why it is excused', () => {
    const reading = readingOf(conformancePage(nonconformantResult()), 'open')
    expect(reading).toContain(
      'Excused by profile: a refused CONNECT leaves the socket open (rabbitmq-3.10, measured on 3.10.8)',
    )
    expect(reading).toContain('Found at /message {')
    expect(reading).toContain('Reason expired tokens cannot be made without --jwt-secret or --jwt-key')
    // The strict outcome needs no words.
    expect(reading).not.toContain('HTTP-AUTH-NONE')
  })

  it('leads from each case that did not simply pass to its evidence', () => {
    const page = conformancePage(nonconformantResult())
    const targets = [...page.matchAll(/href="#(case-[^"]*)"/g)].map(([, id]) => id)
    expect(targets).toHaveLength(9)
    for (const id of targets) expect(page.match(new RegExp(`id="${id}"`, 'g'))).toHaveLength(1)
  })

  it('shows drift, coverage and what the known failures need', () => {
    const page = conformancePage(nonconformantResult())
    expect(readingOf(page, 'drift')).toContain('new_message /message/edited_at 41')
    expect(readingOf(page, 'drift')).toContain('new_message /message/message_type image, file')
    expect(readingOf(page, 'coverage')).toContain('104 of 119 normative statements (87.4 %)')
    expect(readingOf(page, 'coverage')).toContain(
      'Expired ISOLATION-TRACE-EXCHANGE (2026-10-31) Match no rule HTTP-OLD-RULE',
    )
    expect(readingOf(page, 'run')).toContain('Profile rabbitmq-3.10 from the server header of CONNECTED')
  })

  it('claims nothing of payloads when nothing was asked', () => {
    expect(readingOf(conformancePage(refusedResult()), 'drift')).toContain(
      'Nothing was asked, so no payload was seen.',
    )
    expect(readingOf(conformancePage(conformantResult()), 'drift')).toContain('nothing undocumented came')
    expect(conformancePage(unreachableResult())).not.toContain('class="case unsure" open')
  })
})

describe('the size of a gate’s page', () => {
  it('is at most a megabyte with 119 failures, and each names the place of what is left out', () => {
    const page = conformancePage(allFailingResult(120))
    expect(Buffer.byteLength(page)).toBeLessThanOrEqual(1_000_000)
    expect(page.match(/<details class="case bad"/g)).toHaveLength(119)
    expect(readingOf(page, 'open')).toMatch(/\d+ lines left out; all are in evidence\/RULE-119\.txt/)
  })

  it('is at most a megabyte whatever the payloads are', () => {
    const long = `${HOSTILE}${'<'.repeat(100)}${'한'.repeat(4_000)}`
    const result: ConformanceResult = allFailingResult(40)
    result.cases = result.cases.map((each): ConformanceCase => ({
      ...each,
      title: long,
      sends: long,
      expected: Array.from({ length: 20 }, () => long),
      actual: long,
      remedy: long,
      reproduce: [long, long, long],
      basis: { ...each.basis, quote: long, section: long },
      fragment: { path: long, found: long },
      excuse: { from: 'profile', reason: long, source: long },
      transcript: each.transcript.slice(0, 2).map((line) => ({ ...line, text: long, actor: long })),
    }))
    expect(Buffer.byteLength(conformancePage(result))).toBeLessThanOrEqual(1_000_000)
  })

  it('uses the room it has', () => {
    const page = conformancePage(allFailingResult(12))
    expect(readingOf(page, 'open')).not.toContain('left out')
  })
})

describe('the safety of a gate’s page', () => {
  const pages = [nonconformantResult, conformantResult, refusedResult, hostileConformance].map((result) =>
    conformancePage(result()),
  )

  it('runs its own script and styles only, by their hashes, and refers to nothing outside itself', () => {
    for (const page of pages) {
      const policy =
        /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/
          .exec(page)?.[1]
          ?.replaceAll('&#39;', "'") ?? ''
      expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-/)
      expect(policy).not.toContain('unsafe')
      const bodies = [...page.matchAll(/<(script|style)>([\s\S]*?)<\/\1>/g)].map(
        (match) => match[2] as string,
      )
      expect(bodies).toHaveLength(3)
      for (const body of bodies)
        expect(policy).toContain(`'sha256-${createHash('sha256').update(body).digest('base64')}'`)
      for (const tag of contentOf(page).match(/<[a-z][^>]*>/g) ?? []) {
        expect(tag).not.toMatch(/\s(?:src|srcset|action|style|on\w+)=/)
        expect(tag).not.toMatch(/\shref="[^#]/)
      }
    }
  })

  it('holds no element, control character or turned direction that a payload brought along', () => {
    const hostile = pages[3] as string
    expect(hostile.match(/<script/g)).toHaveLength(1)
    expect(hostile).not.toContain('<img')
    expect(contentOf(hostile).replaceAll(/[\n\t]/g, '')).not.toMatch(
      /[\p{Cc}\u202a-\u202e\u2066-\u2069\u2028\u2029]/u,
    )
    expect(hostile).toContain('&lt;/script&gt;&lt;script&gt;document.title=&quot;owned&quot;')
    expect(hostile).toContain('⟨U+202E⟩exe.gnp␀␛[2J')
    expect(hostile).toContain('id="case-______escape"')
  })
})
