import { defineScenario } from 'stompede'

/** Twenty messages a second, and beside them RATE starts a second that each take BURN ms of processor time. */
export default defineScenario(({ BURN = '0', RATE = '1' }) => ({
  users: { executor: 'constant-vus', vus: 200, duration: '5s' },
  rooms: { perUser: 1, size: 10 },
  message: { typing: false, length: 60 },
  delivery: { timeout: '5s', drain: '500ms', echo: 'expected' },
  activities: {
    say: { executor: 'constant-arrival-rate', startTime: '1500ms', duration: '3s', rate: 20 },
    burn: {
      executor: 'constant-arrival-rate',
      startTime: '1500ms',
      duration: '3s',
      rate: Number(RATE),
      exec: async () => {
        const before = usedUs()
        while (usedUs() - before < Number(BURN) * 1e3);
      },
    },
  },
}))

/** Processor time of this thread. Only the sum is exact: the kernel guesses which part of it was its own. */
function usedUs(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}
