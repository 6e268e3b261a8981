import { describe, expect, it } from 'vitest'
import { commandLine } from '../../src/commands/run/command-line.ts'

describe('an address in the command that repeats a run', () => {
  it.each([
    ['http://me:fakepw@127.0.0.1:8080/chat-ws', "'http://…@127.0.0.1:8080/chat-ws'"],
    ['http://me:fakepw@127.0.0.1:8080/chat-ws?key=fakekey', "'http://…@127.0.0.1:8080/chat-ws?…'"],
    ['http://me:fa@kepw@127.0.0.1/?x=fakekey#fake', "'http://…@127.0.0.1/?…'"],
    ['http:me:fakepw@127.0.0.1/', "'http:…@127.0.0.1/'"],
    ['https://chat.test/chat-ws#fakekey', "'https://chat.test/chat-ws#…'"],
    ['wss://me:fakepw@chat.test/ws?t=fakekey', "'wss://…@chat.test/ws?…'"],
    ['http://127.0.0.1:8080/chat-ws', 'http://127.0.0.1:8080/chat-ws'],
    ['http://127.0.0.1/people/@all', 'http://127.0.0.1/people/@all'],
  ])('written %s reads %s', (written, shown) => {
    expect(commandLine(['run', 'x.ts', '--target', written])).toBe(`stompede run x.ts --target ${shown}`)
    const attached = commandLine(['run', `--target=${written}`])
    expect(attached.replaceAll("'", '')).toBe(`stompede run --target=${shown.replaceAll("'", '')}`)
  })

  it('hides a key that has no address, too', () => {
    expect(commandLine(['run', '-e', 'API_KEY=fake'])).toBe('stompede run -e API_KEY=…')
  })
})
