import { defineScenario } from 'stompede'

/** What hides a target that stands still: one user who sends, waits for the answer, and only then sends again. */
export default defineScenario(({ START = '1.5', SECONDS = '4' }) => ({
  users: { executor: 'constant-vus', vus: 2, duration: `${Number(START) + Number(SECONDS) + 0.7}s` },
  rooms: { perUser: 1, size: 2 },
  message: { typing: false, length: 60 },
  delivery: { timeout: '5s', drain: '500ms', echo: 'expected' },
  activities: {
    say: {
      executor: 'constant-vus',
      vus: 1,
      startTime: `${START}s`,
      duration: `${SECONDS}s`,
      thinkTime: 0.008,
    },
  },
}))
