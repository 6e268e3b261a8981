import { defineScenario } from 'stompede'

/** The everyday load: users arrive, then each says something about every half minute. */
export default defineScenario({
  description: 'Everyday chat at a constant pace per user',
  users: {
    executor: 'ramping-vus',
    stages: [
      { duration: '8s', target: 1000 },
      { duration: '22s', target: 1000 },
    ],
  },
  rooms: { perUser: 3, size: 10 },
  activities: {
    chat: {
      executor: 'constant-arrival-rate',
      startTime: '9s',
      duration: '19s',
      ratePerUser: 1 / 30,
      exec: { say: 94, type: 3, hop: 3 },
    },
  },
  thresholds: {
    message_delivery: ['p(99)<250'],
    message_last_delivery: ['p(99)<500'],
    http_req_failed: ['rate<0.01'],
  },
})
