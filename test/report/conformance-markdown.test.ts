import { describe, expect, it } from 'vitest'
import { annotationLines } from '../../src/report/files/conformance-github.ts'
import { markdownText } from '../../src/report/files/conformance-markdown.ts'
import { MOST_BYTES, plainMarkdown } from '../../src/report/files/markdown.ts'
import {
  allFailingResult,
  caseOf,
  conformantResult,
  hostileConformance,
  inconclusiveResult,
  nonconformantResult,
  refusedResult,
  stoppedResult,
  unreachableResult,
} from './conformance-fixture.ts'
import { expectGolden } from './golden.ts'

describe('Markdown of a gate', () => {
  it.each([
    ['conformance-nonconformant.md', nonconformantResult],
    ['conformance-conformant.md', conformantResult],
    ['conformance-refused.md', refusedResult],
  ])('reads as in %s', (name, result) => {
    expectGolden(name, markdownText(result()))
  })

  const texts = [
    conformantResult,
    nonconformantResult,
    inconclusiveResult,
    refusedResult,
    unreachableResult,
    stoppedResult,
    allFailingResult,
    hostileConformance,
  ].map((result) => markdownText(result()))

  it('is at most 48 KB, and 60 lines before the first fold', () => {
    for (const text of texts) {
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MOST_BYTES)
      expect((text.split('<details>')[0] as string).split('\n').length).toBeLessThanOrEqual(60)
    }
    expect(MOST_BYTES).toBeLessThanOrEqual(48_000)
  })

  it('uses the room it has and says what it left out', () => {
    const text = markdownText(allFailingResult())
    expect(Buffer.byteLength(text)).toBeGreaterThan(40_000)
    const shown = text.match(/<details>/g)?.length ?? 0
    expect(text).toContain(`The evidence of ${119 - shown} more cases is in \`report.html\`.`)
    expect(text).toContain('| | | and 104 more cases | |')
  })

  it('has tables whose rows all have the same cells', () => {
    for (const text of texts) {
      const tables = text.matchAll(/(?:^\|.*\|\n)+/gm)
      for (const [table] of tables) {
        const cells = table
          .trim()
          .split('\n')
          .map((row) => row.replaceAll(/\\\|/g, '').split('|').length)
        expect(new Set(cells).size, table).toBe(1)
      }
    }
  })

  it('lets nothing in a text be markup, a mention, a reference or a row', () => {
    expect(plainMarkdown('a | b `c` <i> *d* _e_ [f](g) ~h~ \\ & @team #12\nnext', 200)).toBe(
      String.raw`a \| b \`c\` &lt;i&gt; \*d\* \_e\_ \[f\](g) \~h\~ \\ &amp; @&#8203;team #&#8203;12 next`,
    )
  })

  it('closes each fold and each fence it opens, whatever a payload holds', () => {
    const hostile = markdownText(hostileConformance())
    const lines = hostile.split('\n')
    let fence: string | undefined
    let open = 0
    for (const line of lines) {
      const mark = /^(`{3,})/.exec(line)?.[1]
      if (fence === undefined && mark !== undefined) fence = mark
      else if (fence !== undefined && line === fence) fence = undefined
      else if (fence === undefined) {
        open += (line.match(/<details>/g)?.length ?? 0) - (line.match(/<\/details>/g)?.length ?? 0)
        // Outside of code spans no tag but ours.
        const bare = line
          .replaceAll(/(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)/g, '')
          .replaceAll(/<\/?(?:details|summary|code)>/g, '')
        expect(bare).not.toMatch(/<[a-z/!]/i)
      }
    }
    expect({ fence, open }).toEqual({ fence: undefined, open: 0 })
    expect(hostile.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u)
  })

  it('tells of a target that is gone in one screen', () => {
    const text = markdownText(unreachableResult())
    expect(text).toContain('cannot be reached: ECONNREFUSED')
    expect(text).not.toContain('<details>')
  })
})

describe('annotations of a gate', () => {
  it('name the rule, what came and what to do', () => {
    expect(annotationLines(nonconformantResult())).toEqual([
      '::error title=FAIL EVENT-MESSAGE-FIELDS::new_message has the documented fields: created_at is required, but missing, in 3 of 3 events',
      '::error title=FAIL ISOLATION-USER-DESTINATION::A user cannot read another user’s private destination: user 1 got 1 MESSAGE of user 2%0AGive each user a vhost of its own or a topic exchange with topic permissions: RabbitMQ checks routing keys on topic exchanges only.',
      '::error title=XPASS ISOLATION-FORGED-EVENT::A client cannot publish events itself: refused: ERROR access_refused',
      '::error title=INCONCLUSIVE DELIVERY-AFTER-LEAVE::Nobody receives what is sent after leaving: the positive control failed: user 3, a member, got 0 of 3',
    ])
  })

  it('are nine and one that counts the rest', () => {
    const lines = annotationLines(allFailingResult())
    expect(lines).toHaveLength(10)
    expect(lines[9]).toBe('::error title=Not conformant::110 more, see the summary')
  })

  it('are one line each, whatever a payload holds', () => {
    const result = hostileConformance()
    result.cases.push(caseOf({ id: 'a:b,c%', state: 'FAIL', actual: 'x\n::stop-commands::y\r\n::error::z' }))
    const lines = annotationLines(result)
    for (const line of lines) expect(line).toMatch(/^::error title=[^\n\r:,]*::[^\n\r]*$/)
    expect(lines.join('\n')).toContain('title=FAIL a%3Ab%2Cc%25::')
    expect(lines.join('\n')).toContain('x%0A::stop-commands::y%0D%0A::error::z')
  })

  it('warn of a SHOULD that was not judged, and are none for a green gate', () => {
    const result = conformantResult()
    expect(annotationLines(result)).toEqual([])
    result.cases.push(caseOf({ id: 'MISSED', level: 'SHOULD', state: 'FAIL' }))
    expect(annotationLines(result)).toHaveLength(1)
    expect(annotationLines(result)[0]).toMatch(/^::warning title=FAIL MISSED::/)
  })

  it('are one for a target that is gone', () => {
    for (const result of [refusedResult(), unreachableResult()]) {
      expect(annotationLines(result)).toEqual([
        '::error title=Unreachable::The target could not be reached, so nothing was asked of it. http://127.0.0.1:3000/chat-ws cannot be reached: ECONNREFUSED',
      ])
    }
    expect(annotationLines(stoppedResult())[1]).toBe(
      '::error title=118 cases INCONCLUSIVE::not asked: stopped by a signal',
    )
  })
})
