import { expect, it } from 'vitest'
import { stepsOf } from '../../src/report/steps.ts'
import { trendOf } from './fixture.ts'

it('steps come in reading order, parts after their whole, unknown metrics last, the generator’s own nowhere', () => {
  const trend = trendOf([1000])
  const names = [
    'metric_of_a_later_version',
    'stomp_connecting',
    'http_req_duration{call:disconnect}',
    'http_req_duration{call:some-new-call}',
    'http_req_duration{call:send-message}',
    'http_req_duration{call:connect}',
    'message_last_delivery{audience:100-999}',
    'message_last_delivery{audience:2-9}',
    'message_last_delivery{audience:10-99}',
    'message_last_delivery',
    'generator_lateness',
    'http_req_duration',
    'message_delivery{basis:service}',
    'message_delivery',
  ]
  const steps = stepsOf(Object.fromEntries(names.map((name) => [name, trend])))
  expect(steps.map(({ group, metric, isPart }) => `${group}: ${isPart ? '  ' : ''}${metric}`)).toEqual([
    'Delivery: message_delivery',
    'Delivery:   message_delivery{basis:service}',
    'Delivery: message_last_delivery',
    'Delivery:   message_last_delivery{audience:2-9}',
    'Delivery:   message_last_delivery{audience:10-99}',
    'Delivery:   message_last_delivery{audience:100-999}',
    'HTTP calls: http_req_duration',
    'HTTP calls:   http_req_duration{call:connect}',
    'HTTP calls:   http_req_duration{call:send-message}',
    'HTTP calls:   http_req_duration{call:disconnect}',
    'HTTP calls:   http_req_duration{call:some-new-call}',
    'Connecting: stomp_connecting',
    'Other: metric_of_a_later_version',
  ])
})
