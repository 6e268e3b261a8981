import { type ChatUser, defineScenario } from 'stompede'

/** Eight users for ten seconds: does everything work at all? */
export default defineScenario({
  description: 'A handful of users use every feature once',
  users: { executor: 'constant-vus', vus: 8, duration: '10s' },
  rooms: { perUser: 2, size: 4 },
  message: { typing: { charactersPerSecond: 200, max: '600ms' } },
  reconnect: { away: '300ms' },
  activities: {
    say: { executor: 'constant-arrival-rate', startTime: '1s', duration: '3s', rate: 4 },
    // One after the other, and typing kept short: with eight users they may meet on the same one.
    hop: { executor: 'constant-vus', vus: 2, startTime: '4500ms', duration: '100ms', thinkTime: 1 },
    type: {
      executor: 'constant-vus',
      vus: 1,
      startTime: '4800ms',
      duration: '100ms',
      thinkTime: 1,
      exec: async (user: ChatUser) => {
        const room = user.pickRoom()
        if (room !== undefined) await user.type(room, 400)
      },
    },
    reconnect: { executor: 'constant-vus', vus: 1, startTime: '5500ms', duration: '100ms', thinkTime: 1 },
    again: {
      executor: 'constant-arrival-rate',
      startTime: '7500ms',
      duration: '1500ms',
      rate: 4,
      exec: 'say',
    },
  },
  // This asks whether things work, not how fast: a busy machine is no reason to doubt the answer.
  validity: { lateness: '500ms', loopDelay: '500ms', cpuShare: 1 },
  thresholds: { message_delivery: ['p(95)<1000'], http_req_failed: ['count==0'] },
})
