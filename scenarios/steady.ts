import { defineScenario } from 'stompede'

/**
 * The everyday load: users arrive over a third of the time, then each says something about every half minute
 * (`-e PACE=120`: every two minutes; `-e ROOMS=1`: each is in one room instead of three).
 */
export default defineScenario(({ PACE = '30', ROOMS = '3' }) => ({
  description: 'Everyday chat at a constant pace per user',
  users: {
    executor: 'ramping-vus',
    stages: [
      { duration: '10s', target: 1000 },
      { duration: '20s', target: 1000 },
    ],
  },
  rooms: { perUser: Number(ROOMS), size: 10 },
  activities: {
    chat: {
      executor: 'constant-arrival-rate',
      startTime: '11s',
      duration: '17s',
      ratePerUser: 1 / Number(PACE),
      exec: { say: 94, type: 3, hop: 3 },
    },
  },
  thresholds: {
    message_delivery: ['p(99)<250'],
    message_last_delivery: ['p(99)<500'],
    http_req_failed: ['rate<0.01'],
  },
}))
