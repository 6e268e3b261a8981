import { expect, it } from 'vitest'
import { bareAddress } from '../../src/measure/address.ts'

it.each([
  ['http://127.0.0.1:8080/chat-ws', 'http://127.0.0.1:8080/chat-ws'],
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['http://me:fakepw@127.0.0.1:8080/chat-ws?key=fakekey', 'http://127.0.0.1:8080/chat-ws'],
  ['http://me:fa@kepw@127.0.0.1/', 'http://127.0.0.1/'],
  ['https://chat.test/chat-ws/#fakekey', 'https://chat.test/chat-ws/'],
  ['wss://fakepw@chat.test/ws', 'wss://chat.test/ws'],
  ['http://me:fakepw@nowhere:x/?fakekey', 'nowhere:x/'],
  ['', ''],
])('an address written %s reads %s in a result', (written, shown) => {
  expect(bareAddress(written)).toBe(shown)
})
