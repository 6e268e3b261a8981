import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { stompede } from './cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'stompede-behaviour-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('--service, --freeze and --journal', () => {
  it.each([
    [['target', '--service', 'fast'], /^stompede: --service must be constant\(TIME\).* \(is "fast"\)$/m],
    [
      ['run', 'scenarios/smoke.ts', '--freeze', '5s/1s'],
      /^stompede: --freeze must be LENGTH\/PERIOD .* \(is "5s\/1s"\)$/m,
    ],
    [
      ['run', 'scenarios/smoke.ts', '--journal', '/nowhere/j'],
      /^stompede: --journal \/nowhere\/j: the file cannot be written/m,
    ],
    [
      [
        'run',
        'scenarios/smoke.ts',
        '--target=http://127.0.0.1:9',
        '--jwt-secret=fake',
        '--service=constant(1ms)',
        '--freeze=1s/10s',
        '--journal=x',
      ],
      /^stompede: --service, --freeze, --journal: only for the reference target, not with --target$/m,
    ],
  ])('%j is refused in one line', async (args, words) => {
    const { code, stderr } = await stompede(args)
    expect(stderr).toMatch(words)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect(code).toBe(2)
  })

  it('reach the target of a command, which writes its journal to the end when it is stopped', async () => {
    const journal = join(folder, 'target.ndjson')
    const { code } = await stompede(
      ['target', '--port=0', '--stomp-port=0', '--freeze=10ms/50ms', `--journal=${journal}`],
      (child) => {
        child.stdout?.once('data', () => setTimeout(() => child.kill('SIGTERM'), 300))
      },
    )
    expect(code).toBe(0)
    const lines = readFileSync(journal, 'utf8').trim().split('\n')
    const types = lines.map((line) => (JSON.parse(line) as { type: string }).type)
    expect(types[0]).toBe('target')
    expect(types.filter((type) => type === 'freeze').length).toBeGreaterThan(1)
  })
})
