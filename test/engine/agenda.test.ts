import { expect, it } from 'vitest'
import { nowUs } from '../../src/clock.ts'
import { newAgenda } from '../../src/engine/agenda.ts'

it('runs everything in the order of its moment, none early', async () => {
  const agenda = newAgenda()
  const startUs = nowUs()
  const ran: number[] = []
  const moments = [30, 5, 20, 5, 1, 12, 0, 25].map((ms) => startUs + ms * 1e3)
  await Promise.all(
    moments.map(async (atUs) => {
      await agenda.until(atUs)
      expect(nowUs()).toBeGreaterThanOrEqual(atUs)
      ran.push(atUs)
    }),
  )
  expect(ran).toEqual(moments.toSorted((a, b) => a - b))
})

it('refuses a moment that is no number and goes on', async () => {
  const agenda = newAgenda()
  void agenda.until(Number.NaN).catch(() => {})
  const ran = await Promise.race([
    agenda.until(nowUs() + 1000).then(() => true),
    new Promise((r) => setTimeout(() => r(false), 300)),
  ])
  agenda.clear()
  expect(ran).toBe(true)
})
