import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { openContractFiles } from '../../src/chat/contract-files.ts'
import { newCompiler } from '../../src/chat/contract-validators.ts'
import { loadContract, type ContractIssue } from '../../src/chat/contract.ts'

const directory = fileURLToPath(new URL('../../src/chat/contract/', import.meta.url))
const contract = loadContract()
const files = openContractFiles(directory)
const compiler = newCompiler(files)
const schemas = readdirSync(`${directory}schemas`).map((file) => file.replace(/\.json$/, ''))

describe('the examples of the contract', () => {
  it('cover every schema, and nothing else', () => {
    expect(readdirSync(`${directory}examples`).toSorted()).toEqual(schemas.toSorted())
  })

  describe.each(schemas)('of %s', (schema) => {
    const isEvent = contract.eventTypes.includes(schema)
    const checks = compiler.compile(mustOpen(`schemas/${schema}.json`), schema, 'guide')

    it('have at least one valid and three invalid ones', () => {
      expect(examples(schema, 'valid').length).toBeGreaterThan(0)
      expect(examples(schema, 'invalid').length).toBeGreaterThan(2)
    })

    it.each(examples(schema, 'valid'))('accept %s without an issue', (_name, text) => {
      expect(checks.strict(JSON.parse(text))).toBe(true)
      expect(checks.explain(JSON.parse(text))).toEqual([])
      if (isEvent) expect(readEvent(text)).toEqual({ event: JSON.parse(text), issues: [] })
    })

    it.each(examples(schema, 'invalid'))('refuse %s by exactly that rule', (name, text) => {
      const rule = ruleOf(schema, name)
      const issues = rule.startsWith('event/') ? readEvent(text).issues : checks.explain(JSON.parse(text))
      expect(issues.map((issue) => issue.rule)).toEqual([rule])
      expect(issues[0]?.detail.startsWith(`${rule}: `)).toBe(true)
      expect(issues[0]?.kind).toBe(kindOf(schema, rule))
      if (isEvent) expect(readEvent(text).issues).toEqual(issues)
    })
  })
})

function mustOpen(file: string): NonNullable<ReturnType<typeof files.open>> {
  const found = files.open(file)
  if (found === undefined) throw new Error(`${file} is missing`)
  return found
}

function examples(schema: string, kind: 'valid' | 'invalid'): [name: string, text: string][] {
  const folder = `${directory}examples/${schema}/${kind}/`
  return readdirSync(folder).map((file) => [file.replace(/\.json$/, ''), readFileSync(folder + file, 'utf8')])
}

/** `required.message.id--why` names new_message/required/message.id; `event.type--why` names event/type. */
function ruleOf(schema: string, name: string): string {
  const [head = ''] = name.split('--')
  if (head.startsWith('event.')) return head.replace('.', '/')
  return `${schema}/${head.replace('.', '/')}`
}

/** By hand, not from the marks: what the guide leaves open is drift. */
function kindOf(schema: string, rule: string): 'drift' | 'violation' {
  const undocumented = [
    'send-message-response',
    'typing-response',
    'leave-room-response',
    'disconnect-response',
    'error-body',
  ]
  return undocumented.includes(schema) || /\/(minimum|enum)(\/|$)/.test(rule) ? 'drift' : 'violation'
}

function readEvent(text: string): { event: unknown; issues: ContractIssue[] } {
  const issues: ContractIssue[] = []
  return { event: contract.readEvent(text, (issue) => issues.push(issue)), issues }
}
