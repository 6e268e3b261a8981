import { afterEach, describe, expect, it } from 'vitest'
import type { ContractDiff } from '../../src/chat/contract-diff.ts'
import type { ContractLint } from '../../src/chat/contract-lint.ts'
import { contractCommand } from '../../src/commands/contract.ts'
import { contractCopies, replacing, shipped } from '../chat/contract-copy.ts'
import { stompede } from './cli.ts'
import { runCommand, type Ended } from './in-process.ts'

const { copy, remove } = contractCopies()
afterEach(remove)

async function contract(...words: string[]): Promise<Ended & { code: number | undefined }> {
  let code: number | undefined
  const ended = await runCommand(
    contractCommand((exit) => (code = exit)),
    ['contract', ...words],
  )
  return { ...ended, code: ended.error?.exitCode ?? code }
}

describe('stompede contract lint', () => {
  it('finds nothing wrong in the product’s own contract and exits with 0', async () => {
    const { code, stdout, stderr } = await stompede(['contract', 'lint'])
    expect(stderr).toBe('')
    expect(stdout).toMatch(
      /^No problems in \S+: 4 events, 7 calls, 16 schemas, \d+ examples, \d+ invalid examples\n$/,
    )
    expect(code).toBe(0)
  })

  it('prints every problem on a line of its own, with nothing that drives a terminal, and exits with 104', async () => {
    const directory = copy({
      'schemas/id.json': replacing('"minimum": 1', '"minimun": 1'),
      'asyncapi.yaml': replacing('protocolVersion', '"\\e[31m": { $ref: "#/nowhere" }\n    protocolVersion'),
    })
    const { code, stdout } = await contract('lint', '--contract', directory)
    expect(stdout.split('\n')).toEqual([
      "asyncapi.yaml#/servers/broker/␛[31m: $ref '#/nowhere': nothing is there",
      'schemas/id.json#/minimun: is no keyword of JSON Schema',
      expect.stringMatching(/^2 problems in \S+: 4 events, /),
      '',
    ])
    expect(code).toBe(104)
  })

  it('prints the same as JSON', async () => {
    const { code, stdout } = await contract('lint', copy({ 'spare.json': '{}' }), '--json')
    const { problems, checked } = JSON.parse(stdout) as ContractLint
    expect(problems).toEqual([
      'spare.json: is no part of the contract: neither referred to nor an example of a schema',
    ])
    expect(checked).toMatchObject({ events: 4, calls: 7, invalid: 0 })
    expect(code).toBe(104)
  })

  it.each<[what: string, words: string[], says: RegExp]>([
    ['without saying what', [], /Name what to do: lint or diff\./],
    ['with two directories', ['lint', shipped, '--contract', shipped], /name the directory once/],
    ['to compare one contract', ['diff', shipped], /Not enough non-option arguments/],
    [
      'to compare, with --contract',
      ['diff', shipped, shipped, '--contract', shipped],
      /takes two directories/,
    ],
  ])('is refused %s', async (_what, words, says) => {
    const { code, error } = await contract(...words)
    expect(error?.message).toMatch(says)
    expect(code).toBe(2)
  })
})

describe('stompede contract diff', () => {
  it('exits with 10 when clients break, the breaking changes first', async () => {
    const after = copy({
      'schemas/user_typing.json': (text) => text.replaceAll('isTyping', 'typing'),
      'schemas/new_message.json': replacing(
        '"properties": {',
        '"properties": { "extra": { "type": "string" },',
      ),
    })
    const { code, stdout } = await stompede(['contract', 'diff', shipped, after])
    const lines = stdout.split('\n')
    expect(lines.slice(0, 3).map((line) => line.replaceAll(/ {2,}/g, ' | '))).toEqual([
      'breaking | event user_typing | isTyping | field isTyping seems to be called typing now',
      'non-breaking | event new_message | extra | new optional field',
      '',
    ])
    expect(lines[3]).toMatch(
      /^1 breaking, 0 unclear, 1 non-breaking: \S+ \([0-9a-f]{16}\) → \S+ \([0-9a-f]{16}\)$/,
    )
    expect(code).toBe(10)
  })

  it('exits with 0 without breaking changes, also when some are unclear, and prints JSON', async () => {
    const after = copy({
      'asyncapi.yaml': replacing('heartbeatOutgoingMs: 4000', 'heartbeatOutgoingMs: 10000'),
    })
    const { code, stdout } = await contract('diff', shipped, after, '--json')
    const { counts, changes } = JSON.parse(stdout) as ContractDiff
    expect(counts).toEqual({ breaking: 0, unclear: 1, 'non-breaking': 0 })
    expect(changes[0]).toMatchObject({ class: 'unclear', kind: 'connection-changed', where: 'connection' })
    expect(code).toBe(0)
  })

  it('says so when nothing changed', async () => {
    const { code, stdout } = await contract('diff', shipped, copy({}))
    expect(stdout).toMatch(/^Nothing changed that clients could see: /)
    expect(code).toBe(0)
  })

  it('refuses a contract with faults: its problems, and 104', async () => {
    const { code, stdout, error } = await contract('diff', shipped, copy({ 'schemas/id.json': '{' }))
    expect(stdout).toBe('')
    expect(error?.problems[0]).toMatch(/^schemas\/id\.json: /)
    expect(code).toBe(104)
  })
})
