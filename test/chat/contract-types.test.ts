import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, expectTypeOf, it } from 'vitest'
import type * as contract from '../../src/chat/contract.ts'
import { generateTypes } from '../../src/chat/contract/generate-types.ts'

const directory = fileURLToPath(new URL('../../src/chat/contract/', import.meta.url))
const checkedIn = readFileSync(`${directory}events.gen.ts`, 'utf8')

describe('events.gen.ts', () => {
  it('is what the schemas give', async () => {
    expect(await generateTypes(directory)).toBe(checkedIn)
  })

  it('is no longer that when a schema changes', async () => {
    const copy = mkdtempSync(join(tmpdir(), 'contract-'))
    try {
      cpSync(directory, copy, { recursive: true })
      const file = join(copy, 'schemas/user_typing.json')
      writeFileSync(file, readFileSync(file, 'utf8').replace('"type": "boolean"', '"type": "integer"'))
      const text = await generateTypes(copy)
      expect(text).not.toBe(checkedIn)
      expect(text).toBe(checkedIn.replace('isTyping: boolean', 'isTyping: number'))
    } finally {
      rmSync(copy, { recursive: true })
    }
  })

  it('is checked by the generator itself, from the command line', () => {
    const script = `${directory}generate-types.ts`
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  it('tells the events apart by their type', () => {
    expectTypeOf<contract.ChatEvent['type']>().toEqualTypeOf<
      'new_message' | 'user_status_changed' | 'user_typing' | 'message_read'
    >()
    expectTypeOf<Extract<contract.ChatEvent, { type: 'new_message' }>>().toEqualTypeOf<contract.NewMessage>()
    expectTypeOf<contract.NewMessage['message']['id']>().toEqualTypeOf<number>()
    expectTypeOf<contract.ErrorBody['message']>().toEqualTypeOf<string | string[]>()
  })
})
