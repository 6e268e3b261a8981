import { defineScenario } from 'stompede'

/** Users that come at one pace, are in three rooms of ten and only listen: `-e USERS=1000 -e PER_SECOND=400`. */
export default defineScenario(({ USERS = '1000', PER_SECOND = '400' }) => ({
  users: {
    executor: 'ramping-vus',
    stages: [
      { duration: `${Number(USERS) / Number(PER_SECOND)}s`, target: Number(USERS) },
      { duration: '1h', target: Number(USERS) },
    ],
  },
  rooms: { perUser: 3, size: 10 },
}))
