import { defineScenario } from 'stompede'

/**
 * A thousand users in rooms of exactly ten; twenty of them talk fast, always into the same room, so that every planted
 * fault hits ten subscribers and a swap finds a neighbour.
 */
export default defineScenario({
  users: {
    executor: 'ramping-vus',
    stages: [
      { duration: '3s', target: 1000 },
      { duration: '5s', target: 1000 },
    ],
  },
  rooms: { perUser: 1, size: 10 },
  message: { typing: false },
  validity: { lateness: '2s', loopDelay: '1s', cpuShare: 1 },
  delivery: { timeout: '2s', drain: '1s' },
  activities: {
    talk: {
      executor: 'constant-vus',
      vus: 20,
      startTime: '4s',
      duration: '3500ms',
      thinkTime: 0.1,
      exec: 'say',
    },
  },
})
