import { defineScenario } from 'stompede'

/** Five times the talk within two seconds, for ten: does latency come back afterwards? */
export default defineScenario({
  description: 'A sudden fivefold burst of messages, then calm again',
  users: {
    executor: 'ramping-vus',
    stages: [
      { duration: '8s', target: 1000 },
      { duration: '37s', target: 1000 },
    ],
  },
  rooms: { perUser: 3, size: 10 },
  message: { typing: false },
  activities: {
    say: {
      executor: 'ramping-arrival-rate',
      startTime: '9s',
      perUser: true,
      startRate: 0.02,
      stages: [
        { duration: '8s', target: 0.02 },
        { duration: '2s', target: 0.1 },
        { duration: '10s', target: 0.1 },
        { duration: '2s', target: 0.02 },
        { duration: '12s', target: 0.02 },
      ],
    },
  },
  thresholds: { message_delivery: ['p(99)<500'], deliveries_lost: ['count==0'] },
})
