import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { messageFrame, opened, recorded } from './recording.ts'
import { ScriptedBroker } from './scripted-broker.ts'

let server: ScriptedBroker
beforeEach(async () => {
  server = await ScriptedBroker.start()
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

describe('the lean driver, strict where @stomp/stompjs is not,', () => {
  const CONNECTED = 'CONNECTED\nversion:1.2\n\n\0\n'
  const MALFORMED: [what: string, bytes: string, reason: string, offset: number][] = [
    ['a header without a colon', 'MESSAGE\nsubscription\n\nx\0', 'no-colon', 8],
    ['an undefined escape', 'MESSAGE\nsubscription:a\\t\n\nx\0', 'undefined-escape', 22],
    ['a content-length that is one too small', 'MESSAGE\ncontent-length:1\n\nxy\0', 'missing-nul', 27],
    ['a command that is not a server’s', 'SEND\ndestination:/d\n\nx\0', 'unknown-command', 0],
    ['a second CONNECTED', '\nCONNECTED\nversion:1.2\n\n\0', 'unexpected-frame', 1],
  ]
  for (const [what, bytes, reason, offset] of MALFORMED)
    it(`tells of ${what}, and leaves`, async () => {
      const { client, broker, recording } = await opened('lean', server)
      const pending = client.subscribe('a', '/d')
      const failed = expect(pending).rejects.toMatchObject({ step: 'closed', close: { class: 'malformed' } })
      await broker.nextFrame()
      await broker.send(`${messageFrame('before')}${bytes}${messageFrame('after')}`)
      expect(await recording.close()).toEqual({ class: 'malformed', code: 1007, reason: '' })
      await failed
      expect(recording.faults).toEqual([
        {
          reason,
          offset: CONNECTED.length + messageFrame('before').length + offset,
          detail: expect.any(String),
        },
      ])
      expect(recording.messages.map(({ body }) => body)).toEqual(['before'])
      expect((await broker.closed).code).toBe(1007)
    })

  it('tells of a binary message that is not UTF-8 in its head, though the WebSocket lets it pass', async () => {
    const { broker, recording } = await opened('lean', server)
    await broker.send(Buffer.from('MESSAGE\nsubscription:\xff\n\nx\0', 'latin1'), true)
    expect(await recording.close()).toMatchObject({ class: 'malformed' })
    expect(recording.faults).toMatchObject([{ reason: 'invalid-utf8', offset: CONNECTED.length + 21 }])
  })

  it('does not connect through what is no CONNECTED', async () => {
    const cases: [string, string][] = [
      ['CONNECTED\nversion\n\n\0', 'malformed frame: no-colon at byte 10'],
      [messageFrame('early'), 'malformed frame: unexpected-frame at byte 0'],
      ['RECEIPT\nreceipt-id:r1\n\n\0', 'malformed frame: unexpected-frame at byte 0'],
    ]
    for (const [bytes, message] of cases) {
      const { client, recording } = recorded('lean', server.url)
      const failed = expect(client.connect()).rejects.toMatchObject({ step: 'connect', message })
      const broker = await server.accept()
      await broker.nextFrame()
      await broker.send(bytes)
      await failed
      expect((await broker.closed).code).toBe(1007)
      expect(recording.faults).toHaveLength(1)
      expect([recording.messages, recording.closes]).toEqual([[], []])
    }
  })

  it('has heard enough at an ERROR: what follows it is no fault', async () => {
    const { broker, recording } = await opened('lean', server)
    await broker.send('ERROR\nmessage:x\n\n\0nonsense\n\n\n\0')
    expect(await recording.close()).toMatchObject({ class: 'error-frame' })
    expect(recording.faults).toEqual([])
  })

  it('keeps the spaces of headers', async () => {
    const { broker, recording } = await opened('lean', server)
    await broker.send('MESSAGE\nsubscription: a \n\n\0')
    await recording.until(({ messages }) => messages.length === 1)
    expect(recording.messages[0]?.subscription).toBe(' a ')
  })

  it('writes and reads by the version that was agreed', async () => {
    const value = 'a:b\\c'
    for (const [version, written] of [
      ['1.0', 'a:b\\c'],
      ['1.1', 'a\\cb\\\\c'],
      ['1.2', 'a\\cb\\\\c'],
    ]) {
      const { client, broker, recording } = await opened('lean', server, {}, `version:${version}`)
      await client.send('/d', '', { headers: { h: value } })
      expect(await broker.nextFrame()).toBe(`SEND\ndestination:/d\nh:${written}\n\n\0`)
      await broker.send(`MESSAGE\nsubscription:a\nh:${written}\n\n\0`)
      await recording.until(({ messages }) => messages.length === 1)
      expect(recording.messages[0]?.header('h')).toBe(value)
    }
  })

  it('beats only when it has been silent', async () => {
    const { client, broker } = await opened(
      'lean',
      server,
      { heartbeat: { outgoingMs: 800, incomingMs: 0 } },
      'version:1.2',
      'heart-beat:0,800',
    )
    const until = performance.now() + 1600
    while (performance.now() < until) {
      await client.send('/d', 'x')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(broker.unread.map(({ text }) => text)).not.toContain('\n')
    const spoken = broker.unread.at(-1)?.atMs ?? 0
    broker.unread.length = 0
    const beat = await broker.next()
    expect(beat.text).toBe('\n')
    // 800 ms less the eighth it beats early, to 800 ms and the slack of a busy machine.
    expect(beat.atMs - spoken).toBeGreaterThan(600)
    expect(beat.atMs - spoken).toBeLessThan(2000)
  })

  it('does not call the broker silent while it is itself not listening', async () => {
    const { client, broker, recording } = await opened(
      'lean',
      server,
      { heartbeat: { outgoingMs: 0, incomingMs: 100 } },
      'version:1.2',
      'heart-beat:100,0',
    )
    client.pause()
    // Its limit is 1.2 s.
    await new Promise((resolve) => setTimeout(resolve, 1700))
    expect(recording.closes).toEqual([])
    client.resume()
    await broker.send(messageFrame('1'))
    await recording.until(({ messages }) => messages.length === 1)
    expect(await recording.close()).toMatchObject({ class: 'heartbeat-lost' })
  })
})
