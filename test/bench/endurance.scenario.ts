import { defineScenario } from 'stompede'

/** 500 users who chat at one pace from the beginning to the end: `-e SECONDS=620`. */
export default defineScenario(({ SECONDS = '90' }) => ({
  users: {
    executor: 'ramping-vus',
    stages: [
      { duration: '2s', target: 500 },
      { duration: `${Number(SECONDS) - 2}s`, target: 500 },
    ],
  },
  rooms: { perUser: 3, size: 10 },
  activities: {
    chat: {
      executor: 'constant-arrival-rate',
      startTime: '3s',
      duration: `${Number(SECONDS) - 5}s`,
      ratePerUser: 1 / 10,
      exec: { say: 94, type: 3, hop: 3 },
    },
  },
}))
