import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { messageFrame } from './recording.ts'
import { ScriptedBroker } from './scripted-broker.ts'

/** A client whose owner throws from the handler it was told to throw from. */
const THROWING = `
  const [url, driver, culprit] = process.argv.slice(1)
  const { createStompClient } = await import('${new URL('../../src/stomp/driver.ts', import.meta.url).href}')
  const handler = (name) => () => { if (name === culprit) throw new Error('planted in ' + name) }
  const client = createStompClient(
    driver,
    { url, login: 'a', passcode: 'b', vhost: '/', flavour: 'web', heartbeat: { outgoingMs: 0, incomingMs: 0 }, timeoutMs: 5000 },
    { onMessage: handler('onMessage'), onErrorFrame: handler('onErrorFrame'), onMalformed() {}, onClose: handler('onClose') },
  )
  await client.connect()
  setTimeout(() => process.exit(0), 3000)
`

it('lets no exception of a handler vanish, as the library would', async () => {
  await using server = await ScriptedBroker.start()
  for (const driver of ['lean', 'stompjs'])
    for (const culprit of ['onMessage', 'onErrorFrame', 'onClose']) {
      const child = spawn(
        process.execPath,
        ['--input-type=module', '--eval', THROWING, server.url, driver, culprit],
        { stdio: ['ignore', 'ignore', 'pipe'] },
      )
      const [broker, stderr] = [await server.accept(), text(child.stderr)]
      await broker.welcome()
      if (culprit === 'onMessage') await broker.send(messageFrame('1'))
      else if (culprit === 'onErrorFrame') await broker.send('ERROR\nmessage:x\n\n\0')
      else broker.socket.close(1001)
      const [code] = await once(child, 'close')
      expect([driver, culprit, code]).toEqual([driver, culprit, 1])
      expect(await stderr).toContain(`Error: planted in ${culprit}`)
    }
})
