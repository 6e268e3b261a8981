import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EXIT, StompedeError } from '../../src/errors.ts'
import { evidenceText } from '../../src/report/files/conformance-evidence.ts'
import { junitText } from '../../src/report/files/conformance-junit.ts'
import { markdownText } from '../../src/report/files/conformance-markdown.ts'
import {
  CONFORMANCE_REPORTERS,
  isConformance,
  readConformance,
  readStored,
  renderConformance,
  writeConformance,
} from '../../src/report/conformance-reporters.ts'
import { conformancePage } from '../../src/report/page/conformance-page.ts'
import { readResult, REPORTERS, resultText } from '../../src/report/reporters.ts'
import {
  allFailingResult,
  hostileConformance,
  nonconformantResult,
  refusedResult,
} from './conformance-fixture.ts'
import { healthyResult } from './fixture.ts'
import { expectGolden } from './golden.ts'

describe('the reports of a gate', () => {
  let root: string
  let n = 0
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'stompede-gate-'))
  })
  afterAll(() => rm(root, { recursive: true }))
  const fresh = (): string => join(root, `gate-${n++}`)
  const textOf = (...path: string[]): Promise<string> => readFile(join(...path), 'utf8')

  it('lie beside the result, with the evidence of what did not simply pass', async () => {
    const directory = fresh()
    const result = nonconformantResult()
    const written = await writeConformance(result, directory, ['html', 'junit', 'markdown', 'html', 'json'])
    expect(written).toEqual(
      ['result.json', 'report.html', 'junit.xml', 'summary.md', 'evidence'].map((name) =>
        join(directory, name),
      ),
    )
    expect(await textOf(directory, 'result.json')).toBe(resultText(result))
    expect(await textOf(directory, 'report.html')).toBe(conformancePage(result))
    expect(await textOf(directory, 'junit.xml')).toBe(junitText(result))
    expect(await textOf(directory, 'summary.md')).toBe(markdownText(result))
    expect((await readdir(join(directory, 'evidence'))).toSorted()).toEqual([
      'DELIVERY-AFTER-LEAVE.txt',
      'EVENT-MESSAGE-FIELDS.txt',
      'HTTP-AUTH-CHALLENGE.txt',
      'ISOLATION-FORGED-EVENT.txt',
      'ISOLATION-SHARED-LOGIN.txt',
      'ISOLATION-USER-DESTINATION.frames',
      'ISOLATION-USER-DESTINATION.txt',
      'STOMP-CONNECT-ERROR-CLOSES.frames',
      'STOMP-CONNECT-ERROR-CLOSES.txt',
    ])
    expect(await readdir(directory)).toHaveLength(5)
  })

  it('are written when the target refused the connection, too', async () => {
    const directory = fresh()
    const written = await writeConformance(refusedResult(), directory, ['html', 'junit', 'markdown'])
    expect((await readdir(directory)).toSorted()).toEqual([
      'junit.xml',
      'report.html',
      'result.json',
      'summary.md',
    ])
    expect(written).toHaveLength(4)
    for (const path of written) expect(await textOf(path)).toContain('ECONNREFUSED')
  })

  it('keep in a .frames file the very bytes that were sent', async () => {
    const directory = fresh()
    await writeConformance(nonconformantResult(), directory, [])
    const bytes = await readFile(join(directory, 'evidence', 'ISOLATION-USER-DESTINATION.frames'))
    expect(bytes.toString()).toBe(
      'SUBSCRIBE\nid:1\ndestination:/exchange/chat.direct/user.2\nreceipt:r-1\n\n\0\n',
    )
  })

  it('keep the whole transcript in a .txt file', () => {
    const [, , , , , , , stolen] = nonconformantResult().cases
    expectGolden('conformance-evidence.txt', evidenceText(stolen as NonNullable<typeof stolen>))
    const [long] = allFailingResult(500).cases
    const text = evidenceText(long as NonNullable<typeof long>)
    expect(text.match(/^ *\d+\.\d {2}/gm)).toHaveLength(500)
    expect(text).not.toContain('left out')
  })

  it('stay in their directory and drive no terminal, whatever an id or a payload holds', async () => {
    const directory = fresh()
    await writeConformance(hostileConformance(), directory, ['html', 'junit', 'markdown'])
    const names = await readdir(join(directory, 'evidence'))
    expect(names).toContain('______escape.txt')
    const text = await textOf(directory, 'evidence', '______escape.txt')
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u)
    expect(text.length).toBeGreaterThan(1_000_000)
  })

  it('append to the summary of a GitHub step and print annotations', async () => {
    const directory = fresh()
    const summary = join(root, 'step-summary.md')
    await writeFile(summary, '# before\n')
    const printed: string[] = []
    const stdout = { write: (text: string) => printed.push(text) }
    const written = await CONFORMANCE_REPORTERS.github(nonconformantResult(), directory, {
      env: { GITHUB_STEP_SUMMARY: summary },
      stdout,
    })
    expect(written).toEqual([summary])
    expect(await readFile(summary, 'utf8')).toBe(`# before\n\n${markdownText(nonconformantResult())}`)
    expect(printed).toHaveLength(4)
    for (const line of printed) expect(line).toMatch(/^::error title=[A-Z]+ [A-Z-]+::.*\n$/)
    // Not in GitHub Actions: annotations alone.
    expect(await CONFORMANCE_REPORTERS.github(refusedResult(), directory, { env: {}, stdout })).toEqual([])
    expect(printed).toHaveLength(5)
  })

  it('can be made again from the stored result', async () => {
    const directory = fresh()
    await writeConformance(nonconformantResult(), directory, [])
    const stored = await readStored(directory)
    if (!isConformance(stored)) throw new Error('taken for a run')
    expect(stored).toEqual(nonconformantResult())
    expect(await readConformance(join(directory, 'result.json'))).toEqual(nonconformantResult())
    expect(await renderConformance(stored, directory, ['junit'])).toEqual([join(directory, 'junit.xml')])
    expect(await textOf(directory, 'junit.xml')).toBe(junitText(nonconformantResult()))
  })

  it('are told from those of a run', async () => {
    const directory = fresh()
    await REPORTERS.json(healthyResult(), directory)
    expect(isConformance(await readStored(directory))).toBe(false)
    await expect(readConformance(directory)).rejects.toThrow(
      'is not a stompede.conformance: its "schema" is "stompede.result"',
    )
    await writeConformance(refusedResult(), directory, [])
    await expect(readResult(directory)).rejects.toThrow('its "schema" is "stompede.conformance"')
    await writeFile(join(directory, 'result.json'), '{"schema":"k6"}')
    await expect(readStored(directory)).rejects.toThrow('is not a stompede.result or a stompede.conformance')
  })

  it('are refused of a result that is damaged or of a newer major version, with every problem', async () => {
    const directory = fresh()
    const refusal = async (change: object): Promise<StompedeError> => {
      await writeConformance({ ...nonconformantResult(), ...change }, directory, [])
      const error: unknown = await readConformance(directory).catch((thrown: unknown) => thrown)
      if (!(error instanceof StompedeError)) throw new Error('not refused')
      expect(error).toMatchObject({ code: 'RESULT_UNREADABLE', exitCode: EXIT.usage })
      return error
    }
    expect((await refusal({ schemaVersion: '2.0.0' })).message).toContain('a newer Stompede wrote it')
    const { problems } = await refusal({
      verdict: { status: 'fine', exitCode: 0, reasons: [] },
      counts: { PASS: -1 },
    })
    expect(problems).toContain(
      '/verdict/status is none of "conformant", "nonconformant", "inconclusive", "unreachable"',
    )
    expect(problems).toContain('/counts/PASS is below 0')
    expect(problems).toContain('/counts/XPASS is missing')
  })
})
