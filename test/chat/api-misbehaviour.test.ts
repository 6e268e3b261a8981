import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type ApiAnswer, MAX_ANSWER_BYTES, openChatApi } from '../../src/chat/api.ts'
import { loadContract } from '../../src/chat/contract.ts'
import { RawApi, response, type Script } from './raw-api.ts'

const contract = loadContract()
const TOKEN = 'fake.secret.token'
const SENT = '{"status":"sent","messageId":7}'
const GOOD = response(201, SENT)
const HTML = { 'content-type': 'text/html' }
const HEAD = 'HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n'

/** The client against one script. */
async function against(script: Script, timeoutMs = 2_000) {
  const server = await RawApi.start(script)
  const issues: string[] = []
  const api = openChatApi({
    baseUrl: server.url,
    contract,
    timeoutMs,
    connections: 1,
    onIssue: (issue) => issues.push(issue.rule),
  })
  return {
    server,
    issues,
    say: () => api.call('send-message', TOKEN, { roomId: 1 }),
    async [Symbol.asyncDispose]() {
      await api.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** What became of a call in few words. */
function wordsOf(answer: ApiAnswer): string {
  return answer.kind === 'failed' ? answer.class : `${answer.status}${answer.isOk ? ' ok' : ''}`
}

/** Writes the bytes one by one, `everyMs` apart, until the connection is gone. */
async function trickle(socket: Socket, bytes: Buffer, everyMs: number): Promise<void> {
  for (const byte of bytes) {
    if (socket.destroyed) return
    socket.write(Buffer.of(byte))
    await delay(everyMs)
  }
}

describe('an API that misbehaves once', () => {
  const CASES: [what: string, answer: (socket: Socket) => unknown, words: string, issues?: string[]][] = [
    ['a server error', (s) => s.write(response(500, '{"statusCode":500}')), '500'],
    ['a 503 as a page of HTML', (s) => s.write(response(503, '<h1>busy</h1>', HTML)), '503'],
    ['a 503 with Retry-After', (s) => s.write(response(503, '{}', { 'retry-after': '1' })), '503'],
    ['a 502 without a body', (s) => s.write(response(502, '')), '502'],
    ['a status nobody knows', (s) => s.write(response(999, '{}')), '999'],
    ['a status below 100', (s) => s.write('HTTP/1.1 007 x\r\ncontent-length: 0\r\n\r\n'), 'malformed'],
    ['a reset', (s) => s.resetAndDestroy(), 'reset'],
    ['a reset inside the head', (s) => s.write('HTTP/1.1 201 Cr', () => s.resetAndDestroy()), 'reset'],
    [
      'a reset inside the body',
      (s) => s.write(`${HEAD}content-length: 99\r\n\r\n{"st`, () => s.resetAndDestroy()),
      'reset',
    ],
    ['a FIN instead of an answer', (s) => s.end(), 'reset'],
    ['a FIN inside the head', (s) => s.end('HTTP/1.1 201 Cr'), 'reset'],
    ['a FIN inside a body of known length', (s) => s.end(`${HEAD}content-length: 99\r\n\r\n{"st`), 'reset'],
    [
      'a FIN inside a chunked body',
      (s) => s.end(`${HEAD}transfer-encoding: chunked\r\n\r\n4\r\n{"st\r\n`),
      'reset',
    ],
    ['an answer, then a FIN at once', (s) => s.end(GOOD), '201 ok'],
    [
      'an answer with Connection: close',
      (s) => s.end(response(201, SENT, { connection: 'close' })),
      '201 ok',
    ],
    ['an answer that ends with the connection', (s) => s.end(`${HEAD}\r\n${SENT}`), '201 ok'],
    [
      'an HTTP/1.0 answer',
      (s) => s.end(`HTTP/1.0 201 Created\r\ncontent-type: application/json\r\n\r\n${SENT}`),
      '201 ok',
    ],
    [
      'a good answer in chunks',
      (s) => s.write(`${HEAD}transfer-encoding: chunked\r\n\r\n1f\r\n${SENT}\r\n0\r\n\r\n`),
      '201 ok',
    ],
    [
      'a chunk of no size',
      (s) => s.write(`${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n`),
      'malformed',
    ],
    ['two lengths', (s) => s.write(`${HEAD}content-length: 2\r\ncontent-length: 3\r\n\r\n{}x`), 'malformed'],
    ['no HTTP', (s) => s.write('220 mail.invalid ESMTP\r\n'), 'malformed'],
    [
      'early hints before the answer',
      (s) => s.write(after('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n')),
      '201 ok',
    ],
    [
      'a processing note before the answer',
      (s) => s.write(after('HTTP/1.1 102 Processing\r\n\r\n')),
      '201 ok',
    ],
    // Allowed by RFC 9110 (15.2) even unasked; undici does not take it, and the class says who is meant.
    ['an unasked 100 Continue', (s) => s.write(after('HTTP/1.1 100 Continue\r\n\r\n')), 'malformed'],
    [
      'an unasked change of protocol',
      (s) => s.write('HTTP/1.1 101 Up\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
      'malformed',
    ],
    ['a head of 20 KB', (s) => s.write(`${HEAD}x: ${'a'.repeat(20_000)}\r\n\r\n`), 'oversized'],
    [
      'HTML that calls itself a success',
      (s) => s.write(response(200, '<h1>sign in</h1>', HTML)),
      '200 ok',
      ['http/send-message/content-type'],
    ],
    [
      'JSON that calls itself text',
      (s) => s.write(response(201, SENT, { 'content-type': 'text/plain' })),
      '201 ok',
      ['http/send-message/content-type'],
    ],
    [
      'JSON that calls itself nothing',
      (s) => s.write(response(201, SENT, { 'content-type': null })),
      '201 ok',
      ['http/send-message/content-type'],
    ],
    [
      'truncated JSON of the right length',
      (s) => s.write(response(201, '{"status":"sent","mess')),
      '201 ok',
      ['http/send-message/json'],
    ],
    [
      'no body at all',
      (s) => s.write('HTTP/1.1 204 Nothing\r\n\r\n'),
      '204 ok',
      ['http/send-message/content-type'],
    ],
    ['JSON with a byte order mark', (s) => s.write(response(201, `\uFEFF${SENT}`)), '201 ok'],
    [
      'JSON that is not UTF-8',
      (s) => s.write(response(201, Buffer.from('{"status":"sent","messageId":7,"by":"\xff"}', 'latin1'))),
      '201 ok',
      ['http/send-message/utf-8', 'send-message-response/additionalProperties'],
    ],
    [
      'zeros announced as gzip',
      (s) => s.write(response(201, '\0\0\0\0', { 'content-encoding': 'gzip' })),
      '201 ok',
      ['http/send-message/json'],
    ],
  ]
  for (const [what, answer, words, issues = []] of CASES)
    it(`with ${what} ends the call as ${words}, and the next call is none the worse`, async () => {
      await using peer = await against(
        ({ connection, nth }, socket) => void (connection + nth === 2 ? answer(socket) : socket.write(GOOD)),
      )
      const first = await peer.say()
      expect(wordsOf(first)).toBe(words)
      expect(peer.issues).toEqual(issues)
      expect(JSON.stringify(first)).not.toContain(TOKEN)
      expect(wordsOf(await peer.say())).toBe('201 ok')
      expect(peer.issues).toEqual(issues)
      // Neither call went out twice: what is tried again is the caller's to say.
      expect(peer.server.requests.map(({ line }) => line)).toEqual([
        'POST /chat-ws/send-message HTTP/1.1',
        'POST /chat-ws/send-message HTTP/1.1',
      ])
    })
})

describe('an API that is slow', () => {
  const SLOW: [what: string, script: Script][] = [
    ['never answers', () => {}],
    ['trickles its head', (_, socket) => void trickle(socket, GOOD, 40)],
    [
      'trickles its body',
      (_, socket) => {
        socket.write(`${HEAD}content-length: 99\r\n\r\n`)
        void trickle(socket, Buffer.alloc(99, ' '), 40)
      },
    ],
    [
      'sends interim answers for ever',
      (_, socket) => {
        const timer = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 40)
        socket.on('close', () => clearInterval(timer))
      },
    ],
    [
      'sends empty chunks’ worth of nothing for ever',
      (_, socket) => {
        socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n`)
        const timer = setInterval(() => socket.write('1\r\n \r\n'), 40)
        socket.on('close', () => clearInterval(timer))
      },
    ],
  ]
  for (const [what, script] of SLOW)
    it(`because it ${what} is left at the limit of the whole call`, async () => {
      await using peer = await against(script, 300)
      const slow = await peer.say()
      expect(slow).toMatchObject({ kind: 'failed', class: 'timeout', reason: 'not answered within 300 ms' })
      expect(slow.doneUs - slow.sentUs).toBeGreaterThanOrEqual(299_000)
      // No connection is left behind that nobody reads from; a reset closes it as well.
      const closed = (socket: Socket): Promise<void> =>
        new Promise((resolve) => socket.once('close', () => resolve()))
      await Promise.all([...peer.server.sockets].map(closed))
      expect(peer.server.sockets.size).toBe(0)
    })

  it('but within the limit is waited for', async () => {
    await using peer = await against((_, socket) => void trickle(socket, response(201, SENT), 2))
    expect(wordsOf(await peer.say())).toBe('201 ok')
    expect(peer.issues).toEqual([])
  })
})

describe('an API that', () => {
  it('answers without end is left when the answer is too large, not when memory is full', async () => {
    let written = 0
    await using peer = await against((_, socket) => {
      socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n`)
      const chunk = Buffer.from(`10000\r\n${' '.repeat(0x10000)}\r\n`)
      const pour = (): void => {
        do written += 0x10000
        while (!socket.destroyed && socket.write(chunk))
      }
      socket.on('drain', pour)
      pour()
    }, 10_000)
    const endless = await peer.say()
    expect(endless).toMatchObject({ kind: 'failed', class: 'oversized' })
    expect(endless.doneUs - endless.sentUs).toBeLessThan(9_000_000)
    expect(written).toBeGreaterThan(MAX_ANSWER_BYTES)
    // What lies in the kernel's buffers on both sides, and no more.
    expect(written).toBeLessThan(3 * MAX_ANSWER_BYTES)
  })

  it('closes idle connections between calls costs new connections and no call', async () => {
    await using peer = await against((_, socket) => void socket.write(GOOD, () => socket.end()))
    for (let i = 0; i < 20; i++) expect(wordsOf(await peer.say())).toBe('201 ok')
    expect(peer.server.requests.map(({ connection }) => connection)).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 1),
    )
  })

  it('answers twice does not have its second answer taken for that of the next call', async () => {
    await using peer = await against(({ connection }, socket) => {
      socket.write(connection === 1 ? Buffer.concat([GOOD, response(500, '{}')]) : GOOD)
    })
    expect([wordsOf(await peer.say()), wordsOf(await peer.say())]).toEqual(['201 ok', '201 ok'])
    expect(peer.server.requests.map(({ connection }) => connection)).toEqual([1, 2])
  })

  it('redirects to another host gets the redirect counted; the token stays here', async () => {
    await using elsewhere = await RawApi.start((_, socket) => void socket.write(GOOD))
    for (const status of [301, 302, 303, 307, 308]) {
      const location = `${elsewhere.url}/chat-ws/send-message`
      await using peer = await against((_, socket) => void socket.write(response(status, '', { location })))
      expect(wordsOf(await peer.say())).toBe(String(status))
      expect(peer.issues).toEqual(['http/send-message/status'])
      expect(peer.server.requests.length).toBe(1)
    }
    expect(elsewhere.requests).toEqual([])
  })

  it('fails many calls at once fails each once', async () => {
    await using peer = await against(({ body }, socket) => {
      const { roomId } = JSON.parse(body) as { roomId: number }
      if (roomId % 2 === 0) socket.resetAndDestroy()
      else socket.write(GOOD)
    })
    const api = openChatApi({
      baseUrl: peer.server.url,
      contract,
      timeoutMs: 5_000,
      connections: 16,
      onIssue: () => {},
    })
    const answers = await Promise.all(
      Array.from({ length: 400 }, (_, roomId) => api.call('send-message', TOKEN, { roomId })),
    )
    await api.close()
    expect(answers.map(wordsOf)).toEqual(
      Array.from({ length: 400 }, (_, roomId) => (roomId % 2 === 0 ? 'reset' : '201 ok')),
    )
    expect(peer.server.requests.length).toBe(400)
  })
})

function after(interim: string): Buffer {
  return Buffer.concat([Buffer.from(interim), GOOD])
}
