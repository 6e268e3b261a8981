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

/** The exit code and the last words of a process in which that handler throws. */
async function endOf(driver: string, culprit: string) {
  await using server = await ScriptedBroker.start()
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', THROWING, server.url, driver, culprit],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const stderr = text(child.stderr)
  const ended = once(child, 'close')
  const broker = await server.accept()
  await broker.welcome()
  if (culprit === 'onMessage') await broker.send(messageFrame('1'))
  else if (culprit === 'onErrorFrame') await broker.send('ERROR\nmessage:x\n\n\0')
  else broker.socket.close(1001)
  const [code] = await ended
  return { code, error: /Error: planted in \w+/.exec(await stderr)?.[0] }
}

it('lets no exception of a handler vanish, as the library would', async () => {
  const cases = ['lean', 'stompjs'].flatMap((driver) =>
    ['onMessage', 'onErrorFrame', 'onClose'].map((culprit) => ({ driver, culprit })),
  )
  expect(await Promise.all(cases.map(({ driver, culprit }) => endOf(driver, culprit)))).toEqual(
    cases.map(({ culprit }) => ({ code: 1, error: `Error: planted in ${culprit}` })),
  )
})
