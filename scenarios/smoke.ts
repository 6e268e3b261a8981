import { defineScenario } from 'stompede'

/** Five users for ten seconds: does everything work at all? */
export default defineScenario({
  description: 'A handful of users use every feature once',
  users: { executor: 'constant-vus', vus: 6, duration: '12s' },
  rooms: { perUser: 2, size: 3 },
  message: { typing: { charactersPerSecond: 100, max: '1s' } },
  activities: {
    say: { executor: 'constant-arrival-rate', startTime: '1s', duration: '9s', rate: 4 },
    type: { executor: 'constant-arrival-rate', startTime: '2s', duration: '4s', rate: 0.5 },
    hop: { executor: 'constant-arrival-rate', startTime: '3s', duration: '4s', rate: 0.5 },
    reconnect: { executor: 'constant-arrival-rate', startTime: '4s', duration: '2s', rate: 0.5 },
  },
  reconnect: { away: '500ms' },
  thresholds: { message_delivery: ['p(95)<1000'], http_req_failed: ['count==0'] },
})
