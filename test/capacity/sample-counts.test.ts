import { expect, it } from 'vitest'
import { outcomeOf } from '../../src/capacity/outcome.ts'
import { confirmingLength } from '../../src/capacity/step-length.ts'
import { healthyResult } from '../report/fixture.ts'
import { objective, P99, step } from './searching.ts'

it('a step keeps by how many samples each latency was observed, and its confirmation is as long whatever stands first', () => {
  const healthy = healthyResult()
  const delivered = healthy.trends['message_delivery']
  if (delivered === undefined) throw new Error('the fixture has deliveries')
  delivered.count = 1_000
  const rate = objective('http_req_failed:rate<0.001')
  const none = objective('message_delivery{kind:none}:p(99)<250')
  const seconds = [
    [P99, rate],
    [rate, P99],
    [none, rate, P99],
  ].map((objectives) => {
    const { objectives: rows } = outcomeOf(healthy, objectives)
    const counts = new Map(rows.map(({ expression, count }) => [expression, count]))
    expect([counts.get(P99.text), counts.get(rate.text)]).toEqual([1_000, null])
    expect(counts.get(none.text) ?? null).toBeNull()
    const made = { ...step('ramp', 100, 'pass'), objectives: rows }
    return confirmingLength([made], objectives, 100, { baseSeconds: 30, budgetSeconds: null }).seconds
  })
  expect(seconds).toEqual([90, 90, 90])
})
