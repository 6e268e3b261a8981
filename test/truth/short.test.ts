import { describe, expect, it } from 'vitest'
import { CASES } from './cases.ts'
import { tableOf } from './row.ts'

// The whole of it is `npm run truth`; what is proved, and how, is in docs/truth.md.
const GROUPS = ['delays', 'freeze', 'counts', 'rates'] as const

describe.each(GROUPS)('every reported number is true: %s', (group) => {
  it.concurrent.each(CASES.filter(({ forms }) => forms.short === group))(
    '$name',
    async ({ run }) => {
      const rows = await run()
      expect(rows.length).toBeGreaterThan(4)
      const misses = rows.filter(({ isOk }) => !isOk)
      expect(misses.length === 0 ? '' : tableOf(misses)).toBe('')
    },
    120_000,
  )
})
