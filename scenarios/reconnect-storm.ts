import { defineScenario } from 'stompede'

/** Half of everybody loses the connection within two seconds: how long until they are back, what did they miss? */
export default defineScenario({
  description: 'Half the users drop at once and return while the others keep talking',
  users: {
    executor: 'ramping-vus',
    stages: [
      { duration: '8s', target: 1000 },
      { duration: '37s', target: 1000 },
    ],
  },
  rooms: { perUser: 3, size: 10 },
  message: { typing: false },
  reconnect: { away: '2s', backoff: '1s', maxBackoff: '15s' },
  activities: {
    say: { executor: 'constant-arrival-rate', startTime: '9s', duration: '30s', ratePerUser: 1 / 40 },
    reconnect: {
      executor: 'constant-arrival-rate',
      startTime: '15s',
      duration: '2s',
      timeUnit: '2s',
      ratePerUser: 0.5,
    },
  },
  // Messages sent while someone is away are gap losses by the design of the chat: reported, not judged.
  thresholds: { message_delivery: ['p(95)<1000'] },
})
