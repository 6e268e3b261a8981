import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { ConformanceResult } from '../../src/measure/conformance.ts'
import { stompede, type Finished } from './cli.ts'

const base = mkdtempSync(join(tmpdir(), 'stompede-conform-'))
afterAll(() => rmSync(base, { recursive: true }))

/** Runs a gate into a directory of its own. */
async function conform(
  name: string,
  args: string[],
): Promise<Finished & { directory: string; result: ConformanceResult }> {
  const reports = join(base, name)
  const finished = await stompede(['conform', ...args, '--reports', reports, '-q'])
  const [run] = readdirSync(reports)
  if (run === undefined) throw new Error(finished.stderr)
  const directory = join(reports, run)
  const result = JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8')) as ConformanceResult
  return { ...finished, directory, result }
}

describe('stompede conform', () => {
  it('lists the rules it would ask', async () => {
    const { code, stdout } = await stompede(['conform', '--list', 'HTTP-AUTH-0?'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^HTTP: authentication\n {2}HTTP-AUTH-01 +MUST /)
    expect(stdout).not.toMatch(/STOMP/)
  })

  it('finds a planted fault, leaves everything needed to see why, and its history is judged the same again', async () => {
    const rules = ['HTTP-AUTH-04', 'HTTP-CONN-01', 'SEM-*']
    const { code, result, directory, stdout } = await conform('fault', [
      ...rules,
      '--fault',
      'duplicate:1/7',
      '--fault',
      'accept-expired-jwt',
      '--strict',
    ])
    expect(code).toBe(10)
    expect(result.verdict.status).toBe('nonconformant')
    expect(result.selection.asked).toEqual(rules)
    expect(stdout).toMatch(/HTTP-AUTH-04/)
    expect(readdirSync(directory)).toEqual(
      expect.arrayContaining(['evidence', 'history.ndjson', 'junit.xml', 'report.html', 'result.json']),
    )
    const red = result.cases.filter(({ state }) => state === 'FAIL')
    expect(red.map(({ id }) => id)).toEqual(['HTTP-AUTH-04', 'SEM-DEL-02'])
    expect(red[0]?.reproduce).toEqual([
      'stompede conform --fault duplicate:1/7 --fault accept-expired-jwt --strict --only HTTP-AUTH-04 --seed 1',
      expect.stringMatching(/^FORGED=\$\(node -e .* # expired: .*STOMPEDE_JWT_SECRET/),
      expect.stringMatching(
        /^curl -i -X POST 'http:\/\/127\.0\.0\.1:\d+\/chat-ws\/connect' -H "authorization: Bearer \$FORGED"/,
      ),
    ])
    expect(red[1]?.reproduce).toEqual([`stompede conform --replay ${directory} --only SEM-DEL-02 --strict`])
    expect(readFileSync(join(directory, 'evidence/SEM-DEL-02.txt'), 'utf8')).toMatch(
      /^repeat +stompede conform --replay [^]*from history\.ndjson: [^]*MESSAGE[^]*the example is the line above/m,
    )
    // The line does what it says.
    const one = await stompede(red[1]?.reproduce[0]?.split(' ').slice(1) ?? [])
    expect([one.code, one.stdout.split('\n').length]).toEqual([10, 3])
    expect(one.stdout).toMatch(/^FAIL +SEM-DEL-02 .*\nnonconformant, exit 10\n$/)
    const again = await stompede(['conform', '--replay', directory])
    expect(again.code).toBe(10)
    expect(again.stdout).toMatch(/^FAIL +SEM-DEL-02 /m)
    expect(again.stdout).not.toMatch(/differs/)
    expect(again.stdout).not.toMatch(/EVT-|HARN-/)
  }, 60_000)

  it('adds up the lists of known failures it is given', async () => {
    const file = join(base, 'mine.yaml')
    const day = "expires: '2099-01-01'"
    writeFileSync(file, `- { id: HTTP-AUTH-04, reason: mine, link: 'https://t.example/1', ${day} }\n`)
    const lists = ['--known-failures', 'documented-design', '--known-failures', file]
    const { code, result } = await conform('lists', [
      'HTTP-AUTH-04',
      'HTTP-CONN-08',
      ...lists,
      '--fault',
      'accept-expired-jwt',
    ])
    expect(result.cases.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'HTTP-AUTH-04 XFAIL',
      'HTTP-CONN-08 XFAIL',
    ])
    expect([code, result.knownFailures.file]).toEqual([0, `documented-design, ${file}`])
    expect(result.cases[0]?.reproduce[0]).toContain(lists.join(' '))
  })

  it('writes its result also when the target refuses the connection', async () => {
    const target = ['--target', 'http://127.0.0.1:9', '--jwt-secret', 'not-a-real-secret']
    const { code, result } = await conform('refused', [...target, 'HTTP-AUTH-01'])
    expect([code, result.verdict.status]).toEqual([14, 'unreachable'])
    expect(result.run.command).not.toContain('not-a-real-secret')
    expect(JSON.stringify(result.cases)).not.toContain('not-a-real-secret')
  })

  it.each([
    [['NOPE-*'], /"NOPE-\*" is no rule/],
    [['--only', 'HTTP-AUTH-01', 'stomp'], /--only names the one rule/],
    [['--driver', 'stompjs'], /--driver: only for run/],
    [['--flavour', 'web', '--driver', 'lean'], /--driver, --flavour: only for run/],
    [['--patience', 'soon', '--known-failures', '/nowhere.json'], /--patience wants a span/],
  ])('%j is a usage error', async (args, words) => {
    const { code, stderr } = await stompede(['conform', ...args])
    expect(code).toBe(2)
    expect(stderr).toMatch(words)
  })
})
