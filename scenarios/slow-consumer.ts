import { type ChatUser, defineScenario } from 'stompede'

/**
 * Some stop reading while their rooms talk on, some read only now and then. A broker must keep or cut what they do not
 * take: does it cut them (`ws_closes{class:slow-consumer}`), and does anybody else notice (`message_delivery`, to which
 * those who do not read do not count)? `-e STALL=20`: how many seconds the former do not read.
 */
export default defineScenario(({ STALL = '58' }) => ({
  description: 'A few users stop reading or read slowly while the rooms talk on',
  users: {
    executor: 'ramping-vus',
    stages: [
      { duration: '4s', target: 40 },
      { duration: '76s', target: 40 },
    ],
  },
  rooms: { perUser: 1, size: 20 },
  // As much as the content may hold: the kernels on the way take some megabytes of each user before the broker notices.
  message: { typing: false, length: 5400 },
  reconnect: { backoff: '1s', maxBackoff: '5s' },
  activities: {
    talk: {
      executor: 'constant-vus',
      vus: 12,
      startTime: '5s',
      duration: '70s',
      thinkTime: { exponential: { mean: 0.08, max: 1 } },
      exec: 'say',
    },
    stopReading: {
      executor: 'constant-vus',
      vus: 4,
      startTime: '8s',
      duration: '58s',
      thinkTime: 1,
      exec: async (user: ChatUser) => {
        user.pauseReading()
        await user.pause(Number(STALL) * 1000)
        user.resumeReading()
      },
    },
    readSlowly: {
      executor: 'constant-vus',
      vus: 4,
      startTime: '8s',
      duration: '60s',
      exec: async (user: ChatUser) => {
        user.pauseReading()
        await user.pause(1_800)
        user.resumeReading()
        await user.pause(200)
      },
    },
  },
  thresholds: {
    message_delivery: ['p(99)<250'],
    message_last_delivery: ['p(99)<500'],
    // A cut is what this scenario asks for: it is told, not judged.
    connections_lost: ['count>=0'],
  },
}))
