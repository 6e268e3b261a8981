import { describe, expect, it } from 'vitest'
import { interruption } from '../../src/commands/run/interruption.ts'

describe('an interruption', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'comes by %s, and by nothing once it is released',
    (name) => {
      const before = process.listenerCount(name)
      let told = 0
      const { signal, release } = interruption(() => told++)
      try {
        process.emit(name, name)
        expect([signal.aborted, told]).toEqual([true, 1])
      } finally {
        release()
      }
      expect(process.listenerCount(name)).toBe(before)
    },
  )
})
