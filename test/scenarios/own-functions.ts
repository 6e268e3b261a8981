import { defineScenario } from 'stompede'

/** Two functions of the scenario's own: one speaks raw STOMP to itself, one is wrong. */
export default defineScenario({
  users: { executor: 'constant-vus', vus: 2, duration: '5s' },
  rooms: { perUser: 0 },
  activities: {
    echo: {
      executor: 'constant-arrival-rate',
      startTime: '1s',
      duration: '3s',
      rate: 4,
      exec: async (user) => {
        const destination = `/exchange/chat.direct/echo.${user.index}`
        const heard = Promise.withResolvers<string>()
        const id = await user.stomp.subscribe(destination, (body) => heard.resolve(body))
        await user.stomp.send(destination, 'hello')
        if ((await heard.promise) !== 'hello') throw new Error('something else came back')
        await user.stomp.unsubscribe(id)
      },
    },
    broken: {
      executor: 'constant-arrival-rate',
      startTime: '4s',
      duration: '1s',
      rate: 1,
      exec: async () => {
        throw new Error('the scenario is wrong')
      },
    },
  },
})
