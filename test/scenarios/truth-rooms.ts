import { defineScenario } from 'stompede'

/** Sixty users in rooms of exactly ten who all talk in turn: what hits one message hits ten deliveries. */
export default defineScenario(({ RATE = '300', SECONDS = '4.3' }) => ({
  users: { executor: 'constant-vus', vus: 60, duration: `${Number(SECONDS) + 2}s` },
  rooms: { perUser: 1, size: 10 },
  message: { typing: false, length: 60 },
  delivery: { timeout: '2s', drain: '500ms', echo: 'expected' },
  activities: {
    say: {
      executor: 'constant-arrival-rate',
      startTime: '1500ms',
      duration: `${SECONDS}s`,
      rate: Number(RATE),
    },
  },
}))
