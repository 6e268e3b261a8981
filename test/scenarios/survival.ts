import { type Activity, defineScenario } from 'stompede'

/** What happens to the threads of users 1 and 2 from two seconds into the run on. */
const ENDINGS: Record<string, Activity> = {
  none: async () => {},
  /** In a worker this ends the thread, with a code that looks like a good end. */
  die: async (user) => {
    if (user.index === 1) process.exit(0)
  },
  /** One thread is blocked as by an endless loop, but leaves the processor to the others; then another one dies. */
  block: async (user) => {
    if (user.index === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    if (user.index === 2)
      setTimeout(() => {
        throw new Error('thrown where nobody listens')
      }, 1500)
  },
  hang: (user) => (user.index === 1 ? new Promise(() => {}) : Promise.resolve()),
}

/** Six users in one room talk; `-e ENDING=…` says what becomes of the generator, `-e SECONDS=…` how long the plan is. */
export default defineScenario(({ ENDING = 'none', SECONDS = '60', DRAIN = '500ms' }) => ({
  users: { executor: 'constant-vus', vus: 6, duration: `${SECONDS}s` },
  rooms: { perUser: 1, size: 6 },
  message: { typing: false },
  validity: { lateness: '2s', loopDelay: '1s', cpuShare: 1 },
  delivery: { drain: DRAIN },
  activities: {
    say: {
      executor: 'constant-arrival-rate',
      startTime: '1s',
      duration: `${Number(SECONDS) - 1}s`,
      rate: 20,
    },
    ending: {
      executor: 'constant-vus',
      vus: 6,
      startTime: '2s',
      duration: `${Number(SECONDS) - 2}s`,
      thinkTime: 0.5,
      exec: ENDINGS[ENDING] as Activity,
    },
  },
}))
