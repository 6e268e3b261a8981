import { defineScenario } from 'stompede'

/** An evening: people come and go for an hour. Memory, leaks and slow drifts show here and nowhere else. */
export default defineScenario({
  description: 'A moderate load for an hour, with people hopping rooms and losing connections',
  users: {
    executor: 'ramping-vus',
    stages: [
      { duration: '2m', target: 500 },
      { duration: '58m', target: 500 },
    ],
  },
  rooms: { perUser: 3, size: { zipf: { exponent: 1.5, min: 2, max: 100 } } },
  activities: {
    chat: {
      executor: 'constant-arrival-rate',
      startTime: '130s',
      duration: '57m',
      ratePerUser: 1 / 30,
      exec: { say: 90, type: 4, hop: 5, reconnect: 1 },
    },
  },
  thresholds: {
    message_delivery: ['p(99)<250', 'p(99.9)<1000'],
    http_req_failed: ['rate<0.001'],
  },
})
