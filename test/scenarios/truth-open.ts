import { defineScenario } from 'stompede'
import { openSentLog } from './sent-log.ts'

/**
 * An open load of single messages, each noted when it is sent, for runs whose every number is compared with what the
 * target's journal says.
 */
export default defineScenario(({ LOG = '', USERS = '200', RATE = '100', START = '1.5', SECONDS = '4' }) => {
  const noteSent = openSentLog(LOG)
  return {
    users: {
      executor: 'constant-vus',
      vus: Number(USERS),
      duration: `${Number(START) + Number(SECONDS) + 0.7}s`,
    },
    rooms: { perUser: 1, size: 2 },
    message: { typing: false, length: 60 },
    delivery: { timeout: '5s', drain: '500ms', echo: 'expected' },
    activities: {
      // Typing goes the same way through both programs and leaves the messages' figures alone: when these begin, the
      // code is compiled and the connections are open.
      warm: {
        executor: 'constant-arrival-rate',
        startTime: '500ms',
        duration: '800ms',
        rate: 300,
        exec: async (user) => {
          const room = user.pickRoom()
          if (room !== undefined) await user.type(room, 10)
        },
      },
      say: {
        executor: 'constant-arrival-rate',
        startTime: `${START}s`,
        duration: `${SECONDS}s`,
        rate: Number(RATE),
        exec: async (user) => {
          const room = user.pickRoom()
          if (room === undefined) return
          noteSent(user.index)
          await user.say(room, { typing: false })
        },
      },
    },
  }
})
