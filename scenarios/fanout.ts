import { defineScenario } from 'stompede'

/** One room with everybody in it: what one message costs when a thousand people hear it. */
export default defineScenario({
  description: 'A few people talk to one room of 1,000',
  users: {
    executor: 'ramping-vus',
    stages: [
      { duration: '10s', target: 1000 },
      { duration: '20s', target: 1000 },
    ],
  },
  rooms: { perUser: 1, size: 'all' },
  message: { typing: false, length: { uniform: [60, 240] } },
  activities: {
    announce: {
      executor: 'constant-vus',
      vus: 4,
      startTime: '12s',
      duration: '16s',
      thinkTime: { exponential: { mean: 1, max: 4 } },
      exec: 'say',
    },
  },
  thresholds: {
    message_first_delivery: ['p(95)<250'],
    message_last_delivery: ['p(95)<1000'],
  },
})
