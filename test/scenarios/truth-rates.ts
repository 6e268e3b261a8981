import { defineScenario } from 'stompede'
import { openSentLog } from './sent-log.ts'

/**
 * A pace that goes from FROM to TO and back, each way in half of SECONDS; the same number twice is a constant one. Every
 * start is noted; with DO=say it is a message as well.
 */
export default defineScenario(({ LOG = '', DO = 'count', FROM = '50', TO = '50', SECONDS = '4' }) => {
  const noteSent = openSentLog(LOG)
  const [from, to, seconds] = [Number(FROM), Number(TO), Number(SECONDS)]
  const half = `${seconds / 2}s`
  return {
    users: { executor: 'constant-vus', vus: 300, duration: `${seconds + 2.2}s` },
    rooms: { perUser: 1, size: 2 },
    message: { typing: false, length: 60 },
    delivery: { timeout: '5s', drain: '500ms', echo: 'expected' },
    activities: {
      start: {
        ...(from === to
          ? { executor: 'constant-arrival-rate', rate: from, duration: `${seconds}s` }
          : {
              executor: 'ramping-arrival-rate',
              startRate: from,
              stages: [
                { duration: half, target: to },
                { duration: half, target: from },
              ],
            }),
        startTime: '1500ms',
        exec: async (user) => {
          noteSent(user.index)
          const room = DO === 'say' ? user.pickRoom() : undefined
          if (room !== undefined) await user.say(room, { typing: false })
        },
      },
    },
  }
})
