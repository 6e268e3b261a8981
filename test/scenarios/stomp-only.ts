import { defineScenario } from 'stompede'

/** Four users of some other application: each sends to itself over raw STOMP. `-e URL=ws://…` says where. */
export default defineScenario(({ URL = '' }) => ({
  users: { executor: 'constant-vus', vus: 4, duration: '4s' },
  stomp: { url: URL, login: 'guest', passcode: 'guest', vhost: '/' },
  validity: { lateness: '2s', loopDelay: '1s', cpuShare: 1 },
  activities: {
    echo: {
      executor: 'constant-arrival-rate',
      startTime: '1s',
      duration: '2s',
      rate: 10,
      exec: async (user) => {
        const destination = `/exchange/chat.direct/echo.${user.index}`
        const heard = Promise.withResolvers<string>()
        const id = await user.stomp.subscribe(destination, (body) => heard.resolve(body))
        await user.stomp.send(destination, 'hello', { 'content-type': 'text/plain' })
        if ((await heard.promise) !== 'hello') throw new Error('something else came back')
        await user.stomp.unsubscribe(id)
      },
    },
  },
}))
