import { defineScenario } from 'stompede'

/** Everybody types and hardly anybody sends: ephemeral events must not hold up messages. */
export default defineScenario({
  description: 'Typing events at ten times the pace of messages',
  users: {
    executor: 'ramping-vus',
    stages: [
      { duration: '8s', target: 500 },
      { duration: '22s', target: 500 },
    ],
  },
  rooms: { perUser: 2, size: 10 },
  activities: {
    storm: {
      executor: 'constant-arrival-rate',
      startTime: '9s',
      duration: '15s',
      ratePerUser: 0.1,
      exec: { type: 10, say: 1 },
    },
  },
  thresholds: {
    message_delivery: ['p(99)<250'],
    typing_delivery: ['p(95)<250'],
    typing_lost: ['rate<0.001'],
  },
})
