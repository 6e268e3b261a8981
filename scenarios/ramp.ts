import { defineScenario } from 'stompede'

/** Twice the users every step: where does latency leave the floor? */
export default defineScenario({
  description: 'Users double in steps while everyone keeps the same pace',
  users: {
    executor: 'ramping-vus',
    stages: [
      { duration: '10s', target: 250 },
      { duration: '20s', target: 250 },
      { duration: '10s', target: 500 },
      { duration: '20s', target: 500 },
      { duration: '20s', target: 1000 },
      { duration: '20s', target: 1000 },
      { duration: '40s', target: 2000 },
      { duration: '20s', target: 2000 },
    ],
  },
  rooms: { perUser: 3, size: 10 },
  activities: {
    // One talker in thirty at any moment, as many as there are users: the load follows the ramp.
    chat: {
      executor: 'ramping-vus',
      startTime: '5s',
      stages: [
        { duration: '5s', target: 8 },
        { duration: '20s', target: 8 },
        { duration: '10s', target: 16 },
        { duration: '20s', target: 16 },
        { duration: '20s', target: 32 },
        { duration: '20s', target: 32 },
        { duration: '40s', target: 64 },
        { duration: '15s', target: 64 },
      ],
      thinkTime: { exponential: { mean: 1, max: 5 } },
      exec: 'say',
    },
  },
  thresholds: {
    message_delivery: [{ threshold: 'p(99)<1000', abortOnFail: true, delayAbortEval: '10s' }],
  },
})
