import { describe, expect, it } from 'vitest'
import { parseObjective, samplesWanted } from '../../src/capacity/objective.ts'
import { objective } from './searching.ts'

describe('an objective', () => {
  it('is a metric, a colon and a threshold; a sub-metric has colons of its own', () => {
    expect(objective('message_delivery:p(99)<250')).toMatchObject({
      isLatency: true,
      threshold: { limit: 250 },
    })
    expect(objective('http_req_duration{call:send-message}:p(95)<=100').threshold).toMatchObject({
      metric: 'http_req_duration{call:send-message}',
      limit: 100,
    })
    expect(objective('http_req_failed:rate<0.001').isLatency).toBe(false)
    expect(objective('message_delivery:count>10').isLatency).toBe(false)
  })

  it.each([
    ['message_delivery', 'is not "<metric>:<threshold>"'],
    ['nothing:p(99)<250', 'no metric is called "nothing"'],
    ['message_delivery:p(101)<250', 'above 100'],
    ['message_delivery:p(99)<0', 'never below 0 ms'],
  ])('refuses %s', (text, why) => {
    expect(parseObjective(text)).toContain(why)
  })

  it('wants 30 samples beyond its percentile', () => {
    expect(samplesWanted(objective('message_delivery:p(99)<250'))).toBe(3_000)
    expect(samplesWanted(objective('message_delivery:p(99.9)<250'))).toBe(30_000)
    expect(samplesWanted(objective('message_delivery:med<250'))).toBe(60)
    expect(samplesWanted(objective('message_delivery:max<250'))).toBe(0)
    expect(samplesWanted(objective('http_req_failed:count==0'))).toBe(0)
  })
})
